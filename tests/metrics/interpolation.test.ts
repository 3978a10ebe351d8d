import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { interpolate, interpolationWeights } from "../../src/metrics/interpolation.ts";
import { runs } from "../support/fc.ts";

const logs = (...probs: number[]) => Float64Array.from(probs, Math.log);
const mean = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Two or three models of up to 20 tokens. */
const models = fc
  .tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 20 }))
  .chain(([count, tokens]) =>
    fc.array(
      fc
        .array(fc.double({ min: 1e-4, max: 1, noNaN: true }), { minLength: tokens, maxLength: tokens })
        .map((probs) => logs(...probs)),
      { minLength: count, maxLength: count },
    ),
  );

describe("interpolate", () => {
  test("law 23: every probability lies between its parts", () => {
    fc.assert(
      fc.property(models, fc.double({ min: 0, max: 1, noNaN: true }), (parts, weight) => {
        const weights = [weight, 1 - weight, ...parts.slice(2).map(() => 0)];
        interpolate(parts, weights).forEach((x, t) => {
          const each = parts.slice(0, 2).map((part) => part[t]);
          expect(x).toBeGreaterThanOrEqual(Math.min(...each) - 1e-12);
          expect(x).toBeLessThanOrEqual(Math.max(...each) + 1e-12);
        });
      }),
      runs,
    );
  });

  test("values, very small ones and impossible ones", () => {
    expect(Math.exp(interpolate([logs(0.5), logs(0.1)], [0.25, 0.75])[0])).toBeCloseTo(0.2, 12);
    const tiny = interpolate([Float64Array.of(-2000), Float64Array.of(-1000)], [0.5, 0.5]);
    expect(tiny[0]).toBeCloseTo(-1000 - Math.LN2, 9);
    expect([...interpolate([logs(0, 0), logs(0, 0.5)], [0.5, 0.5])]).toEqual([-Infinity, Math.log(0.25)]);
  });

  test.each([
    [
      [logs(1)],
      [0.5],
      OptionError,
      "interpolation weights: expected numbers of at least 0 that sum to 1, got 0.5.",
    ],
    [[logs(1), logs(1)], [1.5, -0.5], OptionError, "got 1.5, -0.5."],
    [[logs(1)], [Number.NaN], OptionError, "got NaN."],
    [[logs(1)], [0.5, 0.5], ShapeError, "interpolation weights: expected 1, one for each model, got 2."],
    [
      [logs(1), logs(1, 1)],
      [0.5, 0.5],
      ShapeError,
      "expected probabilities of the same tokens, got 1 and 2.",
    ],
    [[], [], OptionError, "models to interpolate: expected at least one, got none."],
  ] as const)("%# is refused", (parts, weights, kind, message) => {
    expect(() => interpolate(parts, weights)).toThrow(kind);
    expect(() => interpolate(parts, weights)).toThrow(message);
  });
});

describe("interpolationWeights", () => {
  test("no other weights make the text more probable", () => {
    fc.assert(
      fc.property(models, fc.array(fc.nat(100), { minLength: 3, maxLength: 3 }), (parts, shares) => {
        const weights = interpolationWeights(parts);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        const found = mean(interpolate(parts, weights));
        const total = parts.reduce((sum, _, i) => sum + shares[i] + 1, 0);
        const others = [
          parts.map((_, i) => (shares[i] + 1) / total),
          ...parts.map((_, only) => parts.map((_, i) => Number(i === only))),
        ];
        for (const other of others) expect(found).toBeGreaterThan(mean(interpolate(parts, other)) - 1e-9);
      }),
      runs,
    );
  });

  test("the mixture that a text was drawn from is found, in any order of models", () => {
    // Of 1000 tokens 700 are a, with a drawn as 0.75 * 0.9 + 0.25 * 0.1 = 0.7.
    const isA = Array.from({ length: 1000 }, (_, t) => t % 10 < 7);
    const model = (a: number) => logs(...isA.map((it) => (it ? a : 1 - a)));
    const [first, second] = interpolationWeights([model(0.9), model(0.1)]);
    expect(first).toBeCloseTo(0.75, 4);
    expect(second).toBeCloseTo(0.25, 4);
    expect(interpolationWeights([model(0.1), model(0.9)])[1]).toBeCloseTo(0.75, 4);
  });

  test("models so near to each other that each round of expectation maximisation brings next to nothing", () => {
    const weights = interpolationWeights([
      Float64Array.of(-0.0006470563166634567),
      Float64Array.of(-0.0012941126333293074),
    ]);
    expect(weights).toEqual([1, 0]);
  });

  test("models that are alike share, one that is better everywhere takes all, impossible tokens do not count", () => {
    expect(interpolationWeights([logs(0.2, 0.3), logs(0.2, 0.3)])).toEqual([0.5, 0.5]);
    expect(interpolationWeights([logs(0.9, 0.8), logs(0.1, 0.2)])[0]).toBeCloseTo(1, 6);
    const some = [logs(0.5, 0.1), logs(0.1, 0.5)];
    const withImpossible = some.map((part) => Float64Array.of(...part, Number.NEGATIVE_INFINITY));
    expect(interpolationWeights(withImpossible)).toEqual(interpolationWeights(some));
    expect(interpolationWeights([logs(0.5, 0), logs(0, 0.5)])).toEqual([0.5, 0.5]);
    expect(interpolationWeights([logs(0.3)])).toEqual([1]);
  });

  test("bad input", () => {
    expect(() => interpolationWeights([])).toThrow(OptionError);
    expect(() => interpolationWeights([logs(0), logs(0)])).toThrow(
      "held-out text: expected a token that some model allows",
    );
    expect(() => interpolationWeights([logs(1), logs(1, 1)])).toThrow(ShapeError);
    expect(() => interpolationWeights([logs(1)], { tolerance: -1 })).toThrow(
      "tolerance: expected a number of at least 0",
    );
    expect(() => interpolationWeights([logs(1)], { rounds: 3 } as object)).toThrow(
      "interpolationWeights option",
    );
  });
});
