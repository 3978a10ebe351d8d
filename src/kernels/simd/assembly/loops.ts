/** Loops over arrays, compiled anew for each function F: a class without fields whose `apply` is inlined. */
import { get, put, splat } from "./vector";

/** `out[i] = F(x[i], p, q)`, p and q being parameters that some functions take. */
// @ts-ignore: decorator
@inline
export function map<F>(x: usize, out: usize, n: i32, p: f32 = 0, q: f32 = 0): void {
  const f = changetype<F>(0), ps = splat(p), qs = splat(q);
  for (; n >= 8; n -= 8, x += 32, out += 32) {
    const left = v128.load(x), right = v128.load(x, 16);
    v128.store(out, f.apply(left, ps, qs));
    v128.store(out, f.apply(right, ps, qs), 16);
  }
  for (; n > 0; n -= 4, x += 16, out += 16) {
    const count = min(n, 4);
    put(out, f.apply(get(x, count), ps, qs), count);
  }
}

/** {@link map} for functions whose arithmetic outweighs the loop: one copy of it is enough. */
// @ts-ignore: decorator
@inline
export function mapSlow<F>(x: usize, out: usize, n: i32): void {
  const f = changetype<F>(0), none = splat(0);
  for (; n > 0; n -= 4, x += 16, out += 16) {
    const count = min(n, 4);
    put(out, f.apply(get(x, count), none, none), count);
  }
}

/** {@link mapSlow} for functions of two arrays. */
// @ts-ignore: decorator
@inline
export function mapPairsSlow<F>(x: usize, y: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n -= 4, x += 16, y += 16, out += 16) {
    const count = min(n, 4);
    put(out, f.apply(get(x, count), get(y, count)), count);
  }
}

/** `out[i] = F(x[i*xs], y[i*ys])` for strides of 0 or 1, in bytes 0 or 4. */
// @ts-ignore: decorator
@inline
export function mapPairs<F>(x: usize, xs: i32, y: usize, ys: i32, out: usize, n: i32): void {
  const f = changetype<F>(0);
  if (xs && ys) {
    for (; n >= 8; n -= 8, x += 32, y += 32, out += 32) {
      const left = f.apply(v128.load(x), v128.load(y)), right = f.apply(v128.load(x, 16), v128.load(y, 16));
      v128.store(out, left);
      v128.store(out, right, 16);
    }
    for (; n > 0; n -= 4, x += 16, y += 16, out += 16) {
      const count = min(n, 4);
      put(out, f.apply(get(x, count), get(y, count)), count);
    }
  } else if (ys) {
    const value = v128.load32_splat(x);
    for (; n > 0; n -= 4, y += 16, out += 16) {
      const count = min(n, 4);
      put(out, f.apply(value, get(y, count)), count);
    }
  } else {
    const value = v128.load32_splat(y);
    for (; n > 0; n -= 4, x += xs << 2, out += 16) {
      const count = min(n, 4);
      put(out, f.apply(xs ? get(x, count) : v128.load32_splat(x), value), count);
    }
  }
}
