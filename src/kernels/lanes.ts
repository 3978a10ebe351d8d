/**
 * Lanes: many kernel calls on some rows each, which a thread makes from the first to the last without waiting for another.
 *
 * What walks over time calls small kernels thousands of times a step. To cut each of them for the threads costs more than
 * it gains, but its batch rows have nothing to do with each other: so these are cut once, for all calls.
 */
import type { Kernels } from "./kernels.ts";
import { cut } from "./split.ts";
import type { DividedKernel } from "./splits.ts";

/** The kernels that a lane may call: those whose results for some rows do not depend on the others. */
export type LaneKernels = Pick<Kernels, DividedKernel>;

/** Makes the calls for `count` rows from `start` on. It must not read what they write: they may be made later. */
export type Lane = (k: LaneKernels, start: number, count: number) => void;

/**
 * Makes the calls of `lane` for all of `rows`, in parts where there are several threads.
 *
 * @param products the multiplications for a row in the smallest of the matrix products
 */
export type LaneRunner = (rows: number, products: number, lane: Lane) => void;

/** Of one row or two, some products are summed in another order. */
const LEAST_ROWS = 3;
const F64 = 8;

/** Where lanes may be cut: at multiples of so many rows, and so that no product gets fewer multiplications. */
export interface LaneLimits {
  readonly granule: number;
  readonly leastProducts: number;
}

/** The first row of each lane, and the end of the last: one lane a thread, or fewer. */
export function laneBounds(
  rows: number,
  products: number,
  { granule, leastProducts }: LaneLimits,
  threads: number,
): number[] {
  const least = Math.max(LEAST_ROWS, leastProducts / products);
  for (let lanes = threads; lanes > 1; lanes--) {
    const bounds = Array.from({ length: lanes }, (_, lane) => cut(rows, granule, lane, lanes));
    bounds.push(rows);
    if (bounds.every((bound, i) => i === 0 || bound - bounds[i - 1] >= least)) return bounds;
  }
  return [0, rows];
}

/** Kernels that write down how they are called instead of computing. */
export class CallList {
  readonly kernels: LaneKernels;
  #values = new Float64Array(4096);
  #length = 0;

  /** @param resolve the number of the function that does what a kernel is called for, and its arguments */
  constructor(
    names: readonly DividedKernel[],
    resolve: (index: number, args: number[]) => readonly [fn: number, args: readonly number[]],
  ) {
    const kernels: Record<string, (...args: number[]) => void> = {};
    names.forEach((name, index) => {
      kernels[name] = (...args) => this.#add(...resolve(index, args));
    });
    this.kernels = kernels as unknown as LaneKernels;
  }

  #add(fn: number, args: readonly number[]): void {
    const end = this.#length + 2 + args.length;
    if (end > this.#values.length) {
      const larger = new Float64Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    const values = this.#values;
    let at = this.#length;
    values[at++] = fn;
    values[at++] = args.length;
    for (let i = 0; i < args.length; i++) values[at++] = args[i];
    this.#length = end;
  }

  clear(): void {
    this.#length = 0;
  }

  get bytes(): number {
    return F64 * this.#length;
  }

  copyTo(memory: Float64Array, pointer: number): void {
    memory.set(this.#values.subarray(0, this.#length), pointer / F64);
  }
}
