import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareCodePoints } from "../../src/text/code-point-order.ts";
import { type CountedWords, type LearnMergesOptions, learnMerges } from "../../src/text/learn-merges.ts";
import { runs } from "../support/fc.ts";

type Words = readonly (readonly [symbols: readonly string[], count: number])[];

function counted(words: Words): CountedWords {
  const symbols = [...new Set(words.flatMap(([word]) => word))].sort(compareCodePoints);
  const starts = [0];
  for (const [word] of words) starts.push(starts[starts.length - 1] + word.length);
  return {
    symbols,
    ids: Int32Array.from(words.flatMap(([word]) => word.map((symbol) => symbols.indexOf(symbol)))),
    starts: Int32Array.from(starts),
    counts: Float64Array.from(words, ([, count]) => count),
  };
}

const DEFAULTS: LearnMergesOptions = {
  maxMerges: Number.POSITIVE_INFINITY,
  maxSymbols: Number.POSITIVE_INFINITY,
  minFrequency: 2,
  ties: "largest-strings",
  forbidden: () => false,
};

function learn(words: Words, options: Partial<LearnMergesOptions> = {}): string[] {
  const { symbols, merges } = learnMerges(counted(words), { ...DEFAULTS, ...options });
  return merges.map(({ left, right, whole }) => {
    expect(symbols[whole]).toBe(symbols[left] + symbols[right]);
    return `${symbols[left]} ${symbols[right]}`;
  });
}

const characters = (entries: Record<string, number>): Words =>
  Object.entries(entries).map(([word, count]) => [Array.from(word), count] as const);

const withEnds = (entries: Record<string, number>): Words =>
  characters(entries).map(([word, count]) => [[...word.slice(0, -1), `${word.at(-1)}</w>`], count] as const);

/** Counts all pairs anew before each merge. */
function learnNaively(words: Words, ties: LearnMergesOptions["ties"], limit: number): string[] {
  let now = words.map(([word, count]) => [[...word], count] as const);
  const ids = [...counted(words).symbols];
  const merges: string[] = [];
  while (merges.length < limit) {
    const counts = new Map<string, number>();
    for (const [word, count] of now) {
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + count);
      }
    }
    const order = ([a, countA]: [string, number], [b, countB]: [string, number]) => {
      if (countA !== countB) return countB - countA;
      const [left, right] = a.split(" ");
      const [otherLeft, otherRight] = b.split(" ");
      return ties === "largest-strings"
        ? compareCodePoints(otherLeft, left) || compareCodePoints(otherRight, right)
        : ids.indexOf(left) - ids.indexOf(otherLeft) || ids.indexOf(right) - ids.indexOf(otherRight);
    };
    const best = [...counts].sort(order)[0];
    if (!best || best[1] < 2) break;
    merges.push(best[0]);
    const [left, right] = best[0].split(" ");
    if (!ids.includes(left + right)) ids.push(left + right);
    now = now.map(([word, count]) => {
      const merged: string[] = [];
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) merged.push(left + right) && i++;
        else merged.push(word[i]);
      }
      return [merged, count] as const;
    });
  }
  return merges;
}

describe("learnMerges", () => {
  test("the dictionary of Sennrich et al. 2016 with subword-nmt's ties (learn_bpe.py --dict-input -s 15)", () => {
    const words = withEnds({ low: 5, lower: 2, newest: 6, widest: 3 });
    expect(learn(words, { maxMerges: 15 }).join(";")).toBe(
      "s t</w>;e st</w>;l o;w est</w>;n e;ne west</w>;lo w</w>;w i;wi d;wid est</w>;w e;we r</w>;lo wer</w>",
    );
  });

  test("huggingface/tokenizers, models/bpe/trainer.rs, test_train", () => {
    const words = characters({
      roses: 1,
      are: 2,
      red: 1,
      voilets: 1,
      blue: 1,
      BERT: 1,
      is: 2,
      big: 1,
      and: 1,
      so: 1,
      "GPT-2": 1,
    });
    const { symbols, merges } = learnMerges(counted(words), { ...DEFAULTS, ties: "smallest-ids" });
    expect(symbols.join("")).toBe("-2BEGPRTabdegilnorstuvreareis");
    expect(merges).toEqual([
      { left: 17, right: 11, whole: 22 },
      { left: 8, right: 22, whole: 23 },
      { left: 13, right: 18, whole: 24 },
    ]);
  });

  test("the example of minbpe and Wikipedia: aaabdaaabac becomes XdXac with X=ZY, Y=ab, Z=aa", () => {
    expect(learn(characters({ aaabdaaabac: 1 }), { ties: "smallest-ids", maxMerges: 3 })).toEqual([
      "a a",
      "a b",
      "aa ab",
    ]);
  });

  test("ties compare code points, not UTF-16 units", () => {
    // 😀 is U+1F600, which UTF-16 sorts before U+FF61.
    expect(learn(characters({ "｡a": 2, "😀a": 2 }))).toEqual(["😀 a", "｡ a"]);
  });

  test("equals counting anew before each merge", () => {
    const word = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 12 });
    const words = fc.uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 4 })), {
      selector: ([symbols]) => symbols.join(""),
      maxLength: 8,
    });
    const ties = fc.constantFrom("largest-strings", "smallest-ids");
    const law = fc.property(words, ties, (entries, rule) => {
      expect(learn(entries, { ties: rule, maxMerges: 12 })).toEqual(learnNaively(entries, rule, 12));
    });
    fc.assert(law, { numRuns: 5 * runs.numRuns });
  });

  test("stops at the limits", () => {
    const words = characters({ abcabc: 3, abd: 2 });
    expect(learn(words, { maxMerges: 1 })).toEqual(["a b"]);
    expect(learn(words, { maxMerges: 0 })).toEqual([]);
    expect(learn(words, { maxSymbols: 5 })).toEqual(["a b"]);
    expect(learn(words, { minFrequency: 7 })).toEqual(["a b"]);
    expect(learn(words, { minFrequency: 9 })).toEqual([]);
    expect(learn([])).toEqual([]);
  });

  test("passes over forbidden pairs", () => {
    const forbidden = (left: string, right: string) => left + right === "ab";
    expect(learn(characters({ abc: 3 }), { forbidden })).toEqual(["b c", "a bc"]);
  });
});
