/** Dropout of attention weights, on every backend. */
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.ts";
import {
  attentionWeights,
  ops,
  randn,
  scaledDotProductAttention,
  type Tensor,
  tensor,
} from "../../../src/tensor/index.ts";
import { draw, plain, run, runComposed } from "../../support/attention-oracle.ts";
import { BACKENDS, bits, onBackend } from "../../support/backends.ts";
import { expectClose } from "../../support/close.ts";

describe.each(BACKENDS)("on %s", (backend) => {
  /** The weights as they are after dropout, `[B, T, S]`: values that are unit vectors show them. */
  const dropped = (query: Tensor, key: Tensor, random: Random, dropout = 0.5) => {
    const keys = key.shape[1];
    const unit = Float32Array.from({ length: keys * keys }, (_, i) => Number(i % (keys + 1) === 0));
    const value = ops.broadcastTo(tensor(unit, [keys, keys]), [query.shape[0], keys, keys]);
    return scaledDotProductAttention(query, key, value, { heads: 1, dropout, random });
  };
  const [query, key] = [0, 1].map((seed) => randn([2, 5, 5], new Random(seed)));

  test("weights are 0 or divided by what is kept; the same draw drops the same, on every backend", () => {
    onBackend(backend, () => {
      const weights = attentionWeights(query, key, { heads: 1 }).data();
      const first = dropped(query, key, new Random(4)).data();
      const kept = Array.from(first, (weight) => Number(weight !== 0));
      expectClose(
        first,
        kept.map((flag, i) => 2 * flag * weights[i]),
      );
      expect(new Set(kept).size).toBe(2);
      expect(bits(dropped(query, key, new Random(4)).data())).toBe(bits(first));
      expect(bits(dropped(query, key, new Random(5)).data())).not.toBe(bits(first));
      const random = new Random(4);
      dropped(query, key, random);
      expect(bits(dropped(query, key, random).data())).not.toBe(bits(first));
      const reference = onBackend("reference", () => dropped(query, key, new Random(4)).data());
      expect(kept).toEqual(Array.from(reference, (weight) => Number(weight !== 0)));
    });
  });

  test("with probability 0 nothing is drawn and no bit changes", () => {
    onBackend(backend, () => {
      const random = new Random(4);
      const y = scaledDotProductAttention(query, key, key, { heads: 1, dropout: 0, random });
      expect(bits(y.data())).toBe(bits(scaledDotProductAttention(query, key, key, { heads: 1 }).data()));
      expect(random.bits()).toBe(new Random(4).bits());
    });
  });

  test("the expectation of the output is the output", () => {
    onBackend(backend, () => {
      const times = 400;
      const random = new Random(8);
      const expected = attentionWeights(query, key, { heads: 1 }).data();
      const sum = new Float64Array(expected.length);
      for (let n = 0; n < times; n++)
        dropped(query, key, random, 0.25)
          .data()
          .forEach((x, i) => {
            sum[i] += x / times;
          });
      // A weight w has variance w^2 p / (1 - p) = w^2 / 3; five deviations of the mean.
      expected.forEach((w, i) => {
        expect(Math.abs(sum[i] - w)).toBeLessThan(5 * w * Math.sqrt(1 / 3 / times) + 1e-6);
      });
    });
  });

  test("gradients are those of the weights that were kept, over blocks too", () => {
    onBackend(backend, () => {
      for (const [queries, keys] of [
        [5, 5],
        [10, 270],
      ]) {
        const setting = { ...plain, batch: 1, heads: 1, queries, keys, width: keys };
        const { query, key, value } = draw(setting, "f32");
        const kept = dropped(query, key, new Random(6))
          .data()
          .map((weight) => (weight === 0 ? 0 : 2));
        const expected = runComposed(setting, tensor(kept, [1, 1, queries, keys], "f64"));
        const actual = run(query, key, value, { heads: 1, dropout: 0.5, random: new Random(6) });
        actual.forEach((values, i) => {
          expectClose(values, expected[i], { atol: 1e-4, rtol: 1e-4 });
        });
      }
    });
  });
});
