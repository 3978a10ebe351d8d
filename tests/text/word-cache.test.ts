import { expect, test } from "vitest";
import { WordCache } from "../../src/text/word-cache.ts";

test("computes a word once, except long ones", () => {
  const computed: string[] = [];
  const cache = new WordCache((word) => computed.push(word));
  const long = "x".repeat(65);
  for (const word of ["a", "__proto__", "a", "__proto__", long, long]) cache.get(word);
  expect(computed).toEqual(["a", "__proto__", long, long]);
});

test("stays right when it is full", () => {
  const cache = new WordCache((word) => Number(word));
  let right = 0;
  for (let i = 0; i < 100_010; i++) if (cache.get(String(i)) === i) right++;
  expect(right).toBe(100_010);
  expect(cache.get("5")).toBe(5);
});
