/**
 * The matrix product, in the shape of Goto and van de Geijn (2008): panels of A and B are packed into
 * scratch memory that stays in cache, and one micro-kernel, up to 6 rows by 8 columns of C held in
 * registers, does all the arithmetic.
 *
 * The order of summation of an element depends on the shape of the product alone.
 */
import { clear, dotProduct, streamProduct } from "./few-rows";
import {
  KC, MC, NC, packA, packATransposed, packB, packBTransposed, PACKED_A, PACKED_B, panelRows,
} from "./packing";
import { get, madd, put } from "./vector";

/** Up to so many rows of A, packing B costs more than it saves. */
const FEW_ROWS: i32 = 2;

export function matmul(
  a: usize, b: usize, c: usize,
  m: i32, n: i32, k: i32,
  lda: i32, ldb: i32, ldc: i32,
  transA: i32, transB: i32, accumulate: i32,
  batch: i32, aStep: i32, bStep: i32, cStep: i32,
): void {
  if (m == 0) return;
  // A single column of C is a row of its transpose.
  if (n == 1 && ldc == 1 && m > 1) {
    const aT: usize = a;
    a = b;
    b = aT;
    const t = transA;
    // A column of stride 1 is also a row.
    const plain = transB != 0 || ldb == 1;
    const ld = lda;
    lda = plain ? k : ldb;
    transA = i32(!plain);
    transB = i32(t == 0);
    ldb = ld;
    n = m;
    m = 1;
    const step = aStep;
    aStep = bStep;
    bStep = step;
  }
  const ra = lda << 2, rb = ldb << 2, rc = ldc << 2;
  for (let i = 0; i < batch; i++) {
    if (k == 0) {
      if (!accumulate) clear(c, m, n, rc);
    } else if (m <= FEW_ROWS && transB && !transA) {
      dotProduct(a, b, c, m, n, k, ra, rb, rc, accumulate);
    } else if (m <= FEW_ROWS && !transB) {
      streamProduct(a, b, c, m, n, k, transA ? 4 : ra, transA ? ra : 4, rb, rc, accumulate);
    } else {
      blockProduct(a, b, c, m, n, k, ra, rb, rc, transA, transB, accumulate);
    }
    a += aStep << 2;
    b += bStep << 2;
    c += cStep << 2;
  }
}

/** The general case. Strides with r are in bytes. */
function blockProduct(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, ra: i32, rb: i32, rc: i32,
  transA: i32, transB: i32, accumulate: i32,
): void {
  for (let j = 0; j < n; j += NC) {
    const columns = min(NC, n - j);
    for (let p = 0; p < k; p += KC) {
      const depth = min(KC, k - p);
      const addTo = accumulate | i32(p > 0);
      if (transB) packBTransposed(b + j * rb + (p << 2), rb, columns, depth);
      else packB(b + p * rb + (j << 2), rb, columns, depth);
      for (let i = 0; i < m; i += MC) {
        const rows = min(MC, m - i);
        if (transA) packATransposed(a + p * ra + (i << 2), ra, rows, depth);
        else packA(a + i * ra + (p << 2), ra, rows, depth);
        multiplyBlocks(c + i * rc + (j << 2), rc, rows, columns, depth, addTo);
      }
    }
  }
}

function multiplyBlocks(c: usize, rc: i32, rows: i32, columns: i32, depth: i32, addTo: i32): void {
  for (let j = 0; j < columns; j += 8) {
    const bPanel = PACKED_B + ((j * depth) << 2);
    const width = min(8, columns - j);
    let aPanel = PACKED_A;
    let cTile = c + (j << 2);
    let left = rows;
    while (left > 0) {
      const height = panelRows(left);
      tile(height, aPanel, bPanel, cTile, rc, depth, width, addTo);
      aPanel += (height * depth) << 2;
      cTile += height * rc;
      left -= height;
    }
  }
}

function tile(height: i32, a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  switch (height) {
    case 6: tile6(a, b, c, rc, depth, width, addTo); break;
    case 5: tile5(a, b, c, rc, depth, width, addTo); break;
    case 4: tile4(a, b, c, rc, depth, width, addTo); break;
    case 3: tile3(a, b, c, rc, depth, width, addTo); break;
    case 2: tile2(a, b, c, rc, depth, width, addTo); break;
    default: tile1(a, b, c, rc, depth, width, addTo);
  }
}

function tile6(a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(6, a, b, c, rc, depth, width, addTo);
}

function tile5(a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(5, a, b, c, rc, depth, width, addTo);
}

function tile4(a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(4, a, b, c, rc, depth, width, addTo);
}

function tile3(a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(3, a, b, c, rc, depth, width, addTo);
}

function tile2(a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(2, a, b, c, rc, depth, width, addTo);
}

function tile1(a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32): void {
  multiplyTile(1, a, b, c, rc, depth, width, addTo);
}

/** The micro-kernel: `rows` (a constant) rows by 8 columns of C from packed panels. */
// @ts-ignore: decorator
@inline
function multiplyTile(
  rows: i32, a: usize, b: usize, c: usize, rc: i32, depth: i32, width: i32, addTo: i32,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  const end = b + (depth << 5);
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
    b += 32;
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
function storeRow(c: usize, left: v128, right: v128, width: i32, addTo: i32): void {
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
