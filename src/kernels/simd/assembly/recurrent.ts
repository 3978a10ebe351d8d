/** One time step of recurrent layers. Element (row, j) of an array with stride S lies at `row * S + j`. */
import { gateTanh, logistic } from "./gates";
import { copyRow } from "./movement";
import { get, madd, nmadd, put, splat } from "./vector";

/** Whether sequence `row` still runs at `time`. */
// @ts-ignore: decorator
@inline
function runs(lengths: usize, row: i32, time: i32): bool {
  return lengths == 0 || time < load<i32>(lengths + (<usize>row << 2));
}

/** a (1 - a): the slope of a sigmoid from its value. */
// @ts-ignore: decorator
@inline
function sigmoidSlope(a: v128): v128 {
  return nmadd(a, a, a);
}

/** 1 - a^2: the slope of tanh from its value. */
// @ts-ignore: decorator
@inline
function tanhSlope(a: v128): v128 {
  return nmadd(a, a, splat(1));
}

export function rnnCell(
  pre: usize, h0: usize, h1: usize, rows: i32, hidden: i32,
  preStride: i32, h0Stride: i32, h1Stride: i32, lengths: usize, time: i32, relu: i32,
): void {
  for (let r = 0; r < rows; r++, pre += preStride << 2, h0 += h0Stride << 2, h1 += h1Stride << 2) {
    if (!runs(lengths, r, time)) {
      copyRow(h0, h1, hidden);
      continue;
    }
    for (let j = 0; j < hidden; j += 4) {
      const count = min(hidden - j, 4), p = <usize>j << 2;
      const x = get(pre + p, count);
      put(h1 + p, relu ? f32x4.pmax(x, splat(0)) : gateTanh(x), count);
    }
  }
}

export function rnnCellGrad(
  h1: usize, dy: usize, dh: usize, dpre: usize, rows: i32, hidden: i32,
  h1Stride: i32, dyStride: i32, dpreStride: i32, lengths: usize, time: i32, relu: i32,
): void {
  const step = hidden << 2;
  for (let r = 0; r < rows; r++) {
    if (runs(lengths, r, time)) {
      for (let j = 0; j < hidden; j += 4) {
        const count = min(hidden - j, 4), p = <usize>j << 2;
        const h = get(h1 + p, count), d = f32x4.add(get(dh + p, count), get(dy + p, count));
        const slope = relu ? v128.and(d, f32x4.gt(h, splat(0))) : f32x4.mul(d, tanhSlope(h));
        put(dpre + p, slope, count);
        put(dh + p, splat(0), count);
      }
    } else {
      memory.fill(dpre, 0, step);
    }
    h1 += h1Stride << 2;
    dy += dyStride << 2;
    dh += step;
    dpre += dpreStride << 2;
  }
}

export function lstmCell(
  gates: usize, c0: usize, h0: usize, c1: usize, h1: usize, rows: i32, hidden: i32,
  gatesStride: i32, c0Stride: i32, h0Stride: i32, c1Stride: i32, h1Stride: i32, lengths: usize, time: i32,
): void {
  const step = hidden << 2;
  for (let r = 0; r < rows; r++) {
    if (runs(lengths, r, time)) {
      const inputs = gates, forgets = inputs + step, cells = forgets + step, outputs = cells + step;
      for (let j = 0; j < hidden; j += 4) {
        const count = min(hidden - j, 4), p = <usize>j << 2;
        const i = logistic(get(inputs + p, count)), f = logistic(get(forgets + p, count));
        const g = gateTanh(get(cells + p, count)), o = logistic(get(outputs + p, count));
        const c = madd(f, get(c0 + p, count), f32x4.mul(i, g));
        put(inputs + p, i, count);
        put(forgets + p, f, count);
        put(cells + p, g, count);
        put(outputs + p, o, count);
        put(c1 + p, c, count);
        put(h1 + p, f32x4.mul(o, gateTanh(c)), count);
      }
    } else {
      copyRow(c0, c1, hidden);
      copyRow(h0, h1, hidden);
    }
    gates += gatesStride << 2;
    c0 += c0Stride << 2;
    h0 += h0Stride << 2;
    c1 += c1Stride << 2;
    h1 += h1Stride << 2;
  }
}

export function lstmCellGrad(
  gates: usize, c0: usize, c1: usize, dy: usize, dh: usize, dc: usize, dgates: usize, rows: i32, hidden: i32,
  gatesStride: i32, c0Stride: i32, c1Stride: i32, dyStride: i32, dgatesStride: i32, lengths: usize, time: i32,
): void {
  const step = hidden << 2;
  for (let r = 0; r < rows; r++) {
    if (runs(lengths, r, time)) {
      for (let j = 0; j < hidden; j += 4) {
        const count = min(hidden - j, 4), p = <usize>j << 2;
        let x = gates + p;
        const i = get(x, count), f = get((x += step), count);
        const g = get((x += step), count), o = get((x += step), count);
        const tanhC = gateTanh(get(c1 + p, count));
        const d = f32x4.add(get(dh + p, count), get(dy + p, count));
        const cell = madd(f32x4.mul(d, o), tanhSlope(tanhC), get(dc + p, count));
        let out = dgates + p;
        put(out, f32x4.mul(f32x4.mul(cell, g), sigmoidSlope(i)), count);
        put((out += step), f32x4.mul(f32x4.mul(cell, get(c0 + p, count)), sigmoidSlope(f)), count);
        put((out += step), f32x4.mul(f32x4.mul(cell, i), tanhSlope(g)), count);
        put((out += step), f32x4.mul(f32x4.mul(d, tanhC), sigmoidSlope(o)), count);
        put(dc + p, f32x4.mul(cell, f), count);
        put(dh + p, splat(0), count);
      }
    } else {
      memory.fill(dgates, 0, step << 2);
    }
    gates += gatesStride << 2;
    c0 += c0Stride << 2;
    c1 += c1Stride << 2;
    dy += dyStride << 2;
    dh += step;
    dc += step;
    dgates += dgatesStride << 2;
  }
}

export function gruCell(
  gx: usize, gh: usize, h0: usize, h1: usize, rows: i32, hidden: i32,
  gxStride: i32, ghStride: i32, h0Stride: i32, h1Stride: i32, lengths: usize, time: i32,
): void {
  const step = hidden << 2;
  for (let row = 0; row < rows; row++) {
    if (runs(lengths, row, time)) {
      for (let j = 0; j < hidden; j += 4) {
        const count = min(hidden - j, 4), p = <usize>j << 2;
        let x = gx + p, y = gh + p;
        const r = logistic(f32x4.add(get(x, count), get(y, count)));
        put(x, r, count);
        x += step;
        y += step;
        const z = logistic(f32x4.add(get(x, count), get(y, count)));
        put(x, z, count);
        x += step;
        y += step;
        const n = gateTanh(madd(r, get(y, count), get(x, count)));
        put(x, n, count);
        // (1 - z) n + z h = n + z (h - n) loses accuracy where z is near 1, so both products are taken.
        const kept = f32x4.mul(z, get(h0 + p, count));
        put(h1 + p, madd(f32x4.sub(splat(1), z), n, kept), count);
      }
    } else {
      copyRow(h0, h1, hidden);
    }
    gx += gxStride << 2;
    gh += ghStride << 2;
    h0 += h0Stride << 2;
    h1 += h1Stride << 2;
  }
}

export function gruCellGrad(
  gates: usize, gh: usize, h0: usize, dy: usize, dh: usize, dgx: usize, dgh: usize, rows: i32, hidden: i32,
  gatesStride: i32, ghStride: i32, h0Stride: i32, dyStride: i32, dgStride: i32, lengths: usize, time: i32,
): void {
  const step = hidden << 2;
  for (let row = 0; row < rows; row++) {
    if (runs(lengths, row, time)) {
      for (let j = 0; j < hidden; j += 4) {
        const count = min(hidden - j, 4), p = <usize>j << 2;
        let x = gates + p;
        const r = get(x, count), z = get((x += step), count), n = get((x += step), count);
        const d = f32x4.add(get(dh + p, count), get(dy + p, count));
        const dn = f32x4.mul(f32x4.mul(d, f32x4.sub(splat(1), z)), tanhSlope(n));
        const dr = f32x4.mul(f32x4.mul(dn, get(gh + (step << 1) + p, count)), sigmoidSlope(r));
        const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(get(h0 + p, count), n)), sigmoidSlope(z));
        let outX = dgx + p, outH = dgh + p;
        put(outX, dr, count);
        put(outH, dr, count);
        put((outX += step), dz, count);
        put((outH += step), dz, count);
        put((outX += step), dn, count);
        put((outH += step), f32x4.mul(dn, r), count);
        put(dh + p, f32x4.mul(d, z), count);
      }
    } else {
      memory.fill(dgx, 0, 3 * step);
      memory.fill(dgh, 0, 3 * step);
    }
    gates += gatesStride << 2;
    gh += ghStride << 2;
    h0 += h0Stride << 2;
    dy += dyStride << 2;
    dh += step;
    dgx += dgStride << 2;
    dgh += dgStride << 2;
  }
}
