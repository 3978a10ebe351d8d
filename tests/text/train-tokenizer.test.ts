import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { JOINER } from "../../src/text/punctuation.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { runs } from "../support/fc.ts";

const TYPES = ["word", "char", "bpe", "byte-bpe"] as const;
const anyType = fc.constantFrom(...TYPES);
const texts = fc
  .array(fc.oneof(fc.string({ unit: fc.constantFrom(..."aab c<s>"), maxLength: 20 }), anyString()), {
    minLength: 1,
  })
  .map((all) => [...all, "a"]);

const pairs = (merges: readonly (readonly string[])[]) => merges.map((pair) => pair.join(" ")).join(";");

describe("trainTokenizer", () => {
  test("bpe learns subword-nmt's merges (learn_bpe.py on the same four lines)", () => {
    const lines = [
      "she sells sea shells by the sea shore",
      "the shells she sells are sea shells for sure",
      "aaaa aaa aaaaa banana bananas",
      "naïve café 😀😁 😁😀 😀😁 ｡😀 ｡😀 😁｡",
    ];
    const tokenizer = trainTokenizer(lines, { type: "bpe", merges: 40 });
    expect(pairs(tokenizer.merges)).toBe(
      "s h;a a;s e;l s</w>;l ls</w>;n a;sh e;she lls</w>;se a</w>;r e</w>;😀 😁</w>;｡ 😀</w>;t h;th e</w>;sh e</w>;se lls</w>;b a;ba na;aa a</w>",
    );
    expect(tokenizer.tokenize("sealess bananaaaa  shellfish x café").join(" ")).toBe(
      "se@@ a@@ l@@ e@@ s@@ s bana@@ n@@ aa@@ a@@ a she@@ l@@ l@@ f@@ i@@ s@@ h x c@@ a@@ f@@ é",
    );
    expect(tokenizer.tokenize("😀😁｡ the").join(" ")).toBe("😀@@ 😁@@ ｡ the");
  });

  test("byte-bpe gives the ids of HuggingFace's trainer: special tokens, bytes by code point, merges", () => {
    const tokenizer = trainTokenizer(["aaabdaaabac"], { type: "byte-bpe", vocabSize: 263, minFrequency: 1 });
    expect(tokenizer.tokens.slice(4, 8)).toEqual(["!", '"', "#", "$"]);
    expect(tokenizer.tokens.slice(257)).toEqual(["Ł", "ł", "Ń", "aa", "ab", "aaab"]);
    expect(pairs(tokenizer.merges)).toBe("a a;a b;aa ab");
    // minbpe's [258, 100, 258, 97, 99].
    expect(tokenizer.tokenize("aaabdaaabac")).toEqual(["aaab", "d", "aaab", "a", "c"]);
  });

  test("word and char count, and order by frequency and code point", () => {
    const word = trainTokenizer(["b a b", "c"], { type: "word" });
    expect(word.tokens.slice(4)).toEqual(["b", "a", "c"]);
    expect(word.vocabulary.counts).toEqual([0, 0, 0, 0, 2, 1, 1]);
    expect(trainTokenizer(["b a b"], { type: "char", specials: [] }).tokens).toEqual([" ", "b", "a"]);
    expect(trainTokenizer(["b a b c"], { type: "word", vocabSize: 5 }).tokens.slice(4)).toEqual(["b"]);
    expect(trainTokenizer(["b a b c"], { type: "word", minFrequency: 2 }).tokens.slice(4)).toEqual(["b"]);
  });

  test("knows each character inside and at the end of words", () => {
    const tokenizer = trainTokenizer(["ab"], { type: "bpe", merges: 0 });
    expect(tokenizer.tokens.slice(4)).toEqual(["a", "b", "a</w>", "b</w>"]);
    expect(tokenizer.encode("ba")).toEqual([5, 6]);
  });

  test("splits punctuation off for word and bpe", () => {
    for (const type of ["word", "bpe"] as const) {
      const tokenizer = trainTokenizer(["It's late."], { type, split: "punctuation" });
      const joined = tokenizer.tokenize("It's late.").join(" ").replaceAll("@@ ", "");
      expect(joined).toBe(`It ${JOINER}'s late ${JOINER}.`);
    }
  });

  test("does not depend on the order of the texts", () => {
    const law = fc.property(texts, anyType, fc.infiniteStream(fc.nat()), (all, type, numbers) => {
      const shuffled = all.map((text) => [numbers.next().value as number, text] as const);
      shuffled.sort(([a], [b]) => a - b);
      const options = { type, minFrequency: 1 };
      const other = trainTokenizer(
        shuffled.map(([, text]) => text),
        options,
      );
      expect(other.serialize()).toBe(trainTokenizer(all, options).serialize());
    });
    fc.assert(law, runs);
  });

  test("a smaller vocabulary is the beginning of a larger one", () => {
    const law = fc.property(texts, anyType, fc.nat(12), (all, type, extra) => {
      const start = trainTokenizer(all, {
        type,
        minFrequency: 1,
        ...(type.endsWith("bpe") ? { merges: 0 } : { vocabSize: 5 }),
      });
      const size = start.tokens.length + extra;
      const smaller = trainTokenizer(all, { type, minFrequency: 1, vocabSize: size }).tokens;
      const larger = trainTokenizer(all, { type, minFrequency: 1, vocabSize: size + 1 }).tokens;
      expect(smaller.length).toBeLessThanOrEqual(size);
      expect(larger.slice(0, smaller.length)).toEqual(smaller);
    });
    fc.assert(law, runs);
  });

  test("never merges into the spelling of a special token or an inner end of word", () => {
    for (const type of ["bpe", "byte-bpe"] as const) {
      const tokenizer = trainTokenizer(["x<s>y x</w>y x<s>y x</w>y"], { type });
      expect(tokenizer.merges.map((pair) => pair.join(""))).not.toContain("<s>");
      expect(tokenizer.decode(tokenizer.encode("a<s>b x</w>y"))).toBe(
        type === "bpe" ? "<unk> <s><unk> x</w>y" : "a<s>b x</w>y",
      );
    }
  });

  test("leaves characters that are special tokens unknown", () => {
    const tokenizer = trainTokenizer(["a#a ab"], { type: "bpe", specials: ["#", "<unk>"] });
    expect(tokenizer.encode("#")).not.toContain(0);
    expect(tokenizer.encode("a#a")).toContain(tokenizer.unkId);
  });

  test.each<[object, string]>([
    [{}, "tokenizer type: expected one of word, char, bpe, byte-bpe, got undefined."],
    [{ type: "unigram" }, 'tokenizer type: expected one of word, char, bpe, byte-bpe, got "unigram".'],
    [{ type: "wordpiece" }, 'tokenizer type: expected one of word, char, bpe, byte-bpe, got "wordpiece".'],
    [{ type: "bpe", vocabsize: 9 }, 'got "vocabsize". Did you mean "vocabSize"?'],
    [{ type: "bpe", vocabSize: 5 }, "vocabSize: expected a whole number of at least 6, got 5."],
    [{ type: "byte-bpe", vocabSize: 259 }, "vocabSize: expected a whole number of at least 260, got 259."],
    [{ type: "word", vocabSize: 4 }, "vocabSize: expected a whole number of at least 5, got 4."],
    [{ type: "bpe", merges: -1 }, "merges: expected a whole number of at least 0, got -1."],
    [
      { type: "bpe", merges: 1, vocabSize: 9 },
      "trainTokenizer: expected either merges or vocabSize, got merges 1 and vocabSize 9.",
    ],
    [{ type: "word", merges: 1 }, "merges: expected none for type word, got 1."],
    [{ type: "word", minFrequency: 0 }, "minFrequency: expected a number of at least 1, got 0."],
    [{ type: "bpe", minFrequency: 0 }, "minFrequency: expected a number of at least 1, got 0."],
    [{ type: "char", split: "space" }, 'split: expected none for type char, got "space".'],
    [
      { type: "word", split: "spaces" },
      'split: expected one of whitespace, space, punctuation, got "spaces". Did you mean "space"?',
    ],
    [
      { type: "word", specials: ["a", "a"] },
      'specials: expected different, non-empty strings, got ["a","a"].',
    ],
    [{ type: "word", specials: [""] }, 'specials: expected different, non-empty strings, got [""].'],
    [{ type: "word", specials: "<s>" }, 'specials: expected different, non-empty strings, got "<s>".'],
  ])("refuses %j", (options, message) => {
    const train = () => trainTokenizer(["a"], options as TrainTokenizerOptions);
    expect(train).toThrow(message);
    expect(train).toThrow(OptionError);
  });

  test.each<[unknown, string]>([
    [[], "texts: expected at least one token, got an empty corpus."],
    [["", " \n"], "texts: expected at least one token, got an empty corpus."],
    [
      "a text",
      'texts: expected an array or another iterable of strings, got "a text". Put a single text into an array.',
    ],
    [undefined, "texts: expected an array or another iterable of strings, got undefined."],
    [[5], "text to train on: expected a string, got 5."],
  ])("refuses the texts %j", (corpus, message) => {
    const train = () => trainTokenizer(corpus as string[], { type: "word" });
    expect(train).toThrow(message);
    expect(train).toThrow(OptionError);
  });
});
