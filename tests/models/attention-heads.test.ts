import { describe, expect, test } from "vitest";
import type { HeadAttention } from "../../src/base/head-attention.ts";
import { Random } from "../../src/base/random.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { sampleTexts } from "../../src/models/language-modelling-task.ts";
import { MaskedLanguageModel } from "../../src/models/masked-language-model.ts";
import { sampleTranslations } from "../../src/models/translation-task.ts";
import { Translator } from "../../src/models/translator.ts";
import type { Module } from "../../src/nn/module.ts";
import { memoryInfo } from "../../src/tensor/index.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";

const corpus = ["a b c d e f g h"];
const words = trainTokenizer(corpus, { type: "word" });
const sizes = { dModel: 8, nhead: 2, dimFeedforward: 16, dropout: 0.5, attentionDropout: 0.5 };
const random = () => new Random(3);

const makeTranslator = () => {
  const depth = { numEncoderLayers: 1, numDecoderLayers: 3 };
  return new Translator({
    source: words,
    target: words,
    model: "transformer",
    ...sizes,
    ...depth,
    random: random(),
  });
};
const makeLanguageModel = () =>
  new LanguageModel({ tokenizer: words, ...sizes, numLayers: 2, blockSize: 6, random: random() });
const makeMasked = () => {
  const tokenizer = trainTokenizer(corpus, { type: "word", specials: MASKED_SPECIALS });
  return new MaskedLanguageModel({ tokenizer, ...sizes, numLayers: 2, blockSize: 6, random: random() });
};

const lists = ({ layers }: HeadAttention) =>
  layers.map((heads) => heads.map((rows) => rows.map((row) => Array.from(row))));
const shape = ({ layers }: HeadAttention) => [
  layers.length,
  layers[0].length,
  layers[0][0].length,
  layers[0][0][0].length,
];

/** Queries and keys of zeros attend everywhere alike. */
function forgetQueries(network: Module): void {
  for (const [name, parameter] of network.namedParameters()) {
    if (name.endsWith("in_proj_weight") || name.endsWith("in_proj_bias")) parameter.view().fill(0);
  }
}

const alike = (keys: number) => new Array(keys).fill(Math.fround(1 / keys));
const alikeBefore = (keys: number) =>
  Array.from({ length: keys }, (_, t) => [...alike(t + 1), ...new Array(keys - t - 1).fill(0)]);
const every = (layers: number, rows: number[][]) => new Array(layers).fill(new Array(2).fill(rows));

describe("a translator", () => {
  test("three kinds, with the tokens read and written", () => {
    const [encoder, decoder, memory] = makeTranslator().attentionOf("a b c", "d e");
    expect(encoder).toMatchObject({ kind: "encoder", queries: ["a", "b", "c", "</s>"] });
    expect(encoder.keys).toEqual(encoder.queries);
    expect(decoder).toMatchObject({ kind: "decoder", queries: ["<s>", "d", "e"], keys: ["<s>", "d", "e"] });
    expect(memory).toMatchObject({ kind: "memory", queries: ["d", "e", "</s>"], keys: encoder.keys });
    expect([encoder, decoder, memory].map(shape)).toEqual([
      [1, 2, 4, 4],
      [3, 2, 3, 3],
      [3, 2, 3, 4],
    ]);
  });

  test("without queries all that may be seen is seen alike", () => {
    const translator = makeTranslator();
    forgetQueries(translator.network);
    const [encoder, decoder, memory] = translator.attentionOf("a b c", "d e").map(lists);
    expect(encoder).toEqual(every(1, new Array(4).fill(alike(4))));
    expect(decoder).toEqual(every(3, alikeBefore(3)));
    expect(memory).toEqual(every(3, new Array(3).fill(alike(4))));
  });

  test("of its own best translation: the weights that came with it", () => {
    const translator = makeTranslator();
    const [best] = translator.translateDetailed(["a b c d"], { beamSize: 3, maxLength: 7 });
    const [encoder, , memory] = translator.attentionOf("a b c d", undefined, { beamSize: 3, maxLength: 7 });
    expect(memory.queries).toEqual(best.tokens);
    expect(encoder.keys).toEqual(best.sourceTokens);
    const [first, second] = memory.layers[1];
    for (const [t, row] of best.attention.entries()) {
      const mean = Array.from(row, (_, s) => (first[t][s] + second[t][s]) / 2);
      for (const [s, weight] of mean.entries()) expect(row[s]).toBeCloseTo(weight, 5);
    }
  });

  test("a recurrent one has no heads; a blank source gives nothing", () => {
    const recurrent = new Translator({ source: words, target: words, hiddenSize: 4, embeddingSize: 4 });
    expect(() => recurrent.attentionOf("a")).toThrow(
      "attention heads: expected a translator with a transformer, got a recurrent one.",
    );
    expect(() => recurrent.attentionOf("")).toThrow("a recurrent one");
    expect(makeTranslator().attentionOf(" ")).toEqual([]);
  });
});

describe("a language model", () => {
  test("one kind: the tokens before and itself", () => {
    const model = makeLanguageModel();
    const [attention, ...others] = model.attentionOf("a b c");
    expect(others).toEqual([]);
    expect(attention).toMatchObject({ kind: "decoder", queries: ["</s>", "a", "b", "c"] });
    expect(shape(attention)).toEqual([2, 2, 4, 4]);
    forgetQueries(model.network);
    expect(model.attentionOf("a b c").map(lists)).toEqual([every(2, alikeBefore(4))]);
  });

  test("no more tokens than it looks back on", () => {
    const model = makeLanguageModel();
    expect(model.attentionOf("a b c d e")[0].queries).toHaveLength(6);
    expect(() => model.attentionOf("a b c d e f")).toThrow(
      "text to look into: expected at most the 6 tokens that the model looks back on, got 7.",
    );
  });
});

describe("a masked language model", () => {
  test("one kind: all of the text, masks included", () => {
    const model = makeMasked();
    const [attention, ...others] = model.attentionOf("a [MASK] c");
    expect(others).toEqual([]);
    expect(attention).toMatchObject({ kind: "encoder", queries: ["<s>", "a", "<mask>", "c", "</s>"] });
    expect(shape(attention)).toEqual([2, 2, 5, 5]);
    forgetQueries(model.network);
    expect(model.attentionOf("a b c").map(lists)).toEqual([every(2, new Array(5).fill(alike(5)))]);
    expect(() => model.attentionOf("a b c d e")).toThrow(
      "text to look into: expected at most 4 tokens, got 5.",
    );
  });
});

describe("samples for a report", () => {
  test("of a translator: the heads of its own translation, where there are any", () => {
    const translator = makeTranslator();
    const sentences = [{ source: "a b", references: ["b a"] }];
    const [sample] = sampleTranslations(translator, sentences);
    expect(sample.heads).toEqual(translator.attentionOf("a b"));
    expect(sample.heads?.[2].queries).toEqual(sample.tokens);
    const recurrent = new Translator({ source: words, target: words, hiddenSize: 4, embeddingSize: 4 });
    expect(sampleTranslations(recurrent, sentences)[0]).not.toHaveProperty("heads");
  });

  test("of a language model: no more tokens than it looks back on", () => {
    const samples = sampleTexts(makeLanguageModel());
    expect(samples.map(({ heads }) => heads?.length)).toEqual([1, 1, 1]);
    for (const { heads = [] } of samples) expect(heads[0].keys.length).toBeLessThanOrEqual(6);
  });

  test("of a masked language model: the text with its masks", () => {
    const [sample] = makeMasked()
      .task({ train: corpus, valid: ["a b c d"] })
      .samples();
    expect(sample.heads[0].keys).toHaveLength(6);
    expect(sample.heads[0].keys).toContain("<mask>");
  });
});

test.each([
  ["translator", makeTranslator()],
  ["language model", makeLanguageModel()],
  ["masked language model", makeMasked()],
] as const)("%s: rows sum to one; dropout does not disturb; nothing is kept", (_, model) => {
  const look = () =>
    model instanceof Translator ? model.attentionOf("a b", "c d") : model.attentionOf("a b c");
  model.network.eval();
  const quiet = look().map(lists);
  for (const row of quiet.flat(3)) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  model.network.train();
  const before = memoryInfo().liveBytes;
  expect(look().map(lists)).toEqual(quiet);
  expect(memoryInfo().liveBytes).toBe(before);
  expect(model.network.training).toBe(true);
});
