import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { aliasTable, keepProbability, keepTable, noiseTable } from "../../src/vectors/sampling.ts";
import { runs } from "../support/fc.ts";

const weights = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 60 });

/** What the table gives each number, in shares of 1. */
function sharesOf(table: Uint32Array): number[] {
  const n = table.length / 2;
  const shares = new Array<number>(n).fill(0);
  for (let cell = 0; cell < n; cell++) {
    const own = (table[2 * cell] + 1) / 2 ** 32;
    shares[cell] += own / n;
    shares[table[2 * cell + 1]] += (1 - own) / n;
  }
  return shares;
}

test("alias tables give every number its share", () => {
  const law = fc.property(weights, (given) => {
    const total = given.reduce((sum, weight) => sum + weight, 0);
    for (const [i, share] of sharesOf(aliasTable(Float64Array.from(given))).entries()) {
      expect(Math.abs(share - given[i] / total)).toBeLessThan(1e-9);
    }
  });
  fc.assert(law, runs);
});

test("noise words have shares of count^0.75", () => {
  const counts = Float64Array.of(10_000, 16, 1);
  const total = 1000 + 8 + 1;
  for (const [i, share] of sharesOf(noiseTable(counts)).entries()) {
    expect(share).toBeCloseTo([1000, 8, 1][i] / total, 8);
  }
});

test("draws from a table: chi-square of 20 numbers below its 1 - 1e-6 quantile", () => {
  const given = Float64Array.from({ length: 20 }, (_, i) => 1 + i * i);
  const table = aliasTable(given);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  const [draws, counts, random] = [200_000, new Float64Array(20), new Random(5)];
  for (let i = 0; i < draws; i++) {
    const product = random.bits() * 20;
    const cell = Math.floor(product / 2 ** 32);
    counts[product - cell * 2 ** 32 <= table[2 * cell] ? cell : table[2 * cell + 1]]++;
  }
  let chiSquare = 0;
  for (const [i, weight] of given.entries()) {
    const expected = (draws * weight) / total;
    chiSquare += (counts[i] - expected) ** 2 / expected;
  }
  expect(chiSquare).toBeLessThan(63.2); // 19 degrees of freedom
});

// word2vec.c: (sqrt(cn / (t N)) + 1) (t N) / cn.
test.each([
  [1000, 10_000, 1e-3, (Math.sqrt(100) + 1) / 100],
  [10, 10_000, 1e-3, 1],
  [5, 10_000, 1e-3, 1],
  [1000, 10_000, 0, 1],
])("of %i in %i words, sample %f keeps the share %f", (count, total, sample, share) => {
  expect(keepProbability(count, total, sample)).toBeCloseTo(share, 12);
});

test("the table of shares to keep is within 2^-32 of them, and keeps all where it is to", () => {
  const counts = Float64Array.of(5000, 400, 3);
  const table = keepTable(counts, 10_000, 1e-3);
  for (const [i, bits] of table.entries()) {
    expect(Math.abs((bits + 1) / 2 ** 32 - keepProbability(counts[i], 10_000, 1e-3))).toBeLessThan(2 ** -31);
  }
  expect(table[2]).toBe(2 ** 32 - 1);
});
