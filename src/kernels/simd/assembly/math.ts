/**
 * Elementary functions of four f32 lanes: argument reduction and minimax polynomials, from arithmetic that
 * IEEE 754 fixes to the last bit, so that every engine gives the same result.
 *
 * NaN in gives NaN out; infinities and subnormal numbers are served. pmin and pmax, with the value first,
 * keep a NaN in one instruction.
 */
import { choose, madd, nmadd, splat } from "./vector";

// Constants lie in memory, from where one instruction spreads them over the lanes: as immediates they would
// be put together anew for every vector.
const ONE = memory.data<f32>([1]);
const HALF = memory.data<f32>([0.5]);
const INFINITY = memory.data<f32>([Infinity]);
const SIGN = memory.data<u32>([0x80000000]);
const BIAS = memory.data<i32>([127]);
/** 1.5 * 2^23: adding it rounds to a whole number, which then lies in the lowest bits. */
const MAGIC = memory.data<f32>([12582912]);
const LOG2E = memory.data<f32>([1.4426950408889634]);
/** ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact. */
const LN2_HI = memory.data<f32>([0.693359375]);
const LN2_LO = memory.data<f32>([-2.12194440054690583e-4]);
/** Outside these bounds exp is 0 or infinite, and exp(-2x) - 1 is -1. */
const EXP_MAX = memory.data<f32>([90]);
const EXP_MIN = memory.data<f32>([-105]);
/** 2 to this power has exponent bits 0, which stand for 0. */
const EXP2_MIN = memory.data<f32>([-127]);
const EXPM1_MIN = memory.data<f32>([-40]);
const MINUS_TWO = memory.data<f32>([-2]);
/** Beyond these, erf is 1, the normal distribution 0 or 1, and the slope of gelu too. */
const ERF_FAR = memory.data<f32>([10]);
const NORMAL_FAR = memory.data<f32>([5.3]);
const GELU_SLOPE_FAR = memory.data<f32>([5.6]);
const MIN_NORMAL = memory.data<f32>([1.1754943508222875e-38]);
const TWO_TO_23 = memory.data<f32>([8388608]);
const MINUS_23 = memory.data<f32>([-23]);
const ROOT_HALF_BITS = memory.data<i32>([0x3f3504f3]);
const MANTISSA = memory.data<i32>([0x7fffff]);
const LOG_OF_0 = memory.data<f32>([-Infinity]);
const LOG_OF_NEGATIVE = memory.data<f32>([NaN]);
const ROOT_2_MINUS_1 = memory.data<f32>([0.41421356]);
/** All but the last 12 bits of a mantissa. */
const UPPER_BITS = memory.data<u32>([0xfffff000]);
const ERFCX_STEP = memory.data<f32>([0.375]);

// Minimax polynomials, lowest coefficient first.

/** (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2. */
const EXP = memory.data<f32>([0.49999993373, 0.166665195235, 0.0416684010959, 0.00836885112152, 0.00138143199891]);
/** (2^r - 1) / r for |r| <= 1/2. */
const EXP2 = memory.data<f32>([0.693146977599, 0.240222420854, 0.0555073374326, 0.00967151263993, 0.00132647271935]);
/** (log(1 + f) - f + f^2/2) / f^3 for f in [sqrt(1/2) - 1, sqrt(2) - 1]. */
const LOG = memory.data<f32>([
  0.333333126041, -0.250000095995, 0.200021186591, -0.166679958526, 0.142195523519, -0.12405588904,
  0.118881622974, -0.116756520252, 0.0674664079184,
]);
/** erf(x) / x in x^2, for |x| <= 1. */
const ERF = memory.data<f32>([
  1.12837916573, -0.37612625824, 0.112835851456, -0.0268538118085, 0.00518832744497, -0.000801019151147,
  7.85385437873e-5,
]);
/** exp(a^2) erfc(a) / t in t = 1 / (1 + 3/8 a), for a in [0, 14]. */
const ERFCX = memory.data<f32>([
  0.21159548518, 0.210974517607, 0.202863539138, 0.131595851782, 0.248845299749, -0.191716446805,
  0.398022411472, -0.270030633233, 0.0578499346693,
]);
/** (Phi(x) - 1/2) / x as a ratio of polynomials in x^2, for |x| <= 5.3. */
const NORMAL_ABOVE = memory.data<f32>([0.3989420242, 0.03396822433, 0.00458931463, 0.0001645728808, 5.295451927e-6]);
const NORMAL_BELOW = memory.data<f32>([
  1, 0.2518096173, 0.02847602402, 0.001836514071, 6.882939485e-5, 7.512680981e-7, -1.829922551e-9,
]);
/** (Phi(x) + x phi(x) - 1/2) / x as a ratio of polynomials in x^2, for |x| <= 5.6. */
const SLOPE_ABOVE = memory.data<f32>([
  0.797885026, -0.03388691109, 0.01422854897, -2.340388425e-5, 3.376568644e-5, 8.235848721e-8,
]);
const SLOPE_BELOW = memory.data<f32>([
  1, 0.290867321, 0.03977660116, 0.003332681595, 0.0001774216263, 7.481348281e-6, -1.169439483e-8,
]);

/** Entry i of a table, in every lane. */
// @ts-ignore: decorator
@inline
function constant(table: usize, i: i32 = 0): v128 {
  return v128.load32_splat(table + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function withSignOf(x: v128, magnitude: v128): v128 {
  return choose(constant(SIGN), x, magnitude);
}

/** x / ln 2 rounded to a whole number, plus MAGIC. */
// @ts-ignore: decorator
@inline
function exponentOf(x: v128): v128 {
  return madd(x, constant(LOG2E), constant(MAGIC));
}

/** What is left of x after `t - MAGIC` times ln 2, within half of ln 2. */
// @ts-ignore: decorator
@inline
function reduce(x: v128, t: v128): v128 {
  const n = f32x4.sub(t, constant(MAGIC));
  return nmadd(n, constant(LN2_LO), nmadd(n, constant(LN2_HI), x));
}

/** exp(r) - 1 for |r| <= ln(2)/2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  const z = f32x4.mul(r, r);
  const low = madd(r, constant(EXP, 1), constant(EXP, 0));
  const high = madd(r, constant(EXP, 3), constant(EXP, 2));
  return madd(z, madd(z, madd(z, constant(EXP, 4), high), low), r);
}

/** exp(r) times 2 to the power `t - MAGIC`, in two factors so that the result may overflow or be subnormal. */
// @ts-ignore: decorator
@inline
function expScaled(r: v128, t: v128): v128 {
  const n = i32x4.sub(t, constant(MAGIC));
  const half = i32x4.shr_s(n, 1);
  const bias = constant(BIAS);
  const factor = i32x4.shl(i32x4.add(half, bias), 23);
  const rest = i32x4.shl(i32x4.add(i32x4.sub(n, half), bias), 23);
  const y = f32x4.add(expm1Reduced(r), constant(ONE));
  return f32x4.mul(f32x4.mul(y, factor), rest);
}

// @ts-ignore: decorator
@inline
function clampExponent(x: v128): v128 {
  return f32x4.pmax(f32x4.pmin(x, constant(EXP_MAX)), constant(EXP_MIN));
}

// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const clamped = clampExponent(x);
  const t = exponentOf(clamped);
  return expScaled(reduce(clamped, t), t);
}

/** 2^x for x <= 0 (or barely above), with fewer steps than {@link exp}: 0 below the normal numbers. */
// @ts-ignore: decorator
@inline
export function exp2Negative(x: v128): v128 {
  const clamped = f32x4.pmax(x, constant(EXP2_MIN)), magic = constant(MAGIC);
  const t = f32x4.add(clamped, magic);
  const r = f32x4.sub(clamped, f32x4.sub(t, magic));
  const z = f32x4.mul(r, r);
  const low = madd(r, constant(EXP2), constant(ONE));
  const middle = madd(r, constant(EXP2, 2), constant(EXP2, 1));
  const high = madd(r, constant(EXP2, 4), constant(EXP2, 3));
  const scale = i32x4.shl(i32x4.add(t, constant(BIAS)), 23);
  return f32x4.mul(madd(z, madd(z, high, middle), low), scale);
}

/** exp(x) for x <= 0 (or barely above), by {@link exp2Negative}: the relative error grows to |x| 2^-24. */
// @ts-ignore: decorator
@inline
export function expNegative(x: v128): v128 {
  return exp2Negative(f32x4.mul(x, constant(LOG2E)));
}

/** exp(-x^2): the square is carried in two parts, so that its rounding is not magnified. */
// @ts-ignore: decorator
@inline
function expNegSquare(x: v128): v128 {
  const high = v128.and(x, constant(UPPER_BITS));
  const low = f32x4.mul(f32x4.sub(high, x), f32x4.add(high, x));
  const square = clampExponent(f32x4.neg(f32x4.mul(high, high)));
  const t = exponentOf(square);
  return expScaled(f32x4.add(low, reduce(square, t)), t);
}

/** exp(a^2) erfc(a) for a >= 0. */
// @ts-ignore: decorator
@inline
function erfcx(a: v128): v128 {
  const t = f32x4.div(constant(ONE), madd(a, constant(ERFCX_STEP), constant(ONE)));
  let p = madd(t, constant(ERFCX, 8), constant(ERFCX, 7));
  p = madd(t, p, constant(ERFCX, 6));
  p = madd(t, p, constant(ERFCX, 5));
  p = madd(t, p, constant(ERFCX, 4));
  p = madd(t, p, constant(ERFCX, 3));
  p = madd(t, p, constant(ERFCX, 2));
  p = madd(t, p, constant(ERFCX, 1));
  p = madd(t, p, constant(ERFCX, 0));
  return f32x4.mul(t, p);
}

// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), constant(ERF_FAR));
  const z = f32x4.mul(a, a);
  let p = madd(z, constant(ERF, 6), constant(ERF, 5));
  p = madd(z, p, constant(ERF, 4));
  p = madd(z, p, constant(ERF, 3));
  p = madd(z, p, constant(ERF, 2));
  p = madd(z, p, constant(ERF, 1));
  p = madd(z, p, constant(ERF, 0));
  const far = nmadd(expNegSquare(a), erfcx(a), constant(ONE));
  return withSignOf(x, choose(f32x4.lt(a, constant(ONE)), f32x4.mul(a, p), far));
}

/** The value at z of the polynomial of degree 4, 5 or 6, a constant, with the coefficients in `table`. */
// @ts-ignore: decorator
@inline
function polynomial(table: usize, degree: i32, z: v128): v128 {
  let value = constant(table, degree);
  if (degree > 5) value = madd(z, value, constant(table, 5));
  if (degree > 4) value = madd(z, value, constant(table, 4));
  value = madd(z, value, constant(table, 3));
  value = madd(z, value, constant(table, 2));
  value = madd(z, value, constant(table, 1));
  return madd(z, value, constant(table, 0));
}

/** x times the ratio of two polynomials in x^2, with x held within +-far. */
// @ts-ignore: decorator
@inline
function oddRatio(x: v128, far: usize, above: usize, degree: i32, below: usize): v128 {
  const near = f32x4.pmax(f32x4.pmin(x, constant(far)), f32x4.neg(constant(far)));
  const z = f32x4.mul(near, near);
  return f32x4.div(f32x4.mul(near, polynomial(above, degree, z)), polynomial(below, 6, z));
}

/** x Phi(x), with Phi to 1e-7 and 0 below -5.3. */
// @ts-ignore: decorator
@inline
export function gelu(x: v128): v128 {
  const phi = f32x4.add(constant(HALF), oddRatio(x, NORMAL_FAR, NORMAL_ABOVE, 4, NORMAL_BELOW));
  return f32x4.mul(x, v128.and(phi, f32x4.gt(x, f32x4.neg(constant(NORMAL_FAR)))));
}

/** Phi(x) + x phi(x), to 5e-7. */
// @ts-ignore: decorator
@inline
export function geluSlope(x: v128): v128 {
  return f32x4.add(constant(HALF), oddRatio(x, GELU_SLOPE_FAR, SLOPE_ABOVE, 5, SLOPE_BELOW));
}

/** From exp(-2|x|) - 1, which is exact near 0. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const z = f32x4.pmax(f32x4.mul(f32x4.abs(x), constant(MINUS_TWO)), constant(EXPM1_MIN));
  const t = exponentOf(z);
  const scale = i32x4.shl(i32x4.add(t, constant(BIAS)), 23);
  const em = madd(scale, expm1Reduced(reduce(z, t)), f32x4.sub(scale, constant(ONE)));
  return withSignOf(x, f32x4.div(em, f32x4.sub(em, constant(MINUS_TWO))));
}

// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(choose(f32x4.lt(x, splat(0)), e, constant(ONE)), f32x4.add(e, constant(ONE)));
}

/** log(1 + f) + e ln 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1]. */
// @ts-ignore: decorator
@inline
function logReduced(f: v128, e: v128): v128 {
  const z = f32x4.mul(f, f);
  let p = madd(f, constant(LOG, 8), constant(LOG, 7));
  p = madd(f, p, constant(LOG, 6));
  p = madd(f, p, constant(LOG, 5));
  p = madd(f, p, constant(LOG, 4));
  p = madd(f, p, constant(LOG, 3));
  p = madd(f, p, constant(LOG, 2));
  p = madd(f, p, constant(LOG, 1));
  p = madd(f, p, constant(LOG, 0));
  let y = madd(e, constant(LN2_LO), f32x4.mul(f32x4.mul(f, z), p));
  y = nmadd(z, constant(HALF), y);
  return madd(e, constant(LN2_HI), f32x4.add(f, y));
}

// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const small = f32x4.lt(x, constant(MIN_NORMAL));
  const normal = choose(small, f32x4.mul(x, constant(TWO_TO_23)), x);
  const fromRootHalf = i32x4.sub(normal, constant(ROOT_HALF_BITS));
  const e = f32x4.add(
    f32x4.convert_i32x4_s(i32x4.shr_s(fromRootHalf, 23)),
    v128.and(small, constant(MINUS_23)),
  );
  const mantissa = i32x4.add(v128.and(fromRootHalf, constant(MANTISSA)), constant(ROOT_HALF_BITS));
  const y = logReduced(f32x4.sub(mantissa, constant(ONE)), e);
  const outside = choose(f32x4.eq(x, splat(0)), constant(LOG_OF_0), constant(LOG_OF_NEGATIVE));
  const positive = choose(f32x4.gt(x, splat(0)), y, outside);
  return choose(f32x4.eq(x, constant(INFINITY)), x, positive);
}

/** log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)). */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  // 1 + e = 2 (1 + (e - 1)/2), exactly.
  const large = f32x4.gt(e, constant(ROOT_2_MINUS_1));
  const f = choose(large, f32x4.mul(f32x4.sub(e, constant(ONE)), constant(HALF)), e);
  return f32x4.add(f32x4.pmax(x, splat(0)), logReduced(f, v128.and(large, constant(ONE))));
}
