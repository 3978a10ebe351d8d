/**
 * The micro-kernel of the matrix product: up to 6 rows by 8 columns of C are held in registers while A and B go by. Every
 * element is summed in order, from 0.
 */
import { get, madd, put } from "./vector";

/** `height` rows of a packed A times `width` <= 8 columns of B, whose rows are `rb` bytes apart. */
export function tile(
  height: i32, a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32,
): void {
  switch (height) {
    case 6: tile6(a, b, rb, c, rc, depth, width, addTo); break;
    case 5: tile5(a, b, rb, c, rc, depth, width, addTo); break;
    case 4: tile4(a, b, rb, c, rc, depth, width, addTo); break;
    case 3: tile3(a, b, rb, c, rc, depth, width, addTo); break;
    case 2: tile2(a, b, rb, c, rc, depth, width, addTo); break;
    default: tile1(a, b, rb, c, rc, depth, width, addTo);
  }
}

function tile6(a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(6, a, b, rb, c, rc, depth, width, addTo);
}

function tile5(a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(5, a, b, rb, c, rc, depth, width, addTo);
}

function tile4(a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(4, a, b, rb, c, rc, depth, width, addTo);
}

function tile3(a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(3, a, b, rb, c, rc, depth, width, addTo);
}

function tile2(a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(2, a, b, rb, c, rc, depth, width, addTo);
}

function tile1(a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(1, a, b, rb, c, rc, depth, width, addTo);
}

/** The micro-kernel: `rows` (a constant) rows by 8 columns of C. */
// @ts-ignore: decorator
@inline
function multiplyTile(
  rows: i32, a: usize, b: usize, rb: i32, c: usize, rc: i32, depth: i32, width: i32, addTo: i32,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  const end = b + depth * rb;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    if (rows > 1) {
      x = v128.load32_splat(a, 4);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
    }
    if (rows > 2) {
      x = v128.load32_splat(a, 8);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
    }
    if (rows > 3) {
      x = v128.load32_splat(a, 12);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
    if (rows > 4) {
      x = v128.load32_splat(a, 16);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
    }
    if (rows > 5) {
      x = v128.load32_splat(a, 20);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
    }
    a += rows << 2;
    b += rb;
  }
  storeRow(c, c00, c01, width, addTo);
  if (rows > 1) storeRow(c += rc, c10, c11, width, addTo);
  if (rows > 2) storeRow(c += rc, c20, c21, width, addTo);
  if (rows > 3) storeRow(c += rc, c30, c31, width, addTo);
  if (rows > 4) storeRow(c += rc, c40, c41, width, addTo);
  if (rows > 5) storeRow(c += rc, c50, c51, width, addTo);
}

// @ts-ignore: decorator
@inline
export function storeRow(c: usize, left: v128, right: v128, width: i32, addTo: i32): void {
  if (width == 8) {
    if (addTo) {
      left = f32x4.add(left, v128.load(c));
      right = f32x4.add(right, v128.load(c, 16));
    }
    v128.store(c, left);
    v128.store(c, right, 16);
  } else {
    storePartRow(c, left, right, width, addTo);
  }
}

function storePartRow(c: usize, left: v128, right: v128, width: i32, addTo: i32): void {
  const leftWidth = min(width, 4), rightWidth = width - 4;
  if (addTo) left = f32x4.add(left, get(c, leftWidth));
  put(c, left, leftWidth);
  if (rightWidth <= 0) return;
  if (addTo) right = f32x4.add(right, get(c + 16, rightWidth));
  put(c + 16, right, rightWidth);
}
