/**
 * Four f32 lanes at a time: whole and partial loads and stores, fused products, horizontal sums.
 *
 * A loop body takes `count`, the lanes that exist: the constant 4 in the main loop, where get and put
 * become one instruction, and 1 to 3 once at the end. Nothing is read or written past an array.
 */

/** a b + c, rounded once under relaxed SIMD and twice under strict. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** a b - c, rounded as {@link madd}. */
// @ts-ignore: decorator
@inline
export function msub(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, f32x4.neg(c));
  return f32x4.sub(f32x4.mul(a, b), c);
}

/** c - a b, rounded as {@link madd}. */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** The first `count` lanes; the others are 0. */
// @ts-ignore: decorator
@inline
export function get(x: usize, count: i32): v128 {
  return count == 4 ? v128.load(x) : getPart(x, count);
}

// @ts-ignore: decorator
@inline
export function put(out: usize, v: v128, count: i32): void {
  if (count == 4) v128.store(out, v);
  else putPart(out, v, count);
}

function getPart(x: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(x);
  const two = v128.load64_zero(x);
  return count == 2 ? two : v128.load_lane<f32>(x, two, 2, 8);
}

function putPart(out: usize, v: v128, count: i32): void {
  if (count == 1) {
    v128.store_lane<f32>(out, v, 0);
    return;
  }
  v128.store_lane<f64>(out, v, 0);
  if (count == 3) v128.store_lane<f32>(out, v, 2, 8);
}

/** All ones in the lanes below `count`. */
// @ts-ignore: decorator
@inline
export function laneMask(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** (0 + 2) + (1 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** NaN when any lane is. */
// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** {@link maxLanes} in fewer instructions, for lanes without NaN. */
// @ts-ignore: decorator
@inline
export function largestLane(v: v128): f32 {
  const pairs = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Where `mask` is set `a`, else `b`. */
// @ts-ignore: decorator
@inline
export function choose(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}
