import { exp, log, tanh } from "./math";
import { rowMax, rowSum } from "./reductions";
import { get, laneMask, madd, nmadd, put, splat, sumLanes } from "./vector";

export function softmax(x: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step) {
    const top = rowMax(x, cols);
    if (top == -Infinity) {
      memory.fill(out, 0, step);
      continue;
    }
    const shift = splat(top);
    let total = splat(0);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const e = exp(f32x4.sub(get(x + p, count), shift));
      total = f32x4.add(total, v128.and(e, laneMask(count)));
      put(out + p, e, count);
    }
    scaleRow(out, 1 / sumLanes(total), cols);
  }
}

function scaleRow(out: usize, scale: f32, n: i32): void {
  const s = splat(scale);
  for (; n > 0; n -= 4, out += 16) {
    const count = min(n, 4);
    put(out, f32x4.mul(get(out, count), s), count);
  }
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
  const shift = splat(top);
  let total = splat(0);
  for (; cols > 0; cols -= 4, x += 16) {
    const count = min(cols, 4);
    const e = exp(f32x4.sub(get(x, count), shift));
    total = f32x4.add(total, v128.and(e, laneMask(count)));
  }
  return top + f32x4.extract_lane(log(splat(sumLanes(total))), 0);
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

export function layerNorm(
  x: usize, gamma: usize, beta: usize, out: usize, mean: usize, rstd: usize, rows: i32, cols: i32, eps: f64,
): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step, mean += 4, rstd += 4) {
    const average = rowSum(x, cols) / <f32>cols;
    const center = splat(average);
    let squares = splat(0);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4);
      const d = v128.and(f32x4.sub(get(x + (<usize>j << 2), count), center), laneMask(count));
      squares = madd(d, d, squares);
    }
    const inverse = <f32>(1 / sqrt(<f64>sumLanes(squares) / cols + eps));
    store<f32>(mean, average);
    store<f32>(rstd, inverse);
    const scale = splat(inverse);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const u = f32x4.mul(f32x4.sub(get(x + p, count), center), scale);
      put(out + p, madd(u, get(gamma + p, count), get(beta + p, count)), count);
    }
  }
}

/** With u = (x - mean) rstd and h = g gamma: dx = rstd (h - mean(h) - u mean(h u)). */
export function layerNormGrad(
  x: usize, gamma: usize, mean: usize, rstd: usize, g: usize, dx: usize, dgamma: usize, dbeta: usize,
  rows: i32, cols: i32,
): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, g += step, dx += step, mean += 4, rstd += 4) {
    const center = v128.load32_splat(mean), scale = v128.load32_splat(rstd);
    let sumH = splat(0), sumHU = sumH;
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const u = f32x4.mul(f32x4.sub(get(x + p, count), center), scale);
      const upstream = get(g + p, count);
      const h = f32x4.mul(upstream, get(gamma + p, count));
      sumH = f32x4.add(sumH, h);
      sumHU = madd(h, u, sumHU);
      put(dgamma + p, madd(upstream, u, get(dgamma + p, count)), count);
      put(dbeta + p, f32x4.add(upstream, get(dbeta + p, count)), count);
    }
    const meanH = splat(sumLanes(sumH) / <f32>cols), meanHU = splat(sumLanes(sumHU) / <f32>cols);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const u = f32x4.mul(f32x4.sub(get(x + p, count), center), scale);
      const h = f32x4.sub(f32x4.mul(get(g + p, count), get(gamma + p, count)), meanH);
      put(dx + p, f32x4.mul(scale, nmadd(u, meanHU, h)), count);
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
  return f32x4.extract_lane(exp(splat(x)), 0);
}

/** The weight of class j: 1 without weights. */
// @ts-ignore: decorator
@inline
function weight(weights: usize, j: i32): f32 {
  return weights ? load<f32>(weights + (<usize>j << 2)) : 1;
}

/** The part of the row with `from <= j < to`: sum of `w[j] (lse - x[j])`. */
function weightedGap(x: usize, weights: usize, from: i32, to: i32, lse: f32): f32 {
  const top = splat(lse);
  let total = splat(0);
  for (let j = from; j < to; j += 4) {
    const count = min(to - j, 4), p = <usize>j << 2;
    const gap = f32x4.sub(top, get(x + p, count));
    const w = weights ? get(weights + p, count) : splat(1);
    // A weight of 0 takes its term out, even where the gap is infinite.
    const present = v128.and(f32x4.ne(w, splat(0)), laneMask(count));
    total = f32x4.add(total, v128.and(f32x4.mul(w, gap), present));
  }
  return sumLanes(total);
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
    const gv = splat(upstream), offs = splat(off), norms = splat(norm), masses = splat(mass);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const share = weights ? f32x4.mul(offs, get(weights + p, count)) : offs;
      const probability = exp(f32x4.sub(get(x + p, count), norms));
      put(out + p, f32x4.mul(gv, f32x4.sub(f32x4.mul(probability, masses), share)), count);
    }
    store<f32>(out + atTarget, targetGrad);
    if (exclude) store<f32>(out + atExcluded, excludedGrad);
  }
}
