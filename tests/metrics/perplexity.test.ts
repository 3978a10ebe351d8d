import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { bitsPerToken, perplexity } from "../../src/metrics/perplexity.ts";
import { runs } from "../support/fc.ts";

test("NLTK's test_models.py: H 1.0975 bits is perplexity 2.1398", () => {
  expect(perplexity({ nll: 1.0975 * Math.LN2, tokens: 1 })).toBeCloseTo(2.1398, 4);
  expect(bitsPerToken({ nll: Math.log(2.1398), tokens: 1 })).toBeCloseTo(1.0975, 4);
});

test("a uniform choice of V has perplexity V", () => {
  expect(perplexity(new Float64Array(7).fill(-Math.log(50)))).toBeCloseTo(50, 10);
  expect(bitsPerToken(new Float64Array(7).fill(-Math.log(64)))).toBeCloseTo(6, 12);
});

test("a token of probability 0 makes it infinite", () => {
  expect(perplexity([-1, Number.NEGATIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
  expect(bitsPerToken({ nll: Number.POSITIVE_INFINITY, tokens: 3 })).toBe(Number.POSITIVE_INFINITY);
});

test("it is the geometric mean of the inverse probabilities, and 2 to the bits per token", () => {
  const probabilities = fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(probabilities, (all) => {
      const logs = all.map(Math.log);
      const product = all.reduce((value, probability) => value / probability, 1);
      expect(perplexity(logs) / product ** (1 / all.length)).toBeCloseTo(1, 9);
      expect(2 ** bitsPerToken(logs) / perplexity(logs)).toBeCloseTo(1, 9);
      const nll = -logs.reduce((sum, log) => sum + log, 0);
      expect(perplexity({ nll, tokens: all.length })).toBeCloseTo(perplexity(logs), 9);
    }),
    runs,
  );
});

describe("refuses", () => {
  test.each([[[]], [{ nll: 0, tokens: 0 }]])("a text without tokens: %j", (text) => {
    expect(() => perplexity(text)).toThrow(OptionError);
    expect(() => perplexity(text)).toThrow(
      "perplexity tokens: expected at least one token, got 0. The mean over an empty text is not defined.",
    );
  });

  test("NaN and what is no number", () => {
    expect(() => perplexity([-1, Number.NaN])).toThrow(NumericError);
    expect(() => bitsPerToken([Number.NaN])).toThrow("bitsPerToken nll: expected a number of nats, got NaN.");
    const text = { nll: "3", tokens: 1 } as unknown as { nll: number; tokens: number };
    expect(() => perplexity(text)).toThrow('perplexity nll: expected a number, got "3".');
    expect(() => perplexity({ nll: 1, tokens: -1 })).toThrow(
      "perplexity tokens: expected a number of at least 0",
    );
  });
});
