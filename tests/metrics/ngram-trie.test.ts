import fc from "fast-check";
import { expect, test } from "vitest";
import { NgramTrie, ngramTotal } from "../../src/metrics/ngram-trie.ts";
import { runs } from "../support/fc.ts";

function counts(text: readonly number[], n: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i + n <= text.length; i++) {
    const key = text.slice(i, i + n).join();
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}

/** Matches clipped at the largest count in one reference, as Papineni et al. define them in section 2.1.1. */
function bruteForce(text: readonly number[], references: readonly (readonly number[])[], n: number): number {
  let sum = 0;
  for (const [key, count] of counts(text, n)) {
    sum += Math.min(count, Math.max(0, ...references.map((reference) => counts(reference, n).get(key) ?? 0)));
  }
  return sum;
}

const texts = fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 30 });

test("clipped matches equal a brute-force count, also when reused", () => {
  const trie = new NgramTrie();
  const property = fc.property(
    texts,
    fc.array(texts, { maxLength: 4 }),
    fc.integer({ min: 1, max: 6 }),
    (text, references, order) => {
      trie.reset(
        references.map((reference) => Int32Array.from(reference)),
        order,
      );
      const matches = Array.from(trie.match(Int32Array.from(text), order));
      expect(matches).toEqual(matches.map((_, i) => bruteForce(text, references, i + 1)));
    },
  );
  fc.assert(property, runs);
});

test("one long text, then a short one", () => {
  const trie = new NgramTrie();
  const long = Int32Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 1009);
  trie.reset([long], 4);
  expect(Array.from(trie.match(long, 4))).toEqual([50_000, 49_999, 49_998, 49_997]);
  trie.reset([Int32Array.of(1, 2)], 4);
  expect(Array.from(trie.match(long.subarray(0, 10), 4))[2]).toBe(0);
});

test("ngramTotal is never negative", () => {
  expect([1, 2, 3, 4].map((n) => ngramTotal(2, n))).toEqual([2, 1, 0, 0]);
});
