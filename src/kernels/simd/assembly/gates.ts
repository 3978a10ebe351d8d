/**
 * tanh and the logistic function for gates and attention, to 5e-7 absolute, as ratios of polynomials in fewer steps than
 * those of `math.ts`. Far from 0 they are their limits exactly, so that a gate can be shut: the ratios are a hair too
 * large, and are cut off.
 */
import { madd } from "./vector";

const HALF = memory.data<f32>([0.5]);
/** The bounds of the argument and of the ratio. */
const TANH_BOUNDS = memory.data<f32>([8.5, -8.5, 1, -1]);
const LOGISTIC_BOUNDS = memory.data<f32>([17, -17, 0.5, -0.5]);
/** (1 + 1.6e-7) tanh(x) / x in x^2, lowest coefficient first: minimax to 5.5e-8, relatively. */
const TANH_ABOVE = memory.data<f32>([1.00000012, 0.132882535, 0.00338545488, 1.8797311e-05, 1.08377103e-08]);
const TANH_BELOW = memory.data<f32>([1, 0.466215432, 0.0254578628, 0.000310557865, 6.74831767e-07]);
/** The same of x / 2, and half of it: 1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2. */
const LOGISTIC_ABOVE = memory.data<f32>([0.25000003, 0.00830515847, 5.28977325e-05, 7.3426996e-08, 1.05837014e-11]);
const LOGISTIC_BELOW = memory.data<f32>([1, 0.116553858, 0.00159111642, 4.85246665e-06, 2.63606159e-09]);

// @ts-ignore: decorator
@inline
function quartic(table: usize, z: v128): v128 {
  let value = madd(z, v128.load32_splat(table, 16), v128.load32_splat(table, 12));
  value = madd(z, value, v128.load32_splat(table, 8));
  value = madd(z, value, v128.load32_splat(table, 4));
  return madd(z, value, v128.load32_splat(table));
}

/** x times the ratio of two polynomials in x^2, both within their bounds. NaN stays NaN. */
// @ts-ignore: decorator
@inline
function oddRatio(x: v128, bounds: usize, above: usize, below: usize): v128 {
  const near = f32x4.pmax(f32x4.pmin(x, v128.load32_splat(bounds)), v128.load32_splat(bounds, 4));
  const z = f32x4.mul(near, near);
  const ratio = f32x4.div(f32x4.mul(near, quartic(above, z)), quartic(below, z));
  return f32x4.pmax(f32x4.pmin(ratio, v128.load32_splat(bounds, 8)), v128.load32_splat(bounds, 12));
}

// @ts-ignore: decorator
@inline
export function gateTanh(x: v128): v128 {
  return oddRatio(x, TANH_BOUNDS, TANH_ABOVE, TANH_BELOW);
}

/** 1 / (1 + exp(-x)). */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  return f32x4.add(oddRatio(x, LOGISTIC_BOUNDS, LOGISTIC_ABOVE, LOGISTIC_BELOW), v128.load32_splat(HALF));
}
