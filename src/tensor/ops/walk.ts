/** The order of the time steps of a sequence, and where each of them lies in memory. */
import type { DType } from "../runtime.ts";
import { empty, type Tensor } from "../tensor.ts";

export interface SequenceOptions {
  /** Number of valid steps of each sequence, i32 `[B]`; null when all are valid. */
  readonly lengths: Tensor | null;
  /** Walk from the last step to the first. */
  readonly reverse: boolean;
}

/** One time step: where its rows lie. Strides in elements. */
export interface Step {
  readonly time: number;
  /** The state before: h0, or the output of the step walked before. */
  readonly h0: number;
  readonly h0Stride: number;
  readonly h1: number;
}

/** `[B, T, ...]`, or `[T, B, ...]`, where the rows of a step are neighbours. */
export type Layout = "batch-major" | "time-major";

/** The sizes of a run over `[B, T, H]` or `[T, B, H]`, and where its steps lie. */
export class Walk {
  readonly batch: number;
  readonly steps: number;
  readonly hidden: number;
  readonly dtype: DType;
  readonly options: SequenceOptions;
  readonly #layout: Layout;
  /** Rows from one step to the next, and from one sequence to the next. */
  readonly #stepRows: number;
  readonly #batchRows: number;

  /** @param x the input, in the same layout */
  constructor(x: Tensor, hidden: number, options: SequenceOptions, layout: Layout = "batch-major") {
    this.#layout = layout;
    const [outer, inner] = x.shape;
    [this.batch, this.steps] = layout === "batch-major" ? [outer, inner] : [inner, outer];
    [this.#stepRows, this.#batchRows] = layout === "batch-major" ? [1, inner] : [inner, 1];
    this.hidden = hidden;
    this.dtype = x.dtype;
    this.options = options;
  }

  /** Undefined `[B, T, gates H]` or `[T, B, gates H]`. */
  array(gates = 1): Tensor {
    const { batch, steps } = this;
    const [outer, inner] = this.#layout === "batch-major" ? [batch, steps] : [steps, batch];
    return empty([outer, inner, gates * this.hidden], this.dtype);
  }

  /** Byte offset of time `t` in an array of `gates H` columns. */
  at(array: Tensor, t: number, gates = 1): number {
    return array.pointer + t * this.#stepRows * gates * this.hidden * (this.dtype === "f64" ? 8 : 4);
  }

  /** Elements from one sequence to the next in an array of `gates H` columns. */
  stride(gates = 1): number {
    return this.#batchRows * gates * this.hidden;
  }

  time(i: number): number {
    return this.options.reverse ? this.steps - 1 - i : i;
  }

  get lengths(): number {
    return this.options.lengths?.pointer ?? 0;
  }

  /** The state before the i-th step walked: `initial [B, H]`, or a step of `states`. */
  before(i: number, states: Tensor, initial: Tensor): [pointer: number, stride: number] {
    return i === 0 ? [initial.pointer, this.hidden] : [this.at(states, this.time(i - 1)), this.stride()];
  }

  step(i: number, states: Tensor, initial: Tensor): Step {
    const [h0, h0Stride] = this.before(i, states, initial);
    const time = this.time(i);
    return { time, h0, h0Stride, h1: this.at(states, time) };
  }
}
