import { describe, expect, test } from "vitest";
import { WorkerError } from "../../src/base/errors.ts";
import type { Backend } from "../../src/kernels/backend.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Heap } from "../../src/kernels/memory.ts";
import type { WorkerPool } from "../../src/kernels/pool.ts";
import { backendSelector } from "../support/threaded-backends.ts";

const heap = new Heap();
const select = backendSelector(heap);

function filled(length: number): number {
  const x = heap.allocate(4 * length);
  for (let i = 0; i < length; i++) heap.f32[x / 4 + i] = Math.sin(0.37 * i);
  return x;
}

/** Results of large calls of several kinds, as bytes. */
function results(kernels: Kernels): Uint8Array[] {
  const [rows, cols, depth] = [512, 384, 200];
  const [a, b] = [filled(rows * depth), filled(depth * cols)];
  const [out, lse] = [heap.allocate(4 * rows * cols), heap.allocate(4 * rows)];
  const read = (n: number) => heap.u8.slice(out, out + 4 * n);
  const all: Uint8Array[] = [];
  try {
    for (let transposed = 0; transposed < 4; transposed++) {
      const [transA, transB] = [transposed & 1, transposed >> 1];
      const [lda, ldb] = [transA ? rows : depth, transB ? depth : cols];
      kernels.matmul(a, b, out, rows, cols, depth, lda, ldb, cols, transA, transB, 0, 1, 0, 0, 0);
      all.push(read(rows * cols));
    }
    kernels.gelu(a, out, rows * depth);
    all.push(read(rows * depth));
    kernels.softmax(a, out, rows, depth);
    all.push(read(rows * depth));
    const [batch, heads, time, width] = [8, 4, 40, 16];
    const row = heads * width;
    const strides = [time * row, row, time * row, row, time * row, row, 0, 0, 0];
    const sizes = [batch, heads, time, time, width];
    kernels.attention(
      ...([a, a, b, 0, 0, out, lse, ...sizes, ...strides, 0.25, 1, 0, 0, 0, 0] as Parameters<
        Kernels["attention"]
      >),
    );
    all.push(read(batch * time * row));
    return all;
  } finally {
    for (const x of [a, b, out, lse]) heap.free(x);
  }
}

describe.each(["simd", "relaxed", "blas"])("%s", (name) => {
  test("the same bits on 1, 2 and 4 threads", ({ skip }) => {
    const one = select(name, 1);
    if (!one) return skip("not available here");
    const expected = results(one.kernels);
    for (const threads of [2, 4]) {
      const backend = select(name, threads) as Backend;
      expect(backend.description).toMatch(`on ${threads} threads`);
      // Threads take different chunks each time.
      for (let i = 0; i < 3; i++) {
        results(backend.kernels).forEach((bytes, j) => {
          expect(Buffer.compare(bytes, expected[j]), `${threads} threads, result ${j}`).toBe(0);
        });
      }
    }
  });
});

test("BLAS: the same bits on 1 and 4 threads for products of few rows or columns", ({ skip }) => {
  const one = select("blas", 1);
  if (!one) return skip("not available here");
  const four = select("blas", 4) as Backend;
  const shapes = [
    [3, 2048, 512, 0, 0],
    [5, 1000, 1024, 0, 1],
    [9, 1000, 1024, 0, 0],
    [2048, 8, 512, 1, 0],
    [3, 190, 3700, 0, 1],
    [700, 96, 100, 1, 1],
  ];
  for (const [m, n, k, transA, transB] of shapes) {
    const [a, b, c] = [filled(m * k), filled(k * n), heap.allocate(4 * m * n)];
    const [left, right] = [one, four].map(({ kernels }) => {
      kernels.matmul(a, b, c, m, n, k, transA ? m : k, transB ? k : n, n, transA, transB, 0, 1, 0, 0, 0);
      return heap.u8.slice(c, c + 4 * m * n);
    });
    expect(Buffer.compare(left, right), `${m} x ${n} x ${k}`).toBe(0);
    for (const x of [a, b, c]) heap.free(x);
  }
});

test.each(["simd", "blas"])("%s: a batch of no products writes nothing, on any thread", (name) => {
  const backend = select(name, 2);
  if (!backend) return;
  const [a, b, c] = [filled(256 * 256), filled(256 * 256), filled(256 * 256)];
  const before = heap.u8.slice(c, c + 4 * 256 * 256);
  for (let i = 0; i < 50; i++) {
    backend.kernels.matmul(a, b, c, 256, 256, 256, 256, 256, 256, 0, 0, 0, 0, 0, 0, 0);
  }
  expect(Buffer.compare(heap.u8.slice(c, c + 4 * 256 * 256), before)).toBe(0);
  for (const x of [a, b, c]) heap.free(x);
});

test("memory that has grown since the workers started is seen by them", () => {
  const { kernels, pool } = select("simd", 2) as Backend;
  expect(pool).toBeDefined();
  const before = heap.info().capacityBytes;
  const large = heap.allocate(before);
  const end = large + before - 4 * 200_000;
  heap.f32.fill(2, end / 4, end / 4 + 100_000);
  kernels.mulScalar(end, 3, end + 400_000, 100_000);
  expect(heap.f32.subarray(end / 4 + 100_000, end / 4 + 200_000).every((x) => x === 6)).toBe(true);
  heap.free(large);
});

test("a worker that fails is reported, and the next call has new workers", () => {
  const { kernels, pool } = select("simd", 2) as Backend;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  // The main thread takes its time, so that the worker claims a chunk; there is no such memory.
  const slow = { ...kernels, exp: () => void Atomics.wait(nap, 0, 0, 1500) };
  const beyond = 0xfff00000;
  const { exp } = (pool as WorkerPool).parallel(slow);
  expect(() => exp(beyond, beyond, 100_000)).toThrow(
    new WorkerError({
      what: "kernel exp",
      expected: "an answer of every worker thread",
      got: "one that failed or is gone",
      hint: "What it was to write is undefined. New workers are started for the next call; LEXIGRAD_THREADS=1 works without.",
    }),
  );
  const x = filled(100_000);
  kernels.relu(x, x, 100_000);
  expect(heap.f32.subarray(x / 4, x / 4 + 100_000).every((value) => value >= 0)).toBe(true);
  heap.free(x);
});

test("without the workers, the calling thread does it all", () => {
  const { kernels, pool } = select("simd", 3) as Backend;
  (pool as WorkerPool).end();
  const x = filled(50_000);
  kernels.neg(x, x, 50_000);
  expect(heap.f32[x / 4 + 1]).toBe(-Math.fround(Math.sin(0.37)));
  heap.free(x);
});
