import { expect, test } from "vitest";
import { parseAnalogies, parseRatedPairs, spearman } from "../../src/vectors/evaluate.ts";
import { WordVectors } from "../../src/vectors/word-vectors.ts";

test.each([
  [[1, 2, 3, 4, 5], [2, 4, 6, 8, 100], 1],
  [[1, 2, 3], [3, 2, 1], -1],
  [[1, 2, 3, 4], [10, 30, 20, 40], 0.8],
  [[1, 2, 2, 4], [1, 2, 3, 4], 0.9486832980505138], // scipy.stats.spearmanr
])("Spearman of %j and %j is %f", (x, y, rho) => {
  expect(spearman(x, y)).toBeCloseTo(rho, 12);
});

test("pairs: with or without a first line, commas, tabs or blanks, comments", () => {
  const pairs = [{ a: "love", b: "sex", rating: 6.77 }];
  for (const text of [
    "Word_1,Word_2,score\nlove,sex,6.77\n",
    "# note\nlove\tsex\t6.77",
    "love sex 6.77\r\n\r\n",
  ]) {
    expect(parseRatedPairs(text)).toEqual(pairs);
  }
  expect(() => parseRatedPairs("a b 1\nc d\n", "x.csv")).toThrow(
    'x.csv:2: word similarity: expected two words and a number, got "c d".',
  );
});

test("analogies: sections with questions of four words", () => {
  expect(parseAnalogies(": one\na b c d\n\n: two\n")).toEqual([
    { name: "one", questions: [["a", "b", "c", "d"]] },
    { name: "two", questions: [] },
  ]);
  expect(() => parseAnalogies("a b c d\n")).toThrow("line 1: analogies: expected");
  expect(() => parseAnalogies(": s\na b c\n")).toThrow("line 2: analogies: expected");
});

const VECTORS = new WordVectors(
  ["man", "Woman", "king", "queen", "KING", "far"],
  Float32Array.of(1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, -9, 0, 1, -1, -1, -1),
);

test("analogies by the rules of compute-accuracy", () => {
  const sections = parseAnalogies(
    [
      ": a",
      "MAN KING WOMAN QUEEN",
      "man king woman far",
      "man king woman nobody",
      ": b",
      ": c",
      ": d",
      ": e",
      ": f",
    ]
      .concat("woman queen man king")
      .join("\n"),
  );
  const { analogies } = VECTORS.evaluate({ analogies: sections });
  expect(analogies).toMatchObject({ correct: 2, asked: 3, questions: 4 });
  expect(analogies!.semantic).toEqual({ correct: 1, asked: 2, questions: 3 });
  expect(analogies!.syntactic).toEqual({ correct: 1, asked: 1, questions: 1 });
  expect(analogies!.sections.map(({ asked }) => asked)).toEqual([2, 0, 0, 0, 0, 1]);
  // Only the first three words take part.
  expect(VECTORS.evaluate({ analogies: sections, limit: 3 }).analogies).toMatchObject({ asked: 0 });
});

test("similarity covers the pairs of known words", () => {
  const similarity = parseRatedPairs("man king 5\nman queen 1\nman far 0\nman unknown 9\n");
  expect(VECTORS.evaluate({ similarity })).toEqual({ similarity: { spearman: 1, covered: 3, pairs: 4 } });
});
