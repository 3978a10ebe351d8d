import { addRow, rowSum } from "./reductions";
import { get, put } from "./vector";

/** out = x for n elements at strides of xs and os bytes. */
@unmanaged
class Copy {
  @inline
  row(x: usize, xs: i32, out: usize, os: i32, n: i32): void {
    if (xs == 4 && os == 4) {
      copyRow(x, out, n);
    } else {
      for (let i = 0; i < n; i++, x += xs, out += os) store<f32>(out, load<f32>(x));
    }
  }
}

/** out += x for n elements. */
@unmanaged
class Accumulate {
  @inline
  row(x: usize, xs: i32, out: usize, os: i32, n: i32): void {
    if (xs == 4 && os == 4) {
      addRow(x, out, n);
    } else if (xs == 4 && os == 0) {
      store<f32>(out, load<f32>(out) + rowSum(x, n));
    } else {
      for (let i = 0; i < n; i++, x += xs, out += os) store<f32>(out, load<f32>(out) + load<f32>(x));
    }
  }
}

export function copyStrided(
  x: usize, out: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, o0: i32, o1: i32, o2: i32, o3: i32,
): void {
  if (o3 == 1 && x2 == 1 && x3 != 1 && d2 > 1 && d3 > 1) {
    for (let a = 0; a < d0; a++, x += x0 << 2, out += o0 << 2) {
      let px = x, po = out;
      for (let b = 0; b < d1; b++, px += x1 << 2, po += o1 << 2) transpose(px, x3 << 2, po, o2 << 2, d2, d3);
    }
  } else {
    walk<Copy>(x, out, d0, d1, d2, d3, x0, x1, x2, x3, o0, o1, o2, o3);
  }
}

export function addStrided(
  x: usize, out: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, o0: i32, o1: i32, o2: i32, o3: i32,
): void {
  walk<Accumulate>(x, out, d0, d1, d2, d3, x0, x1, x2, x3, o0, o1, o2, o3);
}

/** Applies F to innermost rows that are as long as the strides allow: inner axes are merged into one. */
// @ts-ignore: decorator
@inline
function walk<F>(
  x: usize, out: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, o0: i32, o1: i32, o2: i32, o3: i32,
): void {
  if (d3 == 0) return;
  for (let axis = 0; axis < 3; axis++) {
    if (d3 == 1) x3 = x2, o3 = o2;
    else if (d2 != 1 && (x2 != d3 * x3 || o2 != d3 * o3)) break;
    d3 *= d2;
    d2 = d1, x2 = x1, o2 = o1;
    d1 = d0, x1 = x0, o1 = o0;
    d0 = 1;
    if (d3 == 0) return;
  }
  const f = changetype<F>(0);
  for (let a = 0; a < d0; a++, x += x0 << 2, out += o0 << 2) {
    let xa = x, oa = out;
    for (let b = 0; b < d1; b++, xa += x1 << 2, oa += o1 << 2) {
      let xb = xa, ob = oa;
      for (let c = 0; c < d2; c++, xb += x2 << 2, ob += o2 << 2) f.row(xb, x3 << 2, ob, o3 << 2, d3);
    }
  }
}

/** `out[c, d] = x[d, c]` for c < rows, d < columns; row strides in bytes. */
function transpose(x: usize, xs: i32, out: usize, os: i32, rows: i32, columns: i32): void {
  for (; columns >= 4; columns -= 4, x += xs << 2, out += 16) {
    const x1 = x + xs, x2 = x1 + xs, x3 = x2 + xs;
    let po = out, c = 0;
    for (; c + 4 <= rows; c += 4) {
      const p = <usize>c << 2;
      const r0 = v128.load(x + p), r1 = v128.load(x1 + p), r2 = v128.load(x2 + p), r3 = v128.load(x3 + p);
      const lo01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), hi01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const lo23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), hi23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(po, v128.shuffle<f64>(lo01, lo23, 0, 2));
      v128.store((po += os), v128.shuffle<f64>(lo01, lo23, 1, 3));
      v128.store((po += os), v128.shuffle<f64>(hi01, hi23, 0, 2));
      v128.store((po += os), v128.shuffle<f64>(hi01, hi23, 1, 3));
      po += os;
    }
    for (; c < rows; c++, po += os) {
      const p = <usize>c << 2;
      v128.store(po, f32x4(load<f32>(x + p), load<f32>(x1 + p), load<f32>(x2 + p), load<f32>(x3 + p)));
    }
  }
  for (; columns > 0; columns--, x += xs, out += 4) {
    let po = out;
    for (let c = 0; c < rows; c++, po += os) store<f32>(po, load<f32>(x + (<usize>c << 2)));
  }
}

export function copyRow(x: usize, out: usize, n: i32): void {
  for (; n >= 8; n -= 8, x += 32, out += 32) {
    v128.store(out, v128.load(x));
    v128.store(out, v128.load(x, 16), 16);
  }
  for (; n > 0; n -= 4, x += 16, out += 16) {
    const count = min(n, 4);
    put(out, get(x, count), count);
  }
}

export function gatherRows(table: usize, index: usize, out: usize, rows: i32, width: i32): void {
  const step = width << 2;
  for (let i = 0; i < rows; i++, index += 4, out += step) copyRow(table + load<i32>(index) * step, out, width);
}

export function scatterAddRows(g: usize, index: usize, table: usize, rows: i32, width: i32, stride: i32): void {
  const step = stride << 2;
  for (let i = 0; i < rows; i++, index += 4, g += step) addRow(g, table + load<i32>(index) * step, width);
}

export function pick(x: usize, index: usize, out: usize, rows: i32, cols: i32): void {
  for (let i = 0; i < rows; i++, index += 4, out += 4, x += cols << 2) {
    store<f32>(out, load<f32>(x + (load<i32>(index) << 2)));
  }
}

export function scatterAddPick(g: usize, index: usize, out: usize, rows: i32, cols: i32): void {
  for (let i = 0; i < rows; i++, index += 4, g += 4, out += cols << 2) {
    const p = out + (load<i32>(index) << 2);
    store<f32>(p, load<f32>(p) + load<f32>(g));
  }
}
