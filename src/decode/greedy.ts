import { rejectUnknownKeys } from "../base/options.ts";
import { Candidates } from "./candidates.ts";
import type { LengthOptions } from "./cursor.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { decodeLeftToRight } from "./left-to-right.ts";
import type { StepModel } from "./step-model.ts";

/**
 * Takes the most probable token at every step, the lower id where two are
 * equal. The same as {@link beamSearch} with beam size 1.
 *
 * @returns one hypothesis per sentence; its score is its log probability.
 * @throws {NumericError} when the model gives NaN.
 * @example
 * const model = {
 *   vocabularySize: 2, // 0 ends, 1 goes on
 *   eosId: 0,
 *   start: () => ({ state: 0, tokens: Int32Array.of(1) }),
 *   step: (n: number) => ({
 *     state: n + 1,
 *     logProbs: Float32Array.of(Math.log(0.3 * n), Math.log(1 - 0.3 * n)),
 *   }),
 *   select: (n: number) => n,
 * };
 * greedy(model)[0].tokens; // [1, 1]
 */
export function greedy<State>(model: StepModel<State>, options: LengthOptions = {}): Hypothesis[] {
  rejectUnknownKeys("greedy", options, ["maxLength", "minLength"]);
  return decodeLeftToRight(model, options, ({ blocked }) => {
    const best = new Candidates(model.vocabularySize, blocked);
    return (logProbs, row) => {
      best.reset(1);
      best.offer(logProbs, row);
      return best.size === 0 ? -1 : best.token(0);
    };
  });
}
