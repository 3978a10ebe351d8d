import fc from "fast-check";
import { expect, test } from "vitest";
import { PairTable } from "../../src/text/pair-table.ts";
import { runs } from "../support/fc.ts";

test("holds what a Map of pairs holds", () => {
  const id = fc.oneof(fc.nat(5), fc.nat(2 ** 31 - 1));
  const law = fc.property(fc.array(fc.tuple(id, id, fc.nat())), fc.nat(9), (entries, expected) => {
    const table = new PairTable(expected);
    const known = new Map<string, number>();
    for (const [left, right, value] of entries) {
      expect(table.get(left, right)).toBe(known.get(`${left} ${right}`) ?? -1);
      table.set(left, right, value);
      known.set(`${left} ${right}`, value);
    }
    for (const [left, right] of entries) {
      expect(table.get(left, right)).toBe(known.get(`${left} ${right}`));
      expect(table.get(right, left)).toBe(known.get(`${right} ${left}`) ?? -1);
    }
  });
  fc.assert(law, runs);
});

test("grows", () => {
  const table = new PairTable();
  for (let i = 0; i < 10_000; i++) table.set(i % 100, i, i);
  const wrong = Array.from({ length: 10_000 }, (_, i) => i).filter((i) => table.get(i % 100, i) !== i);
  expect(wrong).toEqual([]);
  expect(table.get(1, 2)).toBe(-1);
});
