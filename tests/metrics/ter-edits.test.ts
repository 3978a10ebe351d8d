import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { translationEdits } from "../../src/metrics/ter-edits.ts";
import { runs } from "../support/fc.ts";

const edits = (hypothesis: ArrayLike<number>, reference: ArrayLike<number>) =>
  translationEdits(Int32Array.from(hypothesis), Int32Array.from(reference));
const letters = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));

/** Wagner and Fischer's table, without shifts or a beam. */
function levenshtein(a: readonly number[], b: readonly number[]): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, word] of a.entries()) {
    const current = [i + 1];
    for (const [j, other] of b.entries()) {
      current.push(Math.min(previous[j] + (word === other ? 0 : 1), previous[j + 1] + 1, current[j] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}

describe("literal cases", () => {
  test.each([
    ["abcd", "abcd", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["", "", 0],
    ["xyz", "abc", 3],
    ["defghabc", "abcdefgh", 1], // one shift (sacreBLEU's test_ter.py)
    ["ba", "ab", 1],
    ["abxcd", "cdxab", 2], // two shifts
    ["abcdefgh", "ghabxdef", 2], // a shift and a substitution
  ])("%s to %s", (hypothesis, reference, expected) => {
    expect(edits(letters(hypothesis), letters(reference))).toBe(expected);
  });
});

const texts = fc.array(fc.nat(5), { maxLength: 24 });

describe("laws", () => {
  test("at most the edit distance, at least the difference in length, 0 for equal texts only", () => {
    const property = fc.property(texts, texts, (a, b) => {
      const found = edits(a, b);
      expect(found).toBeLessThanOrEqual(levenshtein(a, b));
      expect(found).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(found === 0).toBe(a.join() === b.join());
      expect(edits(a, a)).toBe(0);
    });
    fc.assert(property, runs);
  });

  test("words that nowhere match leave the edit distance, whatever the lengths", () => {
    const property = fc.property(fc.nat(300), fc.nat(300), (n, m) => {
      expect(edits(Array(n).fill(1), Array(m).fill(2))).toBe(Math.max(n, m));
    });
    fc.assert(property, runs);
  });

  test("a block moved by at most 50 words costs one edit where all words differ", () => {
    const property = fc.property(
      fc.nat(30),
      fc.nat(30),
      fc.integer({ min: 1, max: 10 }),
      (start, to, length) => {
        const words = Array.from({ length: 45 }, (_, i) => i);
        const moved = words.toSpliced(start, length);
        moved.splice(to, 0, ...words.slice(start, start + length));
        expect(edits(moved, words)).toBe(start === to ? 0 : 1);
      },
    );
    fc.assert(property, runs);
  });
});

test("very long and lopsided texts end", () => {
  const line = (n: number) => Array.from({ length: n }, (_, i) => (i * 7919) % 4099);
  // The first three words are equal, but two of them lie outside the beam: sacreBLEU finds 19,999 as well.
  expect(edits(line(3), line(20_000))).toBe(19_999);
  expect(edits(line(20_000), line(3))).toBe(19_997);
  expect(edits(line(20_000), [...line(19_999), -1])).toBe(1);
});
