/**
 * What attention and its gradient share: the setting of a call, the scores of a block, masking and dropout.
 *
 * Keys are taken in blocks that begin at multiples of a fixed number, queries in tiles of a few rows. Everything about
 * one query is computed in an order that its own keys fix.
 */
import { nearestHalfUp, randomBits } from "./elementwise";
import { exp2Negative } from "./math";
import { packBTransposed, PACKED_B } from "./packing";
import { product } from "./tiles";
import { choose, get, laneMask, msub, splat } from "./vector";

/** Keys of a block, and columns of them that are packed at a time. */
export const KEYS: i32 = 256;
const DEPTH: i32 = 256;
/** Scratch memory: packed keys, packed values, and what a block of queries needs. */
export const PACKED_KEYS: usize = PACKED_B;
export const PACKED_VALUES: usize = PACKED_KEYS + <usize>(4 * KEYS * DEPTH);
export const SCRATCH: usize = PACKED_VALUES + <usize>(4 * KEYS * DEPTH);

export const LOG2E: f32 = 1.4426950408889634;
const LANES = memory.data<i32>([0, 1, 2, 3]);

let scale: f32 = 1;
let causal: i32 = 0;
let offset: i32 = 0;
/** Weights whose bits are below this are dropped; what is kept is multiplied by `keptScale`. */
let least: i32 = 0;
/** All ones, or 0 when everything is dropped. */
let anyKept: i32 = 0;
let keptScale: f32 = 1;
let seed0: i32 = 0;
let seed1: i32 = 0;
let drops: bool = false;

export function setScores(factor: f32, isCausal: i32, firstPosition: i32): void {
  scale = factor;
  causal = isCausal;
  offset = firstPosition;
}

export function setDropout(p: f64, firstSeed: i32, secondSeed: i32): void {
  const threshold = nearestHalfUp(p * 4294967296);
  const all = threshold > <f64>u32.MAX_VALUE;
  drops = p > 0;
  least = all ? 0 : <i32>(<u32>threshold);
  anyKept = all ? 0 : -1;
  keptScale = all ? 0 : <f32>(1 / (1 - p));
  seed0 = firstSeed;
  seed1 = secondSeed;
}

/** Keys that query t may attend at most: those below this. */
// @ts-ignore: decorator
@inline
export function keysOf(valid: i32, t: i32): i32 {
  return causal ? max(min(valid, t + offset + 1), 0) : valid;
}

/** The first query that may attend key s. */
// @ts-ignore: decorator
@inline
export function firstQueryOf(s: i32): i32 {
  return causal ? max(s - offset, 0) : 0;
}

// @ts-ignore: decorator
@inline
export function scoreScale(): f32 {
  return scale;
}

// @ts-ignore: decorator
@inline
export function dropsWeights(): bool {
  return drops;
}

// @ts-ignore: decorator
@inline
export function keptFactor(): f32 {
  return keptScale;
}

/** All ones for each of `keys` weights that is kept, from weight `index` on, and 0 for those that are dropped. */
export function keptRow(out: usize, keys: i32, index: i32): void {
  const s0 = i32x4.splat(seed0), s1 = i32x4.splat(seed1), limit = i32x4.splat(least), any = i32x4.splat(anyKept);
  let i = i32x4.add(v128.load(LANES), i32x4.splat(index));
  for (; keys > 0; keys -= 4, out += 16, i = i32x4.add(i, i32x4.splat(4))) {
    v128.store(out, v128.and(i32x4.ge_u(randomBits(i, s0, s1), limit), any));
  }
}

/** Packs `keys` rows of x for {@link rowProducts}, unless they are too wide to be packed at once. */
export function packRows(x: usize, rx: i32, keys: i32, width: i32, packed: usize): void {
  if (width <= DEPTH) packBTransposed(x, rx, keys, width, packed);
}

/**
 * `out[i, s] = a[i] . x[s]` for rows of A and `keys` rows of x, which {@link packRows} saw; up to the next multiple of 8
 * of `keys`, the products beyond being 0.
 */
export function rowProducts(
  rows: i32, a: usize, ra: i32, x: usize, rx: i32, keys: i32, packed: usize, out: usize, rout: i32, width: i32,
): void {
  const n = (keys + 7) & ~7;
  if (width <= DEPTH) {
    product(rows, a, ra, packed, 32, width << 5, out, rout, n, width, 0, 0);
    return;
  }
  for (let j = 0; j < width; j += DEPTH) {
    const depth = min(DEPTH, width - j);
    packBTransposed(x + (j << 2), rx, keys, depth, packed);
    product(rows, a + (j << 2), ra, packed, 32, depth << 5, out, rout, n, depth, i32(j > 0), 0);
  }
}

/**
 * Four scores: scaled products with the mask added; lanes from `count` on and masked ones are -Infinity. `plain`, a
 * constant, says that there is no mask and that all lanes exist.
 */
// @ts-ignore: decorator
@inline
export function scoresOf(plain: bool, products: v128, factor: v128, mask: usize, count: i32): v128 {
  let scores = f32x4.mul(products, factor);
  if (plain) return scores;
  if (mask) {
    const bias = get(mask, count);
    scores = choose(f32x4.eq(bias, splat(-Infinity)), bias, f32x4.add(scores, bias));
  }
  return choose(laneMask(count), scores, splat(-Infinity));
}

/** exp(score - shift), shift being given times log2(e); 0 for a score of -Infinity, even where the shift is NaN. */
// @ts-ignore: decorator
@inline
export function weightsOf(plain: bool, scores: v128, shift: v128): v128 {
  const weights = exp2Negative(msub(scores, splat(LOG2E), shift));
  return plain ? weights : v128.and(weights, f32x4.ne(scores, splat(-Infinity)));
}
