/** Cases for the kernels of attention. */
import type { Random } from "../../src/base/random.ts";
import type { Arena, KernelCase } from "./kernel-arena.ts";

/** Sizes, strides and masks of an attention: heads in packed rows, masks broadcast, some queries without keys. */
function attentionSetting(arena: Arena, n: number) {
  const { random } = arena;
  const [batch, heads] = [1 + random.integer(2), 1 + random.integer(2)];
  const others = () => random.integer(random.uniform() < 0.2 ? 40 : 7);
  const sizes = [others(), others(), others()];
  sizes[random.integer(3)] = n;
  const [queries, positions, width] = sizes;
  const row = heads * width + random.integer(3);
  const batches = [queries * row, row, positions * row, row] as const;
  const extents = [batch, heads, queries].map((extent) => (random.integer(2) ? 1 : extent));
  const [b, h, t] = extents;
  const maskStrides = [
    b === 1 ? 0 : h * t * positions,
    h === 1 ? 0 : t * positions,
    t === 1 ? 0 : positions,
  ] as const;
  const maskSize = b * h * t * positions;
  const draw = (r: Random) => (r.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : r.normal());
  const mask = random.integer(2) ? arena.input(maskSize, { draw }) : 0;
  const lengths = random.integer(2) ? arena.indices(batch, positions + 1) : 0;
  const [causal, offset] = [random.integer(2), random.integer(4)];
  const query = arena.input(batch * queries * row);
  const key = arena.input(batch * positions * row);
  const value = arena.input(batch * positions * row);
  return {
    batch,
    heads,
    queries,
    positions,
    width,
    row,
    mask,
    maskSize,
    lengths,
    query,
    key,
    value,
    sizes: [batch, heads, queries, positions, width] as const,
    strides: batches,
    maskStrides,
    score: [1 / Math.sqrt(Math.max(width, 1)), causal, offset] as const,
  };
}

const attentionDropout = ({ random }: Arena): [p: number, seed0: number, seed1: number] =>
  random.integer(2) ? [0, 0, 0] : [[0.3, 0.9, 1][random.integer(3)], random.bits() | 0, random.bits() | 0];

export const attentionCases = {
  attention: (arena, n) => {
    const { query, key, value, mask, lengths, sizes, strides, maskStrides, score } = attentionSetting(
      arena,
      n,
    );
    const [batch, heads, queries, , width] = sizes;
    const [, , kBatch, kRow] = strides;
    const [out, lse] = [arena.output(batch * queries * heads * width), arena.output(batch * heads * queries)];
    return [
      query,
      key,
      value,
      mask,
      lengths,
      out,
      lse,
      ...sizes,
      ...strides,
      kBatch,
      kRow,
      ...maskStrides,
      ...score,
      ...attentionDropout(arena),
    ];
  },
  attentionGrad: (arena, n) => {
    const setting = attentionSetting(arena, n);
    const { query, key, value, mask, lengths, sizes, strides, maskStrides, score } = setting;
    const [batch, heads, queries, positions, width] = sizes;
    const [, , kBatch, kRow] = strides;
    const dense = batch * queries * heads * width;
    const [out, lse] = [
      arena.input(dense),
      arena.input(batch * heads * queries, { draw: (r) => 8 + r.normal() }),
    ];
    const g = arena.input(dense);
    const dq = arena.output(batch * queries * kRow);
    const [dk, dv] = [arena.output(batch * positions * kRow), arena.output(batch * positions * kRow)];
    const dmask = mask !== 0 && arena.random.integer(2) ? arena.output(setting.maskSize) : 0;
    return [
      query,
      key,
      value,
      mask,
      lengths,
      out,
      lse,
      g,
      dq,
      dk,
      dv,
      dmask,
      ...sizes,
      ...strides,
      kBatch,
      kRow,
      ...maskStrides,
      ...score,
      ...attentionDropout(arena),
    ];
  },
  attentionWeights: (arena, n) => {
    const { query, key, mask, lengths, sizes, strides, maskStrides, score } = attentionSetting(arena, n);
    const [batch, heads, queries, positions] = sizes;
    const out = arena.output(batch * heads * queries * positions);
    return [query, key, mask, lengths, out, ...sizes, ...strides, ...maskStrides, ...score];
  },
  rotary: (arena, n) => {
    const { random } = arena;
    const [batch, time, heads] = [1 + random.integer(2), random.integer(5), random.integer(4)];
    const width = n & ~1;
    const cols = heads * width + random.integer(6);
    const [cos, sin] = [arena.input((time * width) / 2), arena.input((time * width) / 2)];
    const [x, out] = [arena.input(batch * time * cols), arena.output(batch * time * cols)];
    return [x, cos, sin, out, batch, time, cols, heads, width, random.integer(2)];
  },
} satisfies {
  readonly [K in "attention" | "attentionGrad" | "attentionWeights" | "rotary"]: KernelCase<K>;
};
