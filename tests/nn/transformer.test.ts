import { expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Transformer } from "../../src/nn/transformer.ts";
import { ones, randn, tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { describeRecorded } from "../support/recorded-transformers.ts";

describeRecorded(
  "transformer",
  (options) => new Transformer(options),
  (module, { source, target }, options) => module.forward(source, target, options),
);

const SIZES = {
  dModel: 4,
  nhead: 2,
  dimFeedforward: 6,
  numEncoderLayers: 1,
  numDecoderLayers: 1,
  dropout: 0,
};

test("all matrices start Xavier uniform, biases at zero or within their linear map's bound, scales at one", () => {
  const model = new Transformer({ ...SIZES, dModel: 64, random: new Random(1) });
  for (const [name, parameter] of model.namedParameters()) {
    const largest = Math.max(...parameter.data().map(Math.abs));
    if (parameter.rank === 1) continue;
    const bound = Math.sqrt(6 / (parameter.shape[0] + parameter.shape[1]));
    expect(largest, name).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(largest, name).toBeGreaterThan(0.9 * bound);
  }
});

test("the sizes of the paper's base model are the defaults", () => {
  const { encoder, decoder } = new Transformer({ dModel: 8 });
  expect([encoder.layers.length, decoder.layers.length]).toEqual([6, 6]);
  const [{ self_attn, linear1 }] = encoder.layers;
  expect([linear1.weight.shape[0], self_attn.numHeads, self_attn.dropout]).toEqual([2048, 8, 0.1]);
  const small = new Transformer({ dimFeedforward: 1, numEncoderLayers: 1, numDecoderLayers: 1 });
  expect(small.encoder.layers[0].self_attn.embedDim).toBe(512);
});

test("masks of source, target and memory reach their attentions", () => {
  const random = new Random(3);
  const model = new Transformer({ ...SIZES, random });
  const [source, target] = [randn([1, 3, 4], random), randn([1, 2, 4], random)];
  const run = (options: object, changed = source) => model.forward(changed, target, options).data();
  const withoutLast = tensor([[1, 1, 0]]);
  const changed = randn([1, 3, 4], random);
  changed.view().set(source.view().subarray(0, 8));
  const hidden = { sourceMask: withoutLast, memoryMask: withoutLast };
  expectClose(run(hidden, changed), run(hidden));
  expectClose(run({ memoryLengths: [2] }, changed), run(hidden));
  for (const partly of [{ sourceMask: withoutLast }, { memoryMask: withoutLast }]) {
    expect(run(partly, changed)).not.toEqual(run(partly));
  }
  expectClose(run({ mask: tensor([[1, 0], [1, 1]]) }), run({ causal: true })); // biome-ignore format: a matrix
  expect(run({ lengths: [1] })).not.toEqual(run({}));
});

test("refuses unknown forward options", () => {
  const model = new Transformer(SIZES);
  const x = ones([1, 2, 4]);
  expect(() => model.forward(x, x, { sourceLengths: [1] } as never)).toThrow('got "sourceLengths"');
});
