/** Sine and cosine, through f64: exact to half a unit in the last place of f32 up to 2^20. */
import { choose, splat } from "./vector";

/** sin(x + quarters pi/2); lanes beyond 2^20 one by one. */
// @ts-ignore: decorator
@inline
function sine(x: v128, quarters: i32): v128 {
  const y = v128.shuffle<f32>(
    sine2(f64x2.promote_low_f32x4(x), quarters),
    sine2(f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 0)), quarters),
    0, 1, 4, 5,
  );
  const near = f32x4.le(f32x4.abs(x), splat(1048576));
  return i32x4.all_true(near) ? y : choose(near, y, sineFar(x, quarters));
}

/** Two lanes in f64, where pi/2 in two parts reduces the argument; the Taylor series then errs by less than 1e-11. */
function sine2(x: v128, quarters: i32): v128 {
  const magic = f64x2.splat(6755399441055744);
  const t = f64x2.add(f64x2.mul(x, f64x2.splat(0.63661977236758134)), magic);
  const n = f64x2.sub(t, magic);
  let r = f64x2.sub(x, f64x2.mul(n, f64x2.splat(1.5707963267341256)));
  r = f64x2.sub(r, f64x2.mul(n, f64x2.splat(6.0771005063039e-11)));
  const z = f64x2.mul(r, r);
  let s = term(z, -1.0 / 39916800, 1.0 / 362880);
  s = f64x2.add(f64x2.mul(z, s), f64x2.splat(-1.0 / 5040));
  s = f64x2.add(f64x2.mul(z, s), f64x2.splat(1.0 / 120));
  s = f64x2.add(f64x2.mul(z, s), f64x2.splat(-1.0 / 6));
  s = f64x2.add(f64x2.mul(f64x2.mul(z, r), s), r);
  let c = term(z, 1.0 / 479001600, -1.0 / 3628800);
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(1.0 / 40320));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(-1.0 / 720));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(1.0 / 24));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(-0.5));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(1));
  // The quadrant lies in the lowest bits of t: bit 0 exchanges sine and cosine, bit 1 changes the sign.
  const quadrant = i64x2.add(t, i64x2.splat(quarters));
  const swap = i64x2.eq(v128.and(quadrant, i64x2.splat(1)), i64x2.splat(1));
  const sign = i64x2.shl(v128.and(quadrant, i64x2.splat(2)), 62);
  return f32x4.demote_f64x2_zero(v128.xor(choose(swap, c, s), sign));
}

// @ts-ignore: decorator
@inline
function term(z: v128, a: f64, b: f64): v128 {
  return f64x2.add(f64x2.mul(z, f64x2.splat(a)), f64x2.splat(b));
}

function sineFar(x: v128, quarters: i32): v128 {
  return f32x4(
    sine1(f32x4.extract_lane(x, 0), quarters),
    sine1(f32x4.extract_lane(x, 1), quarters),
    sine1(f32x4.extract_lane(x, 2), quarters),
    sine1(f32x4.extract_lane(x, 3), quarters),
  );
}

/** AssemblyScript's own functions, which are compiled to WebAssembly too, reduce arguments of any size. */
function sine1(x: f32, quarters: i32): f32 {
  return <f32>(quarters ? NativeMath.cos(x) : NativeMath.sin(x));
}

// @ts-ignore: decorator
@inline
export function sin(x: v128): v128 {
  return sine(x, 0);
}

// @ts-ignore: decorator
@inline
export function cos(x: v128): v128 {
  return sine(x, 1);
}
