/** Random step models of a few tokens, small enough to search exhaustively. */
import fc from "fast-check";
import { StateError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import type { Start, Step, StepModel } from "../decode/step-model.ts";

/** The shape of a {@link MarkovStepModel}. */
export interface MarkovOptions {
  readonly vocabularySize: number;
  /** Sentences to choose from; each has its own distributions. */
  readonly sentences: number;
  readonly seed: number;
  /** The share of impossible tokens: 0 none, 1 all. @defaultValue 0 */
  readonly impossible?: number;
  /** Whether weights are whole numbers of 1 to 3, so that equal scores abound. @defaultValue false */
  readonly ties?: boolean;
  /** @defaultValue none */
  readonly forbiddenIds?: readonly number[];
}

interface MarkovRow {
  readonly sentence: number;
  readonly last: number;
}

interface MarkovState {
  readonly rows: readonly MarkovRow[];
  isOpen: boolean;
}

/**
 * A second-order Markov model per sentence, from a table of random
 * distributions: P(token | the last two tokens). Token 0 ends. It keeps account
 * of its states, so that a decoder which uses a state twice or forgets to
 * release one is found out.
 *
 * @example
 * const model = new MarkovStepModel({ vocabularySize: 3, sentences: 2, seed: 1 }, [0, 1]);
 * beamSearch(model, { maxLength: 4 }).length; // 2
 * model.openStates; // 0
 */
export class MarkovStepModel implements StepModel<MarkovState> {
  readonly vocabularySize: number;
  readonly eosId = 0;
  readonly forbiddenIds: readonly number[];
  /** States handed out and neither used up nor released. */
  openStates = 0;

  readonly #options: MarkovOptions;
  readonly #sentences: readonly number[];

  /** @param sentences which of the sentences make the batch */
  constructor(options: MarkovOptions, sentences: readonly number[]) {
    this.vocabularySize = options.vocabularySize;
    this.forbiddenIds = options.forbiddenIds ?? [];
    this.#options = options;
    this.#sentences = sentences;
  }

  start(): Start<MarkovState> {
    return {
      state: this.#open(this.#sentences.map((sentence) => ({ sentence, last: 0 }))),
      tokens: new Int32Array(this.#sentences.length),
      sourceLengths: this.#sentences.map(sourceLength),
    };
  }

  step(state: MarkovState, tokens: Int32Array): Step<MarkovState> {
    this.release(state);
    const V = this.vocabularySize;
    const width = Math.max(...state.rows.map(({ sentence }) => sourceLength(sentence)));
    const logProbs = new Float32Array(state.rows.length * V);
    const attention = new Float32Array(state.rows.length * width);
    for (const [row, { sentence, last }] of state.rows.entries()) {
      const random = new Random(((this.#options.seed * 31 + sentence) * V + last) * V + tokens[row]);
      logProbs.set(this.#distribution(random), row * V);
      const length = sourceLength(sentence);
      attention.set(normalize(Array.from({ length }, () => random.uniform(0.01, 1))), row * width);
    }
    const next = state.rows.map(({ sentence }, row) => ({ sentence, last: tokens[row] }));
    return { state: this.#open(next), logProbs, attention };
  }

  select(state: MarkovState, rows: Int32Array): MarkovState {
    this.release(state);
    return this.#open(Array.from(rows, (row) => state.rows[row]));
  }

  release(state: MarkovState): void {
    if (!state.isOpen) {
      throw new StateError({
        what: "StepModel state",
        expected: "one that is still open",
        got: "one that was used or released before",
      });
    }
    state.isOpen = false;
    this.openStates--;
  }

  #open(rows: readonly MarkovRow[]): MarkovState {
    this.openStates++;
    return { rows, isOpen: true };
  }

  #distribution(random: Random): number[] {
    const { vocabularySize, impossible = 0, ties = false } = this.#options;
    const weights = Array.from({ length: vocabularySize }, () => {
      const weight = ties ? 1 + random.integer(3) : random.uniform(0.01, 1) ** 3;
      return random.uniform() < impossible ? 0 : weight;
    });
    return normalize(weights).map(Math.log);
  }
}

function sourceLength(sentence: number): number {
  return 1 + (sentence % 3);
}

/** All zeros stay zeros. */
function normalize(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / (total || 1));
}

/**
 * Shapes of random {@link MarkovStepModel}s of 1 to 3 sentences over 2 to 4 tokens.
 *
 * @param constraints set `impossible: 0` for models that give every token some probability
 */
export function markovOptions(
  constraints: { readonly impossible?: number } = {},
): fc.Arbitrary<MarkovOptions> {
  const { impossible } = constraints;
  return fc.record({
    vocabularySize: fc.integer({ min: 2, max: 4 }),
    sentences: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(1_000_000),
    impossible: impossible === undefined ? fc.constantFrom(0, 0.3, 0.7, 1) : fc.constant(impossible),
    ties: fc.boolean(),
    forbiddenIds: fc.constantFrom([], [1], [0]),
  });
}
