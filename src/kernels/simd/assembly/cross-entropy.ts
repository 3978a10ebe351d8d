/**
 * Cross-entropy over rows that are too long for the first cache but fit the second: a pass for the maximum, one for
 * the exponentials, one for the gradient, each over whole vectors, two at a time.
 *
 * With q the smoothed target, s = sum exp(x - max) and sum(q) its mass:
 *
 *     loss = mass log s + sum_j q[j] (max - x[j])        gradient = g mass / s exp(x - max) - g q
 */
import { expNegative, log } from "./math";
import { rowMax, rowSum } from "./reductions";
import { choose, get, laneMask, largestLane, madd, msub, put, splat, sumLanes } from "./vector";

/** The largest of a row, NaN left out, as the sum of the exponentials will show it; NaN or -Infinity of nothing else. */
function topOf(x: usize, n: i32): f32 {
  const start = x, length = n;
  let m0 = splat(-Infinity), m1 = m0;
  for (; n >= 8; n -= 8, x += 32) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4);
    m0 = f32x4.pmax(m0, choose(laneMask(count), get(x, count), splat(-Infinity)));
  }
  const top = largestLane(f32x4.pmax(m0, m1));
  return top == -Infinity ? rowMax(start, length) : top;
}

/** The sum of exp(x - top); `keep` stores the terms in place of x. */
// @ts-ignore: decorator
@inline
function expSum(x: usize, n: i32, top: f32, keep: bool): f32 {
  const shift = splat(top);
  let s0 = splat(0), s1 = s0;
  for (; n >= 8; n -= 8, x += 32) {
    const e0 = expNegative(f32x4.sub(v128.load(x), shift));
    const e1 = expNegative(f32x4.sub(v128.load(x, 16), shift));
    if (keep) {
      v128.store(x, e0);
      v128.store(x, e1, 16);
    }
    s0 = f32x4.add(s0, e0);
    s1 = f32x4.add(s1, e1);
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4);
    const e = expNegative(f32x4.sub(get(x, count), shift));
    if (keep) put(x, e, count);
    s0 = f32x4.add(s0, v128.and(e, laneMask(count)));
  }
  return sumLanes(f32x4.add(s0, s1));
}

function sumOfExp(x: usize, n: i32, top: f32): f32 {
  return expSum(x, n, top, false);
}

/** The logarithm of `total` = sum exp(x - top). A row of -Infinity has none: 0 leaves its log-sum-exp at `top`. */
function logOfSum(total: f32, top: f32): f32 {
  return top == -Infinity ? 0 : f32x4.extract_lane(log(splat(total)), 0);
}

/** log sum exp of a row; -Infinity for a row of -Infinity. */
export function logSumExp(x: usize, cols: i32): f32 {
  const top = topOf(x, cols);
  return top + logOfSum(sumOfExp(x, cols, top), top);
}

/** The weight of class j: 1 without weights. */
// @ts-ignore: decorator
@inline
function weight(weights: usize, j: i32): f32 {
  return weights ? load<f32>(weights + (<usize>j << 2)) : 1;
}

/** Whether q leaves out a class beside the target. */
// @ts-ignore: decorator
@inline
function excludes(excluded: i32, target: i32, cols: i32): bool {
  return <u32>excluded < <u32>cols && excluded != target;
}

/** sum(q), from the sum of the weights of all classes. */
function massOf(
  weights: usize, weightSum: f32, target: i32, cols: i32, on: f32, off: f32, excluded: i32,
): f32 {
  const own = weight(weights, target);
  let others = weightSum - own;
  if (excludes(excluded, target, cols)) others -= weight(weights, excluded);
  return off * others + on * own;
}

/** Sum of `w[j] (top - x[j])` over `from <= j < to`. */
function gapSum(x: usize, weights: usize, from: i32, to: i32, top: f32): f32 {
  const shift = splat(top);
  let n = to - from, s0 = splat(0), s1 = s0;
  x += <usize>from << 2;
  if (weights) {
    weights += <usize>from << 2;
    for (; n > 0; n -= 4, x += 16, weights += 16) {
      const count = min(n, 4);
      const w = get(weights, count);
      // A weight of 0 takes its term out, even where the gap is infinite.
      const term = v128.and(f32x4.mul(w, f32x4.sub(shift, get(x, count))), f32x4.ne(w, splat(0)));
      s0 = f32x4.add(s0, term);
    }
    return sumLanes(s0);
  }
  for (; n >= 8; n -= 8, x += 32) {
    s0 = f32x4.add(s0, f32x4.sub(shift, v128.load(x)));
    s1 = f32x4.add(s1, f32x4.sub(shift, v128.load(x, 16)));
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4);
    s0 = f32x4.add(s0, v128.and(f32x4.sub(shift, get(x, count)), laneMask(count)));
  }
  return sumLanes(f32x4.add(s0, s1));
}

/** sum_j q[j] (top - x[j]), over the classes with q[j] > 0 alone. */
function expectedGap(
  x: usize, weights: usize, top: f32, target: i32, cols: i32, on: f32, off: f32, excluded: i32,
): f32 {
  const share = on * weight(weights, target);
  const total: f32 = share == 0 ? 0 : share * (top - load<f32>(x + (<usize>target << 2)));
  if (off == 0) return total;
  const other = excludes(excluded, target, cols) ? excluded : target;
  const first = min(target, other), last = max(target, other);
  let gap = gapSum(x, weights, 0, first, top) + gapSum(x, weights, last + 1, cols, top);
  if (first != last) gap += gapSum(x, weights, first + 1, last, top);
  return total + off * gap;
}

/** The loss, from its parts. Without mass there is none, whatever the row holds. */
// @ts-ignore: decorator
@inline
function lossOf(mass: f32, logSum: f32, gap: f32): f32 {
  return mass == 0 ? gap : mass * logSum + gap;
}

export function crossEntropy(
  x: usize, targets: usize, weights: usize, loss: usize, lse: usize,
  rows: i32, cols: i32, ignore: i32, on: f32, off: f32, excluded: i32,
): void {
  const weightSum = weights ? rowSum(weights, cols) : <f32>cols;
  for (let r = 0; r < rows; r++, x += cols << 2, targets += 4, loss += 4, lse += 4) {
    const target = load<i32>(targets), top = topOf(x, cols);
    const logSum = logOfSum(sumOfExp(x, cols, top), top);
    store<f32>(lse, top + logSum);
    if (target == ignore) {
      store<f32>(loss, 0);
      continue;
    }
    const gap = expectedGap(x, weights, top, target, cols, on, off, excluded);
    store<f32>(loss, lossOf(massOf(weights, weightSum, target, cols, on, off, excluded), logSum, gap));
  }
}

/** `x = a x - b w`, w 1 without weights. */
function affineRow(x: usize, weights: usize, a: f32, b: f32, n: i32): void {
  const scale = splat(a), share = splat(b);
  if (weights) {
    for (; n > 0; n -= 4, x += 16, weights += 16) {
      const count = min(n, 4);
      put(x, msub(scale, get(x, count), f32x4.mul(share, get(weights, count))), count);
    }
    return;
  }
  const minus = f32x4.neg(share);
  for (; n >= 8; n -= 8, x += 32) {
    v128.store(x, madd(scale, v128.load(x), minus));
    v128.store(x, madd(scale, v128.load(x, 16), minus), 16);
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4);
    put(x, madd(scale, get(x, count), minus), count);
  }
}

/** From exponentials to the gradient, in place: `a e - g q`. */
function gradientRow(
  e: usize, weights: usize, a: f32, g: f32, target: i32, cols: i32, on: f32, off: f32, excluded: i32,
): void {
  const atTarget = e + (<usize>target << 2), atExcluded = e + (<usize>excluded << 2);
  const leavesOut = excludes(excluded, target, cols);
  const targetGrad = a * load<f32>(atTarget) - g * on * weight(weights, target);
  const excludedGrad: f32 = leavesOut ? a * load<f32>(atExcluded) : 0;
  affineRow(e, weights, a, g * off, cols);
  store<f32>(atTarget, targetGrad);
  if (leavesOut) store<f32>(atExcluded, excludedGrad);
}

export function crossEntropyGrad(
  x: usize, targets: usize, weights: usize, lse: usize, g: usize, out: usize,
  rows: i32, cols: i32, ignore: i32, on: f32, off: f32, excluded: i32,
): void {
  const step = cols << 2;
  const weightSum = weights ? rowSum(weights, cols) : <f32>cols;
  for (let r = 0; r < rows; r++, x += step, out += step, targets += 4, lse += 4, g += 4) {
    const target = load<i32>(targets);
    if (target == ignore) {
      memory.fill(out, 0, step);
      continue;
    }
    const shift = v128.load32_splat(lse), upstream = load<f32>(g);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, expNegative(f32x4.sub(get(x + p, count), shift)), count);
    }
    const mass = massOf(weights, weightSum, target, cols, on, off, excluded);
    gradientRow(out, weights, upstream * mass, upstream, target, cols, on, off, excluded);
  }
}

export function crossEntropyWithGrad(
  x: usize, targets: usize, weights: usize, loss: usize, rows: i32, cols: i32, g: f32, ignore: i32,
  on: f32, off: f32, excluded: i32,
): void {
  const step = cols << 2;
  const weightSum = weights ? rowSum(weights, cols) : <f32>cols;
  for (let r = 0; r < rows; r++, x += step, targets += 4, loss += 4) {
    const target = load<i32>(targets);
    if (target == ignore) {
      store<f32>(loss, 0);
      memory.fill(x, 0, step);
      continue;
    }
    const top = topOf(x, cols);
    const gap = expectedGap(x, weights, top, target, cols, on, off, excluded);
    const mass = massOf(weights, weightSum, target, cols, on, off, excluded);
    const total = expSum(x, cols, top, true);
    store<f32>(loss, lossOf(mass, logOfSum(total, top), gap));
    gradientRow(x, weights, g * mass / total, g, target, cols, on, off, excluded);
  }
}
