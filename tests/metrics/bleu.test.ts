import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import {
  type BleuOptions,
  type BleuStatistics,
  bleu,
  bleuFromStatistics,
  bleuMetric,
  sentenceBleu,
} from "../../src/metrics/bleu.ts";
import { formatScore } from "../../src/metrics/metric.ts";
import { metricCorpora, metricLaws } from "../../src/testing/laws-metric.ts";
import { runs } from "../support/fc.ts";

describe("sacreBLEU's README example (test_bleu.py)", () => {
  const hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
  const references = [
    ["The dog bit the man.", "The dog had bit the man."],
    ["It was not unexpected.", "No one was surprised."],
    ["The man bit him first.", "The man had bitten the dog."],
  ];

  test.each<[BleuOptions, number]>([
    [{}, 48.530827],
    [{ tokenize: "none" }, 49.1919566],
    [{ tokenize: "13a" }, 48.530827],
    [{ tokenize: "intl" }, 43.91623493],
    [{ smooth: "none" }, 48.530827],
  ])("%j", (options, score) => {
    expect(Math.abs(bleu(hypotheses, references, options).score - score)).toBeLessThan(1e-8);
  });

  test.each([
    [1, "77.65"],
    [2, "60.50"],
    [3, "53.93"],
    [4, "48.53"],
    [5, "46.14"],
    [6, "43.28"],
  ])("order %d", (maxNgramOrder, score) => {
    expect(bleu(hypotheses, references, { maxNgramOrder }).score.toFixed(2)).toBe(score);
  });

  test("empty hypotheses score 0", () => {
    expect(bleu(["", "", ""], references).score).toBe(0);
    expect(bleu(["", "", ""], references).brevityPenalty).toBe(0);
  });

  test.each([
    [null, "var"],
    [undefined, "var"],
    ["", "2"], // sacreBLEU's README says var, the code of 2.6.0 counts an empty reference
  ])("a reference %j in place of the first", (missing, nrefs) => {
    const [[, second], ...rest] = references;
    const result = bleu(hypotheses, [[missing, second], ...rest]);
    expect(formatScore(result)).toBe(
      `BLEU|nrefs:${nrefs}|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = ` +
        "29.44 82.4/42.9/27.3/12.5 (BP = 0.889 ratio = 0.895 hyp_len = 17 ref_len = 19)",
    );
  });
});

describe("sacreBLEU's test_sentence_bleu.py", () => {
  const reference = "producţia de zahăr brut se exprimă în zahăr alb;";
  const hypothesis = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;";

  test.each<[BleuOptions, number]>([
    [{}, 8.493],
    [{ smooth: "none" }, 0],
    [{ smooth: "floor" }, 4.51688],
    [{ smooth: "floor", smoothValue: 0.1 }, 4.51688],
    [{ smooth: "floor", smoothValue: 0.5 }, 10.1],
    [{ smooth: "add-k" }, 14.882],
    [{ smooth: "add-k", smoothValue: 1 }, 14.882],
    [{ smooth: "add-k", smoothValue: 2 }, 21.389],
    [{ tokenize: "none" }, 7.347],
    [{ tokenize: "intl" }, 8.493],
    [{ tokenize: "char" }, 40.8759],
    [{ tokenize: "char", lowercase: true }, 42.0267],
  ])("%j", (options, score) => {
    expect(Math.abs(sentenceBleu(hypothesis, [reference], options).score - score)).toBeLessThan(1e-3);
  });

  test.each<BleuOptions>([{}, { smooth: "none" }, { smooth: "floor" }, { smooth: "add-k" }])(
    "0 without any match: %j",
    (options) => expect(sentenceBleu("this is a cat", ["okay thanks"], options).score).toBe(0),
  );
});

describe("sacreBLEU's raw_corpus_bleu (test_bleu.py)", () => {
  const raw = { tokenize: "none", smooth: "floor", smoothValue: 0.01, effectiveOrder: true } as const;

  test.each([
    [["this is a test", "another test"], [["ref1"], ["ref2"]], 0],
    [["this is a test"], [["this is a test"]], 100],
    [["this is a fest"], [["this is a test"]], 22.3606797749979],
    [["test"], [["a test"]], 36.78794411714425],
    [["a test"], [["a test"]], 100],
    [["a little test"], [["a test"]], 3.218297948685433],
  ])("%j", (hypotheses, references, score) => {
    expect(Math.abs(bleu(hypotheses, references, raw).score - score)).toBeLessThan(1e-6);
  });

  test("statistics, with and without an offset", () => {
    const hypotheses = ["am I am a character sequence"];
    const references = [["I am a symbol string sequence a a"]];
    const result = bleu(hypotheses, references, raw);
    expect([result.counts, result.totals]).toEqual([
      [4, 2, 1, 0],
      [6, 5, 4, 3],
    ]);
    const { smoothValue, ...unset } = raw;
    expect(bleu(hypotheses, references, { ...raw, smoothValue: 0 }).score).toBe(0);
    expect(bleu(hypotheses, references, unset).score).toBeCloseTo(15.55722182, 6);
  });
});

test("JoeyNMT's test_metric.py, lower-cased", () => {
  expect(bleu(["This is a test."], [["this is a Tezt."]], { lowercase: true }).score).toBeCloseTo(42.729, 3);
});

describe("NLTK's test_bleu.py", () => {
  const guide = [
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
  ];

  test.each([
    ["the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"], [2 / 7, 0]],
    [
      "It is a guide to action which ensures that the military always obeys the commands of the party",
      guide,
      [17 / 18, 10 / 17],
    ],
    [
      "It is to insure the troops forever hearing the activity guidebook that party direct",
      guide,
      [8 / 14, 1 / 13],
    ],
  ])("modified precision of %j", (hypothesis, references, precisions) => {
    const result = bleu([hypothesis], [references], { tokenize: "none", smooth: "none", maxNgramOrder: 2 });
    expect(result.precisions.map((precision) => precision / 100)).toEqual(
      precisions.map((precision) => expect.closeTo(precision, 12)),
    );
  });

  test.each([
    [7, [11, 8], Math.exp(1 - 8 / 7)],
    [7, [11, 8, 6, 7], 1],
    [12, [13, 11], 1], // 11 and 13 are equally close: the shorter one counts
  ])("brevity penalty of %d words against %j", (length, references, expected) => {
    const text = (n: number) => Array(n).fill("x").join(" ");
    const result = bleu([text(length)], [references.map(text)], { tokenize: "none" });
    expect(result.brevityPenalty).toBeCloseTo(expected, 12);
  });
});

describe("bleuFromStatistics", () => {
  test("sacreBLEU's test_scoring", () => {
    const statistics = {
      hypothesisLength: 11,
      referenceLength: 11,
      counts: [9, 7, 5, 3],
      totals: [10, 8, 6, 4],
    };
    expect(bleuFromStatistics(statistics, { smooth: "none" }).score).toBeCloseTo(83.75922397, 7);
  });

  test.each([
    [[0, 0, 0, 0], [4, 4, 2, 1], 0, 1, 0],
    [[0, 0, 0, 0], [10, 11, 12, 0], 14, 10, 0],
    [[0, 0, 0, 0], [0, 0, 0, 0], 0, 0, 0],
    [[6, 5, 4, 0], [6, 5, 4, 3], 6, 6, 0],
    [[0, 0, 0, 0], [0, 0, 0, 0], 0, 0, 0.1],
    [[0, 0, 0, 0], [0, 0, 0, 0], 1, 5, 0.01],
  ])(
    "degenerate statistics %j of %j score 0",
    (counts, totals, hypothesisLength, referenceLength, smoothValue) => {
      const statistics: BleuStatistics = { counts, totals, hypothesisLength, referenceLength };
      expect(bleuFromStatistics(statistics, { smooth: "floor", smoothValue }).score).toBe(0);
    },
  );

  test("leaves its argument alone and smooths by the formulas of Chen and Cherry", () => {
    const statistics = { hypothesisLength: 5, referenceLength: 5, counts: [2, 0, 0], totals: [5, 4, 3] };
    const precisions = (options: BleuOptions) => bleuFromStatistics(statistics, options).precisions;
    expect(precisions({ smooth: "exp" })).toEqual([40, 100 / (2 * 4), 100 / (4 * 3)]);
    expect(precisions({ smooth: "floor" })).toEqual([40, 10 / 4, 10 / 3]);
    expect(precisions({ smooth: "add-k" })).toEqual([40, 20, 25]);
    expect(precisions({ smooth: "none" })).toEqual([40, 0, 0]);
    expect(statistics.counts).toEqual([2, 0, 0]);
  });

  test("refuses counts and totals of different lengths", () => {
    const statistics = { hypothesisLength: 5, referenceLength: 5, counts: [2], totals: [5, 4] };
    expect(() => bleuFromStatistics(statistics)).toThrow(ShapeError);
    expect(() => bleuFromStatistics(statistics)).toThrow(
      "bleuFromStatistics: expected as many counts as totals, at least one, got 1 and 2.",
    );
    const typo = { smoothing: "exp" } as BleuOptions;
    expect(() => bleuFromStatistics({ ...statistics, counts: [2, 1] }, typo)).toThrow(
      'Did you mean "smooth"?',
    );
  });
});

describe("laws", () => {
  const fourTokens = (lines: readonly string[]) =>
    lines.some((line) => bleu([line], [[line]]).hypothesisLength >= 4);
  const laws = metricLaws(bleuMetric(), { reachable: fourTokens });

  test.each(Object.entries(laws))("%s", (_, law) => fc.assert(law, runs));

  test.each(["exp", "floor", "add-k", "none"] as const)(
    "staysInBounds with %s and effective order",
    (smooth) => {
      fc.assert(
        metricLaws(bleuMetric({ smooth, effectiveOrder: true, tokenize: "char" })).staysInBounds,
        runs,
      );
    },
  );

  test("copies without a segment of 4 tokens score 0, and 100 with effective order", () => {
    expect(bleu(["a b c", "d"], [["a b c"], ["d"]]).score).toBe(0);
    expect(bleu(["a b c", "d"], [["a b c"], ["d"]], { effectiveOrder: true }).score).toBeCloseTo(100, 10);
  });

  test("a reference more never lowers clipped matches", () => {
    fc.assert(
      fc.property(metricCorpora, fc.string(), ([{ hypothesis, references }], other) => {
        const few = bleu([hypothesis], [references]).counts;
        const more = bleu([hypothesis], [[...references, other]]).counts;
        return more.every((count, n) => count >= few[n]);
      }),
      runs,
    );
  });

  test("the brevity penalty is 1 if and only if the hypotheses are no shorter than the references", () => {
    fc.assert(
      fc.property(metricCorpora, (segments) => {
        const result = bleu(
          segments.map(({ hypothesis }) => hypothesis),
          segments.map(({ references }) => references),
        );
        return (result.brevityPenalty === 1) === result.hypothesisLength >= result.referenceLength;
      }),
      runs,
    );
  });
});

test("a line of 100,000 tokens", () => {
  const line = Array.from({ length: 100_000 }, (_, i) => `w${(i * i) % 1013}`).join(" ");
  expect(bleu([line], [[line]]).score).toBeCloseTo(100, 10);
  expect(bleu(["w ".repeat(100_000)], [[line, "w ".repeat(99_000)]]).counts).toEqual([
    99_000, 98_999, 98_998, 98_997,
  ]);
});

test.each<[object, string]>([
  [
    { tokenise: "13a" },
    'bleu option: expected one of smooth, smoothValue, effectiveOrder, tokenize, lowercase, maxNgramOrder, bootstrap, seed, got "tokenise". Did you mean "tokenize"?',
  ],
  [
    { tokenize: "13b" },
    'tokenize: expected one of 13a, intl, char, zh, none, got "13b". Did you mean "13a"?',
  ],
  [{ smooth: "flor" }, 'smooth: expected one of exp, floor, add-k, none, got "flor". Did you mean "floor"?'],
  [{ smooth: "floor", smoothValue: -1 }, "smoothValue: expected a number of at least 0, got -1."],
  [{ maxNgramOrder: 0 }, "maxNgramOrder: expected a whole number of at least 1 and at most 1000, got 0."],
])("refuses options %j", (options, message) => {
  expect(() => bleu(["a"], [["a"]], options)).toThrow(OptionError);
  expect(() => bleu(["a"], [["a"]], options)).toThrow(message);
});
