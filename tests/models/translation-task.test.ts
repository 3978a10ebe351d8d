import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Translator } from "../../src/models/translator.ts";
import { Adam } from "../../src/optim/adam.ts";
import { memoryInfo, noGrad, ops, Scope, scoped, tensor } from "../../src/tensor/index.ts";
import { generateSequences } from "../../src/testing/synthetic.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";

const train = generateSequences({
  task: "reverse",
  seed: 1,
  pairs: 60,
  minLength: 1,
  maxLength: 5,
  vocabulary: 6,
});
const words = trainTokenizer(
  train.map((pair) => pair.source),
  { type: "word" },
);
const make = () =>
  new Translator({ source: words, target: words, embeddingSize: 12, hiddenSize: 12, random: new Random(2) });

describe("TranslationTask", () => {
  test("the loss is the mean negative log probability of the next words, end of sentence included", () => {
    const translator = make();
    const [pair] = train;
    const task = translator.task({ train: [pair] });
    const target = [...words.encode(pair.target), words.eosId];
    scoped(() => {
      const { loss, tokens } = task.loss(task.batches.next());
      expect(tokens).toBe(target.length);
      const source = [...words.encode(pair.source), words.eosId];
      const previous = [words.bosId, ...target.slice(0, -1)];
      const i32 = (row: number[]) => tensor([row], undefined, "i32");
      const logits = noGrad(() => translator.network.forward(i32(source), [source.length], i32(previous)));
      const picked = ops.pick(ops.logSoftmax(logits), i32(target));
      expect(loss.item()).toBeCloseTo(-ops.mean(picked).item(), 5);
    });
  });

  test("the search's log probability is that of teacher forcing (law 74)", () => {
    const translator = make();
    const [found] = translator.translateDetailed([train[0].source], { beamSize: 4 });
    const ids = found.tokens.map((token) => words.vocabulary.id(token) as number);
    scoped(() => {
      const i32 = (row: number[]) => tensor([row], undefined, "i32");
      const source = [...words.encode(train[0].source), words.eosId];
      const logits = noGrad(() =>
        translator.network.forward(i32(source), [source.length], i32([words.bosId, ...ids.slice(0, -1)])),
      );
      const total = ops.sum(ops.pick(ops.logSoftmax(logits), i32(ids)));
      expect(found.logProb).toBeCloseTo(total.item(), 3);
    });
  });

  test("validation is the same whatever the batches, and dropout is off in it", () => {
    const translator = make();
    const task = translator.task({ train, valid: train.slice(0, 20) });
    const { loss, tokens } = task.validate();
    const alone = train.slice(0, 20).map((pair) => translator.task({ train, valid: [pair] }).validate());
    const nats = alone.reduce((sum, part) => sum + part.loss * part.tokens, 0);
    expect(tokens).toBe(alone.reduce((sum, part) => sum + part.tokens, 0));
    expect(loss).toBeCloseTo(nats / tokens, 4);
  });

  test("training lowers the loss, and memory stays flat", () => {
    const task = make().task({ train }, { batchSize: 20 });
    const optimizer = new Adam(task.module.parameters(), { lr: 0.02 });
    const live: number[] = [];
    const losses = Array.from({ length: 60 }, () => {
      using _scope = new Scope();
      const { loss } = task.loss(task.batches.next());
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
    for (let i = 0; i < 3; i++) live.push(memoryInfo().liveBytes);
    expect(losses[59]).toBeLessThan(losses[0] / 2);
    expect(new Set(live).size).toBe(1);
  });

  test("several references of a source count as one sentence", () => {
    const valid = [
      { source: "1 2", target: "2 1" },
      { source: "1 2", target: "1 2" },
    ];
    const { hypotheses, references } = make().task({ train, valid }).translateValidation();
    expect(hypotheses).toHaveLength(1);
    expect(references).toEqual([["2 1", "1 2"]]);
  });

  test("BPE dropout cuts the words anew in each epoch, the same way for the same seed", () => {
    const pieces = trainTokenizer(["newest lowest newer lower"], { type: "bpe", split: "space", merges: 20 });
    const texts = [{ source: "newest lower", target: "lower newest" }];
    const draw = (bpeDropout: number, maxTokens = 100) => {
      const translator = new Translator({ source: pieces, target: pieces, random: new Random(2) });
      const task = translator.task({ train: texts, valid: texts }, { bpeDropout, maxTokens });
      const lengths = Array.from({ length: 40 }, () => task.batches.next().source.lengths[0]);
      return { lengths, hash: task.dataHash };
    };
    const plain = draw(0);
    expect(new Set(plain.lengths).size).toBe(1);
    const dropped = draw(0.5);
    expect(new Set(dropped.lengths).size).toBeGreaterThan(2);
    expect(dropped).toEqual(draw(0.5));
    expect(dropped.hash).toBe(plain.hash);
    // Drawn sentences that are too long for a batch come in their plain form.
    const most = plain.lengths[0] + 1;
    expect(new Set(draw(0.9, most).lengths)).toEqual(new Set([plain.lengths[0]]));
  });

  test.each([
    [{ train: [] }, {}, "training data: expected at least one sentence pair, got none."],
    [{ train }, { batchsize: 3 }, 'got "batchsize". Did you mean "batchSize"?'],
    [{ train }, { batchSize: 3, labelSmoothing: 2 }, "labelSmoothing"],
    [
      { train },
      { bpeDropout: 0.1 },
      "bpeDropout: expected a tokenizer of type bpe or byte-bpe, got one of type word.",
    ],
  ])("bad data or options %#", (data, options, message) => {
    const run = () => {
      const task = make().task(data, options as object);
      scoped(() => task.loss(task.batches.next()));
    };
    expect(run).toThrow(OptionError);
    expect(run).toThrow(message);
  });
});
