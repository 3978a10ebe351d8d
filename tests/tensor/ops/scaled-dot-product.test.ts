/** Attention against matrix products and softmax, on every backend. Literal values and errors are in the table of all ops. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.ts";
import {
  attentionWeights,
  concat,
  type DType,
  gradcheck,
  ones,
  ops,
  randn,
  scaledDotProductAttention,
  scoped,
  type Tensor,
  tensor,
} from "../../../src/tensor/index.ts";
import {
  allowed,
  composed,
  draw,
  magnitudes,
  plain,
  rows,
  run,
  runComposed,
  type Setting,
  settings,
  zeros,
} from "../../support/attention-oracle.ts";
import { BACKENDS, bits, law, onBackend } from "../../support/backends.ts";
import { expectClose } from "../../support/close.ts";
import { runs } from "../../support/fc.ts";

function agrees(setting: Setting, dtype: DType, tolerance: number): void {
  scoped(() => {
    const { query, key, value, options } = draw(setting, dtype);
    const expected = runComposed(setting);
    run(query, key, value, options).forEach((actual, i) => {
      expectClose(actual, expected[i], { atol: tolerance, rtol: tolerance });
    });
    const exact = draw(setting, "f64");
    const { weights } = composed(exact.query, exact.key, exact.value, exact.options);
    expectClose(attentionWeights(query, key, options).data(), weights.data(), { atol: tolerance });
  });
}

test("in f64, outputs, weights and gradients are those of matrix products and softmax", () => {
  fc.assert(
    fc.property(settings, (setting) => agrees(setting, "f64", 1e-11)),
    { numRuns: Math.ceil(runs.numRuns / 2) },
  );
});

test("gradients, to the bias too, are those of central differences", () => {
  const attend = (setting: Setting, dropout: number) =>
    scoped(() => {
      const { query, key, value, options } = draw(setting, "f64");
      const { bias, ...rest } = options;
      const f = (q: Tensor, k: Tensor, v: Tensor, b?: Tensor) =>
        scaledDotProductAttention(q, k, v, {
          ...rest,
          ...(b && { bias: b }),
          dropout,
          random: new Random(5),
        });
      const report = gradcheck(f, bias ? [query, key, value, bias] : [query, key, value]);
      expect(report.error).toBeLessThanOrEqual(1e-6);
    });
  fc.assert(fc.property(settings, fc.constantFrom(0, 0.3), attend), {
    numRuns: Math.ceil(runs.numRuns / 20),
  });
});

describe.each(BACKENDS)("on %s", (backend) => {
  law(
    backend,
    "outputs, weights and gradients are those of matrix products and softmax",
    [settings],
    (setting) => agrees(setting, "f32", 2e-5),
  );

  test.each<[string, Partial<Setting>]>([
    ["many queries", { queries: 260, keys: 9, causal: true, offset: 2 }],
    ["many keys", { batch: 1, queries: 70, keys: 270, width: 5, causal: true, offset: 200 }],
    [
      "many keys under a mask",
      { batch: 1, queries: 70, keys: 260, mask: [true, true, true], bias: [true, false, true] },
    ],
    [
      "many keys, for each row another number",
      { queries: 9, keys: 520, lengths: true, bias: [false, true, false] },
    ],
    ["wide heads", { queries: 5, keys: 9, width: 300 }],
  ])("the same of %s", (_name, part) => {
    onBackend(backend, () => agrees({ ...plain, ...part }, "f32", 1e-4));
  });

  law(
    backend,
    "weights are at least 0 and sum to 1, or to 0 where nothing may be attended",
    [settings],
    (setting) => {
      const { query, key, options } = draw(setting, "f32");
      const weights = attentionWeights(ops.mul(query, 20), key, options);
      expect(weights.data().every((weight) => weight >= 0)).toBe(true);
      const open = ops.max(
        concat([allowed(query, key, options), ops.mul(ones([...weights.shape.slice(0, 3), 1]), 0)], -1),
        -1,
      );
      if (weights.size > 0) expectClose(ops.sum(weights, -1).data(), open.data(), { atol: 1e-6 });
    },
  );

  law(backend, "one key gives its value", [settings], (setting) => {
    const { query, key, value } = draw({ ...setting, keys: 1 }, "f32");
    const y = scaledDotProductAttention(query, key, value, { heads: setting.heads });
    for (let b = 0; b < setting.batch; b++) {
      for (let t = 0; t < setting.queries; t++) {
        expectClose(rows(y, b, t, t + 1), rows(value, b, 0, 1), { atol: 1e-6, rtol: 1e-6 });
      }
    }
  });

  law(
    backend,
    "the order of keys and values, with their mask and bias, does not matter",
    [settings, fc.nat()],
    (setting, s) => {
      fc.pre(setting.keys > 0);
      const { query, key, value, options } = draw({ ...setting, causal: false, lengths: false }, "f32");
      const order = new Random(s).shuffle(Array.from({ length: setting.keys }, (_, i) => i));
      const moved = (x: Tensor, axis: number) =>
        concat(
          order.map((at) => ops.slice(x, axis, at, at + 1)),
          axis,
        );
      const { mask, bias } = options;
      const y = scaledDotProductAttention(query, moved(key, 1), moved(value, 1), {
        ...options,
        ...(mask && { mask: moved(mask, 3) }),
        ...(bias && { bias: moved(bias, 3) }),
      });
      expectClose(y.data(), scaledDotProductAttention(query, key, value, options).data());
    },
  );

  law(
    backend,
    "columns of one packed tensor: the bits of separate tensors, and one gradient with those of all three",
    [settings],
    (setting) => {
      const { batch, queries: time, heads, width } = setting;
      const size = heads * width;
      const same = { ...setting, keys: time };
      const separate = draw(same, "f32");
      const expected = run(separate.query, separate.key, separate.value, separate.options);
      const { query, key, value, options } = draw(same, "f32");
      // One column beside them that is not attended.
      const packed = tensor(concat([query, key, value, ones([batch, time, 1])], -1).data(), [
        batch,
        time,
        3 * size + 1,
      ]);
      packed.requiresGrad = true;
      const part = (i: number) => ({ of: packed, start: i * size, width: size });
      const y = scaledDotProductAttention(part(0), part(1), part(2), options);
      expect(bits(y.data())).toBe(bits(expected[0]));
      y.backward({ gradient: randn(y.shape, new Random(3)) });
      [0, 1, 2].forEach((i) => {
        expect(bits(ops.slice(packed.grad as Tensor, -1, i * size, (i + 1) * size).data())).toBe(
          bits(expected[i + 1]),
        );
      });
      expect(magnitudes(ops.slice(packed.grad as Tensor, -1, 3 * size).data())).toEqual(zeros(batch * time));
    },
  );
});
