/** Elementwise kernels with parameters. */
import { map } from "./loops";
import { choose, get, madd, put, splat } from "./vector";

@unmanaged
class AddScalar {
  @inline
  apply(x: v128, value: v128, _q: v128): v128 {
    return f32x4.add(x, value);
  }
}

export function addScalar(x: usize, value: f32, out: usize, n: i32): void {
  map<AddScalar>(x, out, n, value);
}

@unmanaged
class MulScalar {
  @inline
  apply(x: v128, value: v128, _q: v128): v128 {
    return f32x4.mul(x, value);
  }
}

export function mulScalar(x: usize, value: f32, out: usize, n: i32): void {
  map<MulScalar>(x, out, n, value);
}

@unmanaged
class Clamp {
  @inline
  apply(x: v128, low: v128, high: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, low), high);
  }
}

export function clamp(x: usize, low: f32, high: f32, out: usize, n: i32): void {
  map<Clamp>(x, out, n, low, high);
}

@unmanaged
class Square {
  @inline
  apply(x: v128, _p: v128, _q: v128): v128 {
    return f32x4.mul(x, x);
  }
}

/** The power is taken in f64, except for squares, the usual case. */
export function powScalar(x: usize, exponent: f64, out: usize, n: i32): void {
  if (exponent == 2) {
    map<Square>(x, out, n);
    return;
  }
  for (let i = 0; i < n; i++, x += 4, out += 4) {
    store<f32>(out, <f32>NativeMath.pow(<f64>load<f32>(x), exponent));
  }
}

export function select(condition: usize, x: usize, y: usize, out: usize, n: i32): void {
  for (; n > 0; n -= 4, condition += 16, x += 16, y += 16, out += 16) {
    const count = min(n, 4);
    const mask = f32x4.ne(get(condition, count), splat(0));
    put(out, choose(mask, get(x, count), get(y, count)), count);
  }
}

export function fill(out: usize, value: f32, n: i32): void {
  const v = splat(value);
  for (; n >= 4; n -= 4, out += 16) v128.store(out, v);
  if (n) put(out, v, n);
}

export function axpy(alpha: f32, x: usize, out: usize, n: i32): void {
  const a = splat(alpha);
  for (; n >= 4; n -= 4, x += 16, out += 16) v128.store(out, madd(a, v128.load(x), v128.load(out)));
  if (n) put(out, madd(a, get(x, n), get(out, n)), n);
}

export function dropout(x: usize, out: usize, n: i32, p: f64, seed0: i32, seed1: i32): void {
  const threshold = nearestHalfUp(p * 4294967296);
  if (threshold > <f64>u32.MAX_VALUE) {
    fill(out, 0, n);
    return;
  }
  const least = i32x4.splat(<i32>(<u32>threshold)), scale = splat(<f32>(1 / (1 - p)));
  const stride = i32x4.splat(4 * (seed1 | 1));
  let counter = counterOf(i32x4(0, 1, 2, 3), i32x4.splat(seed0), i32x4.splat(seed1));
  for (; n >= 4; n -= 4, x += 16, out += 16, counter = i32x4.add(counter, stride)) {
    const keep = i32x4.ge_u(mix(counter), least);
    v128.store(out, v128.and(keep, f32x4.mul(v128.load(x), scale)));
  }
  if (n) put(out, v128.and(i32x4.ge_u(mix(counter), least), f32x4.mul(get(x, n), scale)), n);
}

/** As `Math.round`. */
// @ts-ignore: decorator
@inline
export function nearestHalfUp(x: f64): f64 {
  return floor(x + 0.5);
}

/** 32 random bits for each of the elements i. */
// @ts-ignore: decorator
@inline
export function randomBits(i: v128, seed0: v128, seed1: v128): v128 {
  return mix(counterOf(i, seed0, seed1));
}

// @ts-ignore: decorator
@inline
function counterOf(i: v128, seed0: v128, seed1: v128): v128 {
  return i32x4.add(seed0, i32x4.mul(i, v128.or(seed1, i32x4.splat(1))));
}

/** Wellons' integer hash. */
// @ts-ignore: decorator
@inline
function mix(z: v128): v128 {
  z = i32x4.mul(v128.xor(z, i32x4.shr_u(z, 16)), i32x4.splat(0x21f0aaad));
  z = i32x4.mul(v128.xor(z, i32x4.shr_u(z, 15)), i32x4.splat(0x735a2d97));
  return v128.xor(z, i32x4.shr_u(z, 15));
}
