/**
 * One case for every kernel: arguments for a size n, drawn from an arena. A kernel without a case does not
 * compile.
 */
import type { Random } from "../../src/base/random.ts";
import type { Kernels, StridedKernel, UnaryKernel } from "../../src/kernels/kernels.ts";
import type { Arena, Arguments, KernelCase } from "./kernel-arena.ts";
import { additiveAttentionCases } from "./kernel-cases-additive-attention.ts";
import { attentionCases } from "./kernel-cases-attention.ts";
import { wordVectorCases } from "./kernel-cases-word-vectors.ts";

const unary =
  (draw?: (random: Random) => number) =>
  (arena: Arena, n: number): Parameters<UnaryKernel> => [
    arena.input(n, draw ? { draw } : {}),
    arena.output(n),
    n,
  ];

const withGradient = (arena: Arena, n: number): Arguments<"geluGrad"> => [
  arena.input(n),
  arena.input(n),
  arena.output(n),
  n,
];

const withScalar = (arena: Arena, n: number): Arguments<"addScalar"> => [
  arena.input(n),
  0.75,
  arena.output(n),
  n,
];

/** Strides of `[d0, d1, d2]` with some axes broadcast. */
function broadcastStrides({ random }: Arena, d1: number, d2: number): [number, number, number] {
  const repeats = () => random.uniform() < 0.3;
  const inner = repeats() ? 0 : 1;
  const row = inner ? d2 : 1;
  const middle = repeats() ? 0 : row;
  return [repeats() ? 0 : middle ? row * d1 : row, middle, inner];
}

const binary = (arena: Arena, n: number): Arguments<"add"> => {
  const { random } = arena;
  const [d0, d1, d2] = random.uniform() < 0.5 ? [1, 1, n] : [1 + random.integer(3), 1 + random.integer(4), n];
  const [x0, x1, x2] = broadcastStrides(arena, d1, d2);
  const [y0, y1, y2] = broadcastStrides(arena, d1, d2);
  const size = d0 * d1 * d2 + 4;
  const draw = (r: Random) => (r.uniform() < 0.2 ? 1 : r.normal());
  const [x, y] = [arena.input(size, { draw }), arena.input(size, { draw })];
  return [x, y, arena.output(d0 * d1 * d2), d0, d1, d2, x0, x1, x2, y0, y1, y2];
};

const reduce = (arena: Arena, n: number): Arguments<"max"> => {
  const { random } = arena;
  const outer = 1 + random.integer(3);
  const [extent, inner] = random.uniform() < 0.5 ? [n, 1] : [random.integer(9), n];
  return [arena.input(outer * extent * inner), arena.output(outer * inner), outer, extent, inner];
};

const argReduce = (arena: Arena, n: number): Arguments<"argmax"> => {
  const { random } = arena;
  const outer = 1 + random.integer(3);
  const [extent, inner] = random.uniform() < 0.5 ? [n + 1, 1] : [1 + random.integer(9), n];
  // Small whole numbers, so that there are ties.
  const x = arena.input(outer * extent * inner, { draw: (r) => r.integer(5) });
  return [x, arena.integers(outer * inner), outer, extent, inner];
};

/** Axes d0..d3 of x permuted, reversed or repeated; of out dense, or with a gap after each row. */
const strided = (arena: Arena, n: number, summing: boolean): Parameters<StridedKernel> => {
  const { random } = arena;
  const extents = [1 + random.integer(3), 1 + random.integer(3), random.integer(6), 1];
  extents[2 + random.integer(2)] = n;
  const [d0, d1, d2, d3] = extents;
  const order = [0, 1, 2, 3];
  for (let i = 3; i > 0; i--) {
    const j = random.integer(i + 1);
    if (random.uniform() < 0.5) [order[i], order[j]] = [order[j], order[i]];
  }
  const xStrides = [0, 0, 0, 0];
  let size = 1;
  for (const axis of order) {
    xStrides[axis] = size;
    size *= extents[axis];
  }
  let first = 0;
  for (let axis = 0; axis < 4; axis++) {
    const choice = random.uniform();
    if (choice < 0.1) xStrides[axis] = 0;
    else if (choice < 0.2 && extents[axis] > 0) {
      first += (extents[axis] - 1) * xStrides[axis];
      xStrides[axis] = -xStrides[axis];
    }
  }
  const gap = random.integer(3);
  const oStrides = [d1 * d2 * (d3 + gap), d2 * (d3 + gap), d3 + gap, 1];
  if (summing) for (let axis = 0; axis < 4; axis++) if (random.uniform() < 0.3) oStrides[axis] = 0;
  const [x0, x1, x2, x3] = xStrides;
  const [o0, o1, o2, o3] = oStrides;
  const x = arena.input(Math.max(size, 1)) + 4 * first;
  return [x, arena.output(d0 * d1 * d2 * (d3 + gap) + 1), d0, d1, d2, d3, x0, x1, x2, x3, o0, o1, o2, o3];
};

const matmul = (arena: Arena, size: number): Arguments<"matmul"> => {
  const { random } = arena;
  const [m, n, k] = [random.integer(size + 1), random.integer(size + 1), random.integer(size + 1)];
  const [transA, transB, accumulate] = [random.integer(2), random.integer(2), random.integer(2)];
  const gap = () => random.integer(3);
  const lda = (transA ? m : k) + gap();
  const ldb = (transB ? k : n) + gap();
  const ldc = n + gap();
  const batch = 1 + random.integer(3);
  const aStep = random.uniform() < 0.2 ? 0 : (transA ? k : m) * lda;
  const bStep = random.uniform() < 0.2 ? 0 : (transB ? n : k) * ldb;
  const cStep = m * ldc;
  const a = arena.input((transA ? k : m) * lda * batch);
  const b = arena.input((transB ? n : k) * ldb * batch);
  const c = arena.output(cStep * batch);
  return [a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep];
};

/** Rows of which some are masked, wholly or in part. */
const rowwise = (arena: Arena, cols: number): Arguments<"softmax"> => {
  const rows = 1 + arena.random.integer(4);
  const masked = arena.random.uniform();
  const draw = (r: Random) => (r.uniform() < masked * masked ? Number.NEGATIVE_INFINITY : 10 * r.normal());
  return [arena.input(rows * cols, { draw }), arena.output(rows * cols), rows, cols];
};

const rowwiseGrad =
  (draw: (random: Random, cols: number) => number) =>
  (arena: Arena, cols: number): Arguments<"softmaxGrad"> => {
    const rows = 1 + arena.random.integer(4);
    const y = arena.input(rows * cols, { draw: (random) => draw(random, cols) });
    return [y, arena.input(rows * cols), arena.output(rows * cols), rows, cols];
  };

/** rows, cols, ignore, on, off and excluded of a cross-entropy, with its inputs. The logits may be an output too. */
function crossEntropyInputs(arena: Arena, n: number, logits: "input" | "output" = "input") {
  const { random } = arena;
  const rows = 1 + random.integer(4);
  const cols = n + 1;
  const smoothing = random.uniform() < 0.5 ? 0 : 0.1;
  const weighted = random.uniform() < 0.5;
  const x = arena[logits](rows * cols, { draw: (r) => 3 * r.normal() });
  const targets = arena.indices(rows, cols);
  const weights = weighted ? arena.input(cols, { draw: (r) => r.integer(4) / 2, nan: false }) : 0;
  const excluded = random.uniform() < 0.5 ? -1 : random.integer(cols);
  const ignore = random.uniform() < 0.5 ? -100 : random.integer(cols);
  return { x, targets, weights, rows, cols, ignore, on: 1 - smoothing, off: smoothing / cols, excluded };
}

/** A pointer to lengths, or 0, and a time. */
function lengthsAndTime(arena: Arena, rows: number): [lengths: number, time: number] {
  return arena.random.uniform() < 0.5 ? [0, 2] : [arena.indices(rows, 5), 2];
}

const positive = (random: Random) => random.uniform(0.01, 2);
const unit = (random: Random) => random.uniform(0, 1);
const bounded = (random: Random) => random.uniform(-1, 1);

export const kernelCases = {
  neg: unary(),
  exp: unary((r) => 20 * r.normal()),
  log: unary((r) => Math.exp(20 * r.normal())),
  sqrt: unary((r) => r.uniform(-0.1, 9)),
  abs: unary(),
  sign: unary((r) => r.integer(5) - 2),
  step: unary((r) => r.integer(5) - 2),
  sin: unary((r) => 100 * r.normal()),
  cos: unary((r) => 100 * r.normal()),
  tanh: unary((r) => 3 * r.normal()),
  sigmoid: unary((r) => 10 * r.normal()),
  relu: unary(),
  softplus: unary((r) => 10 * r.normal()),
  erf: unary((r) => 2 * r.normal()),
  gelu: unary((r) => 3 * r.normal()),
  geluGrad: withGradient,
  geluTanh: unary((r) => 3 * r.normal()),
  geluTanhGrad: withGradient,
  addScalar: withScalar,
  mulScalar: withScalar,
  powScalar: (arena, n) => {
    const exponents = [2, 0.5, -0.5, 3, -1, 0, 1.37];
    const exponent = exponents[arena.random.integer(exponents.length)];
    return [arena.input(n), exponent, arena.output(n), n];
  },
  clamp: (arena, n) => [arena.input(n), -0.5, 0.75, arena.output(n), n],
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  maximum: binary,
  minimum: binary,
  greater: binary,
  equal: binary,
  select: (arena, n) => {
    const condition = arena.input(n, { draw: (r) => r.integer(2), nan: false });
    return [condition, arena.input(n), arena.input(n), arena.output(n), n];
  },
  fill: (arena, n) => [arena.output(n), 1.5, n],
  axpy: (arena, n) => [-0.7, arena.input(n), arena.output(n), n],
  dropout: (arena, n) => {
    const rates = [0, 0.1, 0.5, 0.999, 1];
    const p = rates[arena.random.integer(rates.length)];
    const [seed0, seed1] = [arena.random.bits() | 0, arena.random.bits() | 0];
    return [arena.input(n), arena.output(n), n, p, seed0, seed1];
  },
  sum: (arena, n) => {
    const { random } = arena;
    // The columns before the last `apart` of each row.
    const apart = random.integer(3);
    const outer = 1 + random.integer(3);
    const [extent, inner] = random.uniform() < 0.5 ? [n, 1] : [random.integer(9), n];
    const stride = inner + apart;
    return [arena.input(outer * extent * stride), arena.output(outer * inner), outer, extent, inner, stride];
  },
  max: reduce,
  argmax: argReduce,
  sumSquares: (arena, n) => [arena.input(n), n],
  maxAbs: (arena, n) => [arena.input(n), n],
  copyStrided: (arena, n) => strided(arena, n, false),
  addStrided: (arena, n) => strided(arena, n, true),
  gatherRows: (arena, width) => {
    const [rows, entries] = [arena.random.integer(6), 4];
    return [
      arena.input(entries * width),
      arena.indices(rows, entries),
      arena.output(rows * width),
      rows,
      width,
    ];
  },
  scatterAddRows: (arena, width) => {
    const [rows, entries] = [arena.random.integer(6), 4];
    const stride = width + arena.random.integer(3);
    return [
      arena.input(rows * stride),
      arena.indices(rows, entries),
      arena.output(entries * stride),
      rows,
      width,
      stride,
    ];
  },
  pick: (arena, n) => {
    const rows = arena.random.integer(6);
    return [arena.input(rows * (n + 1)), arena.indices(rows, n + 1), arena.output(rows), rows, n + 1];
  },
  scatterAddPick: (arena, n) => {
    const rows = arena.random.integer(6);
    return [arena.input(rows), arena.indices(rows, n + 1), arena.output(rows * (n + 1)), rows, n + 1];
  },
  matmul,
  softmax: rowwise,
  softmaxGrad: rowwiseGrad((r, cols) => r.uniform(0, 2 / cols)),
  logSoftmax: rowwise,
  logSoftmaxGrad: rowwiseGrad((r, cols) => r.normal() - Math.log(cols)),
  crossEntropy: (arena, n) => {
    const { x, targets, weights, rows, cols, ignore, on, off, excluded } = crossEntropyInputs(arena, n);
    const [loss, lse] = [arena.output(rows), arena.output(rows)];
    return [x, targets, weights, loss, lse, rows, cols, ignore, on, off, excluded];
  },
  crossEntropyGrad: (arena, n) => {
    const { x, targets, weights, rows, cols, ignore, on, off, excluded } = crossEntropyInputs(arena, n);
    const lse = arena.input(rows, { draw: (r) => 8 + r.normal() });
    const [g, out] = [arena.input(rows), arena.output(rows * cols)];
    return [x, targets, weights, lse, g, out, rows, cols, ignore, on, off, excluded];
  },
  crossEntropyWithGrad: (arena, n) => {
    const { x, targets, weights, rows, cols, ignore, on, off, excluded } = crossEntropyInputs(
      arena,
      n,
      "output",
    );
    const g = arena.random.uniform(-2, 2);
    return [x, targets, weights, arena.output(rows), rows, cols, g, ignore, on, off, excluded];
  },
  layerNorm: (arena, cols) => {
    const rows = 1 + arena.random.integer(4);
    const [x, gamma, beta] = [arena.input(rows * cols), arena.input(cols), arena.input(cols)];
    const [out, mean, rstd] = [arena.output(rows * cols), arena.output(rows), arena.output(rows)];
    return [x, gamma, beta, out, mean, rstd, rows, cols, 1e-5];
  },
  layerNormGrad: (arena, cols) => {
    const rows = 1 + arena.random.integer(4);
    const [x, gamma] = [arena.input(rows * cols), arena.input(cols)];
    const [mean, rstd] = [arena.input(rows), arena.input(rows, { draw: positive })];
    const [g, dx] = [arena.input(rows * cols), arena.output(rows * cols)];
    return [x, gamma, mean, rstd, g, dx, rows, cols];
  },
  layerNormScaleGrad: (arena, width) => {
    const rows = arena.random.integer(10);
    const cols = width + arena.random.integer(4);
    const [x, mean, rstd] = [
      arena.input(rows * cols),
      arena.input(rows),
      arena.input(rows, { draw: positive }),
    ];
    const g = arena.input(rows * cols);
    return [x, mean, rstd, g, arena.output(width), arena.output(width), rows, cols, width];
  },
  ...additiveAttentionCases,
  ...attentionCases,
  rnnCell: (arena, hidden) => {
    const [rows, stride] = [1 + arena.random.integer(3), hidden + 2];
    const [pre, h0, h1] = [
      arena.input(rows * stride),
      arena.input(rows * stride),
      arena.output(rows * stride),
    ];
    const [lengths, time] = lengthsAndTime(arena, rows);
    return [pre, h0, h1, rows, hidden, stride, stride, stride, lengths, time, arena.random.integer(2)];
  },
  rnnCellGrad: (arena, hidden) => {
    const [rows, stride] = [1 + arena.random.integer(3), hidden + 2];
    const [h1, dy] = [arena.input(rows * stride, { draw: bounded }), arena.input(rows * stride)];
    const [dh, dpre] = [arena.output(rows * hidden), arena.output(rows * stride)];
    const [lengths, time] = lengthsAndTime(arena, rows);
    return [h1, dy, dh, dpre, rows, hidden, stride, stride, stride, lengths, time, arena.random.integer(2)];
  },
  lstmCell: (arena, hidden) => {
    const [rows, stride] = [1 + arena.random.integer(3), hidden + 2];
    const gates = arena.output(rows * 4 * stride);
    const [c0, h0] = [arena.input(rows * stride), arena.input(rows * stride)];
    const [c1, h1] = [arena.output(rows * stride), arena.output(rows * stride)];
    const [lengths, time] = lengthsAndTime(arena, rows);
    return [gates, c0, h0, c1, h1, rows, hidden, 4 * stride, stride, stride, stride, stride, lengths, time];
  },
  lstmCellGrad: (arena, hidden) => {
    const [rows, stride] = [1 + arena.random.integer(3), hidden + 2];
    const gates = arena.input(rows * 4 * stride, { draw: unit });
    const [c0, c1, dy] = [arena.input(rows * stride), arena.input(rows * stride), arena.input(rows * stride)];
    const [dh, dc] = [arena.output(rows * hidden), arena.output(rows * hidden)];
    const dgates = arena.output(rows * 4 * stride);
    const [lengths, time] = lengthsAndTime(arena, rows);
    const strides = [4 * stride, stride, stride, stride, 4 * stride] as const;
    return [gates, c0, c1, dy, dh, dc, dgates, rows, hidden, ...strides, lengths, time];
  },
  gruCell: (arena, hidden) => {
    const [rows, stride] = [1 + arena.random.integer(3), hidden + 2];
    const [gx, gh] = [arena.output(rows * 3 * stride), arena.input(rows * 3 * stride)];
    const [h0, h1] = [arena.input(rows * stride), arena.output(rows * stride)];
    const [lengths, time] = lengthsAndTime(arena, rows);
    return [gx, gh, h0, h1, rows, hidden, 3 * stride, 3 * stride, stride, stride, lengths, time];
  },
  gruCellGrad: (arena, hidden) => {
    const [rows, stride] = [1 + arena.random.integer(3), hidden + 2];
    const [gates, gh] = [arena.input(rows * 3 * stride, { draw: unit }), arena.input(rows * 3 * stride)];
    const [h0, dy, dh] = [
      arena.input(rows * stride),
      arena.input(rows * stride),
      arena.output(rows * hidden),
    ];
    const [dgx, dgh] = [arena.output(rows * 3 * stride), arena.output(rows * 3 * stride)];
    const [lengths, time] = lengthsAndTime(arena, rows);
    const strides = [3 * stride, 3 * stride, stride, stride, 3 * stride] as const;
    return [gates, gh, h0, dy, dh, dgx, dgh, rows, hidden, ...strides, lengths, time];
  },
  sgd: (arena, n) => {
    const [p, g, buffer] = [arena.output(n), arena.input(n), arena.output(n)];
    const momentum = arena.random.integer(2) * 0.9;
    return [p, g, buffer, n, 0.7, 0.1, momentum, arena.random.integer(2), 0.01, arena.random.integer(2)];
  },
  adagrad: (arena, n) => {
    const [p, g, sum] = [arena.output(n), arena.input(n), arena.output(n, { draw: positive })];
    return [p, g, sum, n, 0.7, 0.1, 1e-10, 0.01];
  },
  rmsprop: (arena, n) => {
    const [p, g, square] = [
      arena.output(n),
      arena.input(n),
      arena.output(n, { draw: (r) => 1 + positive(r) }),
    ];
    const [average, buffer] = [arena.output(n, { draw: bounded }), arena.output(n)];
    const [momentum, centered] = [arena.random.integer(2) * 0.9, arena.random.integer(2)];
    return [p, g, square, average, buffer, n, 0.7, 0.01, 0.99, 1e-8, 0.01, momentum, centered];
  },
  adam: (arena, n) => {
    const { random } = arena;
    const [p, g, m] = [arena.output(n), arena.input(n), arena.output(n)];
    const v = arena.output(n, { draw: positive });
    const vmax = random.integer(2) ? arena.output(n, { draw: positive }) : 0;
    const step = 1 + random.integer(9);
    const [correction1, correction2] = [1 - 0.9 ** step, 1 - 0.999 ** step];
    return [
      p,
      g,
      m,
      v,
      vmax,
      n,
      0.7,
      1e-3,
      0.9,
      0.999,
      1e-8,
      0.01,
      random.integer(2),
      correction1,
      correction2,
    ];
  },
  ...wordVectorCases,
} satisfies { [K in keyof Kernels]: KernelCase<K> };
