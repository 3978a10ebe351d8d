import { expect, test } from "vitest";
import { joinPhrases } from "../../src/vectors/phrases.ts";

const split = (text: string) => text.split("\n").map((line) => line.split(" ").filter(Boolean));

test("pairs above the threshold are joined from left to right, each word once", () => {
  const text = split("a b c\na b d\na b\nx a\ny b\n\nz z z");
  // a 4, b 4, "a b" 3 of 15 words: (3 - 1) / 16 * 15 = 1.875; z 3, "z z" 2: (2 - 1) / 9 * 15 = 1.67
  expect(joinPhrases(text, { minCount: 1, threshold: 1.8 }).map((words) => words.join(" "))).toEqual(
    "a_b c\na_b d\na_b\nx a\ny b\n\nz z z".split("\n"),
  );
  expect(joinPhrases(text, { minCount: 1, threshold: 1.6 }).at(-1)).toEqual(["z_z", "z"]);
  expect(joinPhrases(text, { minCount: 4, threshold: 0 })).toEqual(text);
});

test("a pair does not reach over the end of a line", () => {
  const text = split("a\nb\na\nb\na\nb");
  expect(joinPhrases(text, { minCount: 1, threshold: 0 })).toEqual(text);
});

test("options", () => {
  expect(() => joinPhrases([], { minCount: 0 })).toThrow(
    "minCount: expected a whole number of at least 1, got 0.",
  );
  expect(() => joinPhrases([], { threshold: -1 })).toThrow(
    "threshold: expected a number of at least 0, got -1.",
  );
});
