import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.ts";
import { chance, weighted } from "../../../src/testing/grammar/draw.ts";
import { runs } from "../../support/fc.ts";

test("weight 0 is never drawn", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const options = [
        [0, "never"],
        [2, "a"],
        [0, "never"],
        [0.5, "b"],
        [0, "never"],
      ] as const;
      expect(weighted(new Random(seed), options)).not.toBe("never");
    }),
    runs,
  );
});

test("options come in proportion to their weights", () => {
  const random = new Random(5);
  const draws = Array.from({ length: 10_000 }, () =>
    weighted(random, [
      [1, 0],
      [3, 1],
    ]),
  );
  const share = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  // Four standard deviations of a binomial share.
  expect(Math.abs(share - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / draws.length));
});

test("chance 0 is never, chance 1 always", () => {
  const random = new Random(1);
  expect(Array.from({ length: 100 }, () => chance(random, 0)).includes(true)).toBe(false);
  expect(Array.from({ length: 100 }, () => chance(random, 1)).includes(false)).toBe(false);
});
