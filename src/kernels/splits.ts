/**
 * How the work of each kernel divides: along rows, elements, columns or batch entries, whose results are written to
 * disjoint places and computed in an order that does not depend on where the cuts fall. Kernels that sum over what
 * could be divided are not here, and run on one thread. The exception is `negativeSampling`.
 *
 * Numbers are positions of arguments, in the order of `kernels.ts`.
 */
import type { Kernels } from "./kernels.ts";
import { MIN_CHUNK, type Split } from "./split.ts";

type Moves = Split["moves"];
/** The split that suits the arguments of a call, if any. */
type Choice = (args: readonly number[]) => Split | undefined;

const product = (args: readonly number[], factors: readonly number[]): number => {
  let result = 1;
  for (const i of factors) result *= args[i];
  return result;
};

/** A split whose work is the product of the arguments at `factors`, times `each`. */
const split = (
  count: number,
  moves: Moves,
  factors: readonly number[],
  each: number,
  granule = 1,
): Split => ({ count, granule, moves, work: (args) => product(args, factors) * each });

const always =
  (only: Split): Choice =>
  () =>
    only;

/** Of elements at the same place in each array. A cut falls between cache lines. */
const elements = (pointers: readonly number[], count: number, each: number): Choice => {
  const moves = pointers.map((pointer) => [pointer] as const);
  return always(split(count, moves, [count], each, 64));
};

/** Of rows; those of the arrays `wide` have as many elements as argument `cols` says, those of `narrow` one. */
const rows = (
  wide: readonly number[],
  narrow: readonly number[],
  count: number,
  cols: number,
  each: number,
): Choice => {
  const moves = [...wide.map((i) => [i, cols] as const), ...narrow.map((i) => [i] as const)];
  return always(split(count, moves, [count, cols], each));
};

/** The first axis of at least two: where those before it have one entry, a dense result stays dense. */
const firstAxis =
  (splits: readonly Split[]): Choice =>
  (args) =>
    splits.find(({ count }) => args[count] > 1);

const binary = firstAxis([
  split(
    3,
    [
      [0, 6],
      [1, 9],
      [2, 4, 5],
    ],
    [3, 4, 5],
    0.4,
  ),
  split(
    4,
    [
      [0, 7],
      [1, 10],
      [2, 5],
    ],
    [3, 4, 5],
    0.4,
  ),
  split(5, [[0, 8], [1, 11], [2]], [3, 4, 5], 0.4, 64),
]);

const copyStrided = firstAxis(
  [2, 3, 4, 5].map((count) =>
    split(
      count,
      [
        [0, count + 4],
        [1, count + 8],
      ],
      [2, 3, 4, 5],
      1,
    ),
  ),
);

/**
 * The average chunk of a product. Granules leave the smallest at least half of it: below a million multiplications,
 * OpenBLAS takes another way, which sums in another order.
 */
const MIN_PRODUCTS = 2 ** 21;

/** Where OpenBLAS's kernels for AVX2 may be cut into the same bits, and the others: they take 12 rows at a time. */
const ROWS = 12;
const COLUMNS = 16;
const EACH = MIN_CHUNK / MIN_PRODUCTS;
const byRows = [false, true].map((transA) =>
  split(3, [transA ? [0] : [0, 6], [2, 8]], [3, 4, 5], EACH, ROWS),
);
const byColumns = [false, true].map((transB) =>
  split(4, [transB ? [1, 7] : [1], [2]], [3, 4, 5], EACH, COLUMNS),
);

/** One product by its rows, for a library whose sums change where columns are cut. */
export const productByRows: Choice = (args) => (args[12] === 1 ? byRows[args[9]] : undefined);

/** One product divides by rows or columns, whichever are more. */
const matmul: Choice = (args) =>
  args[12] === 1 && args[3] < args[4] ? byColumns[args[10]] : productByRows(args);

const sum = firstAxis([
  split(
    2,
    [
      [0, 3, 5],
      [1, 4],
    ],
    [2, 3, 4],
    0.4,
  ),
  split(4, [[0], [1]], [2, 3, 4], 0.4, 16),
]);

/** Dropped weights are numbered through the batch, heads, queries and positions. */
const attention: Split = {
  ...split(7, [[0, 12], [1, 14], [2, 16], [3, 18], [4], [5, 8, 9, 11], [6, 8, 9]], [7, 8, 9, 10, 11], 0.15),
  seed: [25, 8, 9, 10],
};

const attentionGrad: Split = {
  ...split(
    12,
    [
      [0, 17],
      [1, 19],
      [2, 21],
      [3, 23],
      [4],
      [5, 13, 14, 16],
      [6, 13, 14],
      [7, 13, 14, 16],
      [8, 17],
      [9, 19],
      [10, 21],
    ],
    [12, 13, 14, 15, 16],
    0.45,
  ),
  seed: [30, 13, 14, 15],
};

// x, out, n, p, seed0, seed1
const dropout: Split = { ...split(2, [[0], [1]], [2], 0.8, 64), seed: [4] };

/** Stretches of the words, whose updates meet in the same tables: one for each thread that is asked for. */
const negativeSampling: Split = {
  count: 1,
  granule: 16,
  moves: [[0], [14], [15]],
  seed: [17],
  work: (args) => args[16] * MIN_CHUNK,
};

const CHEAP = 0.4;
const unary = (each: number) => elements([0, 1], 2, each);
const withGradient = elements([0, 1, 2], 3, 3);

const CHOICES = {
  neg: unary(CHEAP),
  exp: unary(1),
  log: unary(1.5),
  sqrt: unary(0.6),
  abs: unary(CHEAP),
  sign: unary(CHEAP),
  step: unary(CHEAP),
  sin: unary(2),
  cos: unary(2),
  tanh: unary(1.5),
  sigmoid: unary(1.2),
  relu: unary(CHEAP),
  softplus: unary(2),
  erf: unary(2),
  gelu: unary(2),
  geluGrad: withGradient,
  geluTanh: unary(2),
  geluTanhGrad: withGradient,
  addScalar: elements([0, 2], 3, CHEAP),
  mulScalar: elements([0, 2], 3, CHEAP),
  powScalar: elements([0, 2], 3, 10),
  clamp: elements([0, 3], 4, CHEAP),
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  maximum: binary,
  minimum: binary,
  greater: binary,
  equal: binary,
  select: elements([0, 1, 2, 3], 4, CHEAP),
  fill: elements([0], 2, 0.2),
  axpy: elements([1, 2], 3, CHEAP),
  dropout: always(dropout),
  sum,
  copyStrided,
  gatherRows: rows([2], [1], 3, 4, 0.3),
  scatterAddRows: always(split(4, [[0], [2]], [3, 4], 0.6, 16)),
  pick: rows([0], [1, 2], 3, 4, 0.001),
  scatterAddPick: rows([2], [0, 1], 3, 4, 0.001),
  matmul,
  softmax: rows([0, 1], [], 2, 3, 2),
  softmaxGrad: rows([0, 1, 2], [], 3, 4, 1),
  logSoftmax: rows([0, 1], [], 2, 3, 2),
  logSoftmaxGrad: rows([0, 1, 2], [], 3, 4, 2),
  crossEntropy: rows([0], [1, 3, 4], 5, 6, 1),
  crossEntropyGrad: rows([0, 5], [1, 3, 4], 6, 7, 1),
  crossEntropyWithGrad: rows([0], [1, 3], 4, 5, 1),
  layerNorm: rows([0, 3], [4, 5], 6, 7, 1),
  layerNormGrad: rows([0, 4, 5], [2, 3], 6, 7, 1),
  layerNormScaleGrad: always(split(8, [[0], [3], [4], [5]], [6, 8], 0.6, 16)),
  attention: always(attention),
  // The gradient to a mask may be a sum over the batch.
  attentionGrad: (args) => (args[11] === 0 ? attentionGrad : undefined),
  rotary: always(
    split(
      4,
      [
        [0, 5, 6],
        [3, 5, 6],
      ],
      [4, 5, 6],
      0.6,
    ),
  ),
  additiveScores: always(
    split(
      4,
      [
        [0, 5, 7],
        [1, 6, 7],
        [3, 5, 6],
      ],
      [4, 5, 6, 7],
      1.5,
    ),
  ),
  additiveAttention: always(
    split(
      7,
      [
        [0, 9],
        [1, 8, 9],
        [3, 8, 10],
        [4, 8],
        [5, 8],
        [6, 10],
      ],
      [7, 8, 9],
      2,
    ),
  ),
  additiveAttentionGrad: always(
    split(
      10,
      [
        [0, 12],
        [1, 11, 12],
        [3, 11, 13],
        [4, 11],
        [5, 13],
        [6, 11],
        [7, 12],
        [8, 11, 12],
        [9, 12],
      ],
      [10, 11, 12],
      3,
    ),
  ),
  rnnCell: always(split(3, [[0, 5], [1, 6], [2, 7], [8]], [3, 4], 2)),
  rnnCellGrad: always(split(4, [[0, 6], [1, 7], [2, 5], [3, 8], [9]], [4, 5], 1)),
  lstmCell: always(split(5, [[0, 7], [1, 8], [2, 9], [3, 10], [4, 11], [12]], [5, 6], 10)),
  lstmCellGrad: always(
    split(7, [[0, 9], [1, 10], [2, 11], [3, 12], [4, 8], [5, 8], [6, 13], [14]], [7, 8], 8),
  ),
  gruCell: always(split(4, [[0, 6], [1, 7], [2, 8], [3, 9], [10]], [4, 5], 8)),
  gruCellGrad: always(
    split(7, [[0, 9], [1, 10], [2, 11], [3, 12], [4, 8], [5, 13], [6, 13], [14]], [7, 8], 8),
  ),
  sgd: elements([0, 1, 2], 3, 1),
  adagrad: elements([0, 1, 2], 3, 1),
  rmsprop: elements([0, 1, 2, 3, 4], 5, 1.5),
  adam: elements([0, 1, 2, 3, 4], 5, 1.5),
  negativeSampling: (args) => (args[16] > 1 ? negativeSampling : undefined),
} as const satisfies { readonly [K in keyof Kernels]?: Choice };

/** A kernel that divides. */
export type DividedKernel = keyof typeof CHOICES;

/** For each kernel that divides, how. The order numbers the kernels. */
export const SPLITS: readonly (readonly [kernel: DividedKernel, choice: Choice])[] = Object.entries(
  CHOICES,
) as [DividedKernel, Choice][];
