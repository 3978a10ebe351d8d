import fc from "fast-check";
import { expect, test } from "vitest";
import { NgramMatcher, ngramTotal } from "../../src/metrics/ngram-matcher.ts";
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

function matchesOf(
  matcher: NgramMatcher,
  text: readonly number[],
  references: readonly (readonly number[])[],
  order: number,
): number[] {
  matcher.hypothesis(Int32Array.from(text), text.length);
  for (const reference of references) matcher.reference(Int32Array.from(reference), reference.length);
  const row: number[] = [];
  matcher.match(order, row, 0, 1);
  return row;
}

// Few symbols make long matches; symbols far apart make keys that do not fit the direct table.
const texts = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 30 }),
  fc.array(fc.constantFrom(0, 7, 0x10ffff, 2 ** 30), { maxLength: 30 }),
);

test("clipped matches equal a brute-force count, also when reused", () => {
  const matcher = new NgramMatcher();
  const property = fc.property(
    texts,
    fc.array(texts, { maxLength: 4 }),
    fc.integer({ min: 1, max: 6 }),
    (text, references, order) => {
      const matches = matchesOf(matcher, text, references, order);
      expect(matches).toEqual(Array.from(matches, (_, i) => bruteForce(text, references, i + 1)));
    },
  );
  fc.assert(property, runs);
});

test("more different n-grams than the direct table holds", () => {
  const matcher = new NgramMatcher();
  const text = Array.from({ length: 600 }, (_, i) => (i * i) % 401);
  const references = [
    text.slice(100).reverse(),
    text.slice(0, 300),
    [...text.slice(50), ...text.slice(0, 100)],
  ];
  const matches = matchesOf(matcher, text, references, 5);
  expect(matches).toEqual(matches.map((_, i) => bruteForce(text, references, i + 1)));
});

test("one long text, then a short one", () => {
  const matcher = new NgramMatcher();
  const long = Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 1009);
  expect(matchesOf(matcher, long, [long], 4)).toEqual([50_000, 49_999, 49_998, 49_997]);
  expect(matchesOf(matcher, long.slice(0, 10), [[1, 2]], 4)[2]).toBe(0);
});

test("one reference after the other, and a place in a row", () => {
  const matcher = new NgramMatcher();
  matcher.hypothesis(Int32Array.of(1, 2, 1, 9), 3);
  matcher.soleReference(Int32Array.of(1, 2), 2);
  const row = [-1, -1, -1, -1];
  matcher.match(2, row, 1, 2);
  expect(row).toEqual([-1, 2, -1, 1]);
  matcher.soleReference(Int32Array.of(1, 1), 2);
  matcher.match(2, row, 1, 2);
  expect(row).toEqual([-1, 2, -1, 0]);
});

test("ngramTotal is never negative", () => {
  expect([1, 2, 3, 4].map((n) => ngramTotal(2, n))).toEqual([2, 1, 0, 0]);
});
