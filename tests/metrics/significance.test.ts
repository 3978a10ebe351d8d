import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import type { Metric } from "../../src/metrics/metric.ts";
import { pairedBootstrap, pairedRandomization } from "../../src/metrics/significance.ts";

/** The sum of the numbers that the hypotheses spell. */
const sum: Metric = {
  statistics: (hypothesis) => [Number(hypothesis)],
  score: (totals) => ({ name: "sum", score: totals[0], verbose: "" }),
  signature: [],
};
const lines = (n: number, value: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => String(value(i)));
const references = (n: number) => Array.from({ length: n }, () => [""]);

describe.each([
  ["pairedBootstrap", pairedBootstrap, "bs", 1000],
  ["pairedRandomization", pairedRandomization, "ar", 10000],
] as const)("%s", (_, compare, key, samples) => {
  test("a system against itself: the smallest p-value, since a difference of 0 is not due to chance", () => {
    const same = lines(20, (i) => i);
    const result = compare(sum, same, same, references(20), { samples: 99 });
    expect(result.pValue).toBe(0.01);
    expect(result.baseline).toEqual(result.system);
  });

  test("a constant lead is significant, noise is not", () => {
    const baseline = lines(50, (i) => (i * 37) % 11);
    const better = lines(50, (i) => ((i * 37) % 11) + 5);
    const shuffled = lines(50, (i) => ((i + 1) * 37) % 11);
    expect(compare(sum, baseline, better, references(50), { samples: 500 }).pValue).toBeLessThan(0.01);
    expect(compare(sum, baseline, shuffled, references(50), { samples: 500 }).pValue).toBeGreaterThan(0.2);
  });

  test("the p-value lies in (0, 1], is repeatable, and does not depend on which system is called the baseline", () => {
    const numbers = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(numbers, fc.nat(), (pairs, seed) => {
        const one = pairs.map(([a]) => String(a));
        const two = pairs.map(([, b]) => String(b));
        const options = { samples: 40, seed };
        const { pValue } = compare(sum, one, two, references(pairs.length), options);
        expect(pValue).toBeGreaterThan(0);
        expect(pValue).toBeLessThanOrEqual(1);
        expect(compare(sum, one, two, references(pairs.length), options).pValue).toBe(pValue);
        expect(compare(sum, two, one, references(pairs.length), options).pValue).toBe(pValue);
      }),
      { numRuns: 50 },
    );
  });

  test("defaults and signature", () => {
    const result = compare(sum, ["1"], ["2"], [["", ""]]);
    expect(result.signature).toBe(`nrefs:2|${key}:${samples}|seed:12345|version:2.6.0`);
    expect(result.shortSignature).toBe(`#:2|${key}:${samples}|rs:12345|v:2.6.0`);
  });

  test("refuses unequal systems and bad options", () => {
    const unequal = () => compare(sum, ["1", "2"], ["1"], references(2));
    expect(unequal).toThrow(ShapeError);
    expect(unequal).toThrow("expected as many hypotheses of the system as of the baseline, 2, got 1.");
    expect(() => compare(sum, ["1"], ["1"], references(1), { samples: 0 })).toThrow(OptionError);
    expect(() => compare(sum, ["1"], ["1"], references(1), { samples: 0 })).toThrow(
      "samples: expected a whole number of at least 1, got 0.",
    );
    expect(() => compare(sum, ["1"], ["1"], references(1), { trials: 5 } as object)).toThrow(
      "expected one of samples, seed",
    );
  });
});

test("bootstrap intervals of both systems come from the same resamples", () => {
  const baseline = lines(30, (i) => i);
  const shifted = lines(30, (i) => i + 1);
  const result = pairedBootstrap(sum, baseline, shifted, references(30), { samples: 200 });
  expect(result.system.confidence!.mean).toBeCloseTo(result.baseline.confidence!.mean + 30, 9);
  expect(result.system.confidence!.halfWidth).toBeCloseTo(result.baseline.confidence!.halfWidth, 9);
});
