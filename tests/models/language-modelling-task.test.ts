import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { readBytes, readText } from "../../src/base/files.ts";
import { Random } from "../../src/base/random.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { languageModelSpecials } from "../../src/models/language-model-text.ts";
import { noGrad, ops, scoped, tensor } from "../../src/tensor/index.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { train } from "../../src/train/train.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

const TEXT = "the cat sat on the mat\nthe dog sat on the log\n".repeat(4);
const tokenizer = trainTokenizer([TEXT], { type: "char", specials: languageModelSpecials("char") });
const make = (options = {}) =>
  new LanguageModel({
    ...{ tokenizer, dModel: 16, nhead: 2, numLayers: 1, blockSize: 8 },
    ...options,
    random: new Random(2),
  });

describe("LanguageModellingTask", () => {
  test("the loss is the mean negative log probability of each next token", () => {
    const model = make();
    const task = model.task({ train: TEXT }, { batchSize: 3 });
    const batch = task.batches.next();
    expect(batch.shape).toEqual([3, 8]);
    scoped(() => {
      const { loss, tokens } = task.loss(batch);
      expect(tokens).toBe(24);
      const hidden = noGrad(() => model.network.hidden(tensor(batch.inputs, batch.shape, "i32")));
      const logProbs = noGrad(() => ops.logSoftmax(model.network.logits(hidden)));
      const picked = ops.pick(logProbs, tensor(batch.targets, batch.shape, "i32"));
      expect(loss.item()).toBeCloseTo(-ops.mean(picked).item(), 5);
    });
  });

  test("validation is over the whole text, without dropout and smoothing, as evaluate measures it", () => {
    const model = make({ dropout: 0.5 });
    const task = model.task({ train: TEXT, valid: "the cat\non a log" }, { labelSmoothing: 0.3 });
    const { loss, tokens } = task.validate();
    expect(tokens).toBe(16);
    expect(loss).toBe(model.evaluate("the cat\non a log").loss);
    expect(model.network.training).toBe(true);
    expect(task.labelSmoothing).toBe(0.3);
    expect(model.task({ train: TEXT }).hasValidation).toBe(false);
  });

  test("samples are texts, and the same each time", () => {
    const task = make().task({ train: TEXT });
    expect(task.samples()).toEqual(task.samples());
    expect(new Set(task.samples().map(({ text }) => text)).size).toBe(3);
  });

  test("other data has another hash", () => {
    const hash = (train: string, valid?: string) =>
      make().task(valid === undefined ? { train } : { train, valid }).dataHash;
    const hashes = [hash(TEXT), hash(TEXT, "the"), hash(`${TEXT}t`), hash(TEXT.replace("cat", "cta"))];
    expect(new Set(hashes).size).toBe(4);
    expect(hash(TEXT)).toBe(hashes[0]);
  });

  test.each([
    [{ train: "" }, {}, "training data: expected at least one token, got none."],
    [{ train: TEXT, valid: "" }, {}, "validation data: expected at least one token, got none."],
    [{ train: "cat" }, {}, "WindowBatches: expected at least 9 tokens for a window of 8"],
    [{ train: TEXT }, { batchsize: 3 }, 'Did you mean "batchSize"?'],
  ])("bad data or options %#", (data, options, message) => {
    expect(() => make().task(data, options as object)).toThrow(OptionError);
    expect(() => make().task(data, options as object)).toThrow(message);
  });
});

describe("training", () => {
  test("learns a text by heart", async () => {
    const model = make({ dModel: 32 });
    const { validation } = await train(
      model,
      { train: TEXT, valid: TEXT },
      {
        steps: 150,
        lr: 0.01,
        optimizer: { type: "adamw", weightDecay: 0.1, decay: "matrices" },
        validateEvery: 150,
      },
    );
    expect(validation?.loss).toBeLessThan(0.5);
    const [{ text }] = model.generate(["the cat s"], { temperature: 0, maxLength: 14 });
    expect(text).toMatch(/^the cat sat on the (mat|log)\n/);
  });

  test("a resumed run goes on to the same bits, dropout included (law 88)", async () => {
    const run = async (...ends: number[]) => {
      const fs = new MemoryFileSystem();
      for (const steps of ends) {
        const data = { train: TEXT, valid: "the cat sat" };
        const rest = { validateEvery: 4, logEvery: 3, batchSize: 2, out: "run", resume: true, fs };
        await train(make({ dropout: 0.2 }), data, {
          steps,
          lr: 0.01,
          schedule: { type: "cosine", totalSteps: 20 },
          ...rest,
        });
      }
      const log = readText("run/log.jsonl", fs).replace(/"(seconds|tokensPerSecond)":[^,}]*/g, "");
      return [log, readBytes("run/model.safetensors", fs), readBytes("run/optimizer.safetensors", fs)];
    };
    // An epoch is 12 batches: the second one begins between the stops.
    expect(await run(5, 13, 17)).toEqual(await run(17));
  });
});
