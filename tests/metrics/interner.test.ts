import { expect, test } from "vitest";
import { Interner } from "../../src/metrics/interner.ts";

test("equal words, and only they, have equal numbers, across calls", () => {
  const interner = new Interner();
  expect(Array.from(interner.encode(["a", "__proto__", "a"]))).toEqual([0, 1, 0]);
  expect(Array.from(interner.encode(["constructor", "__proto__"]))).toEqual([2, 1]);
  interner.reset();
  expect(Array.from(interner.encode(["b"]))).toEqual([0]);
});
