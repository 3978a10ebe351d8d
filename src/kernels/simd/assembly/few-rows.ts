/** Matrix products of one or two rows, where packing would cost more than it saves. */
import { get, madd, put } from "./vector";

/** Columns of C that stay in the first-level cache while B streams by. */
const COLUMNS: i32 = 1024;

export function clear(c: usize, m: i32, n: i32, rc: i32): void {
  for (let i = 0; i < m; i++, c += rc) memory.fill(c, 0, <usize>n << 2);
}

/** Few rows times a transposed B: both are read along the depth. */
export function dotProduct(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, ra: i32, rb: i32, rc: i32, addTo: i32,
): void {
  for (let j = 0; j < n; j += 4, b += rb << 2) {
    const width = min(4, n - j);
    const out = c + (j << 2);
    if (m == 2) dotTile(2, a, ra, b, rb, out, rc, k, width, addTo);
    else dotTile(1, a, ra, b, rb, out, rc, k, width, addTo);
  }
}

/** One or two (a constant) rows of A by 4 rows of B; rows of B beyond `width` repeat the last and are not stored. */
// @ts-ignore: decorator
@inline
function dotTile(
  rows: i32, x0: usize, ra: i32, y0: usize, rb: i32, out: usize, rc: i32, k: i32, width: i32, addTo: i32,
): void {
  const x1 = x0 + ra;
  const y1 = width > 1 ? y0 + rb : y0;
  const y2 = width > 2 ? y1 + rb : y1;
  const y3 = width > 3 ? y2 + rb : y2;
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00;
  let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  const odd = k & 3;
  if (odd) {
    // The odd ones come first, so that the loop has whole vectors only.
    const a0 = get(x0, odd), b0 = get(y0, odd), b1 = get(y1, odd), b2 = get(y2, odd), b3 = get(y3, odd);
    c00 = f32x4.mul(a0, b0);
    c01 = f32x4.mul(a0, b1);
    c02 = f32x4.mul(a0, b2);
    c03 = f32x4.mul(a0, b3);
    if (rows > 1) {
      const a1 = get(x1, odd);
      c10 = f32x4.mul(a1, b0);
      c11 = f32x4.mul(a1, b1);
      c12 = f32x4.mul(a1, b2);
      c13 = f32x4.mul(a1, b3);
    }
  }
  for (let p = odd << 2, end = k << 2; p < end; p += 16) {
    const a0 = v128.load(x0 + p);
    let y = v128.load(y0 + p);
    const a1 = rows > 1 ? v128.load(x1 + p) : a0;
    c00 = madd(a0, y, c00);
    if (rows > 1) c10 = madd(a1, y, c10);
    y = v128.load(y1 + p);
    c01 = madd(a0, y, c01);
    if (rows > 1) c11 = madd(a1, y, c11);
    y = v128.load(y2 + p);
    c02 = madd(a0, y, c02);
    if (rows > 1) c12 = madd(a1, y, c12);
    y = v128.load(y3 + p);
    c03 = madd(a0, y, c03);
    if (rows > 1) c13 = madd(a1, y, c13);
  }
  storeDots(out, c00, c01, c02, c03, width, addTo);
  if (rows > 1) storeDots(out + rc, c10, c11, c12, c13, width, addTo);
}

/** Stores the sums of four vectors as one. */
// @ts-ignore: decorator
@inline
function storeDots(out: usize, r0: v128, r1: v128, r2: v128, r3: v128, width: i32, addTo: i32): void {
  const s01 = f32x4.add(v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), v128.shuffle<f32>(r0, r1, 2, 6, 3, 7));
  const s23 = f32x4.add(v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), v128.shuffle<f32>(r2, r3, 2, 6, 3, 7));
  let sums = f32x4.add(v128.shuffle<f64>(s01, s23, 0, 2), v128.shuffle<f64>(s01, s23, 1, 3));
  if (addTo) sums = f32x4.add(sums, get(out, width));
  put(out, sums, width);
}

/** Few rows times B as it lies: four rows of B at a time are added to the rows of C. `ar`, `ap`: strides of A. */
export function streamProduct(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, ar: i32, ap: i32, rb: i32, rc: i32, accumulate: i32,
): void {
  if (!accumulate) clear(c, m, n, rc);
  for (let j = 0; j < n; j += COLUMNS) {
    const columns = min(COLUMNS, n - j);
    let y = b + (j << 2), x = a, p = 0;
    for (; p + 4 <= k; p += 4, x += ap << 2, y += rb << 2) {
      let xi = x, out = c + (j << 2);
      for (let i = 0; i < m; i++, xi += ar, out += rc) addRows4(xi, ap, y, rb, out, columns);
    }
    for (; p < k; p++, x += ap, y += rb) {
      let xi = x, out = c + (j << 2);
      for (let i = 0; i < m; i++, xi += ar, out += rc) addRow(load<f32>(xi), y, out, columns);
    }
  }
}

/** out += x[0] y[0] + x[1] y[1] + x[2] y[2] + x[3] y[3]. */
function addRows4(x: usize, ap: i32, y0: usize, rb: i32, out: usize, n: i32): void {
  const x0 = v128.load32_splat(x), x1 = v128.load32_splat(x + ap);
  x += ap << 1;
  const x2 = v128.load32_splat(x), x3 = v128.load32_splat(x + ap);
  let y1 = y0 + rb, y2 = y1 + rb, y3 = y2 + rb;
  for (; n >= 4; n -= 4, y0 += 16, y1 += 16, y2 += 16, y3 += 16, out += 16) {
    addVectors4(x0, x1, x2, x3, y0, y1, y2, y3, out, 4);
  }
  if (n) addVectors4(x0, x1, x2, x3, y0, y1, y2, y3, out, n);
}

// @ts-ignore: decorator
@inline
function addVectors4(
  x0: v128, x1: v128, x2: v128, x3: v128, y0: usize, y1: usize, y2: usize, y3: usize, out: usize, count: i32,
): void {
  let sum = madd(x0, get(y0, count), get(out, count));
  sum = madd(x1, get(y1, count), sum);
  sum = madd(x2, get(y2, count), sum);
  put(out, madd(x3, get(y3, count), sum), count);
}

function addRow(x: f32, y: usize, out: usize, n: i32): void {
  const value = f32x4.splat(x);
  for (; n > 0; n -= 4, y += 16, out += 16) {
    const count = min(n, 4);
    put(out, madd(value, get(y, count), get(out, count)), count);
  }
}
