import { expect, test } from "vitest";
import { Spans } from "../../src/base/spans.ts";
import { cutWords } from "../../src/metrics/python-text.ts";
import { WordNumbers } from "../../src/metrics/word-numbers.ts";

test("equal words, and only they, have equal numbers, across texts until the reset", () => {
  const numbers = new WordNumbers();
  const words = new Spans();
  const encode = (text: string) => {
    cutWords(text, words);
    numbers.begin();
    for (let i = 0; i < words.count; i++) numbers.add(words.units, words.start(i), words.end(i));
    return Array.from(numbers.ids.subarray(0, numbers.count));
  };
  expect(encode("a __proto__ a")).toEqual([0, 1, 0]);
  expect(encode("constructor __proto__")).toEqual([2, 1]);
  expect(encode("x ".repeat(1000))).toEqual(new Array(1000).fill(3));
  numbers.reset();
  expect(encode("b")).toEqual([0]);
});
