/**
 * How the work of each kernel divides: along rows, elements or batch entries, whose results are written to disjoint
 * places and computed in an order that does not depend on where the cuts fall. Kernels that sum over what could be
 * divided are not here, and run on one thread.
 */
import { MAX_CHUNKS } from "./jobs.js";
import type { Kernels } from "./kernels.ts";

/** A way to divide a call. */
export interface Split {
  /** Index of the argument that counts the units to divide. */
  readonly count: number;
  /** Cuts are made at multiples of so many units. */
  readonly granule: number;
  /** Moves the offsets among the arguments by so many units. */
  advance(args: number[], units: number): void;
  /** Work of the whole call, in units of which a thread does about a thousand million a second. */
  work(args: readonly number[]): number;
}

/** The split that suits the arguments of a call, if any. */
type Choice = (args: readonly number[]) => Split | undefined;

/** Of elementwise work: handing out a chunk costs a thread one to two microseconds. */
const MIN_CHUNK = 5000;
/** Threads that come late find something left, and none waits long for the last chunk. */
const CHUNKS_PER_THREAD = 2;

/** Number of chunks for so many threads; 1 when it is not worth their while. */
export function chunksOf(split: Split, args: readonly number[], threads: number): number {
  const units = Math.floor(args[split.count] / split.granule);
  const worthwhile = Math.min(Math.floor(split.work(args) / MIN_CHUNK), units, MAX_CHUNKS);
  if (worthwhile <= threads) return Math.max(1, worthwhile);
  return threads * Math.min(CHUNKS_PER_THREAD, Math.floor(worthwhile / threads));
}

/** Fills `part` with the arguments of chunk `index` of `chunks`. */
export function writeChunk(
  split: Split,
  args: readonly number[],
  index: number,
  chunks: number,
  part: number[],
): void {
  const { count, granule } = split;
  const total = args[count];
  const cut = (i: number) => (i === chunks ? total : Math.floor((total * i) / chunks / granule) * granule);
  const start = cut(index);
  part.length = args.length;
  for (let i = 0; i < args.length; i++) part[i] = args[i];
  part[count] = cut(index + 1) - start;
  split.advance(part, start);
}

const F32 = 4;

/** Elements at the same place in each array of `pointers`, of which an offset of 0 means that there is none. */
function elements(pointers: readonly number[], count: number, work: number): Choice {
  const split: Split = {
    count,
    granule: 64,
    advance: (args, units) => {
      for (const i of pointers) if (args[i] !== 0) args[i] += units * F32;
    },
    work: (args) => args[count] * work,
  };
  return () => split;
}

/** Rows: those of `wide` have as many elements as the argument `cols` says, those of `narrow` one. */
function rows(
  wide: readonly number[],
  narrow: readonly number[],
  count: number,
  cols: number,
  work: number,
): Choice {
  const split: Split = {
    count,
    granule: 1,
    advance: (args, units) => {
      for (const i of wide) args[i] += units * args[cols] * F32;
      for (const i of narrow) args[i] += units * F32;
    },
    work: (args) => args[count] * args[cols] * work,
  };
  return () => split;
}

/** The first axis of at least two of those at `axes`; `strides` has for each the arguments with its strides. */
function firstAxis(
  pointers: readonly number[],
  axes: readonly number[],
  strides: readonly (readonly (number | readonly number[])[])[],
  work: number,
): Choice {
  const splits = axes.map((count, axis): Split => {
    return {
      count,
      granule: axis === axes.length - 1 ? 64 : 1,
      advance: (args, units) => {
        pointers.forEach((pointer, i) => {
          const stride = strides[axis][i];
          const step = typeof stride === "number" ? args[stride] : stride.reduce((n, j) => n * args[j], 1);
          args[pointer] += units * step * F32;
        });
      },
      work: (args) => axes.reduce((product, j) => product * args[j], work),
    };
  });
  return (args) => splits.find(({ count }) => args[count] > 1);
}

// x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2
const binary = firstAxis(
  [0, 1, 2],
  [3, 4, 5],
  [
    [6, 9, [4, 5]],
    [7, 10, [5]],
    [8, 11, []],
  ],
  0.4,
);

// x, out, d0 .. d3, x0 .. x3, o0 .. o3
const copyStrided = firstAxis(
  [0, 1],
  [2, 3, 4, 5],
  [
    [6, 10],
    [7, 11],
    [8, 12],
    [9, 13],
  ],
  1,
);

/**
 * Of one matrix product: rows or columns, whichever are more. A chunk has at least 2^20 products: below, OpenBLAS
 * takes another way, which sums in another order.
 */
const matmul: Choice = (() => {
  const PRODUCT = MIN_CHUNK / 2 ** 20;
  // a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep
  const work = (args: readonly number[]) => args[3] * args[4] * args[5] * PRODUCT;
  const byRows: Split = {
    count: 3,
    granule: 48,
    advance: (args, units) => {
      args[0] += units * (args[9] ? 1 : args[6]) * F32;
      args[2] += units * args[8] * F32;
    },
    work,
  };
  const byColumns: Split = {
    count: 4,
    granule: 64,
    advance: (args, units) => {
      args[1] += units * (args[10] ? args[7] : 1) * F32;
      args[2] += units * F32;
    },
    work,
  };
  return (args) => (args[12] > 1 ? undefined : args[3] >= args[4] ? byRows : byColumns);
})();

const attentionWork = (args: readonly number[], at: number) =>
  args[at] * args[at + 1] * args[at + 2] * args[at + 3] * args[at + 4] * 0.15;

/** Moves lengths and mask by so many entries of the batch. */
function advanceMasks(args: number[], units: number, mask: number, lengths: number, maskBatch: number): void {
  if (args[lengths] !== 0) args[lengths] += units * F32;
  if (args[mask] !== 0) args[mask] += units * args[maskBatch] * F32;
}

/** q, k, v, mask, lengths, out, lse, [7] batch, heads, queries, positions, width, [12] qBatch .. [18] maskBatch .. [24] p */
const attention: Split = {
  count: 7,
  granule: 1,
  advance: (args, units) => {
    args[0] += units * args[12] * F32;
    args[1] += units * args[14] * F32;
    args[2] += units * args[16] * F32;
    args[5] += units * args[8] * args[9] * args[11] * F32;
    args[6] += units * args[8] * args[9] * F32;
    advanceMasks(args, units, 3, 4, 18);
  },
  work: (args) => attentionWork(args, 7),
};

/** q, k, v, mask, lengths, out, lse, g, dq, dk, dv, dmask, [12] batch .. width, [17] qBatch .. [23] maskBatch .. [29] p */
const attentionGrad: Split = {
  count: 12,
  granule: 1,
  advance: (args, units) => {
    for (const [pointer, stride] of [
      [0, 17],
      [1, 19],
      [2, 21],
      [8, 17],
      [9, 19],
      [10, 21],
    ]) {
      args[pointer] += units * args[stride] * F32;
    }
    for (const pointer of [5, 7]) args[pointer] += units * args[13] * args[14] * args[16] * F32;
    args[6] += units * args[13] * args[14] * F32;
    advanceMasks(args, units, 3, 4, 23);
  },
  work: (args) => attentionWork(args, 12) * 3,
};

/** x, cos, sin, out, batch, time, cols, heads, width, halves */
const rotary: Split = {
  count: 4,
  granule: 1,
  advance: (args, units) => {
    for (const pointer of [0, 3]) args[pointer] += units * args[5] * args[6] * F32;
  },
  work: (args) => args[4] * args[5] * args[6] * 0.6,
};

const CHEAP = 0.4;
const unary = (work: number) => elements([0, 1], 2, work);
const withGradient = elements([0, 1, 2], 3, 3);

/** For each kernel that divides, how. The order numbers the kernels. */
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
  copyStrided,
  gatherRows: rows([2], [1], 3, 4, 0.3),
  matmul,
  softmax: rows([0, 1], [], 2, 3, 2),
  softmaxGrad: rows([0, 1, 2], [], 3, 4, 1),
  logSoftmax: rows([0, 1], [], 2, 3, 2),
  logSoftmaxGrad: rows([0, 1, 2], [], 3, 4, 2),
  crossEntropy: rows([0], [1, 3, 4], 5, 6, 1),
  crossEntropyGrad: rows([0, 5], [1, 3, 4], 6, 7, 1),
  crossEntropyWithGrad: rows([0], [1, 3], 4, 5, 1),
  layerNorm: rows([0, 3], [4, 5], 6, 7, 1),
  attention: (args) => (args[24] === 0 ? attention : undefined),
  attentionGrad: (args) => (args[29] === 0 && args[11] === 0 ? attentionGrad : undefined),
  rotary: () => rotary,
  sgd: elements([0, 1, 2], 3, 1),
  adagrad: elements([0, 1, 2], 3, 1),
  rmsprop: elements([0, 1, 2, 3, 4], 5, 1.5),
  adam: elements([0, 1, 2, 3, 4], 5, 1.5),
} as const satisfies { readonly [K in keyof Kernels]?: Choice };

export const SPLITS: readonly (readonly [kernel: keyof typeof CHOICES, choice: Choice])[] = Object.entries(
  CHOICES,
) as [keyof typeof CHOICES, Choice][];
