import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { ACTIVATIONS } from "../../src/nn/feed-forward.ts";
import type { Module } from "../../src/nn/module.ts";
import { TransformerEncoder, TransformerEncoderLayer } from "../../src/nn/transformer-encoder.ts";
import { concat, configure, noGrad, ones, ops, randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { laws } from "../../src/testing/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { describeRecorded } from "../support/recorded-transformers.ts";
import { split } from "../support/split.ts";

const encode = (
  module: TransformerEncoder | TransformerEncoderLayer,
  { x }: Record<string, Tensor>,
  options: object,
) => module.forward(x, options);
describeRecorded("encoder layer", (options) => new TransformerEncoderLayer(options), encode);
describeRecorded("encoder", (options) => new TransformerEncoder(options), encode);

describe("every parameter cos(0), cos(1), ...: values of PyTorch's test/cpp/api/transformer.cpp and, with masks, of 1.13", () => {
  const layer = (activation: "relu" | "gelu") => {
    const options = { dModel: 4, nhead: 2, dimFeedforward: 16, dropout: 0, activation } as const;
    const made = new TransformerEncoderLayer(options);
    for (const parameter of made.parameters())
      parameter.view().set(parameter.data().map((_, i) => Math.cos(i)));
    return made;
  };
  const one = tensor([[[20, 30, 40, 50]]]);
  // Two tokens of one sequence. PyTorch's mask is true for what is ignored.
  const two = tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]]); // biome-ignore format: one sequence
  test.each([
    ["one token", () => layer("relu").forward(one), [[2.258703, 0.127985, -0.697881, 0.170862]]],
    ["erf gelu", () => layer("gelu").forward(one), [[2.249815, 0.131006, -0.702199, 0.177868]]],
    [
      "two tokens, the first masked",
      () => layer("relu").forward(two, { mask: tensor([[0, 1]]) }),
      [
        [2.301516, 0.092249, -0.679101, 0.103088],
        [2.301516, 0.092249, -0.679101, 0.103088],
      ],
    ],
  ])("%s", (_name, run, expected) => {
    expectClose(run().data(), (expected as number[][]).flat(2), { atol: 1e-5 });
  });
});

test("where everything is masked, the heads are zeros instead of PyTorch's NaN", () => {
  const layer = layerOf(new Random(2));
  const { self_attn, norm1 } = layer;
  self_attn.out_proj.bias?.view().set([1, -2, 3, 0]);
  const x = randn([1, 2, WIDTH], new Random(3));
  const between = norm1.forward(x.add(self_attn.out_proj.bias as Tensor));
  const expected = layer.norm2.forward(
    between.add(layer.linear2.forward(layer.linear1.forward(between).relu())),
  );
  expectClose(layer.forward(x, { lengths: [0] }).data(), expected.data());
});

const fewer = { numRuns: Math.ceil(runs.numRuns / 4) };
const WIDTH = 4;
const options = { dModel: WIDTH, nhead: 2, dimFeedforward: 6, dropout: 0 } as const;
const layerOf = (random: Random, more: object = {}): TransformerEncoderLayer =>
  new TransformerEncoderLayer({ ...options, ...more, random });
const stackOf = (random: Random, more: object = {}): TransformerEncoder =>
  new TransformerEncoder({ ...options, numLayers: 2, normFirst: true, ...more, random });
const forms = fc.record(
  {
    normFirst: fc.boolean(),
    bias: fc.boolean(),
    rotary: fc.constant({}),
    activation: fc.constantFrom(...ACTIVATIONS),
  },
  { requiredKeys: [] },
);

describe.each([false, true])("module laws, normFirst %s", (normFirst) => {
  const { gradient, roundTrip, repeats } = laws.module({
    make: (random) => stackOf(random, { normFirst, activation: "swiglu", rotary: {} }),
    run: (stack, random) =>
      stack.forward(randn([2, 3, WIDTH], random, stack.layers[0].linear1.weight.dtype), { lengths: [3, 1] }),
  });
  test.each(Object.entries({ gradient, roundTrip, repeats }))("%s", (_name, law) =>
    fc.assert(law, { numRuns: 5 }),
  );
});

test("the future changes no bit of the past", () => {
  fc.assert(
    fc.property(forms, fc.nat(), (form, seed) => {
      const law = laws.causalModule({
        make: (random) => stackOf(random, form),
        input: (random, batch, time) => randn([batch, time, WIDTH], random),
        run: (stack, x) => stack.forward(x, { causal: true }),
      });
      fc.assert(law, { numRuns: 4, seed });
    }),
    fewer,
  );
});

test("no gradient reaches the future", () => {
  const random = new Random(1);
  const x = randn([2, 5, WIDTH], random);
  x.requiresGrad = true;
  ops
    .slice(stackOf(random).forward(x, { causal: true }), 1, 0, 3)
    .sum()
    .backward();
  const future = ops.slice(x.grad as Tensor, 1, 3, 5).data();
  expect([...future].map(Math.abs)).toEqual(new Array(2 * 2 * WIDTH).fill(0));
});

describe("with caches", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  /** The sequence at once, and in chunks through caches. */
  function both(stack: TransformerEncoder, x: Tensor, chunks: readonly number[]): [Tensor, Tensor] {
    return noGrad(() => {
      const caches = stack.startCaches();
      const parts = split(x, chunks).map((part) => stack.forward(part, { causal: true, caches }));
      for (const cache of caches) cache.dispose();
      return [concat(parts, 1), stack.forward(x, { causal: true })];
    });
  }
  const situation = fc.tuple(fc.nat(), forms, sizes);
  const input = (random: Random, batch: number, chunks: number[], dtype: "f32" | "f64"): Tensor =>
    randn([batch, chunks.reduce((sum, size) => sum + size, 0), WIDTH], random, dtype);

  test("chunks give what the whole gives, to the bit in plain loops", () => {
    fc.assert(
      fc.property(situation, ([seed, form, chunks]) => {
        const random = new Random(seed);
        const [chunked, whole] = both(
          stackOf(random, form).to("f64"),
          input(random, 2, chunks, "f64"),
          chunks,
        );
        expect(`${chunked.data()}`).toBe(`${whole.data()}`);
      }),
      fewer,
    );
  });

  test("chunks give what the whole gives, in f32", () => {
    fc.assert(
      fc.property(situation, ([seed, form, chunks]) => {
        const random = new Random(seed);
        const [chunked, whole] = both(stackOf(random, form), input(random, 2, chunks, "f32"), chunks);
        expectClose(chunked.data(), whole.data(), { atol: 1e-4, rtol: 1e-4 });
      }),
      fewer,
    );
  });

  test("strict SIMD gives the same bits for three rows and more", () => {
    const { backend } = configure();
    configure({ backend: "simd" });
    fc.assert(
      fc.property(situation, ([seed, form, chunks]) => {
        const random = new Random(seed);
        const [chunked, whole] = both(stackOf(random, form), input(random, 3, chunks, "f32"), chunks);
        expect(`${chunked.data()}`).toBe(`${whole.data()}`);
      }),
      fewer,
    );
    configure({ backend: backend as "simd" });
  });
});

describe("padding and company", () => {
  const ragged = fc.record({
    seed: fc.nat(),
    form: forms,
    lengths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    more: fc.integer({ min: 0, max: 3 }),
  });
  const gradientsOf = (module: Module): string[] => module.parameters().map(({ grad }) => `${grad?.data()}`);

  /** Rows of random content, `time` positions of each, the padding from another source. */
  function rows(
    seed: number,
    lengths: readonly number[],
    time: number,
    padding: Random,
    dtype: "f32" | "f64" = "f64",
  ): Tensor {
    const x = randn([lengths.length, time, WIDTH], padding, dtype);
    lengths.forEach((length, b) => {
      const own = randn([length, WIDTH], new Random(seed + b), dtype);
      x.view().set(own.view(), b * time * WIDTH);
    });
    x.requiresGrad = true;
    return x;
  }

  /** The valid results, row by row, and the gradients of a sum of their squares. */
  function results(stack: TransformerEncoder, x: Tensor, lengths: readonly number[]) {
    stack.zeroGrad();
    const y = stack.forward(x, { lengths: [...lengths] });
    const valid = lengths.map((length, b) => ops.slice(ops.slice(y, 0, b, b + 1), 1, 0, length));
    valid
      .map((part) => part.mul(part).mul(part).sum())
      .reduce((a, b) => a.add(b))
      .backward();
    return { valid: valid.map((part) => `${part.data()}`), gradients: gradientsOf(stack) };
  }

  test("what stands in the padding changes no bit of values and gradients, and gets no gradient", () => {
    fc.assert(
      fc.property(ragged, fc.constantFrom("f32", "f64"), ({ seed, form, lengths, more }, dtype) => {
        const stack = stackOf(new Random(seed), form).to(dtype);
        const time = Math.max(...lengths) + more;
        const [x, other] = [1, 2].map((source) => rows(seed, lengths, time, new Random(source), dtype));
        expect(results(stack, x, lengths)).toEqual(results(stack, other, lengths));
        lengths.forEach((length, b) => {
          const gradient = ops.slice(ops.slice(x.grad as Tensor, 0, b, b + 1), 1, length).data();
          expect(gradient.every((value) => value === 0)).toBe(true);
        });
      }),
      fewer,
    );
  });

  test("more padding and other rows change no bit of the values; gradients are the sum of those of single rows", () => {
    fc.assert(
      fc.property(ragged, ({ seed, form, lengths, more }) => {
        const stack = stackOf(new Random(seed), form).to("f64");
        const time = Math.max(...lengths) + more;
        const together = results(stack, rows(seed, lengths, time, new Random(1)), lengths);
        const alone = lengths.map((length, b) =>
          results(stack, rows(seed + b, [length], length, new Random(2)), [length]),
        );
        expect(together.valid).toEqual(alone.flatMap(({ valid }) => valid));
        together.gradients.forEach((gradient, i) => {
          const parts = alone.map(({ gradients }) => gradients[i].split(",").map(Number));
          const total = parts.reduce((a, b) => a.map((value, j) => value + b[j]));
          expectClose(gradient.split(",").map(Number), total, { atol: 1e-9, rtol: 1e-9 });
        });
      }),
      fewer,
    );
  });
});

describe("the stack", () => {
  test("looks into each layer, in order", () => {
    const seen: [number, string][] = [];
    stackOf(new Random(1)).forward(ones([3, 2, WIDTH]), {
      onAttention: (weights, layer) => seen.push([layer, `${weights.shape}`]),
    });
    expect(seen).toEqual([0, 1].map((layer) => [layer, "3,2,2,2"]));
  });

  test("ends in a normalisation with normFirst, unless told otherwise", () => {
    const norms = [{}, { normFirst: false }, { norm: false }, { normFirst: false, norm: true }].map(
      (more) => stackOf(new Random(1), more).norm !== null,
    );
    expect(norms).toEqual([true, false, false, true]);
  });

  test.each([
    [
      () => stackOf(new Random(1), { numLayers: 0 }),
      "numLayers: expected a whole number of at least 1, got 0.",
    ],
    [
      () => stackOf(new Random(1), { numlayers: 1 }),
      'TransformerEncoder option: expected one of dModel, nhead, dimFeedforward, dropout, attentionDropout, activationDropout, activation, normFirst, layerNormEps, bias, rotary, random, numLayers, norm, got "numlayers". Did you mean "numLayers"?',
    ],
    [
      () => stackOf(new Random(1)).forward(ones([1, 1, WIDTH]), { caches: [] }),
      "caches: expected one for each of 2 layers, got 0.",
    ],
    [
      () => layerOf(new Random(1)).forward(ones([1, 1, WIDTH]), { lenghts: [1] } as never),
      'MultiheadAttention.forward option: expected one of lengths, mask, bias, onAttention, causal, cache, got "lenghts". Did you mean "lengths"?',
    ],
  ])("errors %#", (act, message) => {
    expect(act).toThrow(message);
  });
});

test("an encoder layer is its formula of sublayers, before and after norm", () => {
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), (seed, normFirst) => {
      const random = new Random(seed);
      const layer = layerOf(random, { normFirst }).to("f64");
      const { self_attn, linear1, linear2, norm1, norm2 } = layer;
      const x = randn([2, 3, WIDTH], random, "f64");
      const feed = (y: Tensor) => linear2.forward(linear1.forward(y).relu());
      const between = normFirst
        ? x.add(self_attn.forward(norm1.forward(x)))
        : norm1.forward(x.add(self_attn.forward(x)));
      const expected = normFirst
        ? between.add(feed(norm2.forward(between)))
        : norm2.forward(ops.add(between, feed(between)));
      expectClose(layer.forward(x).data(), expected.data(), { atol: 1e-12, rtol: 1e-12 });
    }),
    runs,
  );
});
