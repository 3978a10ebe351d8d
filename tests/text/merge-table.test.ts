import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { type MergeDropout, MergeTable, type SymbolMerge } from "../../src/text/merge-table.ts";
import { runs } from "../support/fc.ts";

/** Merges as Sennrich et al. define them: the best pair, everywhere, until there is none. */
function mergeNaively(word: readonly number[], merges: readonly SymbolMerge[]): number[] {
  let symbols = [...word];
  for (;;) {
    const best = merges.find(({ left, right }) =>
      symbols.some((s, i) => s === left && symbols[i + 1] === right),
    );
    if (!best) return symbols;
    const merged: number[] = [];
    for (let i = 0; i < symbols.length; i++) {
      if (symbols[i] === best.left && symbols[i + 1] === best.right) {
        merged.push(best.whole);
        i++;
      } else {
        merged.push(symbols[i]);
      }
    }
    symbols = merged;
  }
}

const apply = (table: MergeTable, word: readonly number[], dropout?: MergeDropout) => {
  const symbols = Int32Array.from(word);
  return Array.from(symbols.subarray(0, table.apply(symbols, symbols.length, dropout)));
};

/** Merges of strings over "ab", in any order, some out of reach. */
const anyMerges = fc
  .uniqueArray(
    fc.tuple(
      fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
      fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
    ),
    {
      selector: (pair) => pair.join(" "),
    },
  )
  .map((pairs) => {
    const symbols = [...new Set(["a", "b", ...pairs.flat(), ...pairs.map(([left, right]) => left + right)])];
    const id = (symbol: string) => symbols.indexOf(symbol);
    const merges = pairs.map(([l, r]) => ({ left: id(l), right: id(r), whole: id(l + r) }));
    return { merges };
  });

test("equals merging naively, for any merges in any order", () => {
  const words = fc.array(fc.array(fc.integer({ min: -1, max: 1 }), { maxLength: 40 }), { maxLength: 4 });
  const law = fc.property(anyMerges, words, ({ merges }, inputs) => {
    const table = new MergeTable(merges);
    for (const word of inputs) expect(apply(table, word)).toEqual(mergeNaively(word, merges));
  });
  fc.assert(law, { numRuns: 10 * runs.numRuns });
});

test("a run of equal symbols merges from the left", () => {
  const table = new MergeTable([
    { left: 0, right: 0, whole: 1 },
    { left: 1, right: 1, whole: 2 },
  ]);
  expect(apply(table, [0, 0, 0, 0, 0, 0, 0])).toEqual([2, 1, 0]);
});

test("unknown symbols never merge", () => {
  const table = new MergeTable([{ left: 0, right: 0, whole: 1 }]);
  expect(apply(table, [-1, -2, 0, 0, -1])).toEqual([-1, -2, 1, -1]);
});

describe("dropout", () => {
  /** The chance of each outcome, as subword-nmt defines it: all occurrences of the best pair among those that stay. */
  function outcomes(word: readonly number[], merges: readonly SymbolMerge[], p: number): Map<string, number> {
    const rankOf = (i: number, symbols: readonly number[]) =>
      merges.findIndex(({ left, right }) => symbols[i] === left && symbols[i + 1] === right);
    const chances = new Map<string, number>();
    const visit = (symbols: readonly number[], chance: number): void => {
      const places = symbols.map((_, i) => i).filter((i) => rankOf(i, symbols) >= 0);
      for (let kept = 0; kept < 2 ** places.length; kept++) {
        const chosen = places.filter((_, k) => (kept >> k) & 1);
        const share = chance * p ** (places.length - chosen.length) * (1 - p) ** chosen.length;
        const best = Math.min(...chosen.map((i) => rankOf(i, symbols)));
        if (chosen.length === 0) {
          const key = symbols.join(" ");
          chances.set(key, (chances.get(key) ?? 0) + share);
          continue;
        }
        const next: number[] = [];
        for (let i = 0; i < symbols.length; i++) {
          const merges_ = chosen.includes(i) && rankOf(i, symbols) === best;
          next.push(merges_ ? merges[best].whole : symbols[i]);
          if (merges_) i++;
        }
        visit(next, share);
      }
    };
    visit(word, 1);
    return chances;
  }

  // a a -> A, A a -> B, a b -> C, A A -> D
  const merges = [
    { left: 0, right: 0, whole: 2 },
    { left: 2, right: 0, whole: 3 },
    { left: 0, right: 1, whole: 4 },
    { left: 2, right: 2, whole: 5 },
  ];

  test.each([
    { word: [0, 1], p: 0.3 },
    { word: [0, 0, 0], p: 0.5 },
    { word: [0, 0, 0, 1], p: 0.1 },
    { word: [0, 0, 1, 0, 0], p: 0.5 },
    { word: [0, 0, 0, 0], p: 0.7 },
  ])("of $p gives the outcomes of $word their chances", ({ word, p }) => {
    const table = new MergeTable(merges);
    const dropout = { probability: p, random: new Random(5) };
    const draws = 20_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const key = apply(table, word, dropout).join(" ");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const expected = outcomes(word, merges, p);
    for (const key of counts.keys()) expect(expected.has(key), key).toBe(true);
    for (const [key, chance] of expected) {
      const deviations = ((counts.get(key) ?? 0) - draws * chance) / Math.sqrt(draws * chance * (1 - chance));
      expect(Math.abs(deviations), key).toBeLessThan(4);
    }
  });

  test("of 0 changes nothing, of 1 merges nothing, and a long word comes through any", () => {
    const table = new MergeTable(merges);
    const word = Array.from({ length: 5000 }, (_, i) => (i % 7 === 6 ? 1 : 0));
    const drop = (probability: number) => apply(table, word, { probability, random: new Random(1) });
    expect(drop(0)).toEqual(apply(table, word));
    expect(drop(1)).toEqual(word);
    const widths = [1, 1, 2, 3, 2, 4];
    for (const probability of [0.1, 0.5, 0.95]) {
      const total = drop(probability).reduce((sum, symbol) => sum + widths[symbol], 0);
      expect(total).toBe(word.length);
    }
    // What was passed over in one word says nothing of the next.
    expect(apply(table, [0, 0])).toEqual([2]);
  });
});
