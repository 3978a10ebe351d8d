import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { readBytes } from "../../src/base/files.ts";
import { Random } from "../../src/base/random.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { MaskedLanguageModel } from "../../src/models/masked-language-model.ts";
import { noGrad, ops, scoped, tensor } from "../../src/tensor/index.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";
import type { TrainOptions } from "../../src/train/options.ts";
import { train } from "../../src/train/train.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

const random = new Random(5);
const texts = Array.from({ length: 30 }, () =>
  Array.from({ length: 1 + random.integer(14) }, (_, i) => "abcdef"[(i * (1 + random.integer(2))) % 6]).join(
    " ",
  ),
);
const words = trainTokenizer(texts, { type: "word", specials: MASKED_SPECIALS });
const make = (options: { dropout?: number; seed?: number } = {}) =>
  new MaskedLanguageModel({
    ...{ tokenizer: words, dModel: 8, nhead: 2, numLayers: 1, dimFeedforward: 16, blockSize: 10 },
    ...{ dropout: options.dropout ?? 0.1, random: new Random(options.seed ?? 2) },
  });
const data = { train: texts, valid: texts.slice(0, 6) };

describe("MaskedLanguageModellingTask", () => {
  test("the loss is the mean negative log probability of the hidden tokens, and of no other", () => {
    const model = make({ dropout: 0 });
    const task = model.task(data, { batchSize: 4 });
    for (let i = 0; i < 5; i++) {
      scoped(() => {
        const batch = task.batches.next();
        const { loss, tokens } = task.loss(batch);
        expect(tokens).toBe(batch.positions.length);
        const everywhere = Int32Array.from(batch.ids.keys());
        const i32 = (values: Int32Array) => tensor(values, [values.length], "i32");
        const ids = tensor(batch.ids, batch.shape, "i32");
        const logits = noGrad(() => model.network.forward(ids, i32(batch.lengths), i32(everywhere)));
        const logProbs = ops.logSoftmax(logits).view();
        let nats = 0;
        batch.positions.forEach((at, n) => {
          nats -= logProbs[at * words.tokens.length + batch.targets[n]];
        });
        expect(loss.item()).toBeCloseTo(nats / tokens, 5);
      });
    }
  });

  test("validation is what evaluate says, the same each time", () => {
    const model = make();
    const task = model.task(data);
    const { loss, tokens } = model.evaluate(data.valid);
    expect(task.validate()).toMatchObject({ loss, tokens });
    expect(task.validate()).toMatchObject({ loss, tokens });
    expect(model.task({ train: texts }).hasValidation).toBe(false);
  });

  test("the same seed trains to the same bits, another does not", async () => {
    const weights = async (seed: number) => {
      const model = make({ seed });
      await train(model, data, { steps: 6, batchSize: 4 });
      return Array.from(model.network.embedding.weight.view());
    };
    expect(await weights(3)).toEqual(await weights(3));
    expect(await weights(3)).not.toEqual(await weights(4));
  });

  test("a run that stops anywhere resumes to the same bits (law 88)", async () => {
    const run = async (stops: readonly number[]) => {
      const fs = new MemoryFileSystem();
      for (const steps of [...stops, 20]) {
        const options: TrainOptions = { steps, lr: 0.01, validateEvery: 5, out: "run", resume: true, fs };
        await train(make(), data, { ...options, batchSize: 4, maskRate: 0.4 });
      }
      return ["model.safetensors", "optimizer.safetensors"].map((name) =>
        crc32(readBytes(`run/${name}`, fs)),
      );
    };
    const whole = await run([]);
    // An epoch has 11 batches.
    for (const stops of [[7], [3, 11], [1, 12, 19]]) expect(await run(stops)).toEqual(whole);
  });

  test("samples show hidden tokens, filled in, beside what was there", () => {
    const [sample, ...others] = make()
      .task({ train: texts, valid: ["a b c d e f", "", "zz"] })
      .samples();
    expect(sample.reference).toBe("a b c d e f");
    expect(sample.source.split(" ").filter((word) => word === "<mask>")).toHaveLength(1);
    const filled = sample.text.split(" ");
    expect(filled).toHaveLength(6);
    sample.source.split(" ").forEach((word, i) => {
      if (word !== "<mask>") expect(filled[i]).toBe(word);
      else expect(words.encode(filled[i])).not.toEqual([words.unkId]);
    });
    expect(others.map(({ text }) => text)).toEqual(["", "<unk>"]);
  });

  test("other data is told apart on resuming", () => {
    const hash = (train: string[]) => make().task({ train }).dataHash;
    expect(hash(["a b", "c"])).toBe(hash(["a b", "c"]));
    expect(hash(["a b", "c"])).not.toBe(hash(["a", "b c"]));
  });

  test.each([
    [{ train: ["", "zz"] }, {}, "training data: expected at least one token to hide, got none."],
    [{ train: texts, valid: ["zz"] }, {}, "validation data: expected at least one token to hide, got none."],
    [{ train: texts }, { maskrate: 0.2 }, 'got "maskrate". Did you mean "maskRate"?'],
    [{ train: texts }, { maskShare: 2 }, "maskShare: expected a number of at least 0 and at most 1, got 2."],
    [{ train: texts }, { maxTokens: 3 }, "at most 3 tokens (maxTokens)"],
  ])("bad data or options %#", (given, options, message) => {
    expect(() => make().task(given, options as object)).toThrow(OptionError);
    expect(() => make().task(given, options as object)).toThrow(message);
  });
});
