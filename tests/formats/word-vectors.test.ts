import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import type { SavedTensor } from "../../src/formats/safetensors-dtype.ts";
import { readWordVectors, type SavedWordVectors, writeWordVectors } from "../../src/formats/word-vectors.ts";
import { runs } from "../support/fc.ts";

const TABLE: SavedWordVectors = {
  words: ["the", "a café", "\ufeff"],
  dim: 2,
  vectors: Float32Array.of(1, -0.5, 0.1, 2.5e-8, -0, Number.NaN),
  counts: Float64Array.of(5, 2, 1),
  ngrams: {
    minN: 3,
    maxN: 6,
    buckets: 2_000_000,
    numbers: Int32Array.of(0, 7, 1_999_999),
    vectors: Float32Array.of(1, 2, 3, 4, 5, 6),
  },
};

test("words, counts, vectors and n-grams come back, to the last bit", () => {
  expect(readWordVectors(writeWordVectors(TABLE))).toEqual(TABLE);
  const { counts: _, ngrams: __, ...plain } = TABLE;
  expect(readWordVectors(writeWordVectors(plain))).toEqual(plain);
});

test("every word that has no line feed comes back", () => {
  const law = fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (texts) => {
    const words = texts.map((text) => text.replaceAll("\n", " "));
    const table = { words, dim: 1, vectors: new Float32Array(words.length) };
    expect(readWordVectors(writeWordVectors(table)).words).toEqual(words);
  });
  fc.assert(law, runs);
});

test.each(["a\nb", "\ud800"])("the word %j is not written", (word) => {
  const table = { words: [word], dim: 1, vectors: Float32Array.of(1) };
  expect(() => writeWordVectors(table)).toThrow(
    "word to write: expected well-formed Unicode without a line feed, got",
  );
});

/** The file with tensors and metadata replaced, or left out where undefined. */
function changed(
  tensors: Record<string, SavedTensor | undefined>,
  metadata: Record<string, string | undefined> = {},
): Uint8Array {
  const saved = readSafetensors(writeWordVectors(TABLE));
  const merge = <T>(old: ReadonlyMap<string, T>, fresh: Record<string, T | undefined>) =>
    new Map(
      [...Object.entries({ ...Object.fromEntries(old), ...fresh })].filter(
        ([, value]) => value !== undefined,
      ),
    ) as Map<string, T>;
  return writeSafetensors(merge(saved, tensors), merge(saved.metadata, metadata));
}
const u8 = (text: string): SavedTensor => {
  const data = new TextEncoder().encode(text);
  return { dtype: "U8", shape: [data.length], data };
};
const numbers = (...values: number[]): SavedTensor => ({
  dtype: "I32",
  shape: [values.length],
  data: Int32Array.from(values),
});
const floats = (...shape: number[]): SavedTensor => ({
  dtype: "F32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

describe("files that are refused", () => {
  test.each([
    ["weights", changed({}, { kind: undefined }), 'v: kind of file: expected "word vectors", got none.'],
    ["no vectors", changed({ vectors: undefined }), "v: tensor vectors: expected F32 [any, any], got none."],
    [
      "no words",
      changed({ vectors: floats(0, 2) }),
      "vectors: expected at least one, of one element, got [0, 2].",
    ],
    ["a word too few", changed({ words: u8("a\nb\n") }), "words: expected 3, as there are vectors, got 2."],
    ["a last word without an end", changed({ words: u8("a\nb\nc") }), "expected a line feed behind each"],
    [
      "no UTF-8",
      changed({ words: { dtype: "U8", shape: [1], data: Uint8Array.of(255) } }),
      "words: expected UTF-8",
    ],
    [
      "counts of others",
      changed({ counts: { dtype: "F64", shape: [1], data: Float64Array.of(1) } }),
      "tensor counts: expected F64 [3], got F64 [1].",
    ],
    [
      "other elements",
      changed({ "ngrams.vectors": floats(3, 1) }),
      "ngrams.vectors: expected F32 [any, 2], got F32 [3, 1].",
    ],
    [
      "a number too few",
      changed({ "ngrams.numbers": numbers(1, 2) }),
      "ngrams.numbers: expected I32 [3], got I32 [2].",
    ],
    [
      "numbers twice",
      changed({ "ngrams.numbers": numbers(1, 1, 2) }),
      "ngrams.numbers [1]: expected a number from 2 to 1999999, got 1.",
    ],
    [
      "a negative number",
      changed({ "ngrams.numbers": numbers(-1, 1, 2) }),
      "ngrams.numbers [0]: expected a number from 0 to",
    ],
    [
      "a number of no bucket",
      changed({}, { buckets: "7" }),
      "ngrams.numbers [1]: expected a number from 1 to 6, got 7.",
    ],
    [
      "buckets in words",
      changed({}, { buckets: "many" }),
      'buckets: expected a whole number from 1 to 2147483647, got "many".',
    ],
    ["endless n-grams", changed({}, { max_n: "9999999999" }), "max_n: expected a whole number from 3 to 32"],
    [
      "no shortest",
      changed({}, { min_n: undefined }),
      "min_n: expected a whole number from 1 to 32, got undefined.",
    ],
    ["an end in the data", writeWordVectors(TABLE).slice(0, -1), "safetensors"],
    ["text", new TextEncoder().encode("3 2\nthe 1 2\n"), "safetensors header"],
  ])("%s", (_, bytes, message) => {
    expect(() => readWordVectors(bytes, "v")).toThrow(FormatError);
    expect(() => readWordVectors(bytes, "v")).toThrow(message);
  });

  test("a wrong bit anywhere", () => {
    const file = writeWordVectors(TABLE);
    const law = fc.property(fc.nat({ max: file.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
      const bytes = file.slice();
      bytes[at] ^= 1 << bit;
      expect(() => readWordVectors(bytes)).toThrow(FormatError);
    });
    fc.assert(law, runs);
  });
});
