/** How many floating-point operations the products of a computation take, and how fast one large product is. */
import type { Kernels } from "../../src/kernels/kernels.ts";
import { heap } from "../../src/tensor/runtime.ts";

/** Pairs of query and key that attention looks at. */
function pairs(queries: number, positions: number, causal: number, offset: number): number {
  if (!causal) return queries * positions;
  let seen = 0;
  for (let t = 0; t < queries; t++) seen += Math.min(positions, Math.max(0, t + offset + 1));
  return seen;
}

/**
 * Operations of the kernels that multiply matrices, 2 for each product and sum, from their arguments. Attention has two
 * products forwards, and four backwards: what it computes anew there instead of storing it does not count.
 */
const OPERATIONS: { [K in keyof Kernels]?: (...args: Parameters<Kernels[K]>) => number } = {
  matmul: (_a, _b, _c, m, n, k, ...rest) => 2 * m * n * k * rest[6],
  attention: (...args) => {
    const [batch, heads, queries, positions, width] = args.slice(7, 12);
    const [causal, offset] = args.slice(22, 24);
    return 2 * 2 * batch * heads * width * pairs(queries, positions, causal, offset);
  },
  attentionGrad: (...args) => {
    const [batch, heads, queries, positions, width] = args.slice(12, 17);
    const [causal, offset] = args.slice(27, 29);
    return 4 * 2 * batch * heads * width * pairs(queries, positions, causal, offset);
  },
};

/** The operations of the products in `work`, which computes on `kernels`. */
export function countOperations(kernels: Kernels, work: () => void): number {
  const table = kernels as unknown as Record<string, (...args: number[]) => unknown>;
  let total = 0;
  const originals = Object.entries(OPERATIONS).map(([name, operations]) => {
    const original = table[name];
    table[name] = (...args) => {
      total += (operations as (...args: number[]) => number)(...args);
      return original(...args);
    };
    return [name, original] as const;
  });
  try {
    work();
  } finally {
    for (const [name, original] of originals) table[name] = original;
  }
  return total;
}

/** Rows and columns of the large product. */
const SIZE = 480;
const REPEATS = 9;

/** The speed of `[480, 480]` by `[480, 480]`, in operations a millisecond: the fastest of a few. */
export function speedOfProduct(kernels: Kernels): number {
  const n = SIZE;
  const bytes = 4 * n * n;
  const a = heap.allocate(3 * bytes);
  const [b, c] = [a + bytes, a + 2 * bytes];
  for (let i = 0; i < 2 * n * n; i++) heap.f32[a / 4 + i] = ((i * 37) % 101) / 50 - 1;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    kernels.matmul(a, b, c, n, n, n, n, n, n, 0, 0, 0, 1, 0, 0, 0);
    best = Math.min(best, performance.now() - start);
  }
  heap.free(a);
  return (2 * n ** 3) / best;
}
