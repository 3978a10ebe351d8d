/** A batch in progress: the model's state, owned in one place, and every check of what the model returns. */
import { IndexError, OptionError, ShapeError } from "../base/errors.ts";
import { checkNumber } from "../base/options.ts";
import type { StepModel } from "./step-model.ts";

/** Options of every decoder. */
export interface LengthOptions {
  /**
   * The most tokens to generate, end of sentence included: a number, or a
   * function of the source length for models that have a source.
   * @defaultValue 200
   */
  readonly maxLength?: number | ((sourceLength: number) => number);
  /**
   * The fewest tokens before the end of sentence may be generated.
   * @defaultValue 0
   */
  readonly minLength?: number;
}

/** The `eosId` of models whose sequences do not end. */
const NO_END = -1;

/** Moves the rows of a {@link StepModel} along and frees the last state. */
export class Cursor<State> {
  /** `[sentences]`: what to feed first. */
  readonly firstTokens: Int32Array;
  /** `[sentences]`: the most tokens to generate. */
  readonly maxLengths: Int32Array;
  /** `[V]`: 1 for tokens that may not be generated now. */
  readonly blocked: Uint8Array;
  /** The result of the last step: `[rows, V]`. */
  logProbs: Float32Array = new Float32Array(0);

  readonly #model: StepModel<State>;
  readonly #minLength: number;
  readonly #forbidden: Uint8Array;
  readonly #sourceLengths: ArrayLike<number> | undefined;
  #state: State;
  #rows: number;
  #attention: Float32Array | undefined;

  constructor(model: StepModel<State>, { maxLength = 200, minLength = 0 }: LengthOptions) {
    this.#model = model;
    this.#minLength = checkNumber("minLength", minLength, { integer: true, min: 0 });
    if (typeof maxLength !== "function") checkMaxLength(maxLength);
    checkNumber("StepModel.vocabularySize", model.vocabularySize, { integer: true, min: 1 });
    this.#forbidden = forbiddenMask(model);
    this.blocked = this.#forbidden.slice();
    const { state, tokens, sourceLengths } = model.start();
    this.#state = state;
    this.#rows = tokens.length;
    this.firstTokens = tokens;
    this.#sourceLengths = sourceLengths;
    try {
      this.maxLengths = this.#resolveMaxLengths(maxLength);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get eosId(): number {
    return this.#model.eosId;
  }

  /**
   * Feeds `[rows]` tokens and leaves the `logProbs` of the `length`-th token to generate, counted from 1.
   *
   * @throws {ShapeError} when the model returns arrays of the wrong size.
   */
  step(tokens: Int32Array, length: number): void {
    const { state, logProbs, attention } = this.#model.step(this.#state, tokens);
    this.#state = state;
    this.logProbs = logProbs;
    this.#attention = attention;
    const { vocabularySize, eosId } = this.#model;
    if (logProbs.length !== this.#rows * vocabularySize) {
      throw new ShapeError({
        what: "StepModel.step logProbs",
        expected: `${this.#rows} rows of ${vocabularySize}`,
        got: `${logProbs.length} numbers`,
      });
    }
    if (attention !== undefined && attention.length % this.#rows !== 0) {
      throw new ShapeError({
        what: "StepModel.step attention",
        expected: `${this.#rows} rows of equal length`,
        got: `${attention.length} numbers`,
      });
    }
    if (eosId !== NO_END) this.blocked[eosId] = length <= this.#minLength ? 1 : this.#forbidden[eosId];
  }

  /** A copy of a row's attention over the unpadded source of `sentence`, where the model returns any. */
  attention(row: number, sentence: number): Float32Array | undefined {
    if (this.#attention === undefined) return undefined;
    const width = this.#attention.length / this.#rows;
    const length = Math.min(this.#sourceLengths?.[sentence] ?? width, width);
    return this.#attention.slice(row * width, row * width + length);
  }

  /** Row i continues row `rows[i]`. Costs nothing when nothing moves. */
  select(rows: readonly number[]): void {
    if (rows.length === this.#rows && rows.every((row, i) => row === i)) return;
    this.#state = this.#model.select(this.#state, Int32Array.from(rows));
    this.#rows = rows.length;
  }

  close(): void {
    this.#model.release?.(this.#state);
  }

  #resolveMaxLengths(maxLength: number | ((sourceLength: number) => number)): Int32Array {
    const limits = new Int32Array(this.#rows);
    if (typeof maxLength === "number") return limits.fill(maxLength);
    const lengths = this.#sourceLengths;
    if (lengths === undefined) {
      throw new OptionError({
        what: "maxLength",
        expected: "a number for a model without source lengths",
        got: "a function",
      });
    }
    return limits.map((_, sentence) => checkMaxLength(maxLength(lengths[sentence])));
  }
}

function checkMaxLength(value: unknown): number {
  return checkNumber("maxLength", value, { integer: true, min: 0, max: 2 ** 31 - 1 });
}

function forbiddenMask({ vocabularySize, eosId, forbiddenIds = [] }: StepModel): Uint8Array {
  const mask = new Uint8Array(vocabularySize);
  for (const id of [...(eosId === NO_END ? [] : [eosId]), ...forbiddenIds]) {
    if (Number.isInteger(id) && id >= 0 && id < vocabularySize) continue;
    throw new IndexError({
      what: id === eosId ? "StepModel.eosId" : "StepModel.forbiddenIds",
      expected: `ids in 0..${vocabularySize - 1}`,
      got: String(id),
    });
  }
  for (const id of forbiddenIds) mask[id] = 1;
  return mask;
}
