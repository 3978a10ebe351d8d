import { choose, get, laneMask, maxLanes, put, splat, sumLanes } from "./vector";

export function sum(x: usize, out: usize, outer: i32, extent: i32, inner: i32, stride: i32): void {
  if (inner == 1 && stride == 1) {
    for (let i = 0; i < outer; i++, x += extent << 2, out += 4) store<f32>(out, rowSum(x, extent));
    return;
  }
  const step = stride << 2;
  for (let i = 0; i < outer; i++, out += inner << 2) {
    memory.fill(out, 0, inner << 2);
    let left = extent;
    for (; left >= 8; left -= 8, x += step << 3) addEightRows(x, step, out, inner);
    for (; left > 0; left--, x += step) addRow(x, out, inner);
  }
}

/** The sum of n elements, in four vectors side by side. */
export function rowSum(x: usize, n: i32): f32 {
  let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 16; n -= 16, x += 64) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    s2 = f32x4.add(s2, v128.load(x, 32));
    s3 = f32x4.add(s3, v128.load(x, 48));
  }
  for (; n > 0; n -= 4, x += 16) s0 = f32x4.add(s0, get(x, min(n, 4)));
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

function addEightRows(x: usize, step: i32, out: usize, n: i32): void {
  for (; n >= 4; n -= 4, x += 16, out += 16) putEightRows(x, step, out, 4);
  if (n) putEightRows(x, step, out, n);
}

// @ts-ignore: decorator
@inline
function putEightRows(x: usize, step: i32, out: usize, count: i32): void {
  const middle = x + (step << 2), step2 = step << 1, step3 = step2 + step;
  const pair0 = f32x4.add(get(x, count), get(x + step, count));
  const pair1 = f32x4.add(get(x + step2, count), get(x + step3, count));
  const pair2 = f32x4.add(get(middle, count), get(middle + step, count));
  const pair3 = f32x4.add(get(middle + step2, count), get(middle + step3, count));
  const eight = f32x4.add(f32x4.add(pair0, pair1), f32x4.add(pair2, pair3));
  put(out, f32x4.add(get(out, count), eight), count);
}

/** out += x. */
export function addRow(x: usize, out: usize, n: i32): void {
  for (; n >= 4; n -= 4, x += 16, out += 16) v128.store(out, f32x4.add(v128.load(out), v128.load(x)));
  if (n) put(out, f32x4.add(get(out, n), get(x, n)), n);
}

export function max(x: usize, out: usize, outer: i32, extent: i32, inner: i32): void {
  if (inner == 1) {
    for (let i = 0; i < outer; i++, x += extent << 2, out += 4) store<f32>(out, rowMax(x, extent));
    return;
  }
  for (let i = 0; i < outer; i++, x += (extent * inner) << 2, out += inner << 2) {
    for (let k = 0; k < inner; k += 4) {
      const count = min(inner - k, 4);
      let best = splat(-Infinity), p = x + (k << 2);
      for (let j = 0; j < extent; j++, p += inner << 2) best = f32x4.max(best, get(p, count));
      put(out + (k << 2), best, count);
    }
  }
}

/** The largest of n elements; NaN when any is NaN; -Infinity of none. */
export function rowMax(x: usize, n: i32): f32 {
  let m0 = splat(-Infinity), m1 = m0;
  for (; n >= 8; n -= 8, x += 32) {
    m0 = f32x4.max(m0, v128.load(x));
    m1 = f32x4.max(m1, v128.load(x, 16));
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4);
    m0 = f32x4.max(m0, choose(laneMask(count), get(x, count), splat(-Infinity)));
  }
  return maxLanes(f32x4.max(m0, m1));
}

export function argmax(x: usize, out: usize, outer: i32, extent: i32, inner: i32): void {
  if (inner == 1) {
    for (let i = 0; i < outer; i++, x += extent << 2, out += 4) store<i32>(out, rowArgmax(x, extent));
    return;
  }
  for (let i = 0; i < outer; i++, x += (extent * inner) << 2, out += inner << 2) {
    for (let k = 0; k < inner; k += 4) {
      const count = min(inner - k, 4);
      let p = x + (k << 2), best = get(p, count), at = i32x4.splat(0);
      for (let j = 1; j < extent; j++) {
        const value = get((p += inner << 2), count);
        const better = f32x4.gt(value, best);
        best = choose(better, value, best);
        at = choose(better, i32x4.splat(j), at);
      }
      put(out + (k << 2), at, count);
    }
  }
}

/** Every lane keeps its first best; of the lanes, the first wins. All begin with element 0. */
function rowArgmax(x: usize, n: i32): i32 {
  let best = v128.load32_splat(x), at = i32x4.splat(0), index = i32x4(0, 1, 2, 3);
  for (; n > 0; n -= 4, x += 16, index = i32x4.add(index, i32x4.splat(4))) {
    const count = min(n, 4);
    const value = get(x, count);
    const better = v128.and(f32x4.gt(value, best), laneMask(count));
    best = choose(better, value, best);
    at = choose(better, index, at);
  }
  let bestValue = f32x4.extract_lane(best, 0), bestAt = i32x4.extract_lane(at, 0);
  for (let lane = 1; lane < 4; lane++) {
    best = v128.shuffle<f32>(best, best, 1, 2, 3, 0);
    at = v128.shuffle<i32>(at, at, 1, 2, 3, 0);
    const value = f32x4.extract_lane(best, 0), position = i32x4.extract_lane(at, 0);
    if (value > bestValue || (value == bestValue && position < bestAt)) {
      bestValue = value;
      bestAt = position;
    }
  }
  return bestAt;
}

export function sumSquares(x: usize, n: i32): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 8; n -= 8, x += 32) {
    const a = v128.load(x), b = v128.load(x, 16);
    s0 = addSquares(s0, a);
    s1 = addSquares(s1, v128.shuffle<f64>(a, a, 1, 0));
    s2 = addSquares(s2, b);
    s3 = addSquares(s3, v128.shuffle<f64>(b, b, 1, 0));
  }
  for (; n > 0; n -= 4, x += 16) {
    const a = get(x, min(n, 4));
    s0 = addSquares(s0, a);
    s1 = addSquares(s1, v128.shuffle<f64>(a, a, 1, 0));
  }
  const s = f64x2.add(f64x2.add(s0, s2), f64x2.add(s1, s3));
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/** The sums, two f64, with the squares of the lower two f32 of v added. */
// @ts-ignore: decorator
@inline
function addSquares(sums: v128, v: v128): v128 {
  const wide = f64x2.promote_low_f32x4(v);
  return f64x2.add(sums, f64x2.mul(wide, wide));
}

export function maxAbs(x: usize, n: i32): f32 {
  let best = splat(0);
  for (; n > 0; n -= 4, x += 16) best = f32x4.max(best, f32x4.abs(get(x, min(n, 4))));
  return maxLanes(best);
}
