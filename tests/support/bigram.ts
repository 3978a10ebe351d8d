import type { StepModel } from "../../src/decode/step-model.ts";

/**
 * A bigram model from a table of probabilities: `table[previous][next]`, token 0
 * begins and ends. All sentences of the batch are alike.
 */
export function bigram(
  table: readonly (readonly number[])[],
  sentences = 1,
  extra: Partial<StepModel<number>> = {},
): StepModel<number> {
  return {
    vocabularySize: table.length,
    eosId: 0,
    start: () => ({ state: 0, tokens: new Int32Array(sentences) }),
    step: (state, tokens) => ({
      state,
      logProbs: Float32Array.from(
        Array.from(tokens).flatMap((token) => table[token]),
        Math.log,
      ),
    }),
    select: (state) => state,
    ...extra,
  };
}
