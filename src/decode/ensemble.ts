/** Several models that decode as one. */
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkChoice, rejectUnknownKeys } from "../base/options.ts";
import type { Start, Step, StepModel } from "./step-model.ts";

/** Options of {@link ensemble}. */
export interface EnsembleOptions {
  /**
   * What is averaged: `probability`, the mixture of the members; `log-probability`, their geometric mean, brought back
   * to a sum of 1, in which every member can veto a token.
   * @defaultValue "probability"
   */
  readonly combine?: "probability" | "log-probability";
}

/** The members' states, in order. Each step and selection replaces them in place. */
export type EnsembleState = unknown[];

/**
 * A model whose next-token distribution is the mean of its members' (Sutskever, Vinyals and Le 2014, section 3.6;
 * probabilities as in Freitag and Al-Onaizan 2017). Every decoder takes it. Each row sums to 1; a member at a dead end
 * leaves the row to the others, or with `log-probability` ends it.
 *
 * @param models of one vocabulary, over the same sentences: ids must mean the same tokens to all of them
 * @returns with the mean attention, where all members give it over sources of one width
 * @throws {OptionError} without members, and when they differ in vocabulary size, end of sentence or first tokens.
 * @example
 * const coin = (heads: number) => ({
 *   vocabularySize: 2,
 *   eosId: 0,
 *   start: () => ({ state: 0, tokens: Int32Array.of(0) }),
 *   step: () => ({ state: 0, logProbs: Float32Array.of(Math.log(1 - heads), Math.log(heads)) }),
 *   select: () => 0,
 * });
 * const both = ensemble([coin(0.5), coin(0.9)]);
 * Math.exp(both.step(both.start().state, Int32Array.of(0)).logProbs[1]).toFixed(2); // "0.70"
 */
export function ensemble(
  models: readonly StepModel[],
  options: EnsembleOptions = {},
): StepModel<EnsembleState> {
  rejectUnknownKeys("ensemble", options, ["combine"]);
  const choices = ["probability", "log-probability"] as const;
  const combine = checkChoice("ensemble combine", options.combine ?? "probability", choices);
  const vocabularySize = common(models, "vocabularySize");
  const eosId = common(models, "eosId");
  const { add, finish } = MEANS[combine];
  const release = (states: EnsembleState) => {
    states.forEach((state, i) => {
      models[i].release?.(state);
    });
  };
  return {
    vocabularySize,
    eosId,
    forbiddenIds: [...new Set(models.flatMap(({ forbiddenIds = [] }) => forbiddenIds))],
    release,

    start(): Start<EnsembleState> {
      const states: EnsembleState = [];
      try {
        const [first, ...others] = models.map((model) => {
          const start = model.start();
          states.push(start.state);
          return start;
        });
        for (const { tokens } of others) checkSameTokens(first.tokens, tokens);
        return { ...first, state: states };
      } catch (cause) {
        release(states);
        throw cause;
      }
    },

    step(states: EnsembleState, tokens: Int32Array): Step<EnsembleState> {
      const sums = new Float64Array(tokens.length * vocabularySize); // [rows, V]
      let attention: Float32Array | undefined;
      models.forEach((model, i) => {
        const step = model.step(states[i], tokens);
        states[i] = step.state;
        checkSize(step.logProbs, sums, i);
        // A member's arrays may be views, which the next member's step ends.
        add(sums, step.logProbs, models.length);
        attention = i === 0 ? step.attention?.slice() : sumAttention(attention, step.attention);
      });
      if (attention !== undefined) divide(attention, models.length);
      finish(sums, vocabularySize);
      return { state: states, logProbs: new Float32Array(sums), ...(attention && { attention }) };
    },

    select(states: EnsembleState, rows: Int32Array): EnsembleState {
      models.forEach((model, i) => {
        states[i] = model.select(states[i], rows);
      });
      return states;
    },
  };
}

/** What all members have. */
function common(models: readonly StepModel[], key: "vocabularySize" | "eosId"): number {
  const values = [...new Set(models.map((model) => model[key]))];
  if (values.length === 1) return values[0];
  const got = values.length === 0 ? "none" : `${key} ${values.join(", ")}`;
  throw new OptionError({ what: "ensemble", expected: "models of one vocabulary", got });
}

function checkSameTokens(first: Int32Array, other: Int32Array): void {
  if (first.length === other.length && first.every((token, i) => token === other[i])) return;
  throw new OptionError({
    what: "ensemble",
    expected: "models over the same sentences, with the same first tokens",
    got: `first tokens [${first.slice(0, 8)}] and [${other.slice(0, 8)}]`,
  });
}

function checkSize(logProbs: Float32Array, sums: Float64Array, member: number): void {
  if (logProbs.length === sums.length) return;
  throw new ShapeError({
    what: `ensemble member ${member} logProbs`,
    expected: `${sums.length} numbers`,
    got: `${logProbs.length}`,
  });
}

/** How members are summed, and how `[rows, V]` sums become log probabilities, in place. */
const MEANS = {
  probability: {
    add(sums: Float64Array, logProbs: Float32Array): void {
      for (let i = 0; i < sums.length; i++) sums[i] += Math.exp(logProbs[i]);
    },
    finish(sums: Float64Array, V: number): void {
      for (let start = 0; start < sums.length; start += V) {
        let total = 0;
        for (let i = start; i < start + V; i++) total += sums[i];
        // Log of 0 where all members are at a dead end.
        for (let i = start; i < start + V; i++) sums[i] = Math.log(total === 0 ? 0 : sums[i] / total);
      }
    },
  },
  "log-probability": {
    add(sums: Float64Array, logProbs: Float32Array, members: number): void {
      for (let i = 0; i < sums.length; i++) sums[i] += logProbs[i] / members;
    },
    finish(sums: Float64Array, V: number): void {
      for (let start = 0; start < sums.length; start += V) {
        let largest = Number.NEGATIVE_INFINITY;
        for (let i = start; i < start + V; i++) largest = Math.max(largest, sums[i]);
        if (largest === Number.NEGATIVE_INFINITY) continue;
        let total = 0;
        for (let i = start; i < start + V; i++) total += Math.exp(sums[i] - largest);
        const logTotal = largest + Math.log(total);
        for (let i = start; i < start + V; i++) sums[i] -= logTotal;
      }
    },
  },
};

function sumAttention(
  sum: Float32Array | undefined,
  next: Float32Array | undefined,
): Float32Array | undefined {
  if (sum === undefined || next?.length !== sum.length) return undefined;
  for (let i = 0; i < sum.length; i++) sum[i] += next[i];
  return sum;
}

function divide(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] /= by;
}
