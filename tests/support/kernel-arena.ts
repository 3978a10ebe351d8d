/** Arrays on a heap for testing kernels: odd alignments, guard bytes on both sides, and a full comparison. */
import { expect } from "vitest";
import { Random } from "../../src/base/random.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import type { Heap } from "../../src/kernels/memory.ts";
import { expectClose, type Tolerance } from "./close.ts";

const GUARD_BYTES = 64;
const GUARD_BYTE = 0xa5;

interface Region {
  readonly kind: "input" | "output";
  readonly type: "f32" | "i32";
  readonly start: number;
  readonly length: number;
}

/** How an array's values are drawn. */
export interface Values {
  /** Draws one value; standard normal by default. */
  readonly draw?: (random: Random) => number;
  /** Whether NaN may be mixed in when the arena asks for it. */
  readonly nan?: boolean;
}

export class Arena {
  readonly random: Random;
  readonly #heap: Heap;
  readonly #base: number;
  readonly #bytes: number;
  readonly #nanRate: number;
  #top: number;
  readonly #regions: Region[] = [];

  /** Takes `bytes` at `base`; the same seed gives the same arrays. */
  constructor(heap: Heap, base: number, bytes: number, seed: number, nanRate = 0) {
    this.random = new Random(seed);
    this.#heap = heap;
    this.#base = base;
    this.#bytes = bytes;
    this.#nanRate = nanRate;
    this.#top = base;
  }

  /** An array the kernel may only read. */
  input(length: number, values: Values = {}): number {
    return this.#floats("input", length, values);
  }

  /** An array the kernel may write, and read. */
  output(length: number, values: Values = {}): number {
    return this.#floats("output", length, values);
  }

  /** An input of i32. */
  indices(length: number, below: number): number {
    return this.numbers(length, (random) => random.integer(below));
  }

  /** An input of i32, element i being what `draw` gives for it. */
  numbers(length: number, draw: (random: Random, i: number) => number): number {
    const start = this.#place("input", "i32", length);
    for (let i = 0; i < length; i++) this.#heap.i32[start / 4 + i] = draw(this.random, i);
    return start;
  }

  /** An output of i32. */
  integers(length: number): number {
    return this.#place("output", "i32", length);
  }

  /** Number of elements of the array that starts at `pointer`. */
  lengthAt(pointer: number): number {
    return this.#regions.find(({ start }) => start === pointer)?.length ?? 0;
  }

  snapshot(): Uint8Array {
    return this.#heap.u8.slice(this.#base, this.#top + GUARD_BYTES);
  }

  restore(bytes: Uint8Array): void {
    this.#heap.u8.set(bytes, this.#base);
  }

  /** Expects outputs close to those of `expected`, and every other byte, guards included, untouched. */
  compare(expected: Uint8Array, tolerance: Tolerance): void {
    const actual = this.snapshot();
    for (const { kind, type, start, length } of this.#regions) {
      if (kind === "input") continue;
      const offset = start - this.#base;
      const view = (bytes: Uint8Array) =>
        type === "f32"
          ? new Float32Array(bytes.buffer, offset, length)
          : new Int32Array(bytes.buffer, offset, length);
      expectClose(view(actual), view(expected), tolerance);
      actual.fill(0, offset, offset + 4 * length);
      expected.fill(0, offset, offset + 4 * length);
    }
    let stray = 0;
    while (stray < actual.length && actual[stray] === expected[stray]) stray++;
    expect(stray, "offset of the first byte written outside of the outputs").toBe(actual.length);
  }

  #floats(kind: Region["kind"], length: number, { draw, nan = true }: Values): number {
    const start = this.#place(kind, "f32", length);
    for (let i = 0; i < length; i++) {
      const spoil = nan && this.random.uniform() < this.#nanRate;
      const value = draw ? draw(this.random) : this.random.normal();
      this.#heap.f32[start / 4 + i] = spoil ? Number.NaN : value;
    }
    return start;
  }

  #place(kind: Region["kind"], type: Region["type"], length: number): number {
    const start = this.#top + GUARD_BYTES + 4 * this.random.integer(16);
    const end = start + 4 * length;
    if (end + GUARD_BYTES > this.#base + this.#bytes) expect.fail("the arena is too small for this case");
    this.#heap.u8.fill(GUARD_BYTE, this.#top, end + GUARD_BYTES);
    this.#top = end;
    this.#regions.push({ kind, type, start, length });
    return start;
  }
}

export type Arguments<K extends keyof Kernels> = Parameters<Kernels[K]>;

/** Arguments for a size n, drawn from an arena. */
export type KernelCase<K extends keyof Kernels> = (arena: Arena, n: number) => Arguments<K>;
