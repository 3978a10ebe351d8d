import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bucketsOf,
  characterNgrams,
  fnv1a,
  meanOfNgrams,
  subwordRows,
  withNgrams,
} from "../../src/vectors/subwords.ts";
import { trainWordVectors } from "../../src/vectors/train.ts";
import { WordVectors } from "../../src/vectors/word-vectors.ts";
import { workspace } from "../support/command.ts";
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

test("the end of a sentence has no n-grams, as in fastText", () => {
  expect(bucketsOf("</s>", { minN: 3, maxN: 6, buckets: 100 })).toEqual([]);
});

test("a vector is the mean of the word's own and those of its n-grams that have one", () => {
  const rule = { minN: 3, maxN: 3, buckets: 2 ** 31 - 1 };
  const [first, second] = bucketsOf("ab", rule);
  const vector = (bucket: number) => (bucket === first ? 6 : 3);
  const numbers = Int32Array.of(first, second).sort();
  const ngrams = { ...rule, numbers, vectors: Float32Array.from(numbers, vector) };
  expect([...withNgrams(["ab", "xyz", "zab"], Float32Array.of(0, 1, 1), ngrams)]).toEqual([3, 1, 2]);
  expect([...meanOfNgrams("abc", 1, ngrams)!]).toEqual([6]);
  expect(meanOfNgrams("xyz", 1, ngrams)).toBeUndefined();
  const one = { ...ngrams, numbers: numbers.subarray(0, 0), vectors: new Float32Array(0) };
  expect(meanOfNgrams("ab", 1, one)).toBeUndefined();
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
  const path = workspace()("v.safetensors");
  vectors.save(path);
  const back = WordVectors.load(path);
  expect(back.vectors).toEqual(vectors.vectors);
  expect(back.counts).toEqual(vectors.counts);
  for (const word of ["unhappily", "balking"]) expect(back.vector(word)).toEqual(vectors.vector(word));
  expect(() => vectors.vector("xyz")).toThrow(
    'word: expected one of the 8 words that have a vector, got "xyz".',
  );
});
