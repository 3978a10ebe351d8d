/**
 * Scaled dot-product attention: a block of keys at a time, with the softmax carried from block to block (Milakov and
 * Gimelshein 2018, algorithm 3; Dao et al. 2022, algorithm 1).
 */
import {
  dropsWeights, KEYS, keptFactor, keptRow, keysOf, LOG2E, PACKED_KEYS, packRows, rowProducts, SCRATCH, scoreScale,
  scoresOf, setDropout, setScores, weightsOf,
} from "./attention-scores";
import { exp2Negative, log } from "./math";
import { rowMax } from "./reductions";
import { product, TILE_ROWS } from "./tiles";
import { get, largestLane, laneMask, put, splat, sumLanes } from "./vector";

/** Queries whose running maxima and sums are kept at a time. */
const QUERIES: i32 = 256;
const TOPS: usize = SCRATCH;
const SUMS: usize = TOPS + <usize>(4 * QUERIES);
/** Which weights of a row are kept. */
const KEPT: usize = SUMS + <usize>(4 * QUERIES);
/** The weights of a tile. */
const TILE: usize = KEPT + <usize>(4 * KEYS);

export function attention(
  q: usize, k: usize, v: usize, mask: usize, lengths: usize, out: usize, lse: usize,
  batch: i32, heads: i32, queries: i32, positions: i32, width: i32,
  qBatch: i32, qRow: i32, kBatch: i32, kRow: i32, vBatch: i32, vRow: i32,
  maskBatch: i32, maskHead: i32, maskRow: i32, scale: f32, causal: i32, offset: i32,
  p: f64, seed0: i32, seed1: i32,
): void {
  setScores(scale, causal, offset);
  setDropout(p, seed0, seed1);
  const rq = qRow << 2, rk = kRow << 2, rv = vRow << 2, rm = mask ? maskRow << 2 : 0;
  const ro = (heads * width) << 2;
  for (let b = 0; b < batch; b++) {
    const valid = lengths ? load<i32>(lengths + (b << 2)) : positions;
    for (let h = 0; h < heads; h++) {
      const head = (h * width) << 2;
      const mh = mask ? mask + (((b * maskBatch) + h * maskHead) << 2) : 0;
      const first = (b * heads + h) * queries;
      for (let t = 0; t < queries; t += QUERIES) {
        attendBlock(
          q + ((b * qBatch) << 2) + head + t * rq, rq, k + ((b * kBatch) << 2) + head, rk,
          v + ((b * vBatch) << 2) + head, rv, mh + t * rm, rm, out + (b * queries + t) * ro + head, ro,
          lse + ((first + t) << 2), t, min(QUERIES, queries - t), valid, positions, width, first + t,
        );
      }
    }
  }
}

/** One head of the queries t .. t + n - 1; `index` is that of the first among all rows of weights. Strides in bytes. */
function attendBlock(
  q: usize, rq: i32, k: usize, rk: i32, v: usize, rv: i32, mask: usize, rm: i32, out: usize, ro: i32,
  lse: usize, t: i32, n: i32, valid: i32, positions: i32, width: i32, index: i32,
): void {
  for (let i = 0; i < n; i++) {
    store<f32>(TOPS + (i << 2), -Infinity);
    store<f32>(SUMS + (i << 2), 0);
  }
  const most = keysOf(valid, t + n - 1);
  for (let s = 0; s < most; s += KEYS) {
    const keys = k + s * rk, values = v + s * rv;
    const row = (((min(KEYS, most - s) + 7) & ~7) + 8) << 2;
    packRows(keys, rk, min(KEYS, most - s), width, PACKED_KEYS);
    for (let i = 0; i < n;) {
      const rows = min(TILE_ROWS, n - i);
      const count = min(KEYS, keysOf(valid, t + i + rows - 1) - s);
      if (count > 0) {
        const o = out + i * ro;
        rowProducts(rows, q + i * rq, rq, keys, rk, count, PACKED_KEYS, TILE, row, width);
        for (let r = 0; r < rows; r++) {
          const m = mask ? mask + (i + r) * rm + (s << 2) : 0;
          const own = max(min(count, keysOf(valid, t + i + r) - s), 0);
          const factor = weigh(TILE + r * row, own, count, m, i + r, (index + i + r) * positions + s);
          if (s > 0 && factor != 1) scaleRow(o + r * ro, factor, width);
        }
        product(rows, TILE, row, values, rv, 32, o, ro, width, count, i32(s > 0), 1);
      }
      i += rows;
    }
  }
  finish(out, ro, lse, n, width);
}

/**
 * Turns a row of products into exp(score - top), dropped weights being 0, with 0 from `keys` to `end`. Carries the
 * maximum and the sum on; returns the factor by which this shrinks what was summed before.
 */
function weigh(row: usize, keys: i32, end: i32, mask: usize, i: i32, index: i32): f32 {
  const plain = mask ? 0 : keys & ~3, factor = splat(scoreScale());
  let best = splat(-Infinity), j = 0;
  for (; j < plain; j += 4) {
    best = f32x4.pmax(best, scoresOf(true, v128.load(row + (<usize>j << 2)), factor, 0, 4));
  }
  for (; j < keys; j += 4) {
    const p = row + (<usize>j << 2);
    const scores = scoresOf(false, v128.load(p), factor, mask ? mask + (<usize>j << 2) : 0, min(keys - j, 4));
    best = f32x4.pmax(best, scores);
    v128.store(p, scores);
  }
  const atTop = TOPS + (i << 2), atSum = SUMS + (i << 2);
  // This maximum, in one instruction, passes NaN by: to be told from a row without keys.
  let most = largestLane(best);
  if (most == -Infinity) most = rowMax(row, keys);
  const before = load<f32>(atTop), top = most > before || most != most ? most : before;
  let total = splat(0);
  j = 0;
  if (top != -Infinity) {
    const shift = splat(top * LOG2E);
    for (; j < plain; j += 4) {
      const p = row + (<usize>j << 2);
      const weights = weightsOf(true, scoresOf(true, v128.load(p), factor, 0, 4), shift);
      total = f32x4.add(total, weights);
      v128.store(p, weights);
    }
    for (; j < keys; j += 4) {
      const p = row + (<usize>j << 2), weights = weightsOf(false, v128.load(p), shift);
      total = f32x4.add(total, weights);
      v128.store(p, weights);
    }
    if (dropsWeights()) dropRow(row, keys, index);
  }
  for (; j < end; j += 4) v128.store(row + (<usize>j << 2), splat(0));
  const shrink: f32 = before == top ? 1 : before == -Infinity ? 0 : exp2Of((before - top) * LOG2E);
  store<f32>(atTop, top);
  store<f32>(atSum, load<f32>(atSum) * shrink + sumLanes(total));
  return shrink;
}

/** Sets dropped weights to 0. */
function dropRow(row: usize, keys: i32, index: i32): void {
  keptRow(KEPT, keys, index);
  for (let p: usize = 0; p < <usize>keys << 2; p += 16) {
    v128.store(row + p, v128.and(v128.load(row + p), v128.load(KEPT + p)));
  }
}

// @ts-ignore: decorator
@inline
function exp2Of(x: f32): f32 {
  return f32x4.extract_lane(exp2Negative(splat(x)), 0);
}

/** What is 0 stays 0, whatever the factor. */
function scaleRow(x: usize, factor: f32, n: i32): void {
  const f = splat(factor);
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4), value = get(x, count);
    put(x, v128.and(f32x4.mul(value, f), f32x4.ne(value, splat(0))), count);
  }
}

/** Divides the sums by those of the weights. */
function finish(out: usize, ro: i32, lse: usize, n: i32, width: i32): void {
  for (let i = 0; i < n; i += 4) {
    const count = min(n - i, 4), p = <usize>i << 2;
    put(lse + p, f32x4.add(v128.load(TOPS + p), log(v128.load(SUMS + p))), count);
  }
  for (let i = 0; i < n; i++, out += ro) {
    const total = load<f32>(SUMS + (i << 2));
    if (total == 0) memory.fill(out, 0, <usize>width << 2);
    else scaleRow(out, keptFactor() / total, width);
  }
}

export function attentionWeights(
  q: usize, k: usize, mask: usize, lengths: usize, out: usize,
  batch: i32, heads: i32, queries: i32, positions: i32, width: i32,
  qBatch: i32, qRow: i32, kBatch: i32, kRow: i32, maskBatch: i32, maskHead: i32, maskRow: i32,
  scale: f32, causal: i32, offset: i32,
): void {
  setScores(scale, causal, offset);
  const rq = qRow << 2, rk = kRow << 2, ro = positions << 2;
  for (let b = 0; b < batch; b++) {
    const valid = lengths ? load<i32>(lengths + (b << 2)) : positions;
    for (let h = 0; h < heads; h++) {
      const head = (h * width) << 2;
      const x = q + ((b * qBatch) << 2) + head, y = k + ((b * kBatch) << 2) + head;
      const o = out + (b * heads + h) * queries * ro;
      const most = queries > 0 ? keysOf(valid, queries - 1) : 0;
      for (let s = 0; s < most; s += KEYS) {
        const count = min(KEYS, most - s), row = ((count + 7) & ~7) << 2;
        packRows(y + s * rk, rk, count, width, PACKED_KEYS);
        for (let t = 0; t < queries; t += TILE_ROWS) {
          const rows = min(TILE_ROWS, queries - t);
          rowProducts(rows, x + t * rq, rq, y + s * rk, rk, count, PACKED_KEYS, TILE, row, width);
          for (let r = 0; r < rows; r++) {
            const m = mask ? mask + ((b * maskBatch + h * maskHead + (t + r) * maskRow + s) << 2) : 0;
            const own = min(count, keysOf(valid, t + r) - s);
            putScores(TILE + r * row, own, m, o + (t + r) * ro + (s << 2));
          }
        }
      }
      for (let t = 0; t < queries; t++) {
        const own = keysOf(valid, t), scores = o + t * ro;
        softmaxOf(scores, own);
        memory.fill(scores + (own << 2), 0, <usize>(positions - own) << 2);
      }
    }
  }
}

function putScores(products: usize, keys: i32, mask: usize, out: usize): void {
  const factor = splat(scoreScale());
  for (; keys > 0; keys -= 4, products += 16, out += 16) {
    const count = min(keys, 4);
    put(out, scoresOf(false, v128.load(products), factor, mask, count), count);
    if (mask) mask += 16;
  }
}

/** In place; what is -Infinity stays out, even beside NaN. */
function softmaxOf(row: usize, n: i32): void {
  const top = rowMax(row, n), shift = splat(top == -Infinity ? 0 : top * LOG2E);
  let total = splat(0);
  for (let j = 0; j < n; j += 4) {
    const count = min(n - j, 4), p = <usize>j << 2;
    const weights = v128.and(weightsOf(false, get(row + p, count), shift), laneMask(count));
    total = f32x4.add(total, weights);
    put(row + p, weights, count);
  }
  if (top != -Infinity) scaleRow(row, 1 / sumLanes(total), n);
}
