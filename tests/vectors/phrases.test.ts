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

// Held against the program: as counted there, not as joined.
test("the end of a line and the first word of the next count as a pair; joined words as the pair they are of", () => {
  // a 2, b 2, "a b" 2 of 8 words: (2 - 1) / 4 * 8 = 2
  const over = split("x a\nb y\nq a b r");
  const joined = joinPhrases(over, { minCount: 1, threshold: 1.9 });
  expect(joined.map((words) => words.join(" "))).toEqual(["x a", "b y", "q a_b r"]);
  // a 1, b 1, "a b" 2 of 5 words: (2 - 1) / 1 * 5 = 5
  const again = split("a b\nz a_b z");
  expect(joinPhrases(again, { minCount: 1, threshold: 4.9 })[0]).toEqual(["a_b"]);
});

test("options", () => {
  expect(() => joinPhrases([], { minCount: 0 })).toThrow(
    "minCount: expected a whole number of at least 1, got 0.",
  );
  expect(() => joinPhrases([], { threshold: -1 })).toThrow(
    "threshold: expected a number of at least 0, got -1.",
  );
});
