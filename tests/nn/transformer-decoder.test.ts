import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { TransformerDecoder, TransformerDecoderLayer } from "../../src/nn/transformer-decoder.ts";
import { concat, noGrad, ones, ops, randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { laws } from "../../src/testing/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { describeRecorded } from "../support/recorded-transformers.ts";
import { split } from "../support/split.ts";

const decode = (
  module: TransformerDecoder | TransformerDecoderLayer,
  { x, memory }: Record<string, Tensor>,
  options: object,
) => module.forward(x, memory, options);
describeRecorded("decoder layer", (options) => new TransformerDecoderLayer(options), decode);
describeRecorded("decoder", (options) => new TransformerDecoder(options), decode);

describe("every parameter cos(0), cos(1), ...: values of PyTorch's test/cpp/api/transformer.cpp and, with masks, of 1.13", () => {
  const layer = new TransformerDecoderLayer({ dModel: 4, nhead: 2, dimFeedforward: 16, dropout: 0 });
  for (const parameter of layer.parameters()) {
    parameter.view().set(parameter.data().map((_, i) => Math.cos(i)));
  }
  // One sequence; PyTorch's mask is true for what is ignored.
  const nines = tensor([9, 10, 11, 12, 11, 12, 13, 14], [1, 2, 4]);
  const ones = tensor([[[1, 2, 3, 4]]]);
  test.each([
    [
      "a token and a memory",
      () => layer.forward(tensor([[[20, 30, 40, 50]]]), tensor([[[60, 70, 80, 90]]])),
      [2.314351, 0.094805, -0.671322, 0.101977],
    ],
    [
      "two tokens",
      () => layer.forward(nines, ones),
      [2.422245, 0.051716, -0.606338, -0.024756, 2.422245, 0.051716, -0.606338, -0.024756],
    ],
    [
      "two tokens, the first masked",
      () => layer.forward(nines, ones, { mask: tensor([[0, 1]]) }),
      [2.421853, 0.05171, -0.606612, -0.024505, 2.421853, 0.05171, -0.606612, -0.024505],
    ],
    [
      "a memory of two, the first masked",
      () => layer.forward(ones, nines, { memoryMask: tensor([[0, 1]]) }),
      [2.353885, 0.067201, -0.650319, 0.040566],
    ],
  ])("%s", (_name, run, expected) => {
    expectClose(run().data(), expected, { atol: 1e-5 });
  });
});

const fewer = { numRuns: Math.ceil(runs.numRuns / 4) };
const WIDTH = 4;
const options = { dModel: WIDTH, nhead: 2, dimFeedforward: 6, dropout: 0, numLayers: 2 } as const;
const stackOf = (random: Random, more: object = {}): TransformerDecoder =>
  new TransformerDecoder({ ...options, ...more, random });
const forms = fc.record(
  { normFirst: fc.boolean(), bias: fc.boolean(), rotary: fc.constant({}), activation: fc.constant("geglu") },
  { requiredKeys: [] },
);

const { gradient, roundTrip, repeats } = laws.module({
  make: (random) => stackOf(random, { activation: "gelu-tanh", rotary: {} }),
  run: (stack, random) => {
    const { dtype } = stack.layers[0].linear1.weight;
    const [x, memory] = [randn([2, 3, WIDTH], random, dtype), randn([2, 4, WIDTH], random, dtype)];
    return stack.forward(x, memory, { causal: true, memoryLengths: [4, 2] });
  },
});
test.each(Object.entries({ gradient, roundTrip, repeats }))("module law: %s", (_name, law) =>
  fc.assert(law, { numRuns: 5 }),
);

test("the future changes no bit of the past", () => {
  fc.assert(
    fc.property(forms, fc.nat(), (form, seed) => {
      const law = laws.causalModule({
        make: (random) => stackOf(random, form),
        input: (random, batch, time) => randn([batch, time, WIDTH], random),
        run: (stack, x) =>
          stack.forward(x, randn([x.shape[0], 3, WIDTH], new Random(seed)), { causal: true }),
      });
      fc.assert(law, { numRuns: 4, seed });
    }),
    fewer,
  );
});

const situation = fc.record({
  seed: fc.nat(),
  form: forms,
  memoryLengths: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }),
  chunks: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
});

test("chunks through caches give what the whole gives, to the bit in plain loops", () => {
  fc.assert(
    fc.property(situation, ({ seed, form, memoryLengths, chunks }) => {
      const random = new Random(seed);
      const stack = stackOf(random, form).to("f64");
      const time = chunks.reduce((sum, size) => sum + size, 0);
      const batch = memoryLengths.length;
      const [x, memory] = [time, 4].map((extent) => randn([batch, extent, WIDTH], random, "f64"));
      noGrad(() => {
        const caches = stack.startCaches(memory);
        const parts = split(x, chunks).map((part) =>
          stack.forward(part, null, { causal: true, memoryLengths, caches }),
        );
        const whole = stack.forward(x, memory, { causal: true, memoryLengths });
        expect(`${concat(parts, 1).data()}`).toBe(`${whole.data()}`);
        for (const { self, memory } of caches) {
          self.dispose();
          memory.dispose();
        }
      });
    }),
    fewer,
  );
});

test("what lies beyond the memory's lengths changes no bit of values and gradients, and gets no gradient", () => {
  fc.assert(
    fc.property(situation, fc.constantFrom("f32", "f64"), ({ seed, form, memoryLengths }, dtype) => {
      const run = (padding: number) => {
        const random = new Random(seed);
        const stack = stackOf(random, form).to(dtype);
        const batch = memoryLengths.length;
        const [x, memory] = [2, 4].map((extent) => randn([batch, extent, WIDTH], random, dtype));
        memoryLengths.forEach((length, b) => {
          memory.view().fill(padding, (b * 4 + length) * WIDTH, (b + 1) * 4 * WIDTH);
        });
        memory.requiresGrad = true;
        const y = stack.forward(x, memory, { memoryLengths });
        y.mul(y).mul(y).sum().backward();
        memoryLengths.forEach((length, b) => {
          const beyond = ops.slice(ops.slice(memory.grad as Tensor, 0, b, b + 1), 1, length).data();
          expect(beyond.every((value) => value === 0)).toBe(true);
        });
        return [y, ...stack.parameters().map(({ grad }) => grad)].map((tensor) => `${tensor?.data()}`);
      };
      expect(run(7)).toEqual(run(-1));
    }),
    fewer,
  );
});

test("both attentions of each layer can be looked into, in order", () => {
  const seen: [number, string, string][] = [];
  stackOf(new Random(1)).forward(ones([2, 3, WIDTH]), ones([2, 5, WIDTH]), {
    onAttention: (weights, kind, layer) => seen.push([layer, kind, `${weights.shape}`]),
  });
  const layer = (i: number) => [
    [i, "self", "2,2,3,3"],
    [i, "memory", "2,2,3,5"],
  ];
  expect(seen).toEqual([...layer(0), ...layer(1)]);
});

describe("errors", () => {
  const stack = stackOf(new Random(1));
  const x = ones([1, 1, WIDTH]);
  test.each([
    [
      () => stack.forward(x, null),
      "decoder memory: expected either a memory or a cache that holds it, got neither.",
    ],
    [
      () => noGrad(() => stack.forward(x, x, { caches: stack.startCaches(x) })),
      "decoder memory: expected either a memory or a cache that holds it, got both.",
    ],
    [
      () => stack.forward(x, x, { memorylengths: [1] } as never),
      'TransformerDecoderLayer.forward option: expected one of causal, lengths, mask, bias, memoryLengths, memoryMask, cache, onAttention, got "memorylengths". Did you mean "memoryLengths"?',
    ],
    [
      () => stack.startCaches(x),
      "key-value cache: expected keys and values without gradients, got some that gradients should flow through. Wrap the computation in noGrad.",
    ],
  ])("%#", (act, message) => {
    expect(act).toThrow(message);
  });
});
