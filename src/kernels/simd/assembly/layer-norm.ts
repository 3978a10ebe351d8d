import { rowSum } from "./reductions";
import { get, laneMask, madd, nmadd, put, splat, sumLanes } from "./vector";

export function layerNorm(
  x: usize, gamma: usize, beta: usize, out: usize, mean: usize, rstd: usize, rows: i32, cols: i32, eps: f64,
): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step, mean += 4, rstd += 4) {
    const average = rowSum(x, cols) / <f32>cols;
    const center = splat(average);
    const inverse = <f32>(1 / sqrt(<f64>squaredDistances(x, cols, center) / cols + eps));
    store<f32>(mean, average);
    store<f32>(rstd, inverse);
    const scale = splat(inverse);
    let j = 0;
    for (; j + 4 <= cols; j += 4) putNormed(x, gamma, beta, out, <usize>j << 2, center, scale, 4);
    if (j < cols) putNormed(x, gamma, beta, out, <usize>j << 2, center, scale, cols - j);
  }
}

// @ts-ignore: decorator
@inline
function putNormed(
  x: usize, gamma: usize, beta: usize, out: usize, p: usize, center: v128, scale: v128, count: i32,
): void {
  put(out + p, madd(normed(x + p, center, scale, count), get(gamma + p, count), get(beta + p, count)), count);
}

/** (x - mean) rstd. */
// @ts-ignore: decorator
@inline
function normed(x: usize, center: v128, scale: v128, count: i32): v128 {
  return f32x4.mul(f32x4.sub(get(x, count), center), scale);
}

/** The sum of (x - center)^2, in four vectors side by side. */
function squaredDistances(x: usize, n: i32, center: v128): f32 {
  let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 16; n -= 16, x += 64) {
    const d0 = f32x4.sub(v128.load(x), center), d1 = f32x4.sub(v128.load(x, 16), center);
    const d2 = f32x4.sub(v128.load(x, 32), center), d3 = f32x4.sub(v128.load(x, 48), center);
    s0 = madd(d0, d0, s0);
    s1 = madd(d1, d1, s1);
    s2 = madd(d2, d2, s2);
    s3 = madd(d3, d3, s3);
  }
  for (; n > 0; n -= 4, x += 16) {
    const count = min(n, 4), d = v128.and(f32x4.sub(get(x, count), center), laneMask(count));
    s0 = madd(d, d, s0);
  }
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** With u = (x - mean) rstd and h = g gamma: dx = rstd (h - mean(h) - u mean(h u)). */
export function layerNormGrad(
  x: usize, gamma: usize, mean: usize, rstd: usize, g: usize, dx: usize, rows: i32, cols: i32,
): void {
  const step = cols << 2;
  for (; rows > 0; rows--, x += step, g += step, dx += step, mean += 4, rstd += 4) {
    rowGradient(x, gamma, v128.load32_splat(mean), v128.load32_splat(rstd), g, dx, cols);
  }
}

export function layerNormScaleGrad(
  x: usize, mean: usize, rstd: usize, g: usize, dgamma: usize, dbeta: usize, rows: i32, cols: i32, width: i32,
): void {
  const step = cols << 2;
  memory.fill(dgamma, 0, width << 2);
  memory.fill(dbeta, 0, width << 2);
  for (; rows >= 4; rows -= 4, x += step << 2, g += step << 2, mean += 16, rstd += 16) {
    addFourRows(x, mean, rstd, g, dgamma, dbeta, step, width);
  }
  for (; rows > 0; rows--, x += step, g += step, mean += 4, rstd += 4) {
    const center = v128.load32_splat(mean), scale = v128.load32_splat(rstd);
    for (let j = 0; j < width; j += 4) {
      const count = min(width - j, 4), p = <usize>j << 2, upstream = get(g + p, count);
      put(dgamma + p, madd(upstream, normed(x + p, center, scale, count), get(dgamma + p, count)), count);
      put(dbeta + p, f32x4.add(get(dbeta + p, count), upstream), count);
    }
  }
}

/** Row after row is added, so that the sums do not depend on the rows being taken four at a time. */
function addFourRows(
  x: usize, mean: usize, rstd: usize, g: usize, dgamma: usize, dbeta: usize, step: i32, width: i32,
): void {
  const m0 = v128.load32_splat(mean), m1 = v128.load32_splat(mean, 4);
  const m2 = v128.load32_splat(mean, 8), m3 = v128.load32_splat(mean, 12);
  const s0 = v128.load32_splat(rstd), s1 = v128.load32_splat(rstd, 4);
  const s2 = v128.load32_splat(rstd, 8), s3 = v128.load32_splat(rstd, 12);
  for (let j = 0; j < width; j += 4) {
    const count = min(width - j, 4), p = <usize>j << 2;
    let px = x + p, pg = g + p, upstream = get(pg, count);
    let forScale = madd(upstream, normed(px, m0, s0, count), get(dgamma + p, count));
    let forShift = f32x4.add(get(dbeta + p, count), upstream);
    upstream = get((pg += step), count);
    forScale = madd(upstream, normed((px += step), m1, s1, count), forScale);
    forShift = f32x4.add(forShift, upstream);
    upstream = get((pg += step), count);
    forScale = madd(upstream, normed((px += step), m2, s2, count), forScale);
    forShift = f32x4.add(forShift, upstream);
    upstream = get((pg += step), count);
    forScale = madd(upstream, normed((px += step), m3, s3, count), forScale);
    forShift = f32x4.add(forShift, upstream);
    put(dgamma + p, forScale, count);
    put(dbeta + p, forShift, count);
  }
}

function rowGradient(x: usize, gamma: usize, center: v128, scale: v128, g: usize, dx: usize, cols: i32): void {
  let h0 = splat(0), h1 = h0, hu0 = h0, hu1 = h0, j = 0;
  for (; j + 8 <= cols; j += 8) {
    const p = <usize>j << 2, q = p + 16;
    const left = f32x4.mul(v128.load(g + p), v128.load(gamma + p));
    const right = f32x4.mul(v128.load(g + q), v128.load(gamma + q));
    h0 = f32x4.add(h0, left);
    h1 = f32x4.add(h1, right);
    hu0 = madd(left, normed(x + p, center, scale, 4), hu0);
    hu1 = madd(right, normed(x + q, center, scale, 4), hu1);
  }
  for (; j < cols; j += 4) {
    const count = min(cols - j, 4), p = <usize>j << 2;
    const h = f32x4.mul(get(g + p, count), get(gamma + p, count));
    h0 = f32x4.add(h0, h);
    hu0 = madd(h, normed(x + p, center, scale, count), hu0);
  }
  const meanH = splat(sumLanes(f32x4.add(h0, h1)) / <f32>cols);
  const meanHU = splat(sumLanes(f32x4.add(hu0, hu1)) / <f32>cols);
  for (j = 0; j + 4 <= cols; j += 4) putGradient(x, gamma, g, dx, <usize>j << 2, center, scale, meanH, meanHU, 4);
  if (j < cols) putGradient(x, gamma, g, dx, <usize>j << 2, center, scale, meanH, meanHU, cols - j);
}

// @ts-ignore: decorator
@inline
function putGradient(
  x: usize, gamma: usize, g: usize, dx: usize, p: usize, center: v128, scale: v128, meanH: v128, meanHU: v128,
  count: i32,
): void {
  const h = f32x4.sub(f32x4.mul(get(g + p, count), get(gamma + p, count)), meanH);
  put(dx + p, f32x4.mul(scale, nmadd(normed(x + p, center, scale, count), meanHU, h)), count);
}
