import type { WordVectorTraining } from "./word-vector-training.ts";

/**
 * The contract of the numeric kernels: what every backend computes.
 *
 * Conventions, for every method:
 * - `x`, `y`, `g`, `out` ... are byte offsets into the heap, 64-bit safe integers
 *   below 2^32. Float arrays hold the backend's element type (f32, or f64 in
 *   the checking reference); `index` and `lengths` arrays hold i32.
 * - Sizes and strides count elements. Arrays are dense and row-major unless a
 *   stride is an argument. Every count may be 0.
 * - `out` may be the same array as an input of the same layout; it never overlaps otherwise.
 * - A name ending in `Grad` computes the gradient to the input from the
 *   gradient `g` to the output.
 * - Flags are numbers, 0 or 1, because WebAssembly has no booleans.
 * - Kernels do not allocate and do not check: the ops above them do.
 *
 * `reference/` is the specification in plain loops; `simd/` and `blas.ts` override what they do faster.
 */
export interface Kernels
  extends Elementwise, Reductions, Movement, MatrixProduct, Rows, CrossEntropy, Attention, AdditiveAttention, Recurrent,
    Updates, WordVectorTraining {}

/** `out[i] = f(x[i])` for i < n. */
export type UnaryKernel = (x: number, out: number, n: number) => void;

/**
 * `out[i,j,k] = f(x[i*x0 + j*x1 + k*x2], y[i*y0 + j*y1 + k*y2])`, out dense `[d0, d1, d2]`.
 * Strides of 0 broadcast. The innermost strides x2 and y2 are 0 or 1.
 */
export type BinaryKernel = (
  x: number, y: number, out: number, d0: number, d1: number, d2: number, x0: number, x1: number,
  x2: number, y0: number, y1: number, y2: number,
) => void;

export interface Elementwise {
  neg: UnaryKernel;
  exp: UnaryKernel;
  log: UnaryKernel;
  sqrt: UnaryKernel;
  abs: UnaryKernel;
  /** -1, 0 or 1; NaN for NaN. */
  sign: UnaryKernel;
  /** 1 where x > 0, else 0: the derivative of relu. NaN for NaN. */
  step: UnaryKernel;
  sin: UnaryKernel;
  cos: UnaryKernel;
  tanh: UnaryKernel;
  /** 1 / (1 + exp(-x)). */
  sigmoid: UnaryKernel;
  /** max(x, 0); NaN for NaN. */
  relu: UnaryKernel;
  /** log(1 + exp(x)), without overflow. */
  softplus: UnaryKernel;
  erf: UnaryKernel;
  /** x Phi(x), Phi the normal distribution function (Hendrycks and Gimpel 2016, eq. 1). */
  gelu: UnaryKernel;
  /** g (Phi(x) + x phi(x)). */
  geluGrad(x: number, g: number, out: number, n: number): void;
  /** The tanh approximation: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
  geluTanh: UnaryKernel;
  geluTanhGrad(x: number, g: number, out: number, n: number): void;
  /** x + value. */
  addScalar(x: number, value: number, out: number, n: number): void;
  /** x * value. */
  mulScalar(x: number, value: number, out: number, n: number): void;
  /** x ** exponent, as `Math.pow`. */
  powScalar(x: number, exponent: number, out: number, n: number): void;
  /** min(max(x, low), high); NaN for NaN. */
  clamp(x: number, low: number, high: number, out: number, n: number): void;
  add: BinaryKernel;
  sub: BinaryKernel;
  mul: BinaryKernel;
  div: BinaryKernel;
  /** NaN when either side is NaN. */
  maximum: BinaryKernel;
  /** NaN when either side is NaN. */
  minimum: BinaryKernel;
  /** 1 where x > y, else 0. */
  greater: BinaryKernel;
  /** 1 where x == y, else 0. */
  equal: BinaryKernel;
  /** `condition[i] != 0 ? x[i] : y[i]`; the side not taken may be NaN. */
  select(condition: number, x: number, y: number, out: number, n: number): void;
  /** out[i] = value. */
  fill(out: number, value: number, n: number): void;
  /** out[i] += alpha * x[i]. */
  axpy(alpha: number, x: number, out: number, n: number): void;
  /**
   * Inverted dropout: `out[i] = keep(i) ? x[i] / (1 - p) : 0`. keep(i) depends only on
   * (seed0, seed1, i): with `h = mix(seed0 + i (seed1 | 1))` as unsigned 32 bits, keep is
   * `h >= round(p * 2^32)`, where `mix(z)` is z ^= z>>>16; z *= 0x21f0aaad; z ^= z>>>15;
   * z *= 0x735a2d97; z ^= z>>>15 (Wellons' 32-bit integer hash of a sequence with a seeded increment, as in
   * Steele, Lea and Flood 2014). From element j on it is dropout with seed0 + j (seed1 | 1).
   */
  dropout(x: number, out: number, n: number, p: number, seed0: number, seed1: number): void;
}

/** x is `[outer, extent, inner]`, reduced over the middle axis to `[outer, inner]`. */
export type ReduceKernel = (x: number, out: number, outer: number, extent: number, inner: number) => void;

export interface Reductions {
  /** `stride` elements lie between entries of the middle axis: more than `inner` when the sum is of some columns. */
  sum(x: number, out: number, outer: number, extent: number, inner: number, stride: number): void;
  /** -Infinity for extent 0; NaN when any is NaN. */
  max: ReduceKernel;
  /** i32 indices of the first maximum. */
  argmax: ReduceKernel;
  /** Sum of squares, accumulated and returned in f64, so that f32 norms cannot overflow. */
  sumSquares(x: number, n: number): number;
  /** Largest absolute value; NaN when any is NaN; 0 for n = 0. */
  maxAbs(x: number, n: number): number;
}

/** Four-axis walk: element (a,b,c,d) of x at `x + a*x0 + ...`, of out at `out + a*o0 + ...`. */
export type StridedKernel = (
  x: number, out: number, d0: number, d1: number, d2: number, d3: number, x0: number, x1: number,
  x2: number, x3: number, o0: number, o1: number, o2: number, o3: number,
) => void;

export interface Movement {
  /** out = x: permutes, slices, repeats (stride 0 in x), concatenates. Strides may be negative in x. */
  copyStrided: StridedKernel;
  /** out += x. Strides of 0 in out sum. */
  addStrided: StridedKernel;
  /** `out[i] = table[index[i]]` for rows of `width`. */
  gatherRows(table: number, index: number, out: number, rows: number, width: number): void;
  /** `table[index[i]] += g[i]`; repeated indices add. `stride` elements lie between rows, of which `width` are added. */
  scatterAddRows(g: number, index: number, table: number, rows: number, width: number, stride: number): void;
  /** `out[i] = x[i, index[i]]`, x `[rows, cols]`. */
  pick(x: number, index: number, out: number, rows: number, cols: number): void;
  /** `out[i, index[i]] += g[i]`, out `[rows, cols]`. */
  scatterAddPick(g: number, index: number, out: number, rows: number, cols: number): void;
}

export interface MatrixProduct {
  /**
   * `c = op(a) op(b)` or `c += op(a) op(b)`, `batch` times at strides `aStep, bStep, cStep`.
   *
   * c is `[m, n]` with row stride ldc. op(a) is `[m, k]`: a holds `[m, k]` with row stride lda, or
   * `[k, m]` when transA. op(b) is `[k, n]`: b holds `[k, n]` with row stride ldb, or `[n, k]` when transB.
   *
   * `simd` and `relaxed` give the same bits when the columns of c, or its rows, are computed in parts by several calls,
   * if no part has fewer than 3 rows.
   */
  matmul(
    a: number, b: number, c: number, m: number, n: number, k: number, lda: number, ldb: number,
    ldc: number, transA: number, transB: number, accumulate: number, batch: number, aStep: number,
    bStep: number, cStep: number,
  ): void;
}

/** Kernels over the rows of `[rows, cols]`. */
export interface Rows {
  /** exp(x - max) / sum. A row of -Infinity gives zeros, so a fully masked row attends to nothing. */
  softmax(x: number, out: number, rows: number, cols: number): void;
  /** y (g - sum(g y)), y the softmax. */
  softmaxGrad(y: number, g: number, out: number, rows: number, cols: number): void;
  /** x - max - log sum exp(x - max). */
  logSoftmax(x: number, out: number, rows: number, cols: number): void;
  /** g - exp(y) sum(g), y the log-softmax. */
  logSoftmaxGrad(y: number, g: number, out: number, rows: number, cols: number): void;
  /**
   * `out = (x - mean) rstd gamma + beta` with the biased variance and rstd = 1/sqrt(var + eps)
   * (Ba, Kiros and Hinton 2016, eq. 4). mean, rstd: `[rows]`.
   */
  layerNorm(
    x: number, gamma: number, beta: number, out: number, mean: number, rstd: number, rows: number,
    cols: number, eps: number,
  ): void;
  /** The gradient to x: with u = (x - mean) rstd and h = g gamma, dx = rstd (h - mean(h) - u mean(h u)). */
  layerNormGrad(
    x: number, gamma: number, mean: number, rstd: number, g: number, dx: number, rows: number, cols: number,
  ): void;
  /**
   * The gradients to gamma and beta in the first `width` columns, summed from the first row to the last:
   * `dgamma[j] = sum_r g[r,j] (x[r,j] - mean[r]) rstd[r]; dbeta[j] = sum_r g[r,j]`.
   */
  layerNormScaleGrad(
    x: number, mean: number, rstd: number, g: number, dgamma: number, dbeta: number, rows: number,
    cols: number, width: number,
  ): void;
}

/** Attention of a recurrent decoder over an encoder's outputs (Bahdanau, Cho and Bengio 2015, A.1.2). */
export interface AdditiveAttention {
  /** `out[b,t,s] = sum_a v[a] tanh(query[b,t,a] + keys[b,s,a])`. */
  additiveScores(
    query: number, keys: number, v: number, out: number, batch: number, queries: number,
    positions: number, width: number,
  ): void;
  /** Adds to dquery `[b,t,a]`, dkeys `[b,s,a]` and dv `[a]`. */
  additiveScoresGrad(
    query: number, keys: number, v: number, g: number, dquery: number, dkeys: number, dv: number,
    batch: number, queries: number, positions: number, width: number,
  ): void;
  /**
   * One query for each batch row: with the scores of {@link additiveScores}, `weights[b] = softmax(score[b])` over the
   * positions with mask[b,s] not 0 (all, when `mask` is 0), the others having weight 0, and
   * `context[b] = sum_s weights[b,s] values[b,s]`, values `[batch, positions, memory]`. A row without positions gives 0.
   */
  additiveAttention(
    query: number, keys: number, v: number, values: number, mask: number, weights: number, context: number,
    batch: number, positions: number, width: number, memory: number,
  ): void;
  /**
   * From the weights and g, the gradient to context: writes dscores `[batch, positions]` and dquery, adds to dkeys and to
   * dv, here `[batch, width]`. The gradient to values is left to a product.
   */
  additiveAttentionGrad(
    query: number, keys: number, v: number, values: number, weights: number, g: number, dscores: number,
    dquery: number, dkeys: number, dv: number, batch: number, positions: number, width: number, memory: number,
  ): void;
}

/** Cross-entropy of the rows of `[rows, cols]`, logits over classes. */
export interface CrossEntropy {
  /**
   * Cross-entropy against the smoothed distribution q of each row's target t: q[t] = on, q[j] = off
   * elsewhere, q[excluded] = 0 unless it is t, times `weights[j]` when weights is not 0:
   *
   *     lse[r] = log sum_j exp(x[r,j]);   loss[r] = sum_j q[j] (lse[r] - x[r,j])
   *
   * A row whose target is `ignore` has loss 0. targets: i32 `[rows]`; loss, lse: `[rows]`.
   * Terms with q[j] = 0 are left out, so that x[r,j] = -Infinity is allowed there.
   */
  crossEntropy(
    x: number, targets: number, weights: number, loss: number, lse: number, rows: number, cols: number,
    ignore: number, on: number, off: number, excluded: number,
  ): void;
  /** `out[r,j] = g[r] (exp(x[r,j] - lse[r]) sum(q) - q[j])`; zeros for ignored rows. */
  crossEntropyGrad(
    x: number, targets: number, weights: number, lse: number, g: number, out: number, rows: number,
    cols: number, ignore: number, on: number, off: number, excluded: number,
  ): void;
  /**
   * `crossEntropy`, and in place of x `crossEntropyGrad` with the one upstream gradient g for every row: what a block of
   * logits that nobody else will read is turned into, with one exponential for each.
   */
  crossEntropyWithGrad(
    x: number, targets: number, weights: number, loss: number, rows: number, cols: number, g: number,
    ignore: number, on: number, off: number, excluded: number,
  ): void;
}

/**
 * Scaled dot-product attention of many heads (Vaswani et al. 2017, eq. 1), for every batch row b and head h:
 *
 *     score[t,s] = scale q[t] . k[s] + mask[t,s];   weight[t] = softmax(score[t]);   out[t] = sum_s weight[t,s] v[s]
 *
 * Heads lie side by side and are read in place: head h of row t of q is the `width` elements from
 * `q + b*qBatch + t*qRow + h*width`; k and v likewise, with their own strides.
 *
 * - `mask` is added to the scores: element (b,h,t,s) at `b*maskBatch + h*maskHead + t*maskRow + s`; 0 means none.
 * - Query t may attend the keys s < lengths[b] (all, when `lengths` is 0) with s <= t + offset when `causal` is 1.
 * - A key that may not be attended, or whose score is -Infinity, has weight 0. What has weight 0 is left out of every
 *   sum, so that NaN there does not leak. A query without keys gives zeros, lse = -Infinity and no gradients.
 * - The weights are dropped as `dropout` does, with `((b*heads + h)*queries + t)*positions + s` as the index, and
 *   are not renormalised. With p = 1 all are 0.
 * - The bits of a query's result depend on its own keys alone: not on later keys or other queries, nor on the batch.
 */
export interface Attention {
  /** out is dense `[batch, queries, heads*width]`, lse `[batch, heads, queries]`: log sum_s exp(score[t,s]). */
  attention(
    q: number, k: number, v: number, mask: number, lengths: number, out: number, lse: number, batch: number,
    heads: number, queries: number, positions: number, width: number, qBatch: number, qRow: number,
    kBatch: number, kRow: number, vBatch: number, vRow: number, maskBatch: number, maskHead: number,
    maskRow: number, scale: number, causal: number, offset: number, p: number, seed0: number, seed1: number,
  ): void;
  /**
   * From out, lse and g, the gradient to out: the weights are computed anew from lse, a block at a time, and never
   * stored (Dao et al. 2022, algorithm 4). dq, dk and dv are written, with the strides of q, k and v; dmask, unless it
   * is 0, is added to, with the strides of mask.
   */
  attentionGrad(
    q: number, k: number, v: number, mask: number, lengths: number, out: number, lse: number, g: number,
    dq: number, dk: number, dv: number, dmask: number, batch: number, heads: number, queries: number,
    positions: number, width: number, qBatch: number, qRow: number, kBatch: number, kRow: number,
    vBatch: number, vRow: number, maskBatch: number, maskHead: number, maskRow: number, scale: number,
    causal: number, offset: number, p: number, seed0: number, seed1: number,
  ): void;
  /** The weights, before dropout: out is dense `[batch, heads, queries, positions]`. */
  attentionWeights(
    q: number, k: number, mask: number, lengths: number, out: number, batch: number, heads: number,
    queries: number, positions: number, width: number, qBatch: number, qRow: number, kBatch: number,
    kRow: number, maskBatch: number, maskHead: number, maskRow: number, scale: number, causal: number,
    offset: number,
  ): void;
  /**
   * Rotary positions (Su et al. 2021, eq. 34): in the first `heads` times `width` columns of each row of x
   * `[batch, time, cols]`, pair i of every head is turned by the angle with cosine cos[t,i] and sine sin[t,i],
   * `[time, width/2]`: `(a, b) -> (a cos - b sin, a sin + b cos)`. Pair i is columns 2i and 2i + 1 of the head, or,
   * when `halves` is 1, i and i + width/2. The columns behind are copied.
   */
  rotary(
    x: number, cos: number, sin: number, out: number, batch: number, time: number, cols: number, heads: number,
    width: number, halves: number,
  ): void;
}

/**
 * The elementwise part of one time step of a recurrent layer, for `rows` sequences.
 *
 * Each array has `hidden` (or a multiple of it) contiguous elements a row and its own row stride,
 * so that a step works in place inside `[B, T, ...]` arrays. When `lengths` is not 0, a row with
 * `time >= lengths[row]` is past its end: its state is carried over unchanged, and its gradient
 * passes through unchanged.
 */
export interface Recurrent {
  /**
   * `h1 = f(pre)`, f = tanh, or relu when `relu` is 1.
   */
  rnnCell(
    pre: number, h0: number, h1: number, rows: number, hidden: number, preStride: number,
    h0Stride: number, h1Stride: number, lengths: number, time: number, relu: number,
  ): void;
  /** With d = dh + dy: `dpre = d f'`, from `h1 = f(pre)`; then dh = 0, for the caller to add `dpre W_hh`. */
  rnnCellGrad(
    h1: number, dy: number, dh: number, dpre: number, rows: number, hidden: number, h1Stride: number,
    dyStride: number, dpreStride: number, lengths: number, time: number, relu: number,
  ): void;
  /**
   * LSTM (Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000). `gates` holds the
   * pre-activations i,f,g,o and receives the activations:
   * `c1 = f c0 + i g; h1 = o tanh(c1)`.
   */
  lstmCell(
    gates: number, c0: number, h0: number, c1: number, h1: number, rows: number, hidden: number,
    gatesStride: number, c0Stride: number, h0Stride: number, c1Stride: number, h1Stride: number,
    lengths: number, time: number,
  ): void;
  /**
   * From the activated gates and the cells: with d = dh + dy, writes dgates (of the pre-activations),
   * replaces dc by the gradient to c0 and sets dh = 0, for the caller to add `dgates W_hh`.
   * dh and dc are dense `[rows, hidden]`.
   */
  lstmCellGrad(
    gates: number, c0: number, c1: number, dy: number, dh: number, dc: number, dgates: number,
    rows: number, hidden: number, gatesStride: number, c0Stride: number, c1Stride: number,
    dyStride: number, dgatesStride: number, lengths: number, time: number,
  ): void;
  /**
   * GRU (Cho et al. 2014, in the form of cuDNN and PyTorch). `gx = W_ih x + b_ih` holds pre-activations r,z,n and
   * receives the activations, `gh = W_hh h0 + b_hh`:
   * `r = s(gx_r + gh_r); z = s(gx_z + gh_z); n = tanh(gx_n + r gh_n); h1 = (1 - z) n + z h0`.
   */
  gruCell(
    gx: number, gh: number, h0: number, h1: number, rows: number, hidden: number, gxStride: number,
    ghStride: number, h0Stride: number, h1Stride: number, lengths: number, time: number,
  ): void;
  /**
   * With d = dh + dy, writes dgx and dgh (`[.., 3 hidden]`, same row stride) and replaces dh by `d z`, for the
   * caller to add `dgh W_hh`.
   */
  gruCellGrad(
    gates: number, gh: number, h0: number, dy: number, dh: number, dgx: number, dgh: number,
    rows: number, hidden: number, gatesStride: number, ghStride: number, h0Stride: number,
    dyStride: number, dgStride: number, lengths: number, time: number,
  ): void;
}

/**
 * Optimizer steps over one parameter array, in place. PyTorch's update rules, by the gradient `g' = scale g + decay p`:
 * clipping that only scales is done here, without a pass over the gradients of its own.
 */
export interface Updates {
  /**
   * `buffer = first ? g' : momentum buffer + g'; p -= lr (nesterov ? g' + momentum buffer : buffer)`.
   * With momentum 0 the buffer is not touched (and may be 0).
   */
  sgd(
    p: number, g: number, buffer: number, n: number, scale: number, lr: number, momentum: number, nesterov: number,
    decay: number, first: number,
  ): void;
  /** `sum += g'^2; p -= lr g' / (sqrt(sum) + eps)`. */
  adagrad(p: number, g: number, sum: number, n: number, scale: number, lr: number, eps: number, decay: number): void;
  /**
   * `square = alpha square + (1 - alpha) g'^2; average = alpha average + (1 - alpha) g'` (when `centered`);
   * `step = g' / (sqrt(square - average^2) + eps)`; `buffer = momentum buffer + step` and `p -= lr buffer` when
   * momentum > 0, else `p -= lr step`.
   */
  rmsprop(
    p: number, g: number, square: number, average: number, buffer: number, n: number, scale: number, lr: number,
    alpha: number, eps: number, decay: number, momentum: number, centered: number,
  ): void;
  /**
   * Adam (Kingma and Ba 2015, algorithm 1), or AdamW (Loshchilov and Hutter 2019, algorithm 2) when `decoupled`:
   * `m = beta1 m + (1 - beta1) g'; v = beta2 v + (1 - beta2) g'^2;
   *  p -= lr / correction1 * m / (sqrt(v) / sqrt(correction2) + eps)`.
   * The corrections are 1 - beta^step. Decoupled, decay is not added to the gradient, but `p *= 1 - lr decay` comes first.
   * When `vmax` is not 0 (AMSGrad), vmax = max(vmax, v) takes the place of v in the step.
   */
  adam(
    p: number, g: number, m: number, v: number, vmax: number, n: number, scale: number, lr: number, beta1: number,
    beta2: number, eps: number, decay: number, decoupled: number, correction1: number,
    correction2: number,
  ): void;
}
