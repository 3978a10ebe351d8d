import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, IndexError, OptionError } from "../../src/base/errors.ts";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { DEFAULT_SPECIALS, Vocabulary } from "../../src/text/vocabulary.ts";
import { runs } from "../support/fc.ts";

const counts: [string, number][] = [
  ["b", 2],
  ["a", 2],
  ["😀", 2],
  ["｡", 2],
  ["the", 9],
  ["rare", 1],
  ["<s>", 50],
];

describe("Vocabulary", () => {
  test("orders by frequency, then by code point, after the special tokens", () => {
    const vocabulary = Vocabulary.fromCounts(counts);
    expect(vocabulary.tokens).toEqual([...DEFAULT_SPECIALS, "the", "a", "b", "｡", "😀", "rare"]);
    expect(vocabulary.counts).toEqual([0, 0, 0, 0, 9, 2, 2, 2, 2, 1]);
    expect(vocabulary.specials).toEqual(["<pad>", "<s>", "</s>", "<unk>"]);
    expect(vocabulary.size).toBe(10);
  });

  test("leaves out rare tokens and stops at a size", () => {
    expect(Vocabulary.fromCounts(counts, { minFrequency: 3, specials: [] }).tokens).toEqual(["<s>", "the"]);
    expect(Vocabulary.fromCounts(counts, { maxSize: 6 }).tokens).toEqual([...DEFAULT_SPECIALS, "the", "a"]);
    expect(Vocabulary.fromCounts(counts, { maxSize: 4 }).tokens).toEqual(DEFAULT_SPECIALS);
  });

  test("knows tokens and ids, names of object members included", () => {
    const vocabulary = new Vocabulary(["__proto__", "constructor", ""]);
    expect(vocabulary.id("__proto__")).toBe(0);
    expect(vocabulary.id("")).toBe(2);
    expect(vocabulary.id("toString")).toBeUndefined();
    expect(vocabulary.has("constructor")).toBe(true);
    expect(vocabulary.token(1)).toBe("constructor");
  });

  test("comes back from text and file", () => {
    const entry = fc.tuple(fc.oneof(anyString(), fc.constant("__proto__")), fc.nat());
    const entries = fc.uniqueArray(entry, { selector: ([token]) => token });
    const folder = mkdtempSync(join(tmpdir(), "vocabulary-"));
    const path = join(folder, "vocabulary.json");
    const law = fc.property(entries, (all) => {
      const vocabulary = Vocabulary.fromCounts(all);
      expect(Vocabulary.parse(vocabulary.serialize())).toEqual(vocabulary);
    });
    try {
      fc.assert(law, runs);
      Vocabulary.fromCounts(counts).save(path);
      expect(Vocabulary.load(path)).toEqual(Vocabulary.fromCounts(counts));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([[-1], [3], [0.5], [Number.NaN], [2 ** 31]])("has no token %d", (id) => {
    const vocabulary = new Vocabulary(["a", "b", "c"]);
    const message = `token id: expected a whole number in 0..2, got ${id}.`;
    expect(() => vocabulary.token(id)).toThrow(message);
    expect(() => vocabulary.token(id)).toThrow(IndexError);
  });

  test.each<[() => unknown, string]>([
    [() => new Vocabulary(["a", "a"]), 'vocabulary: expected each token once, got "a" twice.'],
    [() => new Vocabulary(["a"], ["b"]), 'vocabulary: expected special tokens among the tokens, got "b".'],
    [() => new Vocabulary(["a"], [], [1, 2]), "vocabulary: expected 1 counts, got 2."],
    [
      () => Vocabulary.fromCounts([], { maxSize: 3 }),
      "maxSize: expected a whole number of at least 4, got 3.",
    ],
    [
      () => Vocabulary.fromCounts([], { minFrequency: Number.NaN }),
      "minFrequency: expected a number of at least 0, got NaN.",
    ],
    [
      () => Vocabulary.fromCounts([], { minCount: 1 } as object),
      'vocabulary option: expected one of minFrequency, maxSize, specials, got "minCount".',
    ],
  ])("refuses %s", (make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(OptionError);
  });

  test.each([
    ["[]", 'x: vocabulary: expected "specials" and "tokens", got other JSON.'],
    [
      '{"specials": [], "tokens": [["a"]]}',
      "x: vocabulary: expected pairs of a token and its frequency, got another entry.",
    ],
    ['{"specials": [], "tokens": [["a", -1]]}', "expected pairs of a token and its frequency"],
    [
      '{"specials": [], "tokens": [["a", 1], ["a", 1]]}',
      'x: vocabulary: expected each token once, got "a" twice.',
    ],
    ['{"specials": ["b"], "tokens": []}', 'expected special tokens among the tokens, got "b".'],
  ])("does not read %s", (text, message) => {
    expect(() => Vocabulary.parse(text, "x")).toThrow(message);
    expect(() => Vocabulary.parse(text, "x")).toThrow(FormatError);
  });
});
