/**
 * The gradient of scaled dot-product attention: weights and their gradients are computed anew for a block of queries
 * and keys, and used up at once (Dao et al. 2022, algorithm 4).
 */
import {
  dropsWeights, firstQueryOf, KEYS, keptFactor, keptRow, keysOf, LOG2E, PACKED_KEYS, PACKED_VALUES, packRows,
  rowProducts, SCRATCH, scoreScale, scoresOf, setDropout, setScores, weightsOf,
} from "./attention-scores";
import { product, productTransposed, TILE_ROWS } from "./tiles";
import { get, madd, nmadd, put, splat, sumLanes } from "./vector";

/** Bytes of a batch row of q and k that are worth touching: beyond, the cache would lose what it got first. */
const TOUCHED: i32 = 131072;
/** Queries of a block. */
const QUERIES: i32 = 64;
/** The weights of a block and the gradients to its scores; rows are padded apart. */
const WEIGHTS: usize = SCRATCH;
const SCORES: usize = WEIGHTS + <usize>(4 * QUERIES * (KEYS + 8));
/** Which weights of a row are kept: all, without dropout. */
const KEPT: usize = SCORES + <usize>(4 * QUERIES * (KEYS + 8));

export function attentionGrad(
  q: usize, k: usize, v: usize, mask: usize, lengths: usize, out: usize, lse: usize, g: usize,
  dq: usize, dk: usize, dv: usize, dmask: usize,
  batch: i32, heads: i32, queries: i32, positions: i32, width: i32,
  qBatch: i32, qRow: i32, kBatch: i32, kRow: i32, vBatch: i32, vRow: i32,
  maskBatch: i32, maskHead: i32, maskRow: i32, scale: f32, causal: i32, offset: i32,
  p: f64, seed0: i32, seed1: i32,
): void {
  setScores(scale, causal, offset);
  setDropout(p, seed0, seed1);
  memory.fill(KEPT, 0xff, 4 * KEYS);
  const rq = qRow << 2, rk = kRow << 2, rv = vRow << 2, ro = (heads * width) << 2;
  const rm = mask ? maskRow << 2 : 0, rdm = dmask ? maskRow << 2 : 0;
  for (let b = 0; b < batch; b++) {
    const valid = lengths ? load<i32>(lengths + (b << 2)) : positions;
    const most = queries > 0 ? keysOf(valid, queries - 1) : 0;
    const atQ = (b * qBatch) << 2, atK = (b * kBatch) << 2, atV = (b * vBatch) << 2, atOut = b * queries * ro;
    if (heads > 1 && (queries + positions) * ro <= TOUCHED) {
      touch(q + atQ, rq, queries, ro);
      touch(k + atK, rk, positions, ro);
      touch(v + atV, rv, positions, ro);
      touch(dq + atQ, rq, queries, ro);
      touch(dk + atK, rk, positions, ro);
      touch(dv + atV, rv, positions, ro);
      touch(out + atOut, ro, queries, ro);
      touch(g + atOut, ro, queries, ro);
    }
    for (let h = 0; h < heads; h++) {
      const head = (h * width) << 2, mh = (b * maskBatch + h * maskHead) << 2;
      const atQ = ((b * qBatch) << 2) + head, atK = ((b * kBatch) << 2) + head, atV = ((b * vBatch) << 2) + head;
      const atOut = b * queries * ro + head, first = (b * heads + h) * queries;
      clearRows(dk + atK + most * rk, rk, positions - most, width);
      clearRows(dv + atV + most * rv, rv, positions - most, width);
      if (most == 0) clearRows(dq + atQ, rq, queries, width);
      for (let s = 0; s < most; s += KEYS) {
        const keys = min(KEYS, most - s), key = atK + s * rk, value = atV + s * rv;
        packRows(k + key, rk, keys, width, PACKED_KEYS);
        packRows(v + value, rv, keys, width, PACKED_VALUES);
        for (let t = 0; t < queries; t += QUERIES) {
          const n = min(QUERIES, queries - t), o = atOut + t * ro;
          blockGradient(
            q + atQ + t * rq, dq + atQ + t * rq, rq, k + key, dk + key, rk, v + value, dv + value, rv,
            mask ? mask + mh + t * rm + (s << 2) : 0, rm, dmask ? dmask + mh + t * rdm + (s << 2) : 0, rdm,
            out + o, g + o, ro, lse + ((first + t) << 2), t, n, s, keys, valid, width,
            (first + t) * positions + s, positions,
          );
        }
      }
    }
  }
}

function clearRows(x: usize, rx: i32, rows: i32, width: i32): void {
  for (; rows > 0; rows--, x += rx) memory.fill(x, 0, <usize>width << 2);
}

/**
 * The queries t .. t + n - 1 and the keys s .. s + keys - 1: writes dq for the first keys and adds for the others,
 * writes dk and dv for the first queries and adds for the others.
 */
function blockGradient(
  q: usize, dq: usize, rq: i32, k: usize, dk: usize, rk: i32, v: usize, dv: usize, rv: i32,
  mask: usize, rm: i32, dmask: usize, rdm: i32, out: usize, g: usize, ro: i32, lse: usize,
  t: i32, n: i32, s: i32, keys: i32, valid: i32, width: i32, index: i32, positions: i32,
): void {
  const row = (((keys + 7) & ~7) + 8) << 2;
  for (let i = 0; i < n;) {
    const rows = min(TILE_ROWS, n - i);
    const count = max(min(keys, keysOf(valid, t + i + rows - 1) - s), 0);
    const weights = WEIGHTS + i * row, scores = SCORES + i * row;
    rowProducts(rows, q + i * rq, rq, k, rk, count, PACKED_KEYS, weights, row, width);
    rowProducts(rows, g + i * ro, ro, v, rv, count, PACKED_VALUES, scores, row, width);
    for (let r = 0; r < rows; r++) {
      rowGradient(
        weights + r * row, scores + r * row, max(min(count, keysOf(valid, t + i + r) - s), 0), keys,
        mask ? mask + (i + r) * rm : 0, dmask ? dmask + (i + r) * rdm : 0, load<f32>(lse + ((i + r) << 2)),
        rowDot(g + (i + r) * ro, out + (i + r) * ro, width), index + (i + r) * positions,
      );
    }
    product(rows, scores, row, k, rk, 32, dq + i * rq, rq, width, count, i32(s > 0), 1);
    i += rows;
  }
  const addTo = i32(t > 0);
  for (let j = 0; j < keys;) {
    const rows = min(TILE_ROWS, keys - j);
    const from = min(max(firstQueryOf(s + j) - t, 0), n), depth = n - from;
    const at = from * row + (j << 2);
    productTransposed(rows, WEIGHTS + at, row, g + from * ro, ro, 32, dv + j * rv, rv, width, depth, addTo);
    productTransposed(rows, SCORES + at, row, q + from * rq, rq, 32, dk + j * rk, rk, width, depth, addTo);
    j += rows;
  }
}

/**
 * From a row of products q . k and one of products g . v: the weights after dropout, and the gradients to the scores
 * times the scale, both with 0 from `keys` to `end`. `mean` is g . out, the mean of g . v under the weights.
 */
function rowGradient(
  weights: usize, scores: usize, keys: i32, end: i32, mask: usize, dmask: usize, lse: f32, mean: f32, index: i32,
): void {
  let j = 0;
  if (lse != -Infinity) {
    const shift = splat(lse * LOG2E), center = splat(mean);
    const factor = splat(scoreScale()), kept = splat(keptFactor());
    const plain = mask ? 0 : keys & ~3;
    if (dropsWeights()) keptRow(KEPT, keys, index);
    for (; j < plain; j += 4) {
      const p = <usize>j << 2;
      const weight = weightsOf(true, scoresOf(true, v128.load(weights + p), factor, 0, 4), shift);
      const keep = v128.load(KEPT + p);
      const upstream = v128.and(f32x4.mul(v128.load(scores + p), kept), keep);
      v128.store(weights + p, v128.and(f32x4.mul(weight, kept), keep));
      v128.store(scores + p, f32x4.mul(f32x4.sub(upstream, center), f32x4.mul(weight, factor)));
    }
    for (; j < keys; j += 4) {
      const p = <usize>j << 2, count = min(keys - j, 4);
      const score = scoresOf(false, v128.load(weights + p), factor, mask ? mask + p : 0, count);
      const weight = weightsOf(false, score, shift);
      const after = v128.and(f32x4.mul(weight, kept), v128.load(KEPT + p));
      // A weight of 0 leaves its term out.
      const upstream = v128.and(f32x4.mul(after, v128.load(scores + p)), f32x4.ne(after, splat(0)));
      const gradient = v128.and(nmadd(weight, center, upstream), f32x4.ne(weight, splat(0)));
      if (dmask) put(dmask + p, f32x4.add(get(dmask + p, count), gradient), count);
      v128.store(weights + p, after);
      v128.store(scores + p, f32x4.mul(gradient, factor));
    }
  }
  for (; j < end; j += 4) {
    v128.store(weights + (<usize>j << 2), splat(0));
    v128.store(scores + (<usize>j << 2), splat(0));
  }
}

function rowDot(x: usize, y: usize, n: i32): f32 {
  let left = splat(0), right = left;
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    left = madd(v128.load(x), v128.load(y), left);
    right = madd(v128.load(x, 16), v128.load(y, 16), right);
  }
  for (; n > 0; n -= 4, x += 16, y += 16) left = madd(get(x, min(n, 4)), get(y, min(n, 4)), left);
  return sumLanes(f32x4.add(left, right));
}

/**
 * Reads the heads of a batch row, one word a cache line, front to back: so the processor fetches them ahead, which it
 * does not when it meets the short rows of one head after the other.
 */
function touch(x: usize, rx: i32, rows: i32, bytes: i32): void {
  let total: i32 = 0;
  for (; rows > 0; rows--, x += rx) {
    for (let p: usize = 0; p < <usize>bytes; p += 64) total += load<i32>(x + p);
  }
  store<i32>(SCRATCH, total);
}
