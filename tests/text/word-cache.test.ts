import { expect, test } from "vitest";
import { unitsToString } from "../../src/base/spans.ts";
import { WordCache } from "../../src/text/word-cache.ts";

const unitsOf = (text: string) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

/** The ids of a word from a cache, with 7 for unknown ones. */
function idsOf(cache: WordCache, word: string): number[] {
  const ids = [99];
  cache.append(unitsOf(` ${word}`), 1, word.length + 1, ids, () => 7);
  return ids;
}

test("segments a word once, except long ones", () => {
  const segmented: string[] = [];
  const cache = new WordCache((units, start, end) => {
    segmented.push(unitsToString(units, start, end));
    return Int32Array.of(segmented.length, -1, 3);
  });
  const long = "x".repeat(65);
  const ids = ["a", "__proto__", "a", "__proto__", long, long].map((word) => idsOf(cache, word)[1]);
  expect(segmented).toEqual(["a", "__proto__", long, long]);
  expect(ids).toEqual([1, 2, 1, 2, 3, 4]);
  expect(idsOf(cache, "a")).toEqual([99, 1, 7, 3]);
  expect(idsOf(cache, long)).toEqual([99, 5, 7, 3]);
});

test("stays right when it is full", () => {
  const cache = new WordCache((units, start, end) =>
    new Int32Array(3).fill(Number(unitsToString(units, start, end))),
  );
  let right = 0;
  for (let i = 0; i < 100_010; i++) if (idsOf(cache, String(i))[3] === i) right++;
  expect(right).toBe(100_010);
  expect(idsOf(cache, "5")).toEqual([99, 5, 5, 5]);
});
