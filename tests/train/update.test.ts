import fc from "fast-check";
import { expect, test } from "vitest";
import { NumericError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Translator } from "../../src/models/translator.ts";
import { SGD } from "../../src/optim/sgd.ts";
import { configure, type SmoothingForm } from "../../src/tensor/index.ts";
import { numericsChecked } from "../../src/tensor/runtime.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { update } from "../../src/train/update.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { Toy, toyPairs } from "../support/toy-trainable.ts";

function updated(toy: Toy, pairs: ReturnType<typeof toyPairs>, batchSize: number, accumulate: number) {
  const optimizer = new SGD(toy.module.namedParameters(), { lr: 1 });
  const task = toy.task({ train: pairs }, { batchSize });
  return { figures: update(task, optimizer, toy.random, { accumulate }), weights: toy.weights };
}

test("law 62: m batches, also of unequal sizes, make the update of one with all their tokens", () => {
  const sizes = fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    batchSize: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(sizes, fc.nat(1000), ({ count, batchSize }, seed) => {
      const pairs = toyPairs(count, seed);
      const whole = updated(new Toy({ dropout: 0 }), pairs, count, 1);
      const parts = updated(new Toy({ dropout: 0 }), pairs, batchSize, Math.ceil(count / batchSize));
      expect(parts.figures.tokens).toBe(count);
      expect(parts.figures.nats).toBeCloseTo(whole.figures.nats, 4);
      expect(parts.figures.gradientNorm).toBeCloseTo(whole.figures.gradientNorm, 5);
      whole.weights.forEach((weight, i) => {
        expect(parts.weights[i]).toBeCloseTo(weight, 5);
      });
    }),
    runs,
  );
});

test("law 62 for a translator: padding and label smoothing change nothing", () => {
  const words = trainTokenizer(["a b c d e"], { type: "word" });
  const texts = ["a", "b c", "d a b", "e", "c d e a b", "a a"];
  const train = texts.map((source) => ({ source, target: source.split(" ").reverse().join(" ") }));
  const sizes = {
    dModel: 8,
    nhead: 2,
    dimFeedforward: 8,
    numEncoderLayers: 1,
    numDecoderLayers: 1,
    dropout: 0,
  };
  const updated = (batchSize: number, accumulate: number, smoothingForm: SmoothingForm) => {
    const parts = { source: words, target: words, random: new Random(3) };
    const translator = new Translator({ ...parts, model: "transformer", ...sizes });
    const task = translator.task({ train }, { batchSize, labelSmoothing: 0.3, smoothingForm });
    const optimizer = new SGD(task.module.namedParameters(), { lr: 1 });
    const figures = update(task, optimizer, translator.random, { accumulate });
    return {
      figures,
      weights: task.module.parameters().flatMap((parameter) => Array.from(parameter.data())),
    };
  };
  for (const smoothingForm of ["uniform", "others", "others-kl"] as const) {
    const whole = updated(6, 1, smoothingForm);
    for (const [batchSize, accumulate] of [
      [1, 6],
      [4, 2],
    ] as const) {
      const parts = updated(batchSize, accumulate, smoothingForm);
      expect(parts.figures.tokens).toBe(whole.figures.tokens);
      expect(parts.figures.nats).toBeCloseTo(whole.figures.nats, 4);
      expectClose(parts.weights, whole.weights, { atol: 1e-5 });
    }
  }
});

test("a gradient that overflows where the loss is finite changes no weight either", () => {
  const toy = new Toy({ dropout: 0 });
  const { embedding, output } = toy.module;
  embedding.weight.view().fill(0);
  output.weight.view().set([3e38, 3e38, 3e38, -3e38, -3e38, -3e38, 0, 0, 0]);
  output.bias?.view().fill(0);
  const before = toy.weights;
  // p = 1/3 each, so that d loss / d logits = (-2/3, 1/3, 1/3): -3e38 for the embedding of each of two equal words.
  expect(() => updated(toy, [{ source: [1, 1], target: [0] }], 1, 1)).toThrow(NumericError);
  expect(toy.weights).toEqual(before);
  expect(toy.module.parameters().every(({ grad }) => grad === null)).toBe(true);
});

test("looking for the op leaves the source of chance and the check as they were", () => {
  for (const checkNumerics of [false, true]) {
    configure({ checkNumerics });
    const toy = new Toy({ dropout: 0.5 });
    const task = toy.task({ train: toyPairs(4) });
    toy.module.embedding.weight.view().fill(Number.NaN);
    const optimizer = new SGD(toy.module.namedParameters(), { lr: 1 });
    expect(() => update(task, optimizer, toy.random, { accumulate: 2 })).toThrow(NumericError);
    expect(numericsChecked()).toBe(checkNumerics);
    expect(task.batches.position).toEqual({ epoch: 1, batch: 0 });
  }
  configure({ checkNumerics: false });
});
