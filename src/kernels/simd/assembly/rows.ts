import { logSumExp } from "./cross-entropy";
import { exp, tanh } from "./math";
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

export function additiveScores(
  query: usize, keys: usize, v: usize, out: usize, batch: i32, queries: i32, positions: i32, width: i32,
): void {
  const step = width << 2;
  for (let b = 0; b < batch; b++, keys += positions * step) {
    for (let t = 0; t < queries; t++, query += step) {
      let key = keys;
      for (let s = 0; s < positions; s++, key += step, out += 4) {
        let score = splat(0);
        for (let a = 0; a < width; a += 4) {
          const count = min(width - a, 4), p = <usize>a << 2;
          score = madd(get(v + p, count), tanh(f32x4.add(get(query + p, count), get(key + p, count))), score);
        }
        store<f32>(out, sumLanes(score));
      }
    }
  }
}

export function additiveScoresGrad(
  query: usize, keys: usize, v: usize, g: usize, dquery: usize, dkeys: usize, dv: usize,
  batch: i32, queries: i32, positions: i32, width: i32,
): void {
  const step = width << 2;
  for (let b = 0; b < batch; b++, keys += positions * step, dkeys += positions * step) {
    for (let t = 0; t < queries; t++, query += step, dquery += step) {
      let key = keys, dkey = dkeys;
      for (let s = 0; s < positions; s++, key += step, dkey += step, g += 4) {
        const upstream = v128.load32_splat(g);
        for (let a = 0; a < width; a += 4) {
          const count = min(width - a, 4), p = <usize>a << 2;
          const y = tanh(f32x4.add(get(query + p, count), get(key + p, count)));
          const slope = f32x4.mul(f32x4.mul(upstream, get(v + p, count)), nmadd(y, y, splat(1)));
          put(dv + p, madd(upstream, y, get(dv + p, count)), count);
          put(dquery + p, f32x4.add(slope, get(dquery + p, count)), count);
          put(dkey + p, f32x4.add(slope, get(dkey + p, count)), count);
        }
      }
    }
  }
}
