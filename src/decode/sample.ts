import { OptionError } from "../base/errors.ts";
import { checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { Candidates } from "./candidates.ts";
import type { LengthOptions } from "./cursor.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { decodeLeftToRight } from "./left-to-right.ts";
import type { StepModel } from "./step-model.ts";

/** Options of {@link sample}. The filters apply in the order given here. */
export interface SampleOptions extends LengthOptions {
  /**
   * Forked once per sentence, so that a sentence's sample does not depend on its neighbours; or one generator for each
   * sentence.
   */
  readonly random: Random | readonly Random[];
  /**
   * Log probabilities are divided by this: below 1 sharpens, 0 is greedy.
   * @defaultValue 1
   */
  readonly temperature?: number;
  /** Only the k most probable tokens (Fan et al. 2018, "Hierarchical Neural Story Generation", section 5). */
  readonly topK?: number;
  /**
   * Only the fewest most probable tokens that hold at least this share of the
   * probability (nucleus sampling: Holtzman et al. 2020, "The Curious Case of
   * Neural Text Degeneration", section 3.1).
   * @defaultValue 1
   */
  readonly topP?: number;
}

/** A nucleus is looked for among so many tokens first, then among eight times as many. */
const NUCLEUS_GUESS = 64;

/**
 * Draws every token at random from the model's distribution. Forbidden tokens
 * are left out and the rest renormalised; `logProb` still sums the model's own
 * log probabilities.
 *
 * @returns one hypothesis per sentence.
 * @throws {OptionError} without a Random, for a negative temperature, topK below 1 or topP outside [0, 1].
 * @throws {NumericError} when the model gives NaN.
 * @example
 * const dice = {
 *   vocabularySize: 7, // 0 ends, but never comes
 *   eosId: 0,
 *   start: () => ({ state: 0, tokens: Int32Array.of(1) }),
 *   step: () => ({ state: 0, logProbs: Float32Array.from({ length: 7 }, (_, i) => Math.log(i && 1 / 6)) }),
 *   select: () => 0,
 * };
 * sample(dice, { random: new Random(1), maxLength: 5 })[0].tokens.length; // 5
 */
export function sample<State>(model: StepModel<State>, options: SampleOptions): Hypothesis[] {
  const known = ["random", "temperature", "topK", "topP", "maxLength", "minLength"];
  rejectUnknownKeys("sample", options, known);
  const { random } = options;
  if (!(random instanceof Random || Array.isArray(random))) {
    throw new OptionError({ what: "sample random", expected: "a Random", got: describe(random) });
  }
  const temperature = checkNumber("temperature", options.temperature ?? 1, { min: 0 });
  const topP = checkNumber("topP", options.topP ?? 1, { min: 0, max: 1 });
  const V = model.vocabularySize;
  const topK = Math.min(checkNumber("topK", options.topK ?? V, { integer: true, min: 1 }), V);

  return decodeLeftToRight(model, options, ({ blocked, firstTokens }) => {
    const streams = random instanceof Random ? Array.from(firstTokens, () => random.fork()) : random;
    if (streams.length !== firstTokens.length) {
      const expected = `one for each of ${firstTokens.length} sentences`;
      throw new OptionError({ what: "sample random", expected, got: String(streams.length) });
    }
    const candidates = new Candidates(V, blocked);
    const weights = new Float64Array(V);

    /** Weighs all tokens relative to the most probable one, by id; returns their sum. */
    const weighAll = (logProbs: Float32Array, row: number, best: number): number => {
      let total = 0;
      for (let token = 0; token < V; token++) {
        const logProb = logProbs[row * V + token];
        weights[token] = blocked[token] ? 0 : Math.exp((logProb - best) / temperature);
        total += weights[token];
      }
      return total;
    };

    /** Weighs the best `size` tokens, by rank, which are then in `candidates`; returns their sum. */
    const weighBest = (logProbs: Float32Array, row: number, best: number, size: number): number => {
      candidates.reset(size);
      candidates.offer(logProbs, row);
      candidates.sort();
      let total = 0;
      for (let i = 0; i < candidates.size; i++) {
        weights[i] = Math.exp((candidates.score(i) - best) / temperature);
        total += weights[i];
      }
      return total;
    };

    /** The fewest leading weights that sum to at least `mass`; all of them where they do not. */
    const nucleus = (mass: number): number => {
      let sum = 0;
      for (let i = 0; i < candidates.size; i++) {
        sum += weights[i];
        if (sum >= mass) return i + 1;
      }
      return candidates.size;
    };

    /** Filters the tokens; returns how many of the ranked weights are left to draw from. */
    const filter = (logProbs: Float32Array, row: number, best: number): number => {
      if (topK < V) {
        const total = weighBest(logProbs, row, best, topK);
        return topP < 1 ? nucleus(topP * total) : candidates.size;
      }
      const mass = topP * weighAll(logProbs, row, best);
      for (let size = NUCLEUS_GUESS; ; size *= 8) {
        const sum = weighBest(logProbs, row, best, size);
        if (sum >= mass || size >= V) return nucleus(mass);
      }
    };

    /** Index i with probability `weights[i]` over the sum of the first `count`. */
    const draw = (random: Random, count: number): number => {
      let total = 0;
      for (let i = 0; i < count; i++) total += weights[i];
      let rest = random.uniform(0, total);
      let last = -1;
      for (let i = 0; i < count; i++) {
        if (weights[i] === 0) continue;
        last = i;
        rest -= weights[i];
        if (rest < 0) break;
      }
      return last;
    };

    return (logProbs, row, sentence) => {
      candidates.reset(1);
      candidates.offer(logProbs, row);
      if (candidates.size === 0) return -1;
      if (temperature === 0) return candidates.token(0);
      const best = candidates.score(0);
      if (topK < V || topP < 1) {
        const kept = filter(logProbs, row, best);
        return candidates.token(draw(streams[sentence], kept));
      }
      weighAll(logProbs, row, best);
      return draw(streams[sentence], V);
    };
  });
}
