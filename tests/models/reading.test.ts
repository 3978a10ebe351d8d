/** Training by truncated back-propagation through time: the state between windows, in checkpoints and after failures. */
import { describe, expect, test } from "vitest";
import { readBytes } from "../../src/base/files.ts";
import { Random } from "../../src/base/random.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { languageModelSpecials } from "../../src/models/language-model-text.ts";
import type { RecurrentLanguageModel } from "../../src/models/recurrent-language-model.ts";
import { noGrad, ops, scoped, tensor } from "../../src/tensor/index.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { train } from "../../src/train/train.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

const TEXT = "the cat sat on the mat\nthe dog sat on the log\n".repeat(4);
const tokenizer = trainTokenizer([TEXT], { type: "char", specials: languageModelSpecials("char") });
const make = (model: "rnn" | "lstm" | "gru" = "lstm", options = {}) =>
  new LanguageModel({ tokenizer, model, hiddenSize: 12, ...options, random: new Random(2) });

describe("truncated back-propagation through time", () => {
  test.each(["rnn", "lstm", "gru"] as const)("%s: windows go on where the last ones ended", (kind) => {
    const model = make(kind);
    const network = model.network as RecurrentLanguageModel;
    const task = model.task({ train: TEXT }, { batchSize: 3, bptt: 7 });
    const [first, second] = [task.batches.next(), task.batches.next()];
    scoped(() => {
      const found = [first, second].map((batch) => task.loss(batch).loss.item());
      const inputs = [0, 1, 2].flatMap((row) =>
        [first, second].map(({ inputs }) => [...inputs.subarray(7 * row, 7 * row + 7)]),
      );
      const joined = [0, 1, 2].map((row) => [...inputs[2 * row], ...inputs[2 * row + 1]]);
      const hidden = noGrad(() => network.hidden(tensor(joined, undefined, "i32"))); // [3, 14, H]
      const logProbs = noGrad(() => ops.logSoftmax(network.logits(hidden)));
      [first, second].forEach(({ targets, shape }, i) => {
        const half = ops.slice(logProbs, 1, 7 * i, 7 * i + 7);
        expect(-ops.mean(ops.pick(half, tensor(targets, shape, "i32"))).item()).toBeCloseTo(found[i], 5);
      });
    });
  });

  test("streams begin anew with each epoch", () => {
    const task = make().task({ train: TEXT }, { batchSize: 3, bptt: 30 });
    const epoch = () =>
      Array.from({ length: task.batches.batchesPerEpoch }, () =>
        scoped(() => task.loss(task.batches.next()).loss.item()),
      );
    const first = epoch();
    expect(first.length).toBeGreaterThan(1);
    expect(epoch()).toEqual(first);
  });

  test("a transformer has no such horizon, and carries nothing", () => {
    const model = new LanguageModel({ tokenizer, dModel: 8, nhead: 2, numLayers: 1, blockSize: 8 });
    expect(model.task({ train: TEXT }).carried).toBeUndefined();
    expect(() => model.task({ train: TEXT }, { bptt: 5 })).toThrow("bptt: expected a recurrent network");
    expect(() => make().task({ train: TEXT }, { bptt: 0 })).toThrow("time: expected a whole number");
    expect(() => make().task({ train: "abc" })).toThrow("at least 51 tokens for 50 streams, got 4.");
  });
});

describe("training", () => {
  test.each(["rnn", "lstm", "gru"] as const)("%s learns a text by heart", async (kind) => {
    const model = make(kind, { hiddenSize: 32, numLayers: 1 });
    const data = { train: TEXT, valid: TEXT };
    const { validation } = await train(model, data, {
      ...{ steps: 200, lr: 0.02, clipNorm: 1, batchSize: 4, bptt: 16, validateEvery: 200 },
    });
    expect(validation?.loss).toBeLessThan(0.4);
    const [{ text }] = model.generate(["the cat s"], { temperature: 0, maxLength: 14 });
    expect(text).toMatch(/^the cat sat on the (mat|log)\n/);
  });

  test.each(["rnn", "lstm", "gru"] as const)(
    "%s: a resumed run goes on to the same bits, state and dropout included (law 88)",
    async (kind) => {
      const run = async (...ends: number[]) => {
        const fs = new MemoryFileSystem();
        for (const steps of ends) {
          const data = { train: TEXT, valid: "the cat sat" };
          const rest = { validateEvery: 4, batchSize: 2, bptt: 9, out: "run", resume: true, fs };
          await train(make(kind, { dropout: 0.2 }), data, { ...rest, steps, lr: 0.01 });
        }
        return ["model", "optimizer", "carried"].map((name) => readBytes(`run/${name}.safetensors`, fs));
      };
      const whole = await run(13);
      expect(await run(1, 5, 8, 13)).toEqual(whole);
    },
  );

  test("a step that is not finite leaves the state as it was", async () => {
    const model = make();
    const network = model.network as RecurrentLanguageModel;
    const task = model.task({ train: TEXT }, { batchSize: 3, bptt: 7 });
    scoped(() => task.loss(task.batches.next()));
    const { carried } = task;
    const [value] = network.outputBias.view();
    network.outputBias.view()[0] = Number.NaN;
    const { update } = await import("../../src/train/update.ts");
    const { SGD } = await import("../../src/optim/sgd.ts");
    const optimizer = new SGD(network.parameters(), { lr: 1 });
    expect(() => update(task, optimizer, model.random, { accumulate: 2 })).toThrow("loss");
    network.outputBias.view()[0] = value;
    expect(task.carried).toBe(carried);
    update(task, optimizer, model.random, { accumulate: 2 });
    expect(task.carried).not.toBe(carried);
  });
});

describe("evaluation", () => {
  const model = make("gru", { hiddenSize: 6 });
  for (const parameter of model.network.parameters()) {
    const view = parameter.view();
    for (let i = 0; i < view.length; i++) view[i] *= 4;
  }

  /** Nats of each token from the `context` tokens before it and as many more as `extra(i)` says. */
  const nats = (ids: readonly number[], seen: (i: number) => number) =>
    ids.slice(1).map((target, i) =>
      scoped(() => {
        const hidden = noGrad(() => model.network.hidden([ids.slice(Math.max(0, i + 1 - seen(i)), i + 1)]));
        const logProbs = noGrad(() => ops.logSoftmax(model.network.logits(hidden)));
        return -logProbs.at(0, hidden.shape[1] - 1, target);
      }),
    );

  test("a text of one stretch is read from its beginning", () => {
    const all = nats([...model.stream.encode(TEXT)], () => Number.POSITIVE_INFINITY);
    const { loss, tokens } = model.evaluate(TEXT);
    expect(tokens).toBe(TEXT.length);
    expect(loss).toBeCloseTo(all.reduce((sum, x) => sum + x, 0) / tokens, 4);
  });

  test("a longer one in windows of the stride and 256 tokens", () => {
    const text = TEXT.repeat(2).slice(0, 340);
    const ids = [...model.stream.encode(text)];
    const first = 20 + 256;
    // Later windows end 20 tokens further each, and the last with the text.
    const seen = (i: number) => {
      if (i < first) return i + 1;
      const end = Math.min(ids.length - 1, first + 20 * Math.ceil((i + 1 - first) / 20));
      return i + 1 - (end - first);
    };
    const all = nats(ids, seen);
    expect(model.evaluate(text, { stride: 20 }).loss).toBeCloseTo(all.reduce((s, x) => s + x) / 340, 4);
    expect(model.evaluate(text, { stride: 400 })).toEqual(model.evaluate(text));
  });

  test("more than fits into memory at once changes nothing", () => {
    const long = TEXT.repeat(25); // 4,600 tokens
    const [whole, halves] = [
      model.evaluate(long, { stride: 10_000 }),
      model.evaluate(long, { stride: 2000 }),
    ];
    expect(whole.loss).toBeCloseTo(halves.loss, 3);
    expect(model.evaluate(long).tokens).toBe(long.length);
  });
});
