import { expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { evaluate } from "../../src/metrics/evaluate.ts";
import type { Metric } from "../../src/metrics/metric.ts";

/** The share of hypotheses that are one of their references. */
const accuracy: Metric = {
  statistics: (hypothesis, references) => [references.includes(hypothesis) ? 1 : 0, 1],
  score: (totals) => ({ name: "accuracy", score: (100 * totals[0]) / totals[1], verbose: "" }),
  signature: [{ key: "case", short: "c", value: "mixed" }],
};

test("a metric of one's own gets signature and interval", () => {
  const plain = evaluate(accuracy, ["a", "b"], [["a"], ["c"]]);
  expect(plain).toEqual({
    name: "accuracy",
    score: 50,
    verbose: "",
    signature: "nrefs:1|case:mixed|version:2.6.0",
    shortSignature: "#:1|c:mixed|v:2.6.0",
  });
  const resampled = evaluate(accuracy, ["a", "b"], [["a"], ["c"]], { bootstrap: 1000, seed: 3 });
  expect(resampled.signature).toBe("nrefs:1|bs:1000|seed:3|case:mixed|version:2.6.0");
  expect(resampled.confidence!.mean).toBeCloseTo(50, -1);
  expect(resampled.confidence!.halfWidth).toBe(50);
});

test("the same seed gives the same interval, another seed another", () => {
  const mean = (seed: number) =>
    evaluate(accuracy, ["a", "b", "c"], [["a"], ["c"], ["c"]], { bootstrap: 100, seed }).confidence!.mean;
  expect(mean(1)).toBe(mean(1));
  expect(mean(1)).not.toBe(mean(2));
});

test("refuses too few resamples and bad seeds", () => {
  expect(() => evaluate(accuracy, ["a"], [["a"]], { bootstrap: 1 })).toThrow(OptionError);
  expect(() => evaluate(accuracy, ["a"], [["a"]], { bootstrap: 1 })).toThrow(
    "bootstrap: expected a whole number of at least 2, got 1.",
  );
  expect(() => evaluate(accuracy, ["a"], [["a"]], { seed: -1 })).toThrow("seed: expected a whole number");
});
