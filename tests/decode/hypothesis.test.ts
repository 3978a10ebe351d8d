import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import {
  checkScoreOptions,
  compareHypotheses,
  coveragePenalty,
  type Hypothesis,
  lengthPenalty,
  type Path,
  toHypothesis,
} from "../../src/decode/hypothesis.ts";

const start: Path = { token: 1, logProb: 0 };

describe("length penalties", () => {
  // GNMT (Wu et al. 2016), equation 14; the value for length 5 is JoeyNMT's as well.
  test("gnmt: ((5 + length) / 6)^alpha", () => {
    expect(lengthPenalty({ type: "gnmt", alpha: 1 }, 5)).toBeCloseTo(1.6667, 4);
    expect(lengthPenalty({ type: "gnmt", alpha: 0 }, 50)).toBe(1);
    expect(lengthPenalty({ type: "gnmt", alpha: 0.6 }, 13)).toBeCloseTo(3 ** 0.6, 12);
    expect(lengthPenalty({ type: "gnmt", alpha: -1 }, 7)).toBe(0.5);
  });

  test("fairseq: length^lenpen", () => {
    expect(lengthPenalty({ type: "fairseq", lenpen: 1 }, 5)).toBe(5);
    expect(lengthPenalty({ type: "fairseq", lenpen: 2 }, 5)).toBe(25);
  });

  test("none: 1", () => {
    expect(lengthPenalty("none", 5)).toBe(1);
  });
});

test("coverage penalty of GNMT, equation 14: only what lacks attention counts", () => {
  const rows = [Float32Array.of(0.5, 0.5, 0), Float32Array.of(0.75, 0, 0.25)];
  expect(coveragePenalty(0.2, rows)).toBeCloseTo(0.2 * (Math.log(0.5) + Math.log(0.25)), 12);
  expect(coveragePenalty(0.2, [Float32Array.of(1, 0)])).toBe(Number.NEGATIVE_INFINITY);
  expect(coveragePenalty(0.2, [])).toBe(0);
});

describe("toHypothesis", () => {
  const first: Path = { parent: start, token: 2, logProb: -1, attention: Float32Array.of(1, 0) };
  const last: Path = { parent: first, token: 0, logProb: -3, attention: Float32Array.of(0, 0.5) };

  test("the end of sentence counts for the length and the attention but is no token", () => {
    const penalties = { lengthPenalty: { type: "fairseq", lenpen: 1 }, coveragePenalty: 2 } as const;
    expect(toHypothesis(last, true, penalties)).toEqual({
      tokens: [2],
      logProb: -3,
      score: -3 / 2 + 2 * Math.log(0.5),
      finished: true,
      attention: [Float32Array.of(1, 0), Float32Array.of(0, 0.5)],
    });
  });

  test("nothing generated yet", () => {
    const penalties = { lengthPenalty: { type: "fairseq", lenpen: -2 } } as const;
    expect(toHypothesis(start, false, penalties)).toEqual({
      tokens: [],
      logProb: 0,
      score: 0,
      finished: false,
    });
  });

  test("a coverage penalty needs attention", () => {
    expect(() =>
      toHypothesis({ parent: start, token: 0, logProb: -1 }, true, { coveragePenalty: 1 }),
    ).toThrow(
      "coveragePenalty: expected a model that returns attention, got none. Leave the coverage penalty at 0.",
    );
  });
});

test("order: finished, score, length, ids", () => {
  const make = (finished: boolean, score: number, tokens: number[]): Hypothesis => ({
    tokens,
    logProb: score,
    score,
    finished,
  });
  const sorted = [
    make(true, -1, [3, 3, 3]),
    make(true, -2, [9]),
    make(true, -2, [1, 2]),
    make(true, -2, [1, 3]),
    make(true, Number.NEGATIVE_INFINITY, []),
    make(true, Number.NEGATIVE_INFINITY, [1]),
    make(false, -0.5, []),
  ];
  expect(sorted.toReversed().sort(compareHypotheses)).toEqual(sorted);
  expect(compareHypotheses(sorted[3], { ...sorted[3] })).toBe(0);
});

describe("bad score options", () => {
  test.each([
    [{ lengthPenalty: "gnmt" }, `lengthPenalty: expected "none" or an object with a type, got "gnmt".`],
    [{ lengthPenalty: null }, `lengthPenalty: expected "none" or an object with a type, got null.`],
    [
      { lengthPenalty: { type: "gmnt", alpha: 1 } },
      `lengthPenalty type: expected one of gnmt, fairseq, got "gmnt". Did you mean "gnmt"?`,
    ],
    [
      { lengthPenalty: { type: "gnmt", lenpen: 1 } },
      `lengthPenalty option: expected one of type, alpha, got "lenpen".`,
    ],
    [
      { lengthPenalty: { type: "fairseq", lenpen: 11 } },
      "lengthPenalty lenpen: expected a number of at least -10 and at most 10, got 11.",
    ],
    [
      { lengthPenalty: { type: "gnmt" } },
      "lengthPenalty alpha: expected a number of at least -10 and at most 10, got undefined.",
    ],
    [{ coveragePenalty: -1 }, "coveragePenalty: expected a number of at least 0, got -1."],
  ])("%j", (options, message) => {
    expect(() => checkScoreOptions(options as never)).toThrow(OptionError);
    expect(() => checkScoreOptions(options as never)).toThrow(message);
  });
});
