/** Blocks of a matrix product, copied so that the micro-kernel reads them in order. */
import { get, put } from "./vector";

/** Depth, columns and rows of the packed blocks: a panel of B fits the first-level cache, a block of A the second. */
export const KC: i32 = 256;
export const NC: i32 = 1024;
export const MC: i32 = 240;
/** Rows of a panel of A: with 6, the separate product of strict SIMD would be one register too many. */
export const MR: u32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
/** Where this instance's scratch memory begins: threads on one memory have one each. */
// @ts-ignore: decorator
@external("env", "scratch")
export declare const scratch: usize;
export const PACKED_B: usize = scratch;
export const PACKED_A: usize = PACKED_B + <usize>(4 * KC * NC);

/** Rows of the next panel of A: at most MR, spread evenly so that no panel is much thinner. */
// @ts-ignore: decorator
@inline
export function panelRows(rows: i32): i32 {
  const panels = (<u32>rows + MR - 1) / MR;
  return <i32>((<u32>rows + panels - 1) / panels);
}

/** B `[depth, columns]` into panels of 8 columns, each `[depth, 8]`, the last padded with zeros. */
export function packB(b: usize, rb: i32, columns: i32, depth: i32): void {
  let out = PACKED_B;
  for (let j = 0; j < columns; j += 8) {
    const width = columns - j;
    let x = b + (j << 2);
    const end = out + (depth << 5);
    if (width >= 8) {
      for (; out < end; out += 32, x += rb) {
        v128.store(out, v128.load(x));
        v128.store(out, v128.load(x, 16), 16);
      }
    } else {
      const left = min(width, 4), right = width - 4;
      for (; out < end; out += 32, x += rb) {
        v128.store(out, get(x, left));
        v128.store(out, right > 0 ? get(x + 16, right) : f32x4.splat(0), 16);
      }
    }
  }
}

/** B held as `[columns, depth]`, into the same panels, at `out`. */
export function packBTransposed(b: usize, rb: i32, columns: i32, depth: i32, out: usize = PACKED_B): void {
  for (let j = 0; j < columns; j += 8, out += depth << 5, b += rb << 3) {
    const width = columns - j;
    if (width < 8) memory.fill(out, 0, <usize>depth << 5);
    interleaveRows(b, rb, min(width, 8), out, 32, depth);
  }
}

/** A `[rows, depth]` into panels of {@link panelRows} rows, each `[depth, height]`. */
export function packA(a: usize, ra: i32, rows: i32, depth: i32): void {
  let out = PACKED_A;
  while (rows > 0) {
    const height = panelRows(rows);
    interleaveRows(a, ra, height, out, height << 2, depth);
    a += height * ra;
    out += (height * depth) << 2;
    rows -= height;
  }
}

/** A held as `[depth, rows]`, into the same panels. */
export function packATransposed(a: usize, ra: i32, rows: i32, depth: i32): void {
  let out = PACKED_A;
  while (rows > 0) {
    const height = panelRows(rows);
    const step = height << 2;
    const end = out + depth * step;
    const left = min(height, 4), right = height - 4;
    for (let x = a; out < end; out += step, x += ra) {
      put(out, get(x, left), left);
      if (right > 0) put(out + 16, get(x + 16, right), right);
    }
    a += step;
    rows -= height;
  }
}

/** `out[p, r] = x[r, p]` for r < rows <= 8, p < depth; strides in bytes. */
function interleaveRows(x: usize, rx: i32, rows: i32, out: usize, step: i32, depth: i32): void {
  while (rows >= 4) {
    interleave4(x, rx, out, step, depth);
    x += rx << 2;
    out += 16;
    rows -= 4;
  }
  if (rows >= 2) {
    interleave2(x, x + rx, out, step, depth);
    x += rx << 1;
    out += 8;
    rows -= 2;
  }
  if (rows) {
    for (let p = 0; p < depth; p++, x += 4, out += step) store<f32>(out, load<f32>(x));
  }
}

function interleave4(x0: usize, rx: i32, out: usize, step: i32, depth: i32): void {
  let x1 = x0 + rx, x2 = x1 + rx, x3 = x2 + rx;
  const end = x0 + (depth << 2);
  for (; x0 + 16 <= end; x0 += 16, x1 += 16, x2 += 16, x3 += 16) {
    const r0 = v128.load(x0), r1 = v128.load(x1), r2 = v128.load(x2), r3 = v128.load(x3);
    const lo01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), hi01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const lo23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), hi23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(lo01, lo23, 0, 2));
    v128.store(out + step, v128.shuffle<f64>(lo01, lo23, 1, 3));
    out += step << 1;
    v128.store(out, v128.shuffle<f64>(hi01, hi23, 0, 2));
    v128.store(out + step, v128.shuffle<f64>(hi01, hi23, 1, 3));
    out += step << 1;
  }
  for (; x0 < end; x0 += 4, x1 += 4, x2 += 4, x3 += 4, out += step) {
    store<f32>(out, load<f32>(x0));
    store<f32>(out, load<f32>(x1), 4);
    store<f32>(out, load<f32>(x2), 8);
    store<f32>(out, load<f32>(x3), 12);
  }
}

function interleave2(x0: usize, x1: usize, out: usize, step: i32, depth: i32): void {
  const end = x0 + (depth << 2);
  for (; x0 + 16 <= end; x0 += 16, x1 += 16) {
    const r0 = v128.load(x0), r1 = v128.load(x1);
    const lo = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), hi = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store_lane<f64>(out, lo, 0);
    v128.store_lane<f64>(out + step, lo, 1);
    out += step << 1;
    v128.store_lane<f64>(out, hi, 0);
    v128.store_lane<f64>(out + step, hi, 1);
    out += step << 1;
  }
  for (; x0 < end; x0 += 4, x1 += 4, out += step) {
    store<f32>(out, load<f32>(x0));
    store<f32>(out, load<f32>(x1), 4);
  }
}
