import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { bleu } from "../../src/metrics/bleu.ts";
import { corpusStatistics, formatScore, type Metric, totalsOf } from "../../src/metrics/metric.ts";

/** Counts characters of hypothesis and references. */
const lengths: Metric = {
  statistics: (hypothesis, references) => [hypothesis.length, references.join("").length],
  score: ([h, r]: ArrayLike<number> & Iterable<number>) => ({ name: "length", score: h / r, verbose: "" }),
  signature: [],
};

describe("corpusStatistics", () => {
  test("has a column for each figure and counts references", () => {
    const statistics = corpusStatistics(lengths, ["ab", ""], [["c"], ["de"]]);
    expect(statistics.columns.map((column) => Array.from(column))).toEqual([
      [2, 0],
      [1, 2],
    ]);
    expect(Array.from(totalsOf(statistics))).toEqual([2, 3]);
    expect(statistics.references).toBe(1);
  });

  test("null and undefined are no references, an empty string is one", () => {
    const of = (...references: (string | null | undefined)[][]) =>
      corpusStatistics(
        lengths,
        references.map(() => "x"),
        references,
      ).references;
    expect(of(["a", null], ["b"], [undefined, "c"])).toBe(1);
    expect(of(["a", ""], ["b", "c"])).toBe(2);
    expect(of(["a", null], ["b", "c"])).toBe("var");
  });

  test.each([
    ["no hypotheses", [], [], "hypotheses: expected an array of at least one string, got an array of 0."],
    [
      "unequal sides",
      ["a", "b", "c"],
      [["a"], ["b"]],
      "references: expected one array of references for each of the 3 hypotheses, got an array of 2. references[i] holds all references of hypotheses[i].",
    ],
    [
      "a segment without references",
      ["a", "b"],
      [["a"], [null]],
      "references[1]: expected at least one reference, got none. references[i] holds all references of hypotheses[i].",
    ],
  ])("refuses %s", (_, hypotheses, references, message) => {
    expect(() => corpusStatistics(lengths, hypotheses, references)).toThrow(
      new ShapeError(complaint(message)),
    );
  });

  test.each([
    ["a hypothesis that is no string", ["a", 3], [["a"], ["b"]], "hypotheses[1]: expected a string, got 3."],
    [
      "references that are a string",
      ["a"],
      ["a"],
      'references[0]: expected an array of strings, got "a". references[i] holds all references of hypotheses[i].',
    ],
    [
      "a reference that is no string",
      ["a"],
      [["a", 7]],
      "references[0]: expected strings or null, got 7. references[i] holds all references of hypotheses[i].",
    ],
  ])("refuses %s", (_, hypotheses, references, message) => {
    const act = () => corpusStatistics(lengths, hypotheses as string[], references as string[][]);
    expect(act).toThrow(OptionError);
    expect(act).toThrow(message);
  });
});

/** `toThrow` compares class and message of an error. */
function complaint(message: string) {
  const [, what, expected, got, hint] = /^(.*?): expected (.*), got (.*?)\.(?: (.*))?$/.exec(message)!;
  return { what, expected, got, ...(hint ? { hint } : {}) };
}

describe("formatScore", () => {
  test("prints the line of sacreBLEU's README", () => {
    const score = { name: "BLEU", score: 29.4383, verbose: "82.4/42.9/27.3/12.5 (BP = 0.889 ...)" };
    expect(formatScore(score)).toBe("BLEU = 29.44 82.4/42.9/27.3/12.5 (BP = 0.889 ...)");
    expect(formatScore({ ...score, signature: "nrefs:var|version:2.6.0" }, 1)).toBe(
      "BLEU|nrefs:var|version:2.6.0 = 29.4 82.4/42.9/27.3/12.5 (BP = 0.889 ...)",
    );
  });

  test("prints an interval unless its mean is 0", () => {
    const score = { name: "TER", score: 20, verbose: "" };
    expect(formatScore({ ...score, confidence: { mean: 20.126, halfWidth: 1.5 } })).toBe(
      "TER = 20.00 (μ = 20.13 ± 1.50)",
    );
    expect(formatScore({ ...score, confidence: { mean: 0, halfWidth: 0 } })).toBe("TER = 20.00");
  });

  test("the version comes last and the short signature abbreviates every key (sacreBLEU README)", () => {
    const result = bleu(["a"], [["a"]], { bootstrap: 5, lowercase: true, smooth: "floor" });
    expect(result.signature).toBe(
      "nrefs:1|bs:5|seed:12345|case:lc|eff:no|tok:13a|smooth:floor[0.10]|version:2.6.0",
    );
    expect(result.shortSignature).toBe("#:1|bs:5|rs:12345|c:lc|e:no|tok:13a|s:floor[0.10]|v:2.6.0");
  });
});
