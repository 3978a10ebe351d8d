import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsOf, characterNgrams, fnv1a, subwordRows } from "../../src/vectors/subwords.ts";
import { trainWordVectors } from "../../src/vectors/train.ts";
import { runs } from "../support/fc.ts";

// FNV-1a's published value of "a"; bytes above 127 are negative numbers in fastText.
test.each([
  ["", 2166136261],
  ["a", 0xe40c292c],
  ["<ca", 1066916747],
  ["é", 1023043777],
])("the hash of %j is %i", (text, hash) => {
  expect(fnv1a(new TextEncoder().encode(text))).toBe(hash);
});

// The example of the paper, section 3.2.
test("the trigrams of where", () => {
  expect(characterNgrams("where", 3, 3)).toEqual(["<wh", "whe", "her", "ere", "re>"]);
});

test("n-grams are of characters, not code units, and marks alone are none", () => {
  expect(characterNgrams("🙂", 1, 2)).toEqual(["<🙂", "🙂", "🙂>"]);
});

test("every n-gram of a length is one of <word>, and all are there", () => {
  const law = fc.property(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.integer({ min: 2, max: 6 }),
    (word, n) => {
      const length = [...word].length + 2;
      const found = characterNgrams(word, n, n);
      expect(found).toHaveLength(Math.max(0, length - n + 1));
      for (const ngram of found) expect(`<${word}>`).toContain(ngram);
    },
  );
  fc.assert(law, runs);
});

test("words have rows of their own, and buckets that occur have rows behind", () => {
  const rule = { minN: 3, maxN: 3, buckets: 100 };
  const { starts, parts, rows, count } = subwordRows(["ab", "abc"], rule);
  expect([...starts]).toEqual([0, 3, 7]);
  expect([...parts]).toEqual([0, 2, 3, 1, 2, 4, 5]); // <ab ab> | <ab abc bc>
  expect(count).toBe(6);
  expect([...rows.keys()]).toEqual([...new Set([...bucketsOf("ab", rule), ...bucketsOf("abc", rule)])]);
});

test("a word that was never seen gets a vector near those it is built like", () => {
  const sentences = Array.from({ length: 300 }, (_, i) =>
    i % 2 ? ["walking", "talking", "singing", "road"] : ["unhappy", "unkind", "unwell", "mood"],
  );
  const vectors = trainWordVectors(sentences, { dim: 10, minCount: 1, epochs: 10, sample: 0, subwords: {} });
  expect(vectors.has("balking")).toBe(false);
  expect(vectors.similarity("balking", "walking")).toBeGreaterThan(
    vectors.similarity("balking", "unkind") + 0.3,
  );
  expect(vectors.nearest("unhappily", 3).map(({ word }) => word)).toContain("unhappy");
  expect(() => vectors.vector("xyz")).toThrow(
    'word: expected one of the 8 words that have a vector, got "xyz".',
  );
});
