/** Attention written out in ops that store every weight, and random settings to compare it in. */
import fc from "fast-check";
import { Random } from "../../src/base/random.ts";
import {
  type AttentionOptions,
  type DType,
  ops,
  randn,
  scaledDotProductAttention,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";

export interface Setting {
  readonly seed: number;
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly causal: boolean;
  readonly offset: number;
  readonly lengths: boolean;
  /** Which of B, H and T the mask and the bias tell apart; null for none. */
  readonly mask: readonly boolean[] | null;
  readonly bias: readonly boolean[] | null;
}

const maybeAxes = fc.option(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }));

export const settings: fc.Arbitrary<Setting> = fc.record({
  seed: fc.nat(),
  batch: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 0, max: 6 }),
  keys: fc.integer({ min: 0, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  causal: fc.boolean(),
  offset: fc.integer({ min: 0, max: 3 }),
  lengths: fc.boolean(),
  mask: maybeAxes,
  bias: maybeAxes,
});

/** The same numbers in every type. */
export function draw(setting: Setting, dtype: DType) {
  const { seed, batch, heads, queries, keys, width, causal, offset, mask, bias } = setting;
  const random = new Random(seed);
  const normal = (time: number): Tensor => {
    const x = randn([batch, time, heads * width], random);
    return tensor(x.data(), x.shape, dtype);
  };
  const maskLike = (axes: readonly boolean[], element: () => number): Tensor => {
    const shape = [batch, heads, queries].map((extent, axis) => (axes[axis] ? extent : 1));
    const size = shape.reduce((a, b) => a * b, keys);
    return tensor(Float32Array.from({ length: size }, element), [...shape, keys], dtype);
  };
  const [query, key, value] = [normal(queries), normal(keys), normal(keys)];
  const options: AttentionOptions = {
    heads,
    causal,
    offset,
    ...(setting.lengths && { lengths: Array.from({ length: batch }, () => random.integer(keys + 1)) }),
    ...(mask && { mask: maskLike(mask, () => Number(random.uniform() < 0.7)) }),
    ...(bias && {
      bias: maskLike(bias, () => (random.uniform() < 0.2 ? Number.NEGATIVE_INFINITY : random.normal())),
    }),
  };
  return { query, key, value, options };
}

/** 1 where query t of head h of row b may attend key s, `[B, H, T, S]`. */
export function allowed(query: Tensor, key: Tensor, options: AttentionOptions): Tensor {
  const { heads, causal = false, offset = 0, lengths, mask, bias } = options;
  const shape = [query.shape[0], heads, query.shape[1], key.shape[1]];
  const [masks, biases] = [mask, bias].map((x) => x && ops.broadcastTo(x, shape).data());
  const flags = new Float64Array(shape.reduce((a, b) => a * b));
  const ends = lengths as readonly number[] | undefined;
  let i = 0;
  for (let b = 0; b < shape[0]; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < shape[2]; t++) {
        for (let s = 0; s < shape[3]; s++, i++) {
          const seen = (!causal || s <= t + offset) && s < (ends?.[b] ?? shape[3]);
          const open = masks?.[i] !== 0 && biases?.[i] !== Number.NEGATIVE_INFINITY;
          flags[i] = Number(seen && open);
        }
      }
    }
  }
  return tensor(flags, shape, query.dtype);
}

/** Weights `[B, H, T, S]` and output `[B, T, E]` for `[B, T, E]` and `[B, S, E]`; `kept` multiplies the weights. */
export function composed(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
  kept?: Tensor,
): { weights: Tensor; output: Tensor } {
  const { heads, bias } = options;
  const [batch, queries, columns] = query.shape;
  const width = columns / heads;
  const split = (x: Tensor) => ops.permute(x.reshape([batch, x.shape[1], heads, width]), [0, 2, 1, 3]); // [B, H, T, W]
  const scale = options.scale ?? 1 / Math.sqrt(width);
  const scores = ops.mul(ops.matmul(split(query), split(key), { transposeB: true }), scale);
  const open = allowed(query, key, options);
  const weights = ops.maskedSoftmax(
    bias ? scores.add(ops.keepWhere(ops.broadcastTo(bias, scores.shape), open)) : scores,
    open,
  );
  const heard = ops.matmul(kept ? weights.mul(kept) : weights, split(value));
  const output = ops.permute(heard, [0, 2, 1, 3]).reshape([batch, queries, columns]);
  return { weights, output };
}

/** The rows `from`..`to` of `[B, T, E]` data, flat, of batch row b. */
export function rows(x: Tensor, b: number, from: number, to: number): number[] {
  const [, time, columns] = x.shape;
  return [...x.data().slice((b * time + from) * columns, (b * time + to) * columns)];
}

/** Sets rows of one batch row to a value. */
export function fillRows(x: Tensor, b: number, from: number, to: number, content: number): void {
  const [, time, columns] = x.shape;
  x.view().fill(content, (b * time + from) * columns, (b * time + to) * columns);
}

/** Two rows of two heads, everything allowed. */
export const plain: Setting = {
  seed: 7,
  batch: 2,
  heads: 2,
  queries: 3,
  keys: 4,
  width: 3,
  causal: false,
  offset: 0,
  lengths: false,
  mask: null,
  bias: null,
};

/** The output, and the gradients to query, key, value and bias for a random gradient to the output. */
export function run(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
  attend = scaledDotProductAttention,
) {
  const leaves = [query, key, value, options.bias ?? null];
  for (const leaf of leaves) if (leaf) leaf.requiresGrad = true;
  const y = attend(query, key, value, options);
  const g = randn(y.shape, new Random(3));
  y.backward({ gradient: tensor(g.data(), g.shape, y.dtype) });
  return [y, ...leaves.map((leaf) => leaf?.grad)].map((x) => x?.data() ?? []);
}

/** What {@link run} gives, computed by {@link composed} in f64. */
export const runComposed = (setting: Setting, kept?: Tensor) => {
  const { query, key, value, options } = draw(setting, "f64");
  return run(
    query,
    key,
    value,
    options,
    (q, k, v, o) => composed(q as Tensor, k as Tensor, v as Tensor, o, kept).output,
  );
};

export const zeros = (n: number): number[] => new Array(n).fill(0);
export const magnitudes = (x: ArrayLike<number>): number[] => Array.from(x, Math.abs);
