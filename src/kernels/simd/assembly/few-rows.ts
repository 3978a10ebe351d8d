/**
 * Matrix products of few rows, where packing B would cost more than it saves: B is read where it lies.
 */
import { storeRow, tile } from "./micro-kernel";
import { KC, MR, packA, packATransposed, PACKED_A } from "./packing";
import { get, madd, put } from "./vector";

/** Up to so many rows, a plain B is read where it lies: one panel of A. */
export const FEW_ROWS: i32 = <i32>MR;
/** Up to so many rows, a transposed one is. */
export const DOT_ROWS: i32 = 2;

export function clear(c: usize, m: i32, n: i32, rc: i32): void {
  for (let i = 0; i < m; i++, c += rc) memory.fill(c, 0, <usize>n << 2);
}

/**
 * `c = a b` or `c += a b` for few rows and the columns that make whole tiles of 16. Returns how many these are. Every
 * element is summed as the packed product does it: in order, from 0, over each KC steps of the depth; these sums are
 * then added up in C.
 */
export function plainProduct(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, ra: i32, rb: i32, rc: i32, transA: i32, accumulate: i32,
): i32 {
  const columns = n & ~15;
  for (let p = 0; p < k && columns > 0; p += KC, b += KC * rb) {
    const depth = min(KC, k - p);
    if (transA) packATransposed(a + p * ra, ra, m, depth);
    else packA(a + (p << 2), ra, m, depth);
    const addTo = accumulate | i32(p > 0);
    for (let j = 0; j < columns << 2; j += 64) {
      const from = b + j, to = c + j;
      if (m == 1) wideTile(1, from, rb, to, rc, depth, addTo);
      else if (m == 2) wideTile(2, from, rb, to, rc, depth, addTo);
      else {
        tile(m, PACKED_A, from, rb, to, rc, depth, 8, addTo);
        tile(m, PACKED_A, from + 32, rb, to + 32, rc, depth, 8, addTo);
      }
    }
  }
  return columns;
}

/** One or two (a constant) packed rows of A by 16 columns. */
// @ts-ignore: decorator
@inline
function wideTile(rows: i32, b: usize, rb: i32, c: usize, rc: i32, depth: i32, addTo: i32): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  for (let x = PACKED_A, end = x + (depth * rows << 2); x < end; x += rows << 2, b += rb) {
    const x0 = v128.load32_splat(x), x1 = rows > 1 ? v128.load32_splat(x, 4) : x0;
    let y = v128.load(b);
    c00 = madd(x0, y, c00);
    if (rows > 1) c10 = madd(x1, y, c10);
    y = v128.load(b, 16);
    c01 = madd(x0, y, c01);
    if (rows > 1) c11 = madd(x1, y, c11);
    y = v128.load(b, 32);
    c02 = madd(x0, y, c02);
    if (rows > 1) c12 = madd(x1, y, c12);
    y = v128.load(b, 48);
    c03 = madd(x0, y, c03);
    if (rows > 1) c13 = madd(x1, y, c13);
  }
  storeRow(c, c00, c01, 8, addTo);
  storeRow(c + 32, c02, c03, 8, addTo);
  if (rows == 1) return;
  storeRow(c + rc, c10, c11, 8, addTo);
  storeRow(c + rc + 32, c12, c13, 8, addTo);
}

/** One or two rows times a transposed B: both are read along the depth, in which every fourth product is summed. */
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
