import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { isFasttext, readFasttext } from "../../src/formats/fasttext.ts";
import { meanOfNgrams, withNgrams } from "../../src/vectors/subwords.ts";
import { runs } from "../support/fc.ts";

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/fasttext.json", import.meta.url), "utf8"));
const binary = (name: string): Uint8Array => Uint8Array.from(Buffer.from(cases[name].binary, "base64"));
const MODEL = binary("skip-gram");

test("a model of fastText gives the vectors that the program prints, of unseen words too", () => {
  const { table, counts, ngrams } = readFasttext(MODEL);
  const { words, dim } = table;
  expect(words).toHaveLength(10);
  expect([...counts].slice(0, 2)).toEqual([12, 12]);
  const vectors = withNgrams(words, table.vectors, ngrams!);
  const entries = Object.entries<number[]>(cases["skip-gram"].vectors);
  expect(entries.map(([word]) => words.includes(word))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  for (const [word, expected] of entries) {
    const i = words.indexOf(word);
    const vector = i < 0 ? meanOfNgrams(word, dim, ngrams!)! : vectors.subarray(i * dim, (i + 1) * dim);
    for (const [d, value] of expected.entries()) expect(vector[d]).toBeCloseTo(value, 5);
  }
});

test("a model without n-grams has the words' own vectors", () => {
  const { table, ngrams } = readFasttext(binary("cbow without n-grams"));
  expect(ngrams).toBeUndefined();
  for (const [word, expected] of Object.entries<number[]>(cases["cbow without n-grams"].vectors)) {
    const i = table.words.indexOf(word);
    if (i < 0) continue;
    for (const [d, value] of expected.entries()) expect(table.vectors[3 * i + d]).toBeCloseTo(value, 5);
  }
});

/** The model with a number of 4 bytes replaced. */
function changed(offset: number, value: number): Uint8Array {
  const bytes = MODEL.slice();
  new DataView(bytes.buffer).setInt32(offset, value, true);
  return bytes;
}

describe("files that are refused", () => {
  // Offsets: magic 0, version 4, dim 8, model 36, bucket 40, minn 44, maxn 48, words 68, labels 72, pruned 84.
  test.each([
    ["another version", changed(4, 11), "m.bin at byte 8: fastText version: expected 12, got 11."],
    ["no elements", changed(8, 0), "fastText dim: expected above 0, got 0."],
    ["2^31 elements", changed(8, 2 ** 31 - 1), "words with vectors of 2147483647"],
    ["a classifier", changed(36, 3), "fastText model: expected skip-gram or cbow, got a classifier."],
    ["long n-grams", changed(48, 99), "fastText maxn: expected at most 32, got 99."],
    ["shortest above longest", changed(44, 9), "fastText minn: expected 1 to maxn, got 9."],
    ["another number of buckets", changed(40, 12), "fastText vectors: expected 22, got 21."],
    ["2^31 words", changed(68, 2 ** 31 - 1), "expected words and no labels"],
    [
      "labels",
      changed(72, 1),
      "fastText dictionary: expected words and no labels, got 10 words, 1 labels of 10.",
    ],
    [
      "pruned n-grams",
      changed(88, 0),
      "fastText dictionary: expected all n-grams, got 4294967295 that were kept.",
    ],
    ["an end in the settings", MODEL.slice(0, 30), "fastText settings: expected 4 bytes, got 2."],
    ["an end in the vectors", MODEL.slice(0, 400), "fastText vectors"],
    ["no model", new Uint8Array(0), "fastText magic number: expected 4 bytes, got 0."],
  ])("%s", (_, bytes, message) => {
    expect(() => readFasttext(bytes, "m.bin")).toThrow(FormatError);
    expect(() => readFasttext(bytes, "m.bin")).toThrow(message);
  });

  test("whatever is broken in the head: a model or a FormatError", () => {
    const law = fc.property(
      fc.nat({ max: 360 }),
      fc.integer(),
      fc.nat({ max: MODEL.length }),
      (at, value, end) => {
        const bytes = changed(at, value).slice(0, Math.max(end, 400));
        try {
          readFasttext(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      },
    );
    fc.assert(law, runs);
  });
});

test("only models of fastText are taken for ones", () => {
  expect(isFasttext(MODEL)).toBe(true);
  expect(isFasttext(new TextEncoder().encode("3 2\n"))).toBe(false);
  expect(isFasttext(new Uint8Array(2))).toBe(false);
});
