import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { FormatError, IoError, OptionError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Translator } from "../../src/models/translator.ts";
import { smallTranslators } from "../../src/testing/arbitraries-models.ts";
import { translatorLaws } from "../../src/testing/laws-translator.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { runs } from "../support/fc.ts";

const folder = mkdtempSync(join(tmpdir(), "lexigrad-translator-"));
afterAll(() => rmSync(folder, { recursive: true }));

const words = trainTokenizer(["a b c d"], { type: "word" });
const make = (seed = 1) =>
  new Translator({ source: words, target: words, embeddingSize: 6, hiddenSize: 6, random: new Random(seed) });
const sources = fc
  .array(fc.constantFrom("a", "b", "c", "d", "unknown"), { maxLength: 6 })
  .map((list) => list.join(" "));

describe("laws of a translator", () => {
  test.each(Object.entries(translatorLaws(make(), { texts: sources })))("%s", (_name, property) => {
    fc.assert(property, { numRuns: Math.ceil(runs.numRuns / 4) });
  });

  test("hold for every small translator", () => {
    fc.assert(
      fc.property(smallTranslators(), (translator) => {
        for (const law of Object.values(translatorLaws(translator, { texts: sources }))) {
          fc.assert(law, { numRuns: 2 });
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("translateDetailed", () => {
  test("describes tokens, attention and n-best lists", () => {
    const [first, blank] = make().translateDetailed(["a b c", " "], { beamSize: 3, nBest: 3, maxLength: 4 });
    expect(first.sourceTokens).toEqual(["a", "b", "c", "</s>"]);
    expect(first.nBest).toHaveLength(3);
    expect(first.attention).toHaveLength(first.tokens.length);
    for (const row of first.attention) expect(row).toHaveLength(4);
    expect(blank).toMatchObject({ text: "", source: " ", tokens: [], nBest: [{ text: "" }] });
  });

  test("cuts sources that are longer than asked for", () => {
    const cut = make().translateDetailed(["a b c d", "a"], { maxSourceLength: 2 });
    const [short, a] = make().translateDetailed(["a b", "a"]);
    expect(cut).toEqual([{ ...short, source: "a b c d" }, a]);
    const bad = () => make().translate(["a"], { maxSourceLength: 0 });
    expect(bad).toThrow(OptionError);
    expect(bad).toThrow("maxSourceLength: expected a whole number of at least 1, got 0.");
  });

  test("ends a translation where learned positions do", () => {
    const sizes = { dModel: 4, nhead: 1, dimFeedforward: 4, numEncoderLayers: 1, numDecoderLayers: 1 };
    const learned = { ...sizes, model: "transformer", positions: "learned", maxLength: 5 } as const;
    const translator = new Translator({ source: words, target: words, ...learned });
    const [{ tokens, finished }] = translator.translateDetailed(["a b c d"], { minLength: 9 });
    expect([tokens.length, finished]).toEqual([5, false]);
    const long = () => translator.translate(["a b c d a"]);
    expect(long).toThrow("learned positions: expected at most 5, got 6.");
  });

  test("keeps the training mode of the network", () => {
    const translator = make();
    translator.translate(["a"]);
    expect(translator.network.training).toBe(true);
  });

  test("refuses decoding options out of range", () => {
    expect(() => make().translate(["a"], { beamSize: 0 })).toThrow(OptionError);
    expect(() => make().translate(["a"], { beamSize: 0 })).toThrow(
      "beamSize: expected a whole number of at least 1",
    );
  });
});

describe("files", () => {
  const saved = (name: string) => {
    const path = join(folder, name);
    make(7).save(path);
    return path;
  };

  test("a loaded translator translates alike and saves to the same bytes (law 86)", () => {
    const path = saved("round-trip");
    const loaded = Translator.load(path);
    expect(loaded.translateDetailed(["a b", "c"])).toEqual(make(7).translateDetailed(["a b", "c"]));
    loaded.save(join(folder, "again"));
    for (const file of ["config.json", "tokenizer.json", "model.safetensors"]) {
      expect(readFileSync(join(folder, "again", file)).equals(readFileSync(join(path, file)))).toBe(true);
    }
  });

  test("two tokenizers make two files", () => {
    const target = trainTokenizer(["v w"], { type: "word" });
    const path = join(folder, "two");
    new Translator({ source: words, target, embeddingSize: 4, hiddenSize: 4 }).save(path);
    expect(Translator.load(path).target.tokens).toEqual(target.tokens);
  });

  test("best.safetensors is preferred, and `last` overrides", () => {
    const path = saved("best");
    make(8).save(join(folder, "other"));
    copyFileSync(join(folder, "other/model.safetensors"), join(path, "best.safetensors"));
    const expected = (seed: number) => make(seed).translateDetailed(["a b c"])[0].score;
    expect(Translator.load(path).translateDetailed(["a b c"])[0].score).toBe(expected(8));
    expect(Translator.load(path, { weights: "last" }).translateDetailed(["a b c"])[0].score).toBe(
      expected(7),
    );
  });

  test("a tokenizer with swapped ids is refused (row 22)", () => {
    const path = saved("swapped");
    writeFileSync(join(path, "tokenizer.json"), trainTokenizer(["d c b a"], { type: "word" }).serialize());
    const same = trainTokenizer(["b b a c d"], { type: "word" });
    writeFileSync(join(path, "tokenizer.json"), same.serialize());
    expect(() => Translator.load(path)).toThrow(StateError);
    expect(() => Translator.load(path)).toThrow(
      "source tokenizer: expected the one the model was trained with",
    );
  });

  test.each([
    ["no folder", () => {}, IoError, "absent"],
    [
      "a foreign config",
      (path: string) => writeFileSync(join(path, "config.json"), '{"a": 1}'),
      FormatError,
      "foreign",
    ],
    [
      "a truncated config",
      (path: string) => truncateSync(join(path, "config.json"), 20),
      FormatError,
      "cut-config",
    ],
    [
      "truncated weights",
      (path: string) => truncateSync(join(path, "model.safetensors"), 99),
      FormatError,
      "cut",
    ],
    [
      "weights that are text",
      (path: string) => writeFileSync(join(path, "model.safetensors"), "hello"),
      FormatError,
      "text",
    ],
  ] as const)("%s gives one clear error", (_name, damage, kind, name) => {
    const path = name === "absent" ? join(folder, name) : saved(name);
    damage(path);
    expect(() => Translator.load(path)).toThrow(kind);
  });

  test("weights of another size are refused with their names (row 21)", () => {
    const path = saved("sizes");
    const config = JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
    config.model.cell = "gru";
    writeFileSync(join(path, "config.json"), JSON.stringify(config));
    expect(() => Translator.load(path)).toThrow(
      /state dict: expected the \d+ parameters of this Seq2Seq, got one .*bridge\.1/,
    );
  });
});
