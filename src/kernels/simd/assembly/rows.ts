import { logSumExp } from "./cross-entropy";
import { exp } from "./math";
import { rowMax, rowSum } from "./reductions";
import { get, laneMask, madd, nmadd, put, splat, sumLanes } from "./vector";

export function softmax(x: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step) {
    const top = rowMax(x, cols);
    if (top == -Infinity) {
      memory.fill(out, 0, step);
      continue;
    }
    const shift = splat(top);
    let total = splat(0);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      const e = exp(f32x4.sub(get(x + p, count), shift));
      total = f32x4.add(total, v128.and(e, laneMask(count)));
      put(out + p, e, count);
    }
    scaleRow(out, 1 / sumLanes(total), cols);
  }
}

function scaleRow(out: usize, scale: f32, n: i32): void {
  const s = splat(scale);
  for (; n > 0; n -= 4, out += 16) {
    const count = min(n, 4);
    put(out, f32x4.mul(get(out, count), s), count);
  }
}

export function softmaxGrad(y: usize, g: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, y += step, g += step, out += step) {
    let products = splat(0);
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      products = madd(get(y + p, count), get(g + p, count), products);
    }
    const dot = splat(sumLanes(products));
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, f32x4.mul(get(y + p, count), f32x4.sub(get(g + p, count), dot)), count);
    }
  }
}

export function logSoftmax(x: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, x += step, out += step) {
    const lse = splat(logSumExp(x, cols));
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, f32x4.sub(get(x + p, count), lse), count);
    }
  }
}

export function logSoftmaxGrad(y: usize, g: usize, out: usize, rows: i32, cols: i32): void {
  const step = cols << 2;
  for (let r = 0; r < rows; r++, y += step, g += step, out += step) {
    const total = splat(rowSum(g, cols));
    for (let j = 0; j < cols; j += 4) {
      const count = min(cols - j, 4), p = <usize>j << 2;
      put(out + p, nmadd(exp(get(y + p, count)), total, get(g + p, count)), count);
    }
  }
}
