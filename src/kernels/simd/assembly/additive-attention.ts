import { gateTanh } from "./gates";
import { softmax } from "./rows";
import { get, madd, nmadd, put, splat, sumLanes } from "./vector";

/** `sum_a v[a] tanh(query[a] + key[a])`. */
// @ts-ignore: decorator
@inline
function score(query: usize, key: usize, v: usize, width: i32): f32 {
  let total = splat(0);
  for (let a = 0; a < width; a += 4) {
    const count = min(width - a, 4), p = <usize>a << 2;
    total = madd(get(v + p, count), gateTanh(f32x4.add(get(query + p, count), get(key + p, count))), total);
  }
  return sumLanes(total);
}

export function additiveScores(
  query: usize, keys: usize, v: usize, out: usize, batch: i32, queries: i32, positions: i32, width: i32,
): void {
  const step = width << 2;
  for (let b = 0; b < batch; b++, keys += positions * step) {
    for (let t = 0; t < queries; t++, query += step) {
      let key = keys;
      for (let s = 0; s < positions; s++, key += step, out += 4) {
        store<f32>(out, score(query, key, v, width));
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
          const y = gateTanh(f32x4.add(get(query + p, count), get(key + p, count)));
          const slope = f32x4.mul(f32x4.mul(upstream, get(v + p, count)), nmadd(y, y, splat(1)));
          put(dv + p, madd(upstream, y, get(dv + p, count)), count);
          put(dquery + p, f32x4.add(slope, get(dquery + p, count)), count);
          put(dkey + p, f32x4.add(slope, get(dkey + p, count)), count);
        }
      }
    }
  }
}

export function additiveAttention(
  query: usize, keys: usize, v: usize, values: usize, mask: usize, weights: usize, context: usize,
  batch: i32, positions: i32, width: i32, memory: i32,
): void {
  const step = width << 2, row = positions << 2;
  for (let b = 0; b < batch; b++, query += step, weights += row, context += memory << 2) {
    for (let s = 0; s < positions; s++, keys += step) {
      const open = mask == 0 || load<f32>(mask + (<usize>(b * positions + s) << 2)) != 0;
      store<f32>(weights + (<usize>s << 2), open ? score(query, keys, v, width) : -Infinity);
    }
    softmax(weights, weights, 1, positions);
    average(weights, values, context, positions, memory);
    values += positions * memory << 2;
  }
}

/** The sum of `weights[s]` times row s of `values`, a few columns at a time so that they stay in registers. */
function average(weights: usize, values: usize, out: usize, positions: i32, memory: i32): void {
  let j = 0;
  for (; j + 16 <= memory; j += 16) {
    let c0 = splat(0), c1 = c0, c2 = c0, c3 = c0;
    let x = values + (<usize>j << 2);
    for (let s = 0; s < positions; s++, x += memory << 2) {
      const w = v128.load32_splat(weights + (<usize>s << 2));
      if (!v128.any_true(f32x4.ne(w, splat(0)))) continue;
      c0 = madd(w, v128.load(x), c0);
      c1 = madd(w, v128.load(x, 16), c1);
      c2 = madd(w, v128.load(x, 32), c2);
      c3 = madd(w, v128.load(x, 48), c3);
    }
    const y = out + (<usize>j << 2);
    v128.store(y, c0);
    v128.store(y, c1, 16);
    v128.store(y, c2, 32);
    v128.store(y, c3, 48);
  }
  for (; j < memory; j += 4) {
    const count = min(memory - j, 4);
    let c = splat(0), x = values + (<usize>j << 2);
    for (let s = 0; s < positions; s++, x += memory << 2) {
      const w = v128.load32_splat(weights + (<usize>s << 2));
      if (v128.any_true(f32x4.ne(w, splat(0)))) c = madd(w, get(x, count), c);
    }
    put(out + (<usize>j << 2), c, count);
  }
}

export function additiveAttentionGrad(
  query: usize, keys: usize, v: usize, values: usize, weights: usize, g: usize, dscores: usize, dquery: usize,
  dkeys: usize, dv: usize, batch: i32, positions: i32, width: i32, memory: i32,
): void {
  const step = width << 2, row = positions << 2;
  for (let b = 0; b < batch; b++) {
    scoresGrad(values, weights, g, dscores, positions, memory);
    for (let a = 0; a < width; a += 4) {
      const count = min(width - a, 4), p = <usize>a << 2;
      const q = get(query + p, count), scale = get(v + p, count);
      let dq = splat(0), dvs = get(dv + p, count), at = p;
      for (let s = 0; s < positions; s++, at += step) {
        if (load<f32>(weights + (<usize>s << 2)) == 0) continue;
        const upstream = v128.load32_splat(dscores + (<usize>s << 2));
        const y = gateTanh(f32x4.add(q, get(keys + at, count)));
        const slope = f32x4.mul(f32x4.mul(upstream, scale), nmadd(y, y, splat(1)));
        dq = f32x4.add(dq, slope);
        dvs = madd(upstream, y, dvs);
        put(dkeys + at, f32x4.add(slope, get(dkeys + at, count)), count);
      }
      put(dquery + p, dq, count);
      put(dv + p, dvs, count);
    }
    query += step;
    dquery += step;
    dv += step;
    keys += positions * step;
    dkeys += positions * step;
    weights += row;
    dscores += row;
    g += memory << 2;
    values += positions * memory << 2;
  }
}

/** Through the average and the softmax of one row: with d[s] = g . values[s], `w[s] (d[s] - sum(w d))`. */
function scoresGrad(values: usize, weights: usize, g: usize, dscores: usize, positions: i32, memory: i32): void {
  let mean: f32 = 0;
  for (let s = 0; s < positions; s++, values += memory << 2) {
    const weight = load<f32>(weights + (<usize>s << 2));
    let products = splat(0);
    if (weight != 0) {
      for (let j = 0; j < memory; j += 4) {
        const count = min(memory - j, 4), p = <usize>j << 2;
        products = madd(get(g + p, count), get(values + p, count), products);
      }
    }
    const d = sumLanes(products);
    store<f32>(dscores + (<usize>s << 2), d);
    mean += weight * d;
  }
  for (let s = 0; s < positions; s++) {
    const p = <usize>s << 2;
    store<f32>(dscores + p, load<f32>(weights + p) * (load<f32>(dscores + p) - mean));
  }
}
