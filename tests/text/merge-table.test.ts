import fc from "fast-check";
import { expect, test } from "vitest";
import { MergeTable, type SymbolMerge } from "../../src/text/merge-table.ts";
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

const apply = (table: MergeTable, word: readonly number[]) => {
  const symbols = Int32Array.from(word);
  return Array.from(symbols.subarray(0, table.apply(symbols, symbols.length)));
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
