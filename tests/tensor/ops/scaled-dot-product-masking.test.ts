/** What a query may not attend has no influence on it, to the last bit and on every backend. */
import fc from "fast-check";
import { describe, expect } from "vitest";
import { Random } from "../../../src/base/random.ts";
import {
  attentionWeights,
  ops,
  randn,
  scaledDotProductAttention,
  tensor,
} from "../../../src/tensor/index.ts";
import {
  allowed,
  draw,
  fillRows,
  magnitudes,
  rows,
  run,
  settings,
  zeros,
} from "../../support/attention-oracle.ts";
import { BACKENDS, bits, law } from "../../support/backends.ts";

describe.each(BACKENDS)("on %s", (backend) => {
  law(
    backend,
    "later keys and queries change no bit of an output",
    [settings, fc.nat(), fc.constantFrom(0.5, Number.NaN, Number.POSITIVE_INFINITY)],
    (setting, n, content) => {
      const { batch, queries, keys, offset } = setting;
      fc.pre(queries > 0);
      const t = n % queries;
      const future = Math.min(t + offset + 1, keys);
      const outputs = [false, true].map((changed) => {
        const { query, key, value, options } = draw({ ...setting, causal: true }, "f32");
        for (let b = 0; changed && b < batch; b++) {
          fillRows(query, b, t + 1, queries, content);
          fillRows(key, b, future, keys, content);
          fillRows(value, b, future, keys, content);
        }
        return scaledDotProductAttention(query, key, value, options);
      });
      for (let b = 0; b < batch; b++) {
        expect(bits(rows(outputs[1], b, 0, t + 1))).toBe(bits(rows(outputs[0], b, 0, t + 1)));
      }
    },
  );

  /** Sizes around those of tiles and blocks. */
  const extent = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 275 }));
  law(
    backend,
    "a query alone, with the keys so far, gives the bits that it gives in the whole",
    [extent, fc.nat(), fc.integer({ min: 1, max: 12 })],
    (time, seed, width) => {
      const random = new Random(seed);
      const [query, key, value] = [0, 1, 2].map(() => randn([2, time, width], random));
      const whole = scaledDotProductAttention(query, key, value, { heads: 1, causal: true });
      const at = random.integer(time);
      const row = ops.slice(query, 1, at, at + 1);
      const ways = [
        // Keys and values of a cache with room for more; exactly the keys so far; one row of the batch alone.
        scaledDotProductAttention(row, key, value, { heads: 1, causal: true, offset: at }),
        scaledDotProductAttention(row, key, value, { heads: 1, lengths: [at + 1, at + 1] }),
        scaledDotProductAttention(row, ops.slice(key, 1, 0, at + 1), ops.slice(value, 1, 0, at + 1), {
          heads: 1,
        }),
      ];
      for (const y of ways) {
        for (let b = 0; b < 2; b++) expect(bits(rows(y, b, 0, 1))).toBe(bits(rows(whole, b, at, at + 1)));
      }
      const [q1, k1, v1] = [query, key, value].map((x) => ops.slice(x, 0, 1, 2));
      const alone = scaledDotProductAttention(q1, k1, v1, { heads: 1, causal: true });
      expect(bits(alone.data())).toBe(bits(rows(whole, 1, 0, time)));
    },
    20,
  );

  law(
    backend,
    "what no query may attend has no influence and a gradient of exactly 0, whatever it holds",
    [settings, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)],
    (setting, content) => {
      const { batch, heads, queries, keys, width } = setting;
      const first = draw(setting, "f32");
      const open = ops
        .permute(allowed(first.query, first.key, first.options), [0, 3, 1, 2])
        .toArray() as number[][][][];
      const hidden = open.map((row) => row.map((each) => !each.flat().includes(1)));
      const [clean, poisoned] = [false, true].map((poison) => {
        const { query, key, value, options } = draw(setting, "f32");
        hidden.forEach((row, b) => {
          row.forEach((isHidden, s) => {
            if (poison && isHidden) for (const x of [key, value]) fillRows(x, b, s, s + 1, content);
          });
        });
        return run(query, key, value, options);
      });
      poisoned.forEach((values, i) => {
        expect(bits(values), `${i}`).toBe(bits(clean[i]));
      });
      const row = heads * width;
      hidden.forEach((flags, b) => {
        flags.forEach((isHidden, s) => {
          if (!isHidden) return;
          const at = (b * keys + s) * row;
          for (const x of [poisoned[2], poisoned[3]])
            expect(magnitudes(x.slice(at, at + row))).toEqual(zeros(row));
        });
      });
      // Queries without keys: zeros in their heads, and no gradient.
      const flags = allowed(first.query, first.key, first.options).data();
      for (let i = 0; i < batch * heads * queries; i++) {
        if (flags.slice(i * keys, (i + 1) * keys).includes(1)) continue;
        const [b, h, t] = [Math.floor(i / (heads * queries)), Math.floor(i / queries) % heads, i % queries];
        const at = ((b * queries + t) * heads + h) * width;
        for (const x of poisoned.slice(0, 2))
          expect(magnitudes(x.slice(at, at + width))).toEqual(zeros(width));
      }
      // The bias where nothing is allowed, when it tells all positions apart.
      const { bias } = first.options;
      if (bias && bias.size === flags.length) {
        flags.forEach((flag, i) => {
          if (flag === 0) expect(Math.abs(poisoned[4][i])).toBe(0);
        });
      }
    },
  );

  law(
    backend,
    "a key hidden from some queries only does not reach those, forward or backward",
    [fc.nat(), extent, fc.integer({ min: 1, max: 9 })],
    (seed, keys, width) => {
      const queries = 9;
      const random = new Random(seed);
      const bad = random.integer(keys);
      const open = Array.from({ length: queries }, () =>
        Array.from({ length: keys }, () => Number(random.uniform() < 0.8)),
      );
      const mask = tensor(open);
      const data = [queries, keys, keys].map((time) => randn([1, time, width], random).data());
      const [clean, poisoned] = [1, Number.NaN].map((content) => {
        const [query, key, value] = data.map((x, i) => tensor(x, [1, i === 0 ? queries : keys, width]));
        for (const x of [key, value]) fillRows(x, 0, bad, bad + 1, content);
        // A hidden key weighs nothing, even among weights that are NaN.
        const weights = attentionWeights(query, key, { heads: 1, mask }).data();
        expect(open.flat().every((flag, i) => flag === 1 || weights[i] === 0)).toBe(true);
        return run(query, key, value, { heads: 1, mask });
      });
      open.forEach((flags, t) => {
        const row = (x: ArrayLike<number>) => bits(Array.from(x).slice(t * width, (t + 1) * width));
        if (flags[bad] === 1) expect(row(poisoned[0])).toContain("NaN");
        else for (const i of [0, 1]) expect(row(poisoned[i])).toBe(row(clean[i]));
      });
    },
    20,
  );
});
