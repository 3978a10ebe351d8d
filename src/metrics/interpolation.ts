/** Linear mixtures of language models, and the weights that suit a held-out text best. */
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";

/** Options of {@link interpolationWeights}. */
export interface InterpolationOptions {
  /** Ends when a round brings less than this many nats per token. Default 1e-10. */
  readonly tolerance?: number;
}

const MOST_ROUNDS = 10_000;

/**
 * Weights of a linear mixture of models that make a held-out text most probable, by expectation maximisation (Jelinek and
 * Mercer 1980): each round sets a weight to the mean share of its model in the probability of a token,
 *
 *     w_i = 1/N sum_t w_i p_i(t) / sum_j w_j p_j(t)
 *
 * from equal weights. The likelihood is concave in the weights and never falls. Tokens that all models think impossible
 * do not count.
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
  let weights = models.map(() => 1 / models.length);
  let before = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { shares, logLikelihood } = expectation(ratios, weights);
    if (logLikelihood - before < tolerance) break;
    before = logLikelihood;
    weights = shares;
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

/** The mean share of each model, and the mean log probability but for a constant. */
function expectation(ratios: readonly Float64Array[], weights: readonly number[]) {
  const tokens = ratios[0].length;
  const shares = weights.map(() => 0);
  let logLikelihood = 0;
  for (let t = 0; t < tokens; t++) {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i] * ratios[i][t];
    for (let i = 0; i < weights.length; i++) shares[i] += (weights[i] * ratios[i][t]) / total;
    logLikelihood += Math.log(total);
  }
  return { shares: shares.map((share) => share / tokens), logLikelihood: logLikelihood / tokens };
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
