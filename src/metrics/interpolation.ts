/** Linear mixtures of language models, and the weights that suit a held-out text best. */
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";

/** Options of {@link interpolationWeights}. */
export interface InterpolationOptions {
  /** Ends when no weights can be better by more than this many nats per token. Default 1e-10. */
  readonly tolerance?: number;
}

const MOST_EXCHANGES = 10_000;

/**
 * Weights of a linear mixture of models that make a held-out text most probable.
 *
 * The mean log likelihood `L(w) = 1/N sum_t log sum_i w_i p_i(t)` is concave, with slopes
 *
 *     g_i = 1/N sum_t p_i(t) / sum_j w_j p_j(t),   sum_i w_i g_i = 1
 *
 * so that no weights reach more than `L(w) + max_i g_i - 1`: what is found is known to be best within the tolerance,
 * where expectation maximisation, whose rounds may bring ever less, stops somewhere on the way. From equal weights, the
 * model with the largest slope takes over from the one with the smallest as much as is best for the two (the vertex
 * exchange method, Böhning 1986, "A vertex-exchange-method in D-optimal design theory", Metrika 33), until that bound is
 * met. Tokens that all models think impossible do not count.
 *
 * @param models for each, the natural log probabilities of the same tokens
 * @throws {OptionError} without models, or when no token is possible.
 * @throws {ShapeError} for different numbers of tokens.
 * @example
 * const [a, b] = [[0.5, 0.1, 0.5], [0.1, 0.5, 0.1]].map((each) => Float64Array.from(each, Math.log));
 * interpolationWeights([a, b]).map((weight) => weight.toFixed(4)); // ["0.7500", "0.2500"]
 */
export function interpolationWeights(
  models: readonly Float64Array[],
  options: InterpolationOptions = {},
): number[] {
  rejectUnknownKeys("interpolationWeights", options, ["tolerance"]);
  const tolerance = checkNumber("tolerance", options.tolerance ?? 1e-10, { min: 0 });
  const ratios = probabilityRatios(models);
  const weights = models.map(() => 1 / models.length);
  for (let exchange = 0; exchange < MOST_EXCHANGES; exchange++) {
    const mixture = mix(ratios, weights);
    const slopes = ratios.map((ratio) => slope(ratio, mixture));
    const rising = slopes.indexOf(Math.max(...slopes));
    if (slopes[rising] - 1 <= tolerance) break;
    const least = Math.min(...slopes.filter((_, i) => weights[i] > 0));
    const falling = slopes.findIndex((each, i) => each === least && weights[i] > 0);
    const moved = bestExchange(ratios, weights, rising, falling);
    if (moved === 0) break; // a tolerance below the rounding of the slopes
    weights[rising] += moved;
    weights[falling] -= moved;
  }
  return weights;
}

/** Probabilities `[models][tokens]` in units of the largest of each token, without tokens that are impossible. */
function probabilityRatios(models: readonly Float64Array[]): Float64Array[] {
  const tokens = tokenCount(models);
  const ratios = models.map(() => new Float64Array(tokens));
  let possible = 0;
  for (let t = 0; t < tokens; t++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (const model of models) largest = Math.max(largest, model[t]);
    if (Number.isNaN(largest)) {
      throw new OptionError({ what: "log probabilities", expected: "numbers", got: `NaN at token ${t}` });
    }
    if (largest === Number.NEGATIVE_INFINITY) continue;
    models.forEach((model, i) => {
      ratios[i][possible] = Math.exp(model[t] - largest);
    });
    possible++;
  }
  if (possible > 0) return ratios.map((each) => each.subarray(0, possible));
  throw new OptionError({ what: "held-out text", expected: "a token that some model allows", got: "none" });
}

/** `sum_i w_i p_i` of each token. */
function mix(ratios: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const mixture = new Float64Array(ratios[0].length);
  for (let i = 0; i < ratios.length; i++) {
    for (let t = 0; t < mixture.length; t++) mixture[t] += weights[i] * ratios[i][t];
  }
  return mixture;
}

/** The derivative of the mean log likelihood by the weight of one model. */
function slope(ratio: Float64Array, mixture: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < mixture.length; t++) sum += ratio[t] / mixture[t];
  return sum / mixture.length;
}

/**
 * How much of its weight one model should leave to another: where the derivative of the likelihood, which falls in the
 * weight moved, is 0. Newton's method, halving the interval where it would leave it.
 */
function bestExchange(
  ratios: readonly Float64Array[],
  weights: readonly number[],
  rising: number,
  falling: number,
): number {
  const [p, q, most] = [ratios[rising], ratios[falling], weights[falling]];
  const others = weights.map((weight, i) => (i === rising || i === falling ? 0 : weight));
  const rest = mix(ratios, others);
  const derivatives = (moved: number) => {
    const [ofP, ofQ] = [weights[rising] + moved, most - moved]; // sums without a cancellation: 0 only where all are 0
    let first = 0;
    let second = 0;
    for (let t = 0; t < rest.length; t++) {
      const gain = p[t] - q[t];
      if (gain === 0) continue;
      const relative = gain / (rest[t] + ofP * p[t] + ofQ * q[t]);
      first += relative;
      second -= relative * relative;
    }
    return { first, second };
  };
  if (derivatives(most).first >= 0) return most;
  let [low, high, moved] = [0, most, 0];
  for (;;) {
    const { first, second } = derivatives(moved);
    if (first > 0) low = moved;
    else high = moved;
    const newton = moved - first / second;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (next === moved || next === low || next === high) return moved;
    moved = next;
  }
}

/**
 * Log probabilities of the mixture, `log sum_i w_i p_i`: each lies between those of the models.
 *
 * @param models for each, the natural log probabilities of the same tokens
 * @throws {OptionError} for weights that are negative or do not sum to 1.
 * @throws {ShapeError} for different numbers of tokens or weights.
 */
export function interpolate(models: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const tokens = tokenCount(models);
  if (weights.length !== models.length) {
    const expected = `${models.length}, one for each model`;
    throw new ShapeError({ what: "interpolation weights", expected, got: String(weights.length) });
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (!(Math.abs(sum - 1) < 1e-6 && weights.every((weight) => weight >= 0))) {
    const expected = "numbers of at least 0 that sum to 1";
    throw new OptionError({ what: "interpolation weights", expected, got: weights.join(", ") });
  }
  const mixed = new Float64Array(tokens);
  for (let t = 0; t < tokens; t++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (const model of models) largest = Math.max(largest, model[t]);
    let total = 0;
    for (let i = 0; i < models.length; i++) total += weights[i] * Math.exp(models[i][t] - largest);
    mixed[t] = largest === Number.NEGATIVE_INFINITY ? largest : largest + Math.log(total);
  }
  return mixed;
}

function tokenCount(models: readonly Float64Array[]): number {
  const counts = [...new Set(models.map(({ length }) => length))];
  if (counts.length === 1) return counts[0];
  if (counts.length === 0) {
    throw new OptionError({ what: "models to interpolate", expected: "at least one", got: "none" });
  }
  const got = counts.join(" and ");
  throw new ShapeError({ what: "models to interpolate", expected: "probabilities of the same tokens", got });
}
