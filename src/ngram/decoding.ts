/** An n-gram model as the decoders see it. */
import { OptionError } from "../base/errors.ts";
import type { Start, Step, StepModel } from "../decode/step-model.ts";
import type { NgramState, NgramSteps } from "./state.ts";
import { BEGIN_ID, END_ID, UNKNOWN_ID } from "./words.ts";

export interface NgramDecodingOptions {
  /** Whether sentences begin with `<s>` and end with `</s>`. @defaultValue true */
  readonly isPadded?: boolean;
  /** Whether `<unk>` may be chosen. @defaultValue false */
  readonly allowUnknown?: boolean;
}

/**
 * Greedy decoding, sampling and beam search with an n-gram model: a {@link StepModel} of its words.
 *
 * @example
 * const model = trainNgram(["a b c", "a b d", "a b c"], { order: 3, smoothing: "witten-bell" });
 * const decoding = new NgramDecoding(model, [[model.id("a")]]);
 * greedy(decoding, { maxLength: 5 })[0].tokens.map((id) => model.word(id)); // ["b", "c"]
 */
export class NgramDecoding implements StepModel<readonly NgramState[]> {
  readonly vocabularySize: number;
  readonly eosId: number;
  readonly forbiddenIds: readonly number[];
  readonly #model: NgramSteps;
  readonly #prompts: readonly (readonly number[])[];
  readonly #next: NgramState;

  /**
   * @param prompts how each sentence begins, as ids of words
   * @throws {OptionError} where there is nothing to begin with.
   */
  constructor(
    model: NgramSteps,
    prompts: readonly (readonly number[])[],
    { isPadded = true, allowUnknown = false }: NgramDecodingOptions = {},
  ) {
    this.vocabularySize = model.vocabularySize;
    this.eosId = isPadded ? END_ID : -1;
    this.forbiddenIds = [...(isPadded ? [BEGIN_ID] : []), ...(allowUnknown ? [] : [UNKNOWN_ID])];
    this.#model = model;
    this.#prompts = prompts.map((prompt) => (isPadded ? [BEGIN_ID, ...prompt] : prompt));
    this.#next = model.nothing();
    if (this.#prompts.every(({ length }) => length > 0)) return;
    const expected = "at least one word to begin with, as the model has no <s>";
    throw new OptionError({ what: "prompt", expected, got: "none" });
  }

  start(): Start<readonly NgramState[]> {
    const state = this.#prompts.map((prompt) =>
      prompt.slice(0, -1).reduce((before, word) => this.#model.extend(before, word), this.#model.nothing()),
    );
    return { state, tokens: Int32Array.from(this.#prompts, (prompt) => prompt[prompt.length - 1]) };
  }

  step(before: readonly NgramState[], tokens: Int32Array): Step<readonly NgramState[]> {
    const V = this.vocabularySize;
    const logProbs = new Float32Array(before.length * V);
    const state = before.map((row, i) => this.#model.extend(row, tokens[i]));
    for (const [i, row] of state.entries()) {
      for (let word = 0; word < V; word++) {
        logProbs[i * V + word] = Math.LN10 * this.#model.extend(row, word, this.#next).logProb;
      }
    }
    return { state, logProbs };
  }

  select(state: readonly NgramState[], rows: Int32Array): readonly NgramState[] {
    return Array.from(rows, (row) => state[row]);
  }
}
