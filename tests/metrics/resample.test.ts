import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { corpusStatistics, type Metric } from "../../src/metrics/metric.ts";
import { bootstrapScores, checkSeed, confidenceOf, meanOf } from "../../src/metrics/resample.ts";

/** The sum of the numbers that the hypotheses spell. */
const sum: Metric = {
  statistics: (hypothesis) => [Number(hypothesis)],
  score: (totals) => ({ name: "sum", score: totals[0], verbose: "" }),
  signature: [],
};

const statisticsOf = (numbers: readonly number[]) =>
  corpusStatistics(
    sum,
    numbers.map(String),
    numbers.map(() => [""]),
  );

describe("bootstrapScores", () => {
  test("draws the segments that default_rng(12345).choice(7, size=(2, 6)) draws", () => {
    // [[4 1 5 2 1 5 4] [4 6 2 5 2 ...]]: sums of 10^i over 7 segments count the draws
    const powers = statisticsOf([1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
    const [scores] = bootstrapScores(sum, [powers], 1, 12345);
    expect(Array.from(scores)).toEqual([220120]);
  });

  test("systems share their draws", () => {
    const [one, ten] = bootstrapScores(sum, [statisticsOf([1, 2, 3]), statisticsOf([10, 20, 30])], 20, 1);
    expect(Array.from(ten)).toEqual(Array.from(one, (score) => 10 * score));
  });
});

test("confidenceOf leaves a fortieth of the scores out at each end", () => {
  const scores = Float64Array.from({ length: 81 }, (_, i) => (i * 37) % 81);
  expect(confidenceOf(scores)).toEqual({ mean: 40, halfWidth: 38 });
  expect(scores[1]).toBe(37);
  expect(meanOf(Float64Array.of(1, 2, 6))).toBe(3);
});

test.each([-1, 0.5, Number.NaN])("checkSeed refuses %d", (seed) => {
  expect(() => checkSeed(seed)).toThrow(OptionError);
  expect(() => checkSeed(seed)).toThrow(
    "seed: expected a whole number of at least 0 and at most 9007199254740991",
  );
});
