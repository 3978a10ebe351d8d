import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { type ChrfOptions, chrf, chrfMetric } from "../../src/metrics/chrf.ts";
import { formatScore } from "../../src/metrics/metric.ts";
import { metricLaws } from "../../src/testing/laws-metric.ts";
import { runs } from "../support/fc.ts";

const close = (actual: number, expected: number) => expect(Math.abs(actual - expected)).toBeLessThan(1e-4);
const each = (references: readonly string[]) => references.map((reference) => [reference]);

describe("sacreBLEU's test_chrf.py, β = 3", () => {
  test.each([
    [["abcdefg"], ["hijklmnop"], 0],
    [["a"], ["b"], 0],
    [[""], ["b"], 0],
    [[""], ["reference"], 0],
    [["aa"], ["ab"], 8.3333],
    [["a", "b"], ["a", "c"], 8.3333],
    [["a"], ["a"], 16.6667],
    [["a b c"], ["a b c"], 50],
    [["a b c"], ["abc"], 50],
    [
      ["Niemand hat die Absicht, eine Mauer zu errichten"],
      ["Niemand hat die Absicht, eine Mauer zu errichten"],
      100,
    ],
  ])("epsilon smoothing: %j against %j", (hypotheses, references, score) => {
    close(chrf(hypotheses, each(references), { beta: 3, epsSmoothing: true }).score, score);
  });

  test.each([
    [["a"], ["a"], 100],
    [[""], ["reference"], 0],
    [["a b c"], ["a b c"], 100],
    [["a b c"], ["abc"], 100],
    [["a", "b"], ["a", "c"], 50],
    [["aa"], ["ab"], 25],
  ])("effective order: %j against %j", (hypotheses, references, score) => {
    close(chrf(hypotheses, each(references), { beta: 3 }).score, score);
  });

  test("white space kept", () => {
    const hypothesis = "Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.";
    const reference = "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.";
    close(chrf([hypothesis], [[reference]], { beta: 3, whitespace: true }).score, 67.3481606);
  });

  test("sentence level, β = 2", () => {
    const hypothesis = "Nebo prostě nemají vybavení, které by jim pomohlo, uvedli lékaři.";
    const reference = "A někdy nemáme ani potřebný materiál, abychom jim pomohli, popsali lékaři.";
    close(chrf([hypothesis], [[reference]], { epsSmoothing: true }).score, 31.22557079);
  });
});

test("chrF++ takes one punctuation mark off a word, the last before the first", () => {
  const statistics = (hypothesis: string, reference: string) =>
    Array.from(chrfMetric({ charOrder: 1, wordOrder: 1 }).statistics(hypothesis, [reference])).slice(3);
  expect(statistics("(hi)", "(hi )")).toEqual([2, 3, 1]); // "(hi" ")" and "(" "hi" ")"
  expect(statistics("( ).", "( ) .")).toEqual([3, 3, 3]);
  expect(statistics("¿hi", "hi")).toEqual([1, 1, 0]);
});

test("characters are code points", () => {
  const statistics = chrfMetric({ charOrder: 2 }).statistics("😀b", ["😃b"]);
  expect(Array.from(statistics)).toEqual([2, 2, 1, 1, 1, 0]);
});

test("names and signatures", () => {
  const line = (options: ChrfOptions) => formatScore(chrf(["A"], [["a"]], options));
  expect(line({ lowercase: true })).toBe(
    "chrF2|nrefs:1|case:lc|eff:yes|nc:6|nw:0|space:no|version:2.6.0 = 100.00",
  );
  expect(line({ wordOrder: 2, beta: 3, epsSmoothing: true, whitespace: true })).toBe(
    "chrF3++|nrefs:1|case:mixed|eff:no|nc:6|nw:2|space:yes|version:2.6.0 = 0.00",
  );
});

describe("laws", () => {
  const visible = (lines: readonly string[]) => lines.some((line) => /[a-z]/.test(line));
  describe.each([0, 2])("word order %d", (wordOrder) => {
    const { ignoresReferenceOrder: _, ...laws } = metricLaws(chrfMetric({ wordOrder }), {
      reachable: visible,
    });
    test.each(Object.entries(laws))("%s", (_, law) => fc.assert(law, runs));
  });
});

test.each<[object, string]>([
  [
    { charorder: 6 },
    'chrf option: expected one of charOrder, wordOrder, beta, lowercase, whitespace, epsSmoothing, bootstrap, seed, got "charorder". Did you mean "charOrder"?',
  ],
  [{ charOrder: 0 }, "charOrder: expected a whole number of at least 1 and at most 1000, got 0."],
  [{ wordOrder: -1 }, "wordOrder: expected a whole number of at least 0 and at most 1000, got -1."],
  [{ beta: Number.NaN }, "beta: expected a number of at least 0, got NaN."],
])("refuses options %j", (options, message) => {
  expect(() => chrf(["a"], [["a"]], options)).toThrow(OptionError);
  expect(() => chrf(["a"], [["a"]], options)).toThrow(message);
});
