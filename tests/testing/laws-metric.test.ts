import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Metric } from "../../src/metrics/metric.ts";
import { type MetricLawOptions, metricLaws } from "../../src/testing/laws-metric.ts";
import { runs } from "../support/fc.ts";

/** The share of hypotheses that are one of their references. */
const accuracy: Metric = {
  statistics: (hypothesis, references) => [references.includes(hypothesis) ? 1 : 0, 1],
  score: (totals) => ({ name: "accuracy", score: (100 * totals[0]) / totals[1], verbose: "" }),
  signature: [],
};

/** The names of the laws a metric breaks. */
const broken = (metric: Metric, options: MetricLawOptions = {}) =>
  Object.entries(metricLaws(metric, options))
    .filter(([, law]) => fc.check(law as fc.IRawProperty<unknown, false>, { numRuns: 500, seed: 1 }).failed)
    .map(([name]) => name);

describe("metricLaws", () => {
  test.each(Object.entries(metricLaws(accuracy)))("hold for a right metric: %s", (_, law) =>
    fc.assert(law, runs),
  );

  test("find scores out of bounds", () => {
    expect(broken(accuracy, { highest: 99 })).toContain("staysInBounds");
  });

  test("find a metric that knows no copies", () => {
    const strict = { ...accuracy, statistics: () => [0, 1] };
    expect(broken(strict)).toEqual(["copiesArePerfect"]);
  });

  test("find a metric that looks at its first reference only", () => {
    const first: Metric = { ...accuracy, statistics: (hypothesis, [one]) => [hypothesis === one ? 1 : 0, 1] };
    expect(broken(first)).toEqual(["ignoresReferenceOrder"]);
  });

  test("find a metric that punishes references", () => {
    const grudging: Metric = { ...accuracy, statistics: (_, references) => [1, references.length] };
    expect(broken(grudging)).toEqual(["copyNeverHurts"]);
  });

  test("find a metric with a memory", () => {
    let segments = 0;
    const moody: Metric = { ...accuracy, statistics: () => [segments++ % 2, 1] };
    expect(broken(moody)).toContain("statisticsAdd");
    expect(broken(moody)).toContain("ignoresSegmentOrder");
  });
});
