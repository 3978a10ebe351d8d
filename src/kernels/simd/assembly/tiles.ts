/**
 * Products of small matrices as they lie, for attention: up to 4 rows by 8 columns of the result at a time.
 *
 * Element (i, p) of A is at `a + i*ra + p*4`, or, where A is transposed, at `a + p*ra + i*4`; row p of B at `b + p*rb`.
 * Every element is summed over p in order, whatever the shape, so that it depends on its own row and column alone.
 * A result is never -0.
 */
import { get, madd, put, splat } from "./vector";

/** Rows of a tile: with more, compilers that load a whole column of A first run out of registers. */
export const TILE_ROWS: i32 = 4;

/** In memory, since a register would be one too many. */
const ZEROS = memory.data<f32>([0, 0, 0, 0, 0, 0, 0, 0]);

/**
 * `c [rows, n] = a b`, or `c += a b`, for rows <= TILE_ROWS. `next` is the way from 8 columns of B to the next 8, so
 * that B may be packed in panels. When `leaveOut` is 1, rows of B are left out where the element of A is 0, so that NaN
 * does not leak.
 */
export function product(
  rows: i32, a: usize, ra: i32, b: usize, rb: i32, next: i32, c: usize, rc: i32, n: i32, depth: i32,
  addTo: i32, leaveOut: i32,
): void {
  if (rows == 1) {
    for (; n >= 32; n -= 32, b += next << 2, c += 128) multiplyRow(a, b, rb, next, c, depth, addTo, leaveOut);
  }
  for (; n >= 8; n -= 8, b += next, c += 32) {
    switch (rows) {
      case 4: multiplyTile(4, false, a, ra, b, rb, c, rc, depth, addTo, leaveOut); break;
      case 3: multiplyTile(3, false, a, ra, b, rb, c, rc, depth, addTo, leaveOut); break;
      case 2: multiplyTile(2, false, a, ra, b, rb, c, rc, depth, addTo, leaveOut); break;
      default: multiplyTile(1, false, a, ra, b, rb, c, rc, depth, addTo, leaveOut);
    }
  }
  if (n > 0) carefulTile(rows, a, ra, 4, b, rb, c, rc, n, depth, addTo);
}

/** {@link product} for a transposed A, leaving out. */
export function productTransposed(
  rows: i32, a: usize, ra: i32, b: usize, rb: i32, next: i32, c: usize, rc: i32, n: i32, depth: i32,
  addTo: i32,
): void {
  for (; n >= 8; n -= 8, b += next, c += 32) {
    switch (rows) {
      case 4: multiplyTile(4, true, a, ra, b, rb, c, rc, depth, addTo, 1); break;
      case 3: multiplyTile(3, true, a, ra, b, rb, c, rc, depth, addTo, 1); break;
      case 2: multiplyTile(2, true, a, ra, b, rb, c, rc, depth, addTo, 1); break;
      default: multiplyTile(1, true, a, ra, b, rb, c, rc, depth, addTo, 1);
    }
  }
  if (n > 0) carefulTile(rows, a, 4, ra, b, rb, c, rc, n, depth, addTo);
}

/** Row by row, up to 8 columns, leaving out rows of B where the element of A is 0. `ap`: from p to p + 1 in A. */
function carefulTile(
  rows: i32, a: usize, ra: i32, ap: i32, b: usize, rb: i32, c: usize, rc: i32, n: i32, depth: i32, addTo: i32,
): void {
  const left = min(n, 4), right = n - 4;
  for (; rows > 0; rows--, a += ra, c += rc) {
    let c0 = splat(0), c1 = c0, x = a, y = b;
    for (let p = 0; p < depth; p++, x += ap, y += rb) {
      const value = v128.load32_splat(x), present = f32x4.ne(value, splat(0));
      c0 = madd(value, v128.and(get(y, left), present), c0);
      if (right > 0) c1 = madd(value, v128.and(get(y + 16, right), present), c1);
    }
    put(c, f32x4.add(c0, addTo ? get(c, left) : splat(0)), left);
    if (right > 0) put(c + 16, f32x4.add(c1, addTo ? get(c + 16, right) : splat(0)), right);
  }
}

/** One row by 32 columns, so that there are enough sums to work on at once. */
function multiplyRow(
  a: usize, b: usize, rb: i32, next: i32, c: usize, depth: i32, addTo: i32, leaveOut: i32,
): void {
  let c0 = splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  let x = a, y = b, y1 = b + next, y2 = y1 + next, y3 = y2 + next;
  for (let p = 0; p < depth; p++, x += 4, y += rb, y1 += rb, y2 += rb, y3 += rb) {
    const value = v128.load32_splat(x);
    c0 = madd(value, v128.load(y), c0);
    c1 = madd(value, v128.load(y, 16), c1);
    c2 = madd(value, v128.load(y1), c2);
    c3 = madd(value, v128.load(y1, 16), c3);
    c4 = madd(value, v128.load(y2), c4);
    c5 = madd(value, v128.load(y2, 16), c5);
    c6 = madd(value, v128.load(y3), c6);
    c7 = madd(value, v128.load(y3, 16), c7);
  }
  if (leaveOut) {
    const left = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
    if (holdsOthersThanFinite(f32x4.add(left, f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7))))) {
      for (let i = 0; i < 4; i++) carefulTile(1, a, 0, 4, b + i * next, rb, c + (i << 5), 0, 8, depth, addTo);
      return;
    }
  }
  storeRow(c, c0, c1, addTo);
  storeRow(c + 32, c2, c3, addTo);
  storeRow(c + 64, c4, c5, addTo);
  storeRow(c + 96, c6, c7, addTo);
}

// @ts-ignore: decorator
@inline
function holdsOthersThanFinite(v: v128): bool {
  const difference = f32x4.sub(v, v);
  return v128.any_true(f32x4.ne(difference, difference));
}

/**
 * The micro-kernel, for a constant number of rows. What is not finite in B shows in any row, so that the first is enough
 * to look at.
 */
// @ts-ignore: decorator
@inline
function multiplyTile(
  rows: i32, transposed: bool, a: usize, ra: i32, b: usize, rb: i32, c: usize, rc: i32, depth: i32, addTo: i32,
  leaveOut: i32,
): void {
  let c00 = splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const ri = transposed ? 4 : ra, rp = transposed ? ra : 4;
  let x0 = a, x1 = a + ri, x2 = x1 + ri, x3 = x2 + ri, y = b;
  for (let p = 0; p < depth; p++, y += rb) {
    const b0 = v128.load(y), b1 = v128.load(y, 16);
    let x = v128.load32_splat(x0);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    if (rows > 1) {
      x = transposed ? v128.load32_splat(x0, 4) : v128.load32_splat(x1);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
    }
    if (rows > 2) {
      x = transposed ? v128.load32_splat(x0, 8) : v128.load32_splat(x2);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
    }
    if (rows > 3) {
      x = transposed ? v128.load32_splat(x0, 12) : v128.load32_splat(x3);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
    x0 += rp;
    if (!transposed) {
      x1 += 4;
      x2 += 4;
      x3 += 4;
    }
  }
  if (leaveOut && holdsOthersThanFinite(f32x4.add(c00, c01))) {
    carefulTile(rows, a, ri, rp, b, rb, c, rc, 8, depth, addTo);
    return;
  }
  storeRow(c, c00, c01, addTo);
  if (rows > 1) storeRow(c += rc, c10, c11, addTo);
  if (rows > 2) storeRow(c += rc, c20, c21, addTo);
  if (rows > 3) storeRow(c += rc, c30, c31, addTo);
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, left: v128, right: v128, addTo: i32): void {
  const base = addTo ? c : ZEROS;
  v128.store(c, f32x4.add(left, v128.load(base)));
  v128.store(c, f32x4.add(right, v128.load(base, 16)), 16);
}
