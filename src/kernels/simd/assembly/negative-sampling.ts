/** Word vectors: see word-vector-training.ts for what is computed. */
import { exp } from "./math";
import { scratch } from "./packing";
import { choose, madd, splat } from "./vector";

/** Words of a sentence that are kept; a longer one is cut. */
const SENTENCE = 1000;
/** Targets that are computed with at a time: two vectors of each, an input and a gradient are all the registers. */
const GROUP = 6;
/** Scores of a group, in whole vectors. */
const GROUP_LANES = 8;
const MAX_INPUTS = 128;
const MAX_TARGETS = 132;
const MAX_WIDTH = 2048;

const KEPT: usize = scratch;
const PLACES: usize = KEPT + 4 * SENTENCE;
const INPUTS: usize = PLACES + 4 * SENTENCE;
const TARGETS: usize = INPUTS + 4 * MAX_INPUTS;
const SIGNS: usize = TARGETS + 4 * MAX_TARGETS;
const SCORES: usize = SIGNS + 4 * (MAX_TARGETS / GROUP) * GROUP_LANES;
/** Stands for targets that a group lacks. */
const NOTHING: usize = SCORES + 4 * MAX_INPUTS * GROUP_LANES;
const COMPOSED: usize = NOTHING + 4 * MAX_WIDTH;
const GRADIENTS: usize = COMPOSED + 4 * MAX_WIDTH;

const LARGEST_SCORE: f32 = 30;
/** Below, the logarithm of a product of likelihoods is taken, long before it underflows. */
const SMALL: f64 = 1e-150;

// The arguments of the call.
let keep: usize, noise: usize, starts: usize, parts: usize, input: usize, output: usize;
let vocabulary: u32 = 0, bytes: usize = 0, negatives: i32 = 0, rate: f32 = 0;
/** Loss and pairs of the position. */
let loss: f64 = 0, likelihood: f64 = 1, pairs: i32 = 0;

export function negativeSampling(
  words: usize, n: i32, keepProbabilities: usize, noiseTable: usize, vocabularySize: i32, partStarts: usize,
  partRows: usize, inputTable: usize, outputTable: usize, width: i32, window: i32, negativeCount: i32, cbow: i32,
  learningRate: f64, losses: usize, pairCounts: usize, _threads: i32, seed0: i32, seed1: i32,
): void {
  keep = keepProbabilities;
  noise = noiseTable;
  vocabulary = vocabularySize;
  starts = partStarts;
  parts = partRows;
  input = inputTable;
  output = outputTable;
  bytes = <usize>width << 2;
  negatives = negativeCount;
  rate = <f32>learningRate;
  memory.fill(NOTHING, 0, bytes);
  memory.fill(losses, 0, <usize>n << 2);
  memory.fill(pairCounts, 0, <usize>n << 2);
  const stride = seed1 | 1;
  for (let at = 0; at < n; ) {
    let length = 0;
    while (at < n && length < SENTENCE) {
      const place = at++, word = load<i32>(words + (<usize>place << 2));
      if (word < 0) break;
      if (keep && draw(mix(seed0 + place * stride), 0) > load<u32>(keep + (<usize>word << 2))) continue;
      store<i32>(KEPT + (<usize>length << 2), word);
      store<i32>(PLACES + (<usize>length << 2), place);
      length++;
    }
    for (let center = 0; center < length; center++) {
      const place = load<i32>(PLACES + (<usize>center << 2));
      const random = mix(seed0 + place * stride);
      const radius = 1 + <i32>below(draw(random, 1), window);
      loss = 0;
      likelihood = 1;
      pairs = 0;
      trainPosition(center, max(center - radius, 0), min(center + radius, length - 1), cbow, random);
      store<f32>(losses + (<usize>place << 2), <f32>(loss - NativeMath.log(likelihood)));
      store<f32>(pairCounts + (<usize>place << 2), <f32>pairs);
    }
  }
}

/** Trains on the word at `center` of the sentence and those from `first` to `last`. */
function trainPosition(center: i32, first: i32, last: i32, cbow: i32, random: u32): void {
  const word = load<i32>(KEPT + (<usize>center << 2));
  const contexts = last - first;
  if (contexts == 0) return;
  if (cbow) {
    pairs = 1;
    memory.fill(COMPOSED, 0, bytes);
    let rows = 0;
    for (let i = first; i <= last; i++) if (i != center) rows += addParts(load<i32>(KEPT + (<usize>i << 2)));
    scaleComposed(1 / <f32>rows);
    trainComposed(drawTargets(word, random, 2));
    for (let i = first; i <= last; i++) if (i != center) passToParts(load<i32>(KEPT + (<usize>i << 2)));
    return;
  }
  pairs = contexts;
  if (starts) {
    memory.fill(COMPOSED, 0, bytes);
    scaleComposed(1 / <f32>addParts(word));
    for (let i = first, at = 2; i <= last; i++) {
      if (i == center) continue;
      trainComposed(drawTargets(load<i32>(KEPT + (<usize>i << 2)), random, at));
      at += negatives;
    }
    passToParts(word);
    return;
  }
  let inputs: usize = INPUTS, count = 0;
  for (let i = first; i <= last; i++) {
    if (i == center) continue;
    store<u32>(inputs, <u32>(input + <usize>load<i32>(KEPT + (<usize>i << 2)) * bytes));
    inputs += 4;
    count++;
  }
  trainRows(count, drawTargets(word, random, 2));
}

/** Lists the target and the noise words, in whole groups: how many groups there are. */
function drawTargets(word: i32, random: u32, at: i32): i32 {
  let target: usize = TARGETS, sign: usize = SIGNS, count = 0;
  const positive = <u32>(output + <usize>word * bytes);
  for (let i = -1; i < negatives; i++) {
    let row = positive;
    if (i >= 0) {
      const bits = draw(random, at + i), product = <u64>bits * vocabulary;
      const cell = <u32>(product >> 32), entry = noise + (<usize>cell << 3);
      const sampled = <u32>product <= load<u32>(entry) ? cell : load<u32>(entry, 4);
      row = <u32>(output + <usize>sampled * bytes);
      let known: usize = TARGETS;
      while (known < target && load<u32>(known) != row) known += 4;
      if (known < target) continue;
    }
    store<u32>(target, row);
    store<f32>(sign, i < 0 ? 1 : -1);
    target += 4;
    sign += 4;
    if (++count % GROUP == 0) {
      store<u64>(sign, 0);
      sign += 8;
    }
  }
  while (count % GROUP) {
    store<u32>(target, <u32>NOTHING);
    store<f32>(sign, 0);
    target += 4;
    sign += 4;
    if (++count % GROUP == 0) store<u64>(sign, 0);
  }
  return count / GROUP;
}

/** Trains table rows. Where one pass over them does not serve, their gradients wait until all is read. */
function trainRows(count: i32, groups: i32): void {
  if (groups == 1 && areDistinct(count)) {
    score(count, 0);
    update(count, 0, 0);
    return;
  }
  memory.fill(GRADIENTS, 0, <usize>count * bytes);
  for (let group = 0; group < groups; group++) {
    score(count, group);
    update(count, group, GRADIENTS);
  }
  for (let i = 0; i < count; i++) addRow(GRADIENTS + <usize>i * bytes, load<u32>(INPUTS + (<usize>i << 2)));
}

/** Whether no row is twice among the inputs. */
function areDistinct(count: i32): bool {
  const end = INPUTS + (<usize>count << 2);
  for (let a = INPUTS; a < end; a += 4) {
    for (let b = a + 4; b < end; b += 4) if (load<u32>(a) == load<u32>(b)) return false;
  }
  return true;
}

/** Trains the composed input; its gradient is added up until {@link passToParts}. */
function trainComposed(groups: i32): void {
  store<u32>(INPUTS, <u32>COMPOSED);
  for (let group = 0; group < groups; group++) {
    score(1, group);
    update(1, group, GRADIENTS);
  }
}

/** Scores of inputs and a group of targets become learning rates times gradients. */
function score(count: i32, group: i32): void {
  const targets = TARGETS + <usize>(group * GROUP) * 4;
  const y0 = load<u32>(targets), y1 = load<u32>(targets, 4), y2 = load<u32>(targets, 8);
  const y3 = load<u32>(targets, 12), y4 = load<u32>(targets, 16), y5 = load<u32>(targets, 20);
  const signs = SIGNS + <usize>(group * GROUP_LANES) * 4;
  const signs0 = v128.load(signs), signs1 = v128.load(signs, 16);
  let scores: usize = SCORES;
  for (let i = 0; i < count; i++, scores += 4 * GROUP_LANES) {
    const x = load<u32>(INPUTS + (<usize>i << 2));
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0), s4 = splat(0), s5 = splat(0);
    for (let p: usize = 0; p < bytes; p += 16) {
      const v = v128.load(x + p);
      s0 = madd(v, v128.load(y0 + p), s0);
      s1 = madd(v, v128.load(y1 + p), s1);
      s2 = madd(v, v128.load(y2 + p), s2);
      s3 = madd(v, v128.load(y3 + p), s3);
      s4 = madd(v, v128.load(y4 + p), s4);
      s5 = madd(v, v128.load(y5 + p), s5);
    }
    v128.store(scores, gradients(sumsOfLanes(s0, s1, s2, s3), signs0));
    v128.store(scores, gradients(sumsOfLanes(s4, s5, splat(0), splat(0)), signs1), 16);
    if (likelihood < SMALL) {
      loss -= NativeMath.log(likelihood);
      likelihood = 1;
    }
  }
}

/** The sums of the lanes of each. */
// @ts-ignore: decorator
@inline
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** Multiplies the likelihood by that of four scores, and gives the rate times the gradients of its logarithm. */
// @ts-ignore: decorator
@inline
function gradients(scores: v128, signs: v128): v128 {
  const signed = f32x4.pmin(f32x4.pmax(f32x4.mul(scores, signs), splat(-LARGEST_SCORE)), splat(LARGEST_SCORE));
  const odds = exp(f32x4.neg(signed)), one = splat(1);
  const p = f32x4.div(one, f32x4.add(one, odds));
  const exists = choose(f32x4.eq(signs, splat(0)), one, p);
  const products = f64x2.mul(
    f64x2.promote_low_f32x4(exists), f64x2.promote_low_f32x4(v128.shuffle<f32>(exists, exists, 2, 3, 0, 1)),
  );
  likelihood *= f64x2.extract_lane(products, 0) * f64x2.extract_lane(products, 1);
  return f32x4.mul(f32x4.mul(f32x4.mul(odds, p), splat(rate)), signs);
}

/** Adds the gradients: to the targets, and to the inputs, or to rows of their own from `apart` on. */
function update(count: i32, group: i32, apart: usize): void {
  const targets = TARGETS + <usize>(group * GROUP) * 4;
  const y0 = load<u32>(targets), y1 = load<u32>(targets, 4), y2 = load<u32>(targets, 8);
  const y3 = load<u32>(targets, 12), y4 = load<u32>(targets, 16), y5 = load<u32>(targets, 20);
  for (let p: usize = 0; p < bytes; p += 16) {
    const v0 = v128.load(y0 + p), v1 = v128.load(y1 + p), v2 = v128.load(y2 + p);
    const v3 = v128.load(y3 + p), v4 = v128.load(y4 + p), v5 = v128.load(y5 + p);
    let d0 = v0, d1 = v1, d2 = v2, d3 = v3, d4 = v4, d5 = v5;
    let g: usize = SCORES;
    for (let i = 0; i < count; i++, g += 4 * GROUP_LANES) {
      const at = load<u32>(INPUTS + (<usize>i << 2)) + p;
      const to = apart ? apart + <usize>i * bytes + p : at;
      const x = v128.load(at);
      let d = v128.load(to);
      const g0 = v128.load32_splat(g), g1 = v128.load32_splat(g, 4), g2 = v128.load32_splat(g, 8);
      d = madd(g0, v0, d);
      d0 = madd(g0, x, d0);
      d = madd(g1, v1, d);
      d1 = madd(g1, x, d1);
      d = madd(g2, v2, d);
      d2 = madd(g2, x, d2);
      const g3 = v128.load32_splat(g, 12), g4 = v128.load32_splat(g, 16), g5 = v128.load32_splat(g, 20);
      d = madd(g3, v3, d);
      d3 = madd(g3, x, d3);
      d = madd(g4, v4, d);
      d4 = madd(g4, x, d4);
      d = madd(g5, v5, d);
      d5 = madd(g5, x, d5);
      v128.store(to, d);
    }
    v128.store(y0 + p, d0);
    v128.store(y1 + p, d1);
    v128.store(y2 + p, d2);
    v128.store(y3 + p, d3);
    v128.store(y4 + p, d4);
    v128.store(y5 + p, d5);
  }
}

/** Adds the rows of a word to the composed input: how many there are. */
function addParts(word: i32): i32 {
  if (!starts) {
    addRow(input + <usize>word * bytes, COMPOSED);
    return 1;
  }
  const start = load<i32>(starts + (<usize>word << 2)), end = load<i32>(starts + (<usize>word << 2), 4);
  for (let i = start; i < end; i++) addRow(input + <usize>load<i32>(parts + (<usize>i << 2)) * bytes, COMPOSED);
  return end - start;
}

/** Makes a mean of the composed sum. */
function scaleComposed(factor: f32): void {
  const scale = splat(factor);
  for (let p: usize = 0; p < bytes; p += 16) v128.store(COMPOSED + p, f32x4.mul(v128.load(COMPOSED + p), scale));
  memory.fill(GRADIENTS, 0, bytes);
}

/** Adds the gradient of the composed input to each row of a word. */
function passToParts(word: i32): void {
  if (!starts) {
    addRow(GRADIENTS, input + <usize>word * bytes);
    return;
  }
  const start = load<i32>(starts + (<usize>word << 2)), end = load<i32>(starts + (<usize>word << 2), 4);
  for (let i = start; i < end; i++) addRow(GRADIENTS, input + <usize>load<i32>(parts + (<usize>i << 2)) * bytes);
}

function addRow(x: usize, out: usize): void {
  for (let p: usize = 0; p < bytes; p += 16) v128.store(out + p, f32x4.add(v128.load(out + p), v128.load(x + p)));
}

/** Draw number `j` of a position. */
// @ts-ignore: decorator
@inline
function draw(random: u32, j: i32): u32 {
  return mix(random + <u32>j * 0x9e3779b9);
}

/** From 0 to n - 1. */
// @ts-ignore: decorator
@inline
function below(bits: u32, n: u32): u32 {
  return <u32>((<u64>bits * n) >> 32);
}

/** Wellons' integer hash. */
// @ts-ignore: decorator
@inline
function mix(z: u32): u32 {
  z = (z ^ (z >>> 16)) * 0x21f0aaad;
  z = (z ^ (z >>> 15)) * 0x735a2d97;
  return z ^ (z >>> 15);
}
