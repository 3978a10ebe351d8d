/**
 * The matrix product, in the shape of Goto and van de Geijn (2008): panels of A and B are packed into
 * scratch memory that stays in cache, and one micro-kernel, up to 6 rows by 8 columns of C held in
 * registers, does all the arithmetic.
 *
 * Every element is summed in the order that k alone fixes, except in products of one or two rows with a transposed B.
 */
import { clear, DOT_ROWS, dotProduct, FEW_ROWS, plainProduct } from "./few-rows";
import { tile } from "./micro-kernel";
import {
  KC, MC, NC, packA, packATransposed, packB, packBTransposed, PACKED_A, PACKED_B, panelRows,
} from "./packing";

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
    } else if (m <= DOT_ROWS && transB && !transA) {
      dotProduct(a, b, c, m, n, k, ra, rb, rc, accumulate);
    } else {
      const few = m <= FEW_ROWS && !transB;
      const done = few ? plainProduct(a, b, c, m, n, k, ra, rb, rc, transA, accumulate) : 0;
      const left = n - done, by = done << 2;
      if (left > 0) blockProduct(a, b + by, c + by, m, left, k, ra, rb, rc, transA, transB, accumulate);
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
      tile(height, aPanel, bPanel, 32, cTile, rc, depth, width, addTo);
      aPanel += (height * depth) << 2;
      cTile += height * rc;
      left -= height;
    }
  }
}
