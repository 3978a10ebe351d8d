/** The order of the time steps of a sequence, and where each of them lies in memory. */
import type { DType } from "../runtime.ts";
import { empty, type Tensor } from "../tensor.ts";

export interface SequenceOptions {
  /** Number of valid steps of each sequence, i32 `[B]`; null when all are valid. */
  readonly lengths: Tensor | null;
  /** For x the rows of a table, which of them, i32 `[T, B]`: the op is then given the table, `[V, D]`. Else null. */
  readonly rows: Tensor | null;
  /** Walk from the last step to the first. */
  readonly reverse: boolean;
}

/** One time step: where its rows of the states lie. */
export interface Step {
  readonly time: number;
  /** The state before: h0, or the output of the step walked before. */
  readonly h0: number;
  readonly h1: number;
}

/**
 * The sizes of a run over `[T, B, H]`, and where its steps lie: time-major, so that the rows of a step, and those of all
 * steps but one, are neighbours.
 */
export class Walk {
  /** Sequences walked: all, or some of them. */
  readonly batch: number;
  readonly steps: number;
  readonly hidden: number;
  readonly dtype: DType;
  readonly options: SequenceOptions;
  /** Sequences of the arrays, and which of them is the first one walked. */
  readonly #rows: number;
  readonly #start: number;

  constructor(
    [steps, rows]: readonly number[], hidden: number, dtype: DType, options: SequenceOptions, start = 0, batch = rows,
  ) {
    this.batch = batch;
    this.steps = steps;
    this.hidden = hidden;
    this.dtype = dtype;
    this.options = options;
    this.#rows = rows;
    this.#start = start;
  }

  /** The walk of `count` sequences from `start` on, in the same arrays. */
  part(start: number, count: number): Walk {
    return new Walk([this.steps, this.#rows], this.hidden, this.dtype, this.options, start, count);
  }

  /** Undefined `[T, B, gates H]`. */
  array(gates = 1): Tensor {
    return empty([this.steps, this.#rows, gates * this.hidden], this.dtype);
  }

  /** Byte offset of this walk's rows at time `t` of an array `[T, B, ...]`, or, with t = 0, of one `[B, ...]`. */
  at(array: Tensor, t: number, width = array.shape[array.rank - 1]): number {
    return array.pointerAt((t * this.#rows + this.#start) * width);
  }

  time(i: number): number {
    return this.options.reverse ? this.steps - 1 - i : i;
  }

  get lengths(): number {
    return this.options.lengths?.pointerAt(this.#start) ?? 0;
  }

  /** The state before the i-th step walked: `initial [B, H]`, or a step of `states`. */
  before(i: number, states: Tensor, initial: Tensor): number {
    return i === 0 ? this.at(initial, 0) : this.at(states, this.time(i - 1));
  }

  step(i: number, states: Tensor, initial: Tensor): Step {
    const time = this.time(i);
    return { time, h0: this.before(i, states, initial), h1: this.at(states, time) };
  }
}
