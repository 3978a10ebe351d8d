import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { trainWordVectors } from "../../src/vectors/train.ts";
import { WordVectors } from "../../src/vectors/word-vectors.ts";
import { workspace } from "../support/command.ts";
import { runs } from "../support/fc.ts";
import { topicSentences } from "../support/topics.ts";

/** Words w0, w1, ... with vectors of small whole numbers, so that there are ties. */
const tables = fc
  .record({ n: fc.integer({ min: 1, max: 40 }), dim: fc.integer({ min: 1, max: 6 }), seed: fc.nat() })
  .map(({ n, dim, seed }) => {
    const random = new Random(seed);
    const vectors = Float32Array.from({ length: n * dim }, () => random.integer(7) - 3);
    const words = Array.from({ length: n }, (_, i) => `w${i}`);
    return new WordVectors(words, vectors);
  });

describe("laws", () => {
  test("cosines do not change with the scale of a vector, and lie in [-1, 1]", () => {
    const law = fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 6 }),
      fc.integer({ min: -8, max: 8 }),
      (values, power) => {
        const vectors = new WordVectors(["a", "b"], Float32Array.from(values));
        const scaled = Float32Array.from(values, (value, i) => (i < 3 ? value * 2 ** power : value));
        const cosine = vectors.similarity("a", "b");
        expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
        expect(new WordVectors(["a", "b"], scaled).similarity("a", "b")).toBeCloseTo(cosine, 5);
        expect(vectors.similarity("b", "a")).toBe(cosine);
      },
    );
    fc.assert(law, runs);
  });

  test("the k nearest are the first k of all, sorted", () => {
    const law = fc.property(tables, fc.integer({ min: 1, max: 50 }), (vectors, k) => {
      const all = vectors.words
        .map((word, i) => ({
          word,
          i,
          score: vectors.nearest(vectors.vector("w0"), 40).find((one) => one.word === word)!.score,
        }))
        .filter(({ i }) => i !== 0)
        .sort((a, b) => b.score - a.score || a.i - b.i);
      const nearest = vectors.nearest("w0", k);
      expect(nearest.map(({ word }) => word)).toEqual(all.slice(0, k).map(({ word }) => word));
    });
    fc.assert(law, { ...runs, numRuns: Math.ceil(runs.numRuns / 4) });
  });

  test.each(["v.txt", "v.bin", "v.txt.gz", "v.bin.gz", "v.safetensors"])(
    "%s gives words and vectors back, to the last bit",
    (name) => {
      const path = workspace()(name);
      const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 6,
        maxLength: 6,
      });
      const law = fc.property(values, fc.string({ minLength: 1, unit: "grapheme" }), (numbers, name) => {
        const word = name.replace(/[\s\0\ufeff]/g, "_");
        const vectors = new WordVectors([word, `${word}2`], Float32Array.from(numbers));
        vectors.save(path);
        const back = WordVectors.load(path);
        expect(back.words).toEqual(vectors.words);
        // Text has no sign of zero.
        expect(back.vectors.map((value) => value + 0)).toEqual(vectors.vectors.map((value) => value + 0));
      });
      fc.assert(law, { ...runs, numRuns: Math.ceil(runs.numRuns / 4) });
    },
  );
});

const KINGS = new WordVectors(
  ["man", "woman", "king", "queen", "apple"],
  Float32Array.of(1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, -1, -1, 0.2),
);

test.each(["add", "mul"] as const)("man is to king as woman is to queen: %s", (method) => {
  expect(KINGS.analogy("man", "king", "woman", { method, k: 1 })[0].word).toBe("queen");
  expect(KINGS.analogy("man", "king", "woman", { method }).map(({ word }) => word)).toEqual([
    "queen",
    "apple",
  ]);
});

test("3CosMul is the product of shifted cosines over the third (Levy and Goldberg 2014, eq. 4)", () => {
  const shifted = (a: string, b: string) => (1 + KINGS.similarity(a, b)) / 2;
  const expected = (shifted("queen", "king") * shifted("queen", "woman")) / (shifted("queen", "man") + 0.001);
  const [{ score }] = KINGS.analogy("man", "king", "woman", { method: "mul" });
  expect(score).toBeCloseTo(expected, 6);
});

test("a word that comes twice has its first vector, and is counted", () => {
  const vectors = new WordVectors(["a", "b", "a"], Float32Array.of(1, 2, 3));
  expect([...vectors.vector("a")]).toEqual([1]);
  expect(vectors.duplicates).toBe(1);
  expect(vectors.nearest("a")).toEqual([{ word: "b", score: 1 }]);
});

test.each(["v.bin", "v.safetensors"])("numbers that are not finite are refused: %s", (name) => {
  const path = workspace();
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
    new WordVectors(["a", "b"], Float32Array.of(1, 2, 3, odd)).save(path(name));
    expect(() => WordVectors.load(path(name))).toThrow(`vector of "b": expected finite numbers, got ${odd}.`);
  }
});

test("an embedding has the vectors as rows", () => {
  const embedding = KINGS.toEmbedding();
  expect(embedding.forward([3, 0]).toArray()).toEqual([
    [0, 1, 1],
    [1, 0, 0],
  ]);
});

// The course notes ask what word vectors have over one-hot ones.
test("one-hot vectors know no similarity; learned ones do", () => {
  const vectors = trainWordVectors(topicSentences(3, 400), {
    dim: 10,
    minCount: 1,
    epochs: 10,
    sample: 0,
    alpha: 0.05,
  });
  const n = vectors.words.length;
  const oneHot = new WordVectors(
    vectors.words,
    Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
  );
  expect(oneHot.similarity("0.1", "0.2")).toBe(0);
  expect(oneHot.similarity("0.1", "1.2")).toBe(0);
  expect(vectors.similarity("0.1", "0.2")).toBeGreaterThan(vectors.similarity("0.1", "1.2") + 0.5);
});

test.each([
  [() => new WordVectors(["a", "b"], Float32Array.of(1, 2, 3)), "got 3 numbers for 2 words"],
  [() => KINGS.nearest("kin"), 'word: expected one of the 5 words that have a vector, got "kin".'],
  [() => KINGS.nearest([1]), "nearest: expected a word or 3 numbers, got 1."],
  [() => KINGS.nearest(null as never), "nearest: expected a word or 3 numbers, got null."],
  [() => KINGS.nearest("KING"), 'Did you mean "king"?'],
  [() => new WordVectors(undefined as never, Float32Array.of(1)), "words of WordVectors: expected an array"],
  [() => KINGS.nearest("king", 0), "k: expected a whole number of at least 1, got 0."],
  [
    () => KINGS.analogy("man", "king", "woman", { method: "sum" as "add" }),
    "method: expected one of add, mul",
  ],
  [() => new WordVectors(["a b"], Float32Array.of(1)).save("v.txt"), 'got "a b".'],
])("misuse %#", (act, message) => {
  expect(act).toThrow(message);
});
