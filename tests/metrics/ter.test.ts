import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { formatScore } from "../../src/metrics/metric.ts";
import { ter, terMetric } from "../../src/metrics/ter.ts";
import { metricLaws } from "../../src/testing/laws-metric.ts";
import { runs } from "../support/fc.ts";

describe("sacreBLEU's test_ter.py", () => {
  test.each([
    ["aaaa bbbb cccc dddd", "aaaa bbbb cccc dddd", 0],
    ["dddd eeee ffff", "aaaa bbbb cccc", 100],
    ["", "a", 100],
    ["a", "", 100],
    ["", "", 0],
    ["d e f g h a b c", "a b c d e f g h", 12.5],
  ])("%j against %j", (hypothesis, reference, score) => {
    expect(ter([hypothesis], [[reference]]).score).toBe(score);
  });
});

test("edits are the fewest over the references, the length is their mean", () => {
  const result = ter(["a b c d"], [["a b c", "x y", "a b c d e f"]]);
  expect([result.edits, result.referenceLength]).toEqual([1, 11 / 3]);
});

test("references are normalized twice, as by sacreBLEU 2.6.0", () => {
  expect(terMetric({ normalized: true }).statistics("a..5", ["a..5"])).toEqual([2, 4]); // a . .5 against a . . 5
  expect(terMetric().statistics("a..5", ["a..5"])).toEqual([0, 1]);
});

test("signatures", () => {
  expect(formatScore(ter(["A"], [["a"]]))).toBe(
    "TER|nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0 = 0.00",
  );
  const all = { normalized: true, noPunct: true, asianSupport: true, caseSensitive: true };
  const result = ter(["A"], [["a"]], all);
  expect(result.shortSignature).toBe("#:1|c:mixed|t:tercom|nr:yes|pn:no|as:yes|v:2.6.0");
  expect(result.score).toBe(100);
});

describe("laws", () => {
  const laws = metricLaws(terMetric(), { highest: Number.POSITIVE_INFINITY, perfect: 0 });
  test.each(Object.entries(laws))("%s", (_, law) => fc.assert(law, runs));
});

test("refuses unknown options", () => {
  const typo = { normalised: true } as object;
  expect(() => ter(["a"], [["a"]], typo)).toThrow(OptionError);
  expect(() => ter(["a"], [["a"]], typo)).toThrow('Did you mean "normalized"?');
});
