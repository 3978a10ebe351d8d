import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Heap } from "../../src/kernels/memory.ts";
import { loadSimd, type SimdVariant } from "../../src/kernels/simd/load.ts";
import { chunksOf, type Split, writeChunk } from "../../src/kernels/split.ts";
import { SPLITS } from "../../src/kernels/splits.ts";
import { runs } from "../support/fc.ts";
import { Arena } from "../support/kernel-arena.ts";
import { kernelCases } from "../support/kernel-cases.ts";

const ARENA_BYTES = 4 * 1024 * 1024;
const heap = new Heap();
const base = heap.allocate(ARENA_BYTES);

type AnyKernel = (...args: number[]) => void;
type AnyCase = (arena: Arena, n: number) => number[];

describe.each(["strict", "relaxed"] as SimdVariant[])("%s kernels", (variant) => {
  const kernels = loadSimd(heap, variant) as Kernels;
  // Threads that train word vectors do not wait for each other, on purpose.
  const exact = SPLITS.filter(([name]) => name !== "negativeSampling");
  test.skipIf(!kernels).each(exact)("%s: chunks give the bits of the whole", (name, choose) => {
    let divided = 0;
    const law = fc.property(fc.nat(300), fc.nat(), fc.integer({ min: 1, max: 7 }), (n, seed, chunks) => {
      const arena = new Arena(heap, base, ARENA_BYTES, seed);
      const args = (kernelCases[name] as AnyCase)(arena, n);
      const split = choose(args);
      if (split === undefined) return;
      divided++;
      const before = arena.snapshot();
      (kernels[name] as AnyKernel)(...args);
      const whole = arena.snapshot();
      arena.restore(before);
      const part: number[] = [];
      const count = Math.max(1, Math.min(chunks, Math.floor(args[split.count] / split.granule)));
      // In any order, as threads take them.
      for (let i = count - 1; i >= 0; i--) {
        writeChunk(split, args, i, count, part);
        (kernels[name] as AnyKernel)(...part);
      }
      expect(Buffer.compare(arena.snapshot(), whole)).toBe(0);
    });
    fc.assert(law, { ...runs, examples: [[300, 1, 3]] });
    expect(divided).toBeGreaterThan(0);
  });
});

test("a product of rows or columns in chunks has the bits of the whole, whatever is transposed", () => {
  for (const variant of ["strict", "relaxed"] as const) {
    const kernels = loadSimd(heap, variant);
    if (!kernels) continue;
    const choose = SPLITS.find(([name]) => name === "matmul")?.[1] as (args: number[]) => Split;
    const law = fc.property(
      fc.integer({ min: 100, max: 300 }),
      fc.integer({ min: 100, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      fc.nat(7),
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      (m, n, k, flags, chunks, seed) => {
        const arena = new Arena(heap, base, ARENA_BYTES, seed);
        const [transA, transB, accumulate] = [flags & 1, (flags >> 1) & 1, flags >> 2];
        const [a, b, c] = [arena.input(m * k), arena.input(k * n), arena.output(m * n)];
        const [lda, ldb] = [transA ? m : k, transB ? k : n];
        const args = [a, b, c, m, n, k, lda, ldb, n, transA, transB, accumulate, 1, 0, 0, 0];
        const before = arena.snapshot();
        (kernels.matmul as AnyKernel)(...args);
        const whole = arena.snapshot();
        arena.restore(before);
        for (let i = 0; i < chunks; i++) {
          const part: number[] = [];
          writeChunk(choose(args), args, i, chunks, part);
          (kernels.matmul as AnyKernel)(...part);
        }
        expect(Buffer.compare(arena.snapshot(), whole)).toBe(0);
      },
    );
    fc.assert(law, { ...runs, numRuns: Math.ceil(runs.numRuns / 4) });
  }
});

test("chunks are cut at the granules nearest to equal shares, and none is empty", () => {
  const sizes = (count: number, granule: number, chunks: number): number[] => {
    const split: Split = { count: 0, granule, moves: [], work: () => 0 };
    return Array.from({ length: chunks }, (_, i) => {
      const part: number[] = [];
      writeChunk(split, [count], i, chunks, part);
      return part[0];
    });
  };
  expect(sizes(128, 12, 2)).toEqual([60, 68]);
  expect(sizes(768, 12, 4)).toEqual([192, 192, 192, 192]);
  expect(sizes(100, 48, 2)).toEqual([48, 52]);
  const law = fc.property(
    fc.integer({ min: 1, max: 64 }),
    fc.integer({ min: 1, max: 16 }),
    fc.nat(99),
    (g, c, more) => {
      const total = g * c + more;
      const all = sizes(total, g, c);
      expect(all.reduce((x, y) => x + y)).toBe(total);
      // Half of the average is what a product needs.
      expect(2 * Math.min(...all)).toBeGreaterThanOrEqual(total / c);
      expect(all.slice(0, -1).every((size) => size % g === 0)).toBe(true);
    },
  );
  fc.assert(law, runs);
});

test("small calls stay whole; large ones have a chunk for each thread, and no more than units", () => {
  const exp = (n: number) => [0, 0, n];
  const [, choose] = SPLITS.find(([name]) => name === "exp") as (typeof SPLITS)[number];
  const split = choose(exp(0)) as Split;
  expect(chunksOf(split, exp(0), 4)).toBe(1);
  expect(chunksOf(split, exp(9_999), 4)).toBe(1);
  expect(chunksOf(split, exp(10_000), 4)).toBe(2);
  expect(chunksOf(split, exp(16_000), 4)).toBe(3);
  expect(chunksOf(split, exp(100_000_000), 4)).toBe(4);
  expect(chunksOf(split, exp(100_000_000), 1)).toBe(1);
  const gather = SPLITS.find(([name]) => name === "gatherRows")?.[1] as (args: number[]) => Split;
  const oneRow = [0, 0, 0, 1, 1_000_000];
  expect(chunksOf(gather(oneRow), oneRow, 4)).toBe(1);
});
