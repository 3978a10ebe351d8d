import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { perplexity } from "../../src/metrics/perplexity.ts";
import {
  checkSameTokens,
  type ScoredText,
  textFigures,
  tokenDifference,
} from "../../src/metrics/scored-text.ts";
import { runs } from "../support/fc.ts";

const scored = (tokens: string, logProbs: number[], unknown: number[] = []): ScoredText => ({
  tokens: tokens.split(" "),
  logProbs: Float64Array.from(logProbs),
  unknown: Uint8Array.from(tokens.split(" "), (_, i) => Number(unknown.includes(i))),
});

describe("textFigures", () => {
  test("KenLM's perplexities with and without unknown words (case 18)", () => {
    // From <s>: looking on a little the biarritz . </s>, log10 as in KenLM's lm/model_test.cc; biarritz is unknown there.
    const log10 = [-0.484652, -0.348837, -0.0155266, -0.00306122, -4.04005, -1.9889, -0.51363, -0.0191651];
    const text = scored(
      "looking on a little the <unk> . </s>",
      log10.map((x) => x * Math.LN10),
      [5],
    );
    const figures = textFigures(text, { words: 8, bytes: 40 });
    const sum = log10.reduce((total, x) => total + x, 0);
    expect(figures.perplexity).toBeCloseTo(10 ** (-sum / 8), 9);
    expect(figures.wordPerplexity).toBeCloseTo(figures.perplexity, 9);
    expect(figures.knownPerplexity).toBeCloseTo(10 ** (-(sum + 1.9889) / 7), 9);
    expect(figures).toMatchObject({ tokens: 8, unknown: 1, words: 8, bytes: 40 });
    expect(figures.bitsPerByte).toBeCloseTo((-sum * Math.log2(10)) / 40, 9);
  });

  test("law 15: perplexity is the geometric mean of the inverse probabilities", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 1 }), (probs) => {
        const logProbs = Float64Array.from(probs, Math.log);
        const text = { tokens: probs.map(String), logProbs, unknown: new Uint8Array(probs.length) };
        const figures = textFigures(text, { words: 1, bytes: 1 });
        expect(figures.perplexity / perplexity(logProbs)).toBeCloseTo(1, 12);
        const product = probs.reduce((total, p) => total * (1 / p) ** (1 / probs.length), 1);
        expect(figures.perplexity / product).toBeCloseTo(1, 9);
        expect(figures.knownPerplexity).toBeCloseTo(figures.perplexity, 9);
      }),
      runs,
    );
  });

  test("no tokens, no known ones, and an impossible one", () => {
    const none = { tokens: [], logProbs: new Float64Array(0), unknown: new Uint8Array(0) };
    expect(() => textFigures(none, { words: 0, bytes: 0 })).toThrow(OptionError);
    expect(() => textFigures(none, { words: 0, bytes: 0 })).toThrow(
      "text to evaluate: expected at least one token",
    );
    expect(textFigures(scored("<unk>", [-1], [0]), { words: 1, bytes: 1 }).knownPerplexity).toBeNaN();
    const impossible = textFigures(scored("a b", [-1, Number.NEGATIVE_INFINITY]), { words: 2, bytes: 4 });
    expect(impossible.perplexity).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("models to compare", () => {
  const words = scored("the cat </s>", [-1, -2, -3]);

  test.each([
    ["other probabilities", scored("the cat </s>", [-3, -1, -1]), null, ""],
    ["subwords", scored("th e cat </s>", [-1, -1, -2, -3]), 0, '"the" and "th" as token 1.'],
    ["a shorter text", scored("the cat", [-1, -2]), 2, '"</s>" and none as token 3.'],
    ["another vocabulary", scored("the cat </s>", [-1, -2, -3], [1]), 1, '"cat" and "cat" as token 2.'],
  ])("%s", (_name, other, at, message) => {
    expect(tokenDifference(words, other)?.at ?? null).toBe(at);
    expect(tokenDifference(other, words)?.at ?? null).toBe(at);
    const check = () => checkSameTokens([words, words, other]);
    if (at === null) return check();
    expect(check).toThrow(OptionError);
    expect(check).toThrow(
      `language models to compare: expected the same tokens, and the same of them unknown, got ${message}`,
    );
    expect(check).toThrow("Bits per byte compare.");
  });
});
