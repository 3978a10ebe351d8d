import { exp, exp2Negative, log, LOG2E, tanh } from "./math";
import { rowMax, rowSum } from "./reductions";
import { get, laneMask, madd, msub, nmadd, put, splat, sumLanes } from "./vector";

export function softmax(x: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step) {
    const top = rowMax(x, cols);
    if (top == -Infinity) {
      memory.fill(out, 0, step);
      continue;
    }
    const rate = splat(LOG2E), shift = splat(top * LOG2E);
    let total = splat(0), j = 0;
    for (; j + 4 <= cols; j += 4) {
      const p = <usize>j << 2, e = exp2Negative(msub(v128.load(x + p), rate, shift));
      total = f32x4.add(total, e);
      v128.store(out + p, e);
    }
    if (j < cols) {
      const p = <usize>j << 2, e = exp2Negative(msub(get(x + p, cols - j), rate, shift));
      total = f32x4.add(total, v128.and(e, laneMask(cols - j)));
      put(out + p, e, cols - j);
    }
    scaleRow(out, 1 / sumLanes(total), cols);
  }
}

function scaleRow(out: usize, scale: f32, n: i32): void {
  const s = splat(scale);
  for (; n >= 4; n -= 4, out += 16) v128.store(out, f32x4.mul(v128.load(out), s));
  if (n) put(out, f32x4.mul(get(out, n), s), n);
}

export function softmaxGrad(y: usize, g: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, y += step, g += step, out += step) {
    let products = splat(0);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      products = madd(get(y + p, count), get(g + p, count), products);
    }
    const dot = splat(sumLanes(products));
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, f32x4.mul(get(y + p, count), f32x4.sub(get(g + p, count), dot)), count);
    }
  }
}

/** log sum exp of a row; -Infinity for a row of -Infinity. */
function logSumExp(x: usize, cols: i32): f32 {
  const top = rowMax(x, cols);
  if (top == -Infinity) return top;
  const rate = splat(LOG2E), shift = splat(top * LOG2E);
  let even = splat(0), odd = even;
  for (; cols >= 8; cols -= 8, x += 32) {
    even = f32x4.add(even, exp2Negative(msub(v128.load(x), rate, shift)));
    odd = f32x4.add(odd, exp2Negative(msub(v128.load(x, 16), rate, shift)));
  }
  for (; cols > 0; cols -= 4, x += 16) {
    const count = min(cols, 4);
    even = f32x4.add(even, v128.and(exp2Negative(msub(get(x, count), rate, shift)), laneMask(count)));
  }
  return top + f32x4.extract_lane(log(splat(sumLanes(f32x4.add(even, odd)))), 0);
}

export function logSoftmax(x: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step) {
    const lse = splat(logSumExp(x, cols));
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, f32x4.sub(get(x + p, count), lse), count);
    }
  }
}

export function logSoftmaxGrad(y: usize, g: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, y += step, g += step, out += step) {
    const total = splat(rowSum(g, cols));
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, nmadd(exp(get(y + p, count)), total, get(g + p, count)), count);
    }
  }
}

export function additiveScores(
  query: usize, keys: usize, v: usize, out: usize, batch: i32, queries: i32, positions: i32, width: i32,
): void {
  const step = width << 2;
  for (let b = 0; b < batch; b++, keys += positions * step) {
    for (let t = 0; t < queries; t++, query += step) {
      let key = keys;
      for (let s = 0; s < positions; s++, key += step, out += 4) {
        let score = splat(0);
        for (let a = 0; a < width; a += 4) {
          const count = min(width - a, 4), p = <usize>a << 2;
          score = madd(get(v + p, count), tanh(f32x4.add(get(query + p, count), get(key + p, count))), score);
        }
        store<f32>(out, sumLanes(score));
      }
    }
  }
}

export function additiveScoresGrad(
  query: usize, keys: usize, v: usize, g: usize, dquery: usize, dkeys: usize, dv: usize,
  batch: i32, queries: i32, positions: i32, width: i32,
): void {
  const step = width << 2;
  for (let b = 0; b < batch; b++, keys += positions * step, dkeys += positions * step) {
    for (let t = 0; t < queries; t++, query += step, dquery += step) {
      let key = keys, dkey = dkeys;
      for (let s = 0; s < positions; s++, key += step, dkey += step, g += 4) {
        const upstream = v128.load32_splat(g);
        for (let a = 0; a < width; a += 4) {
          const count = min(width - a, 4), p = <usize>a << 2;
          const y = tanh(f32x4.add(get(query + p, count), get(key + p, count)));
          const slope = f32x4.mul(f32x4.mul(upstream, get(v + p, count)), nmadd(y, y, splat(1)));
          put(dv + p, madd(upstream, y, get(dv + p, count)), count);
          put(dquery + p, f32x4.add(slope, get(dquery + p, count)), count);
          put(dkey + p, f32x4.add(slope, get(dkey + p, count)), count);
        }
      }
    }
  }
}

/** One value's exponential. */
// @ts-ignore: decorator
@inline
function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp2Negative(splat(x * LOG2E)), 0);
}

/** The weight of class j: 1 without weights. */
// @ts-ignore: decorator
@inline
function weight(weights: usize, j: i32): f32 {
  return weights ? load<f32>(weights + (<usize>j << 2)) : 1;
}

/** The part of the row with `from <= j < to`: sum of `w[j] (lse - x[j])`. */
function weightedGap(x: usize, weights: usize, from: i32, to: i32, lse: f32): f32 {
  if (!weights) return gapSum(x + (<usize>from << 2), to - from, lse);
  const top = splat(lse);
  let total = splat(0);
  for (let j = from; j < to; j += 4) {
    const count = min(to - j, 4), p = <usize>j << 2;
    const w = get(weights + p, count);
    // A weight of 0 takes its term out, even where the gap is infinite.
    const present = v128.and(f32x4.ne(w, splat(0)), laneMask(count));
    total = f32x4.add(total, v128.and(f32x4.mul(w, f32x4.sub(top, get(x + p, count))), present));
  }
  return sumLanes(total);
}

/** The sum of `lse - x[j]`. */
function gapSum(x: usize, n: i32, lse: f32): f32 {
  const top = splat(lse);
  let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 16; n -= 16, x += 64) {
    s0 = f32x4.add(s0, f32x4.sub(top, v128.load(x)));
    s1 = f32x4.add(s1, f32x4.sub(top, v128.load(x, 16)));
    s2 = f32x4.add(s2, f32x4.sub(top, v128.load(x, 32)));
    s3 = f32x4.add(s3, f32x4.sub(top, v128.load(x, 48)));
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4);
    s0 = f32x4.add(s0, v128.and(f32x4.sub(top, get(x, count)), laneMask(count)));
  }
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

export function crossEntropy(
  x: usize, targets: usize, weights: usize, loss: usize, lse: usize,
  rows: i32, cols: i32, ignore: i32, on: f32, off: f32, excluded: i32,
): void {
  for (let r = 0; r < rows; r++, x += cols << 2, targets += 4, loss += 4, lse += 4) {
    const target = load<i32>(targets), norm = logSumExp(x, cols);
    let total: f32 = 0;
    if (target != ignore) {
      const share = on * weight(weights, target);
      if (share != 0) total = share * (norm - load<f32>(x + (<usize>target << 2)));
      if (off != 0) {
        const first = <i32>min<u32>(target, excluded), last = max(target, excluded);
        let gap: f32 = 0;
        if (<u32>excluded < <u32>cols) {
          gap = weightedGap(x, weights, 0, first, norm) + weightedGap(x, weights, first + 1, last, norm) +
            weightedGap(x, weights, last + 1, cols, norm);
        } else {
          gap = weightedGap(x, weights, 0, target, norm) + weightedGap(x, weights, target + 1, cols, norm);
        }
        total += off * gap;
      }
    }
    store<f32>(lse, norm);
    store<f32>(loss, total);
  }
}

export function crossEntropyGrad(
  x: usize, targets: usize, weights: usize, lse: usize, g: usize, out: usize,
  rows: i32, cols: i32, ignore: i32, on: f32, off: f32, excluded: i32,
): void {
  const step = cols << 2;
  const weightSum = weights ? rowSum(weights, cols) : <f32>cols;
  const hasExcluded = <u32>excluded < <u32>cols;
  for (let r = 0; r < rows; r++, x += step, out += step, targets += 4, lse += 4, g += 4) {
    const target = load<i32>(targets);
    if (target == ignore) {
      memory.fill(out, 0, step);
      continue;
    }
    const upstream = load<f32>(g), norm = load<f32>(lse);
    const atTarget = <usize>target << 2, atExcluded = <usize>excluded << 2;
    const exclude = hasExcluded && excluded != target;
    const onShare = on * weight(weights, target);
    let mass = weightSum - weight(weights, target);
    if (exclude) mass -= weight(weights, excluded);
    mass = off * mass + onShare;
    // Taken before the row, which may be written in place.
    const targetGrad = upstream * (exp1(load<f32>(x + atTarget) - norm) * mass - onShare);
    const excludedGrad = exclude ? upstream * exp1(load<f32>(x + atExcluded) - norm) * mass : 0;
    const shift = splat(norm * LOG2E), rate = splat(LOG2E);
    const factor = splat(upstream * mass), share = splat(upstream * off);
    let j = 0;
    if (!weights) {
      for (; j + 4 <= cols; j += 4) {
        const p = <usize>j << 2, probability = exp2Negative(msub(v128.load(x + p), rate, shift));
        v128.store(out + p, msub(probability, factor, share));
      }
    }
    for (; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const probability = exp2Negative(msub(get(x + p, count), rate, shift));
      const own = weights ? f32x4.mul(share, get(weights + p, count)) : share;
      put(out + p, msub(probability, factor, own), count);
    }
    store<f32>(out + atTarget, targetGrad);
    if (exclude) store<f32>(out + atExcluded, excludedGrad);
  }
}
