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

/** Up to 4 units; a constant 4 needs no branches. Gates are `step` bytes apart: input, forget, cell, output. */
// @ts-ignore: decorator
@inline
function lstmUnits(count: i32, gates: usize, step: i32, c0: usize, c1: usize, h1: usize): void {
  const forgets = gates + step, cells = forgets + step, outputs = cells + step;
  const i = logistic(get(gates, count));
  put(gates, i, count);
  const g = gateTanh(get(cells, count));
  put(cells, g, count);
  const f = logistic(get(forgets, count));
  put(forgets, f, count);
  const c = madd(f, get(c0, count), f32x4.mul(i, g));
  put(c1, c, count);
  const o = logistic(get(outputs, count));
  put(outputs, o, count);
  put(h1, f32x4.mul(o, gateTanh(c)), count);
}

export function lstmCell(
  gates: usize, c0: usize, h0: usize, c1: usize, h1: usize, rows: i32, hidden: i32,
  gatesStride: i32, c0Stride: i32, h0Stride: i32, c1Stride: i32, h1Stride: i32, lengths: usize, time: i32,
): void {
  const step = hidden << 2;
  for (let r = 0; r < rows; r++) {
    if (runs(lengths, r, time)) {
      let j = 0;
      for (; j + 4 <= hidden; j += 4) lstmUnits(4, gates + (j << 2), step, c0 + (j << 2), c1 + (j << 2), h1 + (j << 2));
      if (j < hidden) lstmUnits(hidden - j, gates + (j << 2), step, c0 + (j << 2), c1 + (j << 2), h1 + (j << 2));
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

/** The gradients of up to 4 units, as {@link lstmUnits}. */
// @ts-ignore: decorator
@inline
function lstmUnitsGrad(
  count: i32, gates: usize, step: i32, c0: usize, c1: usize, dy: usize, dh: usize, dc: usize, dgates: usize,
): void {
  const i = get(gates, count), f = get((gates += step), count);
  const g = get((gates += step), count), o = get((gates += step), count);
  const tanhC = gateTanh(get(c1, count));
  const d = f32x4.add(get(dh, count), get(dy, count));
  const cell = madd(f32x4.mul(d, o), tanhSlope(tanhC), get(dc, count));
  put(dgates, f32x4.mul(f32x4.mul(cell, g), sigmoidSlope(i)), count);
  put((dgates += step), f32x4.mul(f32x4.mul(cell, get(c0, count)), sigmoidSlope(f)), count);
  put((dgates += step), f32x4.mul(f32x4.mul(cell, i), tanhSlope(g)), count);
  put((dgates += step), f32x4.mul(f32x4.mul(d, tanhC), sigmoidSlope(o)), count);
  put(dc, f32x4.mul(cell, f), count);
  put(dh, splat(0), count);
}

export function lstmCellGrad(
  gates: usize, c0: usize, c1: usize, dy: usize, dh: usize, dc: usize, dgates: usize, rows: i32, hidden: i32,
  gatesStride: i32, c0Stride: i32, c1Stride: i32, dyStride: i32, dgatesStride: i32, lengths: usize, time: i32,
): void {
  const step = hidden << 2;
  for (let r = 0; r < rows; r++) {
    if (runs(lengths, r, time)) {
      let j = 0;
      for (; j + 4 <= hidden; j += 4) {
        const p = <usize>j << 2;
        lstmUnitsGrad(4, gates + p, step, c0 + p, c1 + p, dy + p, dh + p, dc + p, dgates + p);
      }
      if (j < hidden) {
        const p = <usize>j << 2;
        lstmUnitsGrad(hidden - j, gates + p, step, c0 + p, c1 + p, dy + p, dh + p, dc + p, dgates + p);
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
