import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError, IoError, OptionError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { MaskedLanguageModel } from "../../src/models/masked-language-model.ts";
import { noGrad, ops, scoped } from "../../src/tensor/index.ts";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";
import { train } from "../../src/train/train.ts";

const folder = mkdtempSync(join(tmpdir(), "lexigrad-masked-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The middle word follows from both of its neighbours together, and from neither alone. */
const FRAMES = ["a red c", "a blue d", "b blue c", "b red d"];
const words = trainTokenizer(FRAMES, { type: "word", specials: MASKED_SPECIALS });
const make = (seed = 1) =>
  new MaskedLanguageModel({
    ...{ tokenizer: words, dModel: 16, nhead: 2, numLayers: 2, dimFeedforward: 32, blockSize: 10 },
    random: new Random(seed),
  });
const texts = fc
  .array(fc.constantFrom("a", "b", "c", "d", "red", "blue", "unknown"), { maxLength: 25 })
  .map((list) => list.join(" "));

describe("a trained model", () => {
  let model: MaskedLanguageModel;
  beforeAll(async () => {
    model = make();
    await train(
      model,
      { train: FRAMES },
      { steps: 200, lr: 0.005, batchSize: 4, maskShare: 1, randomShare: 0 },
    );
  });

  test("fills in words that follow from both sides", () => {
    for (const frame of FRAMES) {
      const [left, middle, right] = frame.split(" ");
      for (const mask of ["[MASK]", "<mask>"]) {
        const [[best]] = model.fill(`${left} ${mask} ${right}`);
        expect(best.token).toBe(middle);
        expect(best.probability).toBeGreaterThan(0.9);
      }
    }
  });

  test("gives sentences of like words the more similar vectors", () => {
    const near = model.similarity("a red c", "a red c");
    expect(near).toBeCloseTo(1, 6);
    expect(model.similarity("a red c", "b blue d")).toBeLessThan(near);
  });

  test("finds sentences of the language more probable than others", () => {
    const [right, wrong] = model.pseudoLogLikelihoods(["a red c", "a blue c"]);
    expect(right).toBeGreaterThan(wrong + 1);
  });
});

describe("fill", () => {
  test("gives ordinary tokens, most probable first, for each mask", () => {
    const law = fc.property(texts, fc.integer({ min: 1, max: 20 }), (text, topK) => {
      const prompt = `${text.split(" ").slice(0, 4).join(" ")} [MASK] red <mask>`;
      const filled = make().fill(prompt, { topK });
      expect(filled).toHaveLength(2);
      for (const candidates of filled) {
        expect(candidates).toHaveLength(Math.min(topK, 6));
        const probabilities = candidates.map(({ probability }) => probability);
        expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThanOrEqual(1 + 1e-5);
        for (const { token, id } of candidates) {
          expect(words.label(id)).toBe(token);
          expect(words.data.specials).not.toContain(token);
        }
      }
    });
    fc.assert(law, { numRuns: 20 });
  });

  test("the mask takes the space before it where tokens are bytes, as other tokens do", () => {
    const tokenizer = trainTokenizer(["the cat sat"], {
      type: "byte-bpe",
      vocabSize: 270,
      specials: MASKED_SPECIALS,
    });
    const model = new MaskedLanguageModel({ tokenizer, dModel: 8, nhead: 2, numLayers: 1 });
    expect(model.fill("the [MASK] sat")).toEqual(model.fill("the<mask> sat"));
  });

  test.each([
    ["a b", {}, "text to fill in: expected a [MASK] or <mask>, got none."],
    ["a b c d a b c d [MASK]", {}, "text to fill in: expected at most 8 tokens, got 9."],
    ["[MASK]", { topK: 0 }, "topK: expected a whole number of at least 1, got 0."],
    ["[MASK]", { topk: 1 }, 'fill option: expected one of topK, got "topk". Did you mean "topK"?'],
  ])("refuses %j with %o", (text, options, message) => {
    expect(() => make().fill(text, options as object)).toThrow(OptionError);
    expect(() => make().fill(text, options as object)).toThrow(message);
  });
});

describe("sentenceVectors", () => {
  test.each(["mean", "first"] as const)("of pooling %s pool the encoder's vectors", (pooling) => {
    const model = make();
    const [ids] = model.sequences("a red d");
    scoped(() => {
      const hidden = noGrad(() => model.network.eval().encode([ids], [5])); // [1, 5, 16]
      const expected = (pooling === "mean" ? ops.mean(hidden, 1) : ops.select(hidden, 1, 0)).view();
      const [vector] = model.sentenceVectors(["a red d"], { pooling });
      expect(vector).toHaveLength(16);
      vector.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 5);
      });
    });
  });

  test("are the same in any company (law 57)", () => {
    const model = make();
    const law = fc.property(fc.array(fc.oneof(texts, anyString()), { maxLength: 5 }), (list) => {
      const together = model.sentenceVectors(list);
      expect(together).toHaveLength(list.length);
      list.forEach((text, i) => {
        const [alone] = model.sentenceVectors([text]);
        alone.forEach((value, j) => {
          expect(value).toBeCloseTo(together[i][j], 4);
        });
      });
    });
    fc.assert(law, { numRuns: 30 });
  });

  test("refuse another pooling", () => {
    expect(() => make().sentenceVectors(["a"], { pooling: "max" as "mean" })).toThrow(
      'pooling: expected one of mean, first, got "max".',
    );
  });
});

describe("sequences", () => {
  test("cut long texts evenly and lose nothing", () => {
    const model = make();
    const law = fc.property(texts, (text) => {
      const sequences = model.sequences(text);
      const lengths = sequences.map(({ length }) => length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(10);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      expect(sequences.flatMap((ids) => ids.slice(1, -1))).toEqual(words.encode(text));
      for (const ids of sequences) expect([ids[0], ids.at(-1)]).toEqual([words.bosId, words.eosId]);
    });
    fc.assert(law);
  });
});

describe("evaluate", () => {
  const list = ["a red c", "b blue", "d d d d d d d d d d d d"];

  test("hides the same tokens for the same seed", () => {
    const model = make();
    expect(model.evaluate(list, { seed: 4 })).toEqual(model.evaluate(list, { seed: 4 }));
    expect(model.evaluate(list, { seed: 4 }).loss).not.toBe(model.evaluate(list, { seed: 5 }).loss);
    expect(model.evaluate(list).tokens).toBe(1 + 1 + 1 + 1);
    expect(model.evaluate(list, { maskRate: 0.5 }).tokens).toBe(2 + 1 + 3 + 3);
  });

  test("hides each token once, alone: the mean of pseudo-log-likelihoods (Salazar et al. 2020)", () => {
    const model = make();
    const { loss, perplexity, tokens } = model.evaluate(list, { hide: "each" });
    expect(tokens).toBe(17);
    const total = model.pseudoLogLikelihoods(list).reduce((sum, value) => sum + value, 0);
    expect(loss).toBeCloseTo(-total / tokens, 5);
    expect(perplexity).toBeCloseTo(Math.exp(loss), 10);
    const [alone] = ["a [MASK] c"].map((text) => model.fill(text, { topK: 6 })[0]);
    const probability = alone.find(({ token }) => token === "red")?.probability as number;
    const rest = ["<mask> red c", "a red <mask>"].map((text, i) => {
      return model.fill(text, { topK: 6 })[0].find(({ token }) => token === "ac"[i])?.probability as number;
    });
    const expected = Math.log(probability) + rest.reduce((sum, p) => sum + Math.log(p), 0);
    expect(model.pseudoLogLikelihoods(["a red c"])[0]).toBeCloseTo(expected, 4);
  });

  test("does not depend on the size of batches, and leaves training on", () => {
    const model = make();
    const { loss } = model.evaluate(list, { batchSize: 1 });
    expect(model.evaluate(list, { batchSize: 4 }).loss).toBeCloseTo(loss, 5);
    expect(model.network.training).toBe(true);
  });

  test.each([
    [["unknown", ""], {}, "texts: expected at least one token to hide, got none."],
    [["a"], { hide: "some" }, 'hide: expected one of random, each, got "some".'],
    [["a"], { batchSize: 0 }, "batchSize: expected a whole number of at least 1, got 0."],
  ])("refuses %j with %o", (given, options, message) => {
    expect(() => make().evaluate(given, options as object)).toThrow(OptionError);
    expect(() => make().evaluate(given, options as object)).toThrow(message);
  });
});

describe("files", () => {
  const saved = (name: string) => {
    const path = join(folder, name);
    make(7).save(path);
    return path;
  };

  test("a loaded model predicts alike and saves to the same bytes (law 86)", () => {
    const path = saved("round-trip");
    const loaded = MaskedLanguageModel.load(path);
    expect(loaded.fill("a [MASK] c")).toEqual(make(7).fill("a [MASK] c"));
    loaded.save(join(folder, "again"));
    for (const file of ["config.json", "tokenizer.json", "model.safetensors"]) {
      expect(readFileSync(join(folder, "again", file)).equals(readFileSync(join(path, file)))).toBe(true);
    }
  });

  test("another tokenizer is refused (row 22)", () => {
    const path = saved("swapped");
    const other = trainTokenizer(["red red", "blue c d a b"], { type: "word", specials: MASKED_SPECIALS });
    writeFileSync(join(path, "tokenizer.json"), other.serialize());
    expect(() => MaskedLanguageModel.load(path)).toThrow(StateError);
  });

  test("a tokenizer without a mask is refused", () => {
    const tokenizer = trainTokenizer(["a"], { type: "word" });
    expect(() => new MaskedLanguageModel({ tokenizer })).toThrow(StateError);
    expect(() => new MaskedLanguageModel({ tokenizer })).toThrow('got "<mask>".');
  });

  test.each([
    ["no folder", () => {}, IoError, "absent"],
    [
      "a foreign config",
      (path: string) => writeFileSync(join(path, "config.json"), "{}"),
      FormatError,
      "foreign",
    ],
    [
      "truncated weights",
      (path: string) => truncateSync(join(path, "model.safetensors"), 99),
      FormatError,
      "cut",
    ],
  ] as const)("%s gives one clear error", (_name, damage, kind, name) => {
    const path = name === "absent" ? join(folder, name) : saved(name);
    damage(path);
    expect(() => MaskedLanguageModel.load(path)).toThrow(kind);
  });
});
