import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BackendError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { selectBackend } from "../../src/kernels/backend.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Heap } from "../../src/kernels/memory.ts";
import { runs } from "../support/fc.ts";

const heap = new Heap();
const LIMIT = 1 << 20;
const a = heap.allocate(4 * LIMIT);
const b = heap.allocate(4 * LIMIT);
const c = heap.allocate(4 * LIMIT);
const F32_EPSILON = 2 ** -24;

function find(name: string): Kernels["matmul"] | undefined {
  try {
    return selectBackend(heap, name).kernels.matmul;
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}

/** Fills op(A) `[m, k]` and op(B) `[k, n]`, and expects |C - AB| <= (k + 1) eps |A||B| against f64. */
function checkProduct(
  matmul: Kernels["matmul"],
  [m, n, k]: readonly [number, number, number],
  transA: number,
  transB: number,
  seed: number,
): void {
  const random = new Random(seed);
  const { f32 } = heap;
  for (let i = 0; i < m * k; i++) f32[a / 4 + i] = random.normal();
  for (let i = 0; i < k * n; i++) f32[b / 4 + i] = random.normal();
  matmul(a, b, c, m, n, k, transA ? m : k, transB ? k : n, n, transA, transB, 0, 1, 0, 0, 0);
  const atA = (i: number, p: number) => f32[a / 4 + (transA ? p * m + i : i * k + p)];
  const atB = (p: number, j: number) => f32[b / 4 + (transB ? j * k + p : p * n + j)];
  // A few hundred elements of a large product are enough.
  const step = Math.max(1, Math.floor((m * n) / 400));
  for (let e = 0; e < m * n; e += step) {
    const [i, j] = [Math.floor(e / n), e % n];
    let sum = 0;
    let size = 0;
    for (let p = 0; p < k; p++) {
      const product = atA(i, p) * atB(p, j);
      sum += product;
      size += Math.abs(product);
    }
    const error = Math.abs(f32[c / 4 + e] - sum);
    if (!(error <= (k + 1) * F32_EPSILON * size))
      expect.fail(`[${i}, ${j}]: ${f32[c / 4 + e]} is not ${sum}`);
  }
}

for (const name of ["reference", "simd", "relaxed", "blas"]) {
  const matmul = find(name);
  describe.skipIf(!matmul)(`${name} matmul${matmul ? "" : " (not available here)"}`, () => {
    const product = matmul as Kernels["matmul"];
    const flag = fc.nat(1);
    const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 2, 5, 6, 8, 64, 96));

    test("within n eps |A||B| of the f64 product", () => {
      const law = fc.property(size, size, size, flag, flag, fc.nat(), (m, n, k, transA, transB, seed) => {
        checkProduct(product, [m, n, k], transA, transB, seed);
      });
      fc.assert(law, runs);
    });

    // Sizes beyond each of the packed blocks: 240 rows, 1024 columns, depth 256.
    test.skipIf(name === "reference").each([
      [300, 40, 30],
      [7, 1100, 20],
      [9, 12, 600],
      [250, 1030, 260],
      [1, 1100, 300],
      [2, 1100, 300],
      [300, 1, 300],
    ])("within n eps |A||B| of the f64 product beyond the blocks: %i x %i x %i", (m, n, k) => {
      for (const transA of [0, 1])
        for (const transB of [0, 1]) checkProduct(product, [m, n, k], transA, transB, m);
    });

    test("a permutation of rows or columns is exact", () => {
      const law = fc.property(
        fc.integer({ min: 1, max: 40 }),
        size,
        flag,
        flag,
        fc.nat(),
        (n, cols, t, trans, seed) => {
          const random = new Random(seed);
          const order = Array.from({ length: n }, (_, i) => i);
          for (let i = n - 1; i > 0; i--) {
            const j = random.integer(i + 1);
            [order[i], order[j]] = [order[j], order[i]];
          }
          const { f32 } = heap;
          f32.fill(0, a / 4, a / 4 + n * n);
          for (let i = 0; i < n; i++) f32[a / 4 + (t ? order[i] * n + i : i * n + order[i])] = 1;
          for (let i = 0; i < n * cols; i++) f32[b / 4 + i] = random.normal();
          product(a, b, c, n, cols, n, n, trans ? n : cols, cols, t, trans, 0, 1, 0, 0, 0);
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < cols; j++) {
              const from = trans ? j * n + order[i] : order[i] * cols + j;
              const [got, wanted] = [f32[c / 4 + i * cols + j], f32[b / 4 + from]];
              if (got !== wanted) expect.fail(`[${i}, ${j}]: ${got} is not ${wanted}`);
            }
          }
        },
      );
      fc.assert(law, { numRuns: Math.ceil(runs.numRuns / 4) });
    });

    test("(AB) transposed is B transposed times A transposed", () => {
      const law = fc.property(size, size, size, fc.nat(), (m, n, k, seed) => {
        checkProduct(product, [m, n, k], 0, 0, seed);
        const direct = heap.f32.slice(c / 4, c / 4 + m * n);
        product(b, a, c, n, m, k, n, k, m, 1, 1, 0, 1, 0, 0, 0);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            const [got, wanted] = [heap.f32[c / 4 + j * m + i], direct[i * n + j]];
            if (!(Math.abs(got - wanted) < 1e-4)) expect.fail(`[${i}, ${j}]: ${got} is not ${wanted}`);
          }
        }
      });
      fc.assert(law, { numRuns: Math.ceil(runs.numRuns / 10) });
    });

    // What lets threads share a product. One and two rows of a transposed B go another way, hence 3.
    test.skipIf(name === "reference" || name === "blas")(
      "parts of the rows or columns have the bits of the whole",
      () => {
        const rows = fc.oneof(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 40 }));
        const depth = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(255, 256, 257, 600));
        const law = fc.property(
          fc.record({
            top: rows,
            bottom: rows,
            left: size,
            right: size,
            k: depth,
            transA: flag,
            transB: flag,
          }),
          fc.record({ accumulate: flag, padding: fc.nat(3), seed: fc.nat() }),
          ({ top, bottom, left, right, k, transA, transB }, { accumulate, padding, seed }) => {
            const [m, n] = [top + bottom, left + right];
            const [lda, ldb, ldc] = [(transA ? m : k) + padding, (transB ? k : n) + padding, n + padding];
            const random = new Random(seed);
            for (let i = 0; i < (transA ? k : m) * lda; i++) heap.f32[a / 4 + i] = random.normal();
            for (let i = 0; i < (transB ? n : k) * ldb; i++) heap.f32[b / 4 + i] = random.normal();
            /** Computes rows from i on and columns from j on, of a c that was all ones. */
            const part = (i: number, j: number, height: number, width: number) => {
              const [x, y] = [a + 4 * i * (transA ? 1 : lda), b + 4 * j * (transB ? ldb : 1)];
              const out = c + 4 * (i * ldc + j);
              product(x, y, out, height, width, k, lda, ldb, ldc, transA, transB, accumulate, 1, 0, 0, 0);
            };
            const compute = (parts: () => void) => {
              heap.f32.fill(1, c / 4, c / 4 + m * ldc);
              parts();
              return heap.i32.slice(c / 4, c / 4 + m * ldc);
            };
            const whole = compute(() => part(0, 0, m, n));
            const byRows = compute(() => {
              part(0, 0, top, n);
              part(top, 0, bottom, n);
            });
            const byColumns = compute(() => {
              part(0, 0, m, left);
              part(0, left, m, right);
            });
            expect(byRows).toEqual(whole);
            expect(byColumns).toEqual(whole);
          },
        );
        fc.assert(law, { numRuns: Math.ceil(runs.numRuns / 4) });
      },
    );
  });
}
