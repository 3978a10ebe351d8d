import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { FormatError, IoError, OptionError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { languageModelSpecials } from "../../src/models/language-model-text.ts";
import type { GenerateOptions } from "../../src/models/language-modelling.ts";
import { memoryInfo, noGrad, ops, scoped, tensor } from "../../src/tensor/index.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { runs } from "../support/fc.ts";

const folder = mkdtempSync(join(tmpdir(), "lexigrad-language-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

const characters = trainTokenizer(["abcd \n"], { type: "char", specials: languageModelSpecials("char") });
const words = trainTokenizer(["a b c d"], { type: "word", specials: languageModelSpecials("word") });
const SMALL = { dModel: 8, nhead: 2, numLayers: 2, blockSize: 6 };

/** Weights far from uniform, so that mistakes show. */
function make(seed = 1, tokenizer = characters): LanguageModel {
  const model = new LanguageModel({ ...SMALL, tokenizer, random: new Random(seed) });
  for (const parameter of model.network.parameters()) {
    const view = parameter.view();
    for (let i = 0; i < view.length; i++) view[i] *= 9;
  }
  return model;
}

const prompts = fc.array(
  fc.array(fc.constantFrom("a", "b", "c", " ", "\n", "x"), { maxLength: 9 }).map((parts) => parts.join("")),
  { minLength: 1, maxLength: 5 },
);

describe("generate", () => {
  test.each([
    ["characters", characters],
    ["lines of words", words],
  ])("%s: a prompt goes on alike alone and in any company (law 76)", (_name, tokenizer) => {
    const model = make(3, tokenizer);
    fc.assert(
      fc.property(prompts, fc.nat(), fc.integer({ min: 1, max: 3 }), (given, seed, batchSize) => {
        const options = { maxLength: 9, topP: 0.9 };
        const together = model.generate(given, { ...options, random: new Random(seed), batchSize });
        const random = new Random(seed);
        for (const [i, prompt] of given.entries()) {
          const [alone] = model.generate([prompt], { ...options, random });
          expect(together[i].tokens).toEqual(alone.tokens);
          expect(together[i].text).toBe(alone.text);
          expect(together[i].logProb).toBeCloseTo(alone.logProb, 4);
        }
      }),
      { numRuns: Math.floor(runs.numRuns / 8) },
    );
  });

  test("the same seed gives the same samples, and another seed others (law 78)", () => {
    const draw = (seed: number) =>
      make().generate(["a", "", "b c"], { maxLength: 30, random: new Random(seed) });
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
    const untold = make().generate(["a", "", "b c"], { maxLength: 30 });
    expect(untold).toEqual(draw(1));
  });

  test("temperature 0 is greedy, and so is the sharpest filter", () => {
    const run = (options: GenerateOptions) => make().generate(["ab", "\n"], { maxLength: 20, ...options });
    expect(run({ topK: 1 })).toEqual(run({ temperature: 0 }));
    expect(run({ topP: 0 })).toEqual(run({ temperature: 0 }));
  });

  test("text does not end and holds no special token", () => {
    const found = make().generate(["", "a"], { maxLength: 100 });
    for (const { prompt, text, tokens, finished } of found) {
      expect(finished).toBe(false);
      expect(tokens).toHaveLength(100);
      expect(text).toBe(prompt + tokens.join(""));
      expect(text).toMatch(/^[abcd \n]*$/);
    }
  });

  test("lines end", () => {
    const found = make(2, words).generate(new Array(20).fill("a x"), { maxLength: 50 });
    expect(found.some(({ finished }) => finished)).toBe(true);
    for (const { text, tokens, finished } of found) {
      expect(finished).toBe(tokens.length < 50);
      expect(text).toBe(["a x", ...tokens].join(" "));
    }
    const [longer] = make(2, words).generate([""], { maxLength: 50, minLength: 50 });
    expect(longer).toMatchObject({ finished: false, prompt: "" });
    expect(longer.text).toBe(longer.tokens.join(" "));
  });

  test("an empty list, mode and memory", () => {
    const model = make();
    expect(model.generate([])).toEqual([]);
    model.generate(["a"], { maxLength: 3 });
    expect(model.network.training).toBe(true);
    const { liveBytes } = memoryInfo();
    for (let i = 0; i < 3; i++) model.generate(["a", "bc"], { maxLength: 20 });
    expect(memoryInfo().liveBytes).toBe(liveBytes);
  });

  test.each([
    [{ temperature: -1 }, "temperature: expected a number of at least 0, got -1."],
    [{ topK: 0 }, "topK: expected a whole number of at least 1, got 0."],
    [{ topP: 2 }, "topP: expected a number of at least 0 and at most 1, got 2."],
    [{ maxLength: -1 }, "maxLength: expected a whole number of at least 0"],
    [{ batchSize: 0 }, "batchSize: expected a whole number of at least 1, got 0."],
    [{ length: 3 }, "generate option: expected one of temperature"],
  ])("%j is refused", (options, message) => {
    expect(() => make().generate(["a"], options as object)).toThrow(OptionError);
    expect(() => make().generate(["a"], options as object)).toThrow(message);
  });
});

describe("evaluate", () => {
  /** Nats of each token, from the windows that `stride` gives, one by one. */
  function tokenByToken(model: LanguageModel, ids: readonly number[], stride: number): number[] {
    const { blockSize } = model.network;
    return ids.slice(1).map((target, i) => {
      const steps = Math.max(0, Math.ceil((i + 1 - blockSize) / stride));
      const end = Math.min(ids.length - 1, blockSize + steps * stride);
      const seen = ids.slice(Math.max(0, end - blockSize), i + 1);
      return scoped(() => {
        const hidden = noGrad(() => model.network.hidden(tensor([seen], undefined, "i32")));
        const logits = noGrad(() => ops.logSoftmax(model.network.logits(hidden)));
        return -logits.at(0, seen.length - 1, target);
      });
    });
  }

  test("is the mean over all tokens, each predicted once from its window", () => {
    const model = make();
    model.network.eval();
    const text = "ab cd\nda bc\na";
    const ids = [...model.stream.encode(text)];
    for (const stride of [1, 2, 5, 6]) {
      const nats = tokenByToken(model, ids, stride);
      const mean = nats.reduce((sum, x) => sum + x, 0) / nats.length;
      const { loss, tokens, ...rest } = model.evaluate(text, { stride });
      expect(tokens).toBe(text.length);
      expect(loss).toBeCloseTo(mean, 4);
      expect(rest).toMatchObject({ words: 5 + 2, bytes: 13, unknown: 0 });
      expect(rest.perplexity / Math.exp(mean)).toBeCloseTo(1, 5);
      expect(rest.bitsPerByte).toBeCloseTo(mean / Math.LN2, 4);
      expect(rest.wordPerplexity / Math.exp((13 / 7) * mean)).toBeCloseTo(1, 4);
    }
    expect(model.evaluate(text)).toEqual(model.evaluate(text, { stride: 6 }));
  });

  test("a uniform model has the perplexity of its vocabulary", () => {
    const model = new LanguageModel({ ...SMALL, tokenizer: words });
    for (const parameter of model.network.parameters()) parameter.view().fill(0);
    const { perplexity, tokens, unknown } = model.evaluate("a b\nc x x");
    expect(perplexity).toBeCloseTo(words.tokens.length, 4);
    expect({ tokens, unknown }).toEqual({ tokens: 7, unknown: 2 });
  });

  test("nothing to predict, and a stride beyond the block", () => {
    expect(() => make().evaluate("")).toThrow("text to evaluate: expected at least one token, got none.");
    expect(() => make().evaluate("abcdabcd", { stride: 7 })).toThrow(
      "stride: expected a whole number of at least 1 and at most 6, got 7.",
    );
    expect(make().evaluate("ab", { stride: 5 })).toEqual(make().evaluate("ab"));
    expect(() => make().evaluate("a", { strid: 1 } as object)).toThrow('Did you mean "stride"?');
  });
});

describe("files", () => {
  const saved = (name: string) => {
    const path = join(folder, name);
    make(7).save(path);
    return path;
  };

  test("a loaded model gives the same bits and saves to the same bytes (law 86)", () => {
    const path = saved("round-trip");
    const loaded = LanguageModel.load(path);
    expect(loaded.evaluate("ab cd\n")).toEqual(make(7).evaluate("ab cd\n"));
    expect(loaded.generate(["a"])).toEqual(make(7).generate(["a"]));
    loaded.save(join(folder, "again"));
    for (const file of ["config.json", "tokenizer.json", "model.safetensors"]) {
      expect(readFileSync(join(folder, "again", file)).equals(readFileSync(join(path, file)))).toBe(true);
    }
  });

  test("options and stream come back", () => {
    const path = join(folder, "options");
    const options = { ...SMALL, positions: "rotary", activation: "swiglu", bias: false } as const;
    new LanguageModel({ ...options, tokenizer: characters, stream: "lines" }).save(path);
    const { network, stream } = LanguageModel.load(path);
    expect(network.options).toMatchObject(options);
    expect(stream.kind).toBe("lines");
  });

  test("best.safetensors is preferred, and `last` overrides", () => {
    const path = saved("best");
    make(8).save(join(folder, "other"));
    copyFileSync(join(folder, "other/model.safetensors"), join(path, "best.safetensors"));
    const loss = (model: LanguageModel) => model.evaluate("abc").loss;
    expect(loss(LanguageModel.load(path))).toBe(loss(make(8)));
    expect(loss(LanguageModel.load(path, { weights: "last" }))).toBe(loss(make(7)));
  });

  test("a tokenizer with swapped ids is refused (row 22)", () => {
    const path = saved("swapped");
    const other = trainTokenizer(["bbacd \n"], { type: "char", specials: languageModelSpecials("char") });
    writeFileSync(join(path, "tokenizer.json"), other.serialize());
    expect(() => LanguageModel.load(path)).toThrow(StateError);
    expect(() => LanguageModel.load(path)).toThrow("text tokenizer: expected the one the model was trained");
  });

  test.each([
    ["no folder", "absent", () => {}, IoError],
    ["a foreign config", "foreign", (p: string) => writeFileSync(join(p, "config.json"), "{}"), FormatError],
    ["a cut config", "cut-config", (p: string) => truncateSync(join(p, "config.json"), 20), FormatError],
    ["cut weights", "cut", (p: string) => truncateSync(join(p, "model.safetensors"), 99), FormatError],
  ] as const)("%s gives one clear error", (_name, name, damage, kind) => {
    const path = name === "absent" ? join(folder, name) : saved(name);
    damage(path);
    expect(() => LanguageModel.load(path)).toThrow(kind);
  });
});

test("options that no model has", () => {
  const wrong = (options: object) => () => new LanguageModel({ tokenizer: characters, ...options });
  expect(wrong({ layers: 2 })).toThrow(OptionError);
  expect(wrong({ blocksize: 2 })).toThrow('Did you mean "blockSize"?');
  expect(wrong({ model: "transfomer" })).toThrow('Did you mean "transformer"?');
});
