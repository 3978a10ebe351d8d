import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { type SampleOptions, sample } from "../../src/decode/sample.ts";
import { bigram } from "../support/bigram.ts";
import { runs } from "../support/fc.ts";

/** Draws one token 20,000 times. */
function frequencies(probabilities: readonly number[], options: Omit<SampleOptions, "random">): number[] {
  const count = 20_000;
  const table = probabilities.map(() => probabilities);
  const counts = probabilities.map(() => 0);
  const hypotheses = sample(bigram(table, count), { ...options, maxLength: 1, random: new Random(5) });
  for (const { tokens, finished } of hypotheses) counts[finished ? 0 : tokens[0]]++;
  return counts.map((n) => n / count);
}

/** Within 4.5 standard deviations of a share. */
function expectShares(got: readonly number[], expected: readonly number[]): void {
  for (const [i, p] of expected.entries()) {
    expect(Math.abs(got[i] - p)).toBeLessThanOrEqual(4.5 * Math.sqrt((p * (1 - p)) / 20_000));
  }
}

describe("shares of 20,000 draws", () => {
  const p = [0.1, 0.2, 0.3, 0.4];

  test("the model's distribution", () => {
    expectShares(frequencies(p, {}), p);
  });

  test("temperature 1/2 squares the odds", () => {
    const total = 0.01 + 0.04 + 0.09 + 0.16;
    expectShares(
      frequencies(p, { temperature: 0.5 }),
      [0.01, 0.04, 0.09, 0.16].map((w) => w / total),
    );
  });

  test("top-k keeps the k best", () => {
    expectShares(frequencies(p, { topK: 2 }), [0, 0, 3 / 7, 4 / 7]);
  });

  test("top-p keeps the fewest that hold p", () => {
    expectShares(frequencies(p, { topP: 0.39 }), [0, 0, 0, 1]);
    expectShares(frequencies(p, { topP: 0.41 }), [0, 0, 3 / 7, 4 / 7]);
    expectShares(frequencies(p, { topP: 0.75 }), [0, 2 / 9, 3 / 9, 4 / 9]);
  });

  test("top-p works on what top-k and temperature leave", () => {
    // The two best hold 3/7 and 4/7 of what is left; at temperature 1/2, 9/25 and 16/25.
    expectShares(frequencies(p, { topK: 2, topP: 0.6 }), [0, 0, 3 / 7, 4 / 7]);
    expectShares(frequencies(p, { topK: 2, topP: 0.6, temperature: 0.5 }), [0, 0, 0, 1]);
  });

  test("forbidden and impossible tokens never come", () => {
    const table = new Array(4).fill([0, 0.5, 0.25, 0.25]);
    const model = bigram(table, 50, { forbiddenIds: [1] });
    const drawn = new Set(
      sample(model, { random: new Random(1), maxLength: 10 }).flatMap(({ tokens }) => tokens),
    );
    expect([...drawn].sort()).toEqual([2, 3]);
  });
});

test("a nucleus wider than the first guess", () => {
  const V = 1000;
  const table = new Array(V).fill(new Array(V).fill(1 / V));
  const drawn = sample(bigram(table, 2000), { random: new Random(3), topP: 0.5, maxLength: 1 });
  const ids = drawn.flatMap(({ tokens }) => tokens);
  expect(Math.max(...ids)).toBeGreaterThan(450);
  expect(Math.max(...ids)).toBeLessThanOrEqual(500);
});

test("topP 0 and tiny temperatures are greedy", () => {
  const p = [0.3, 0.3, 0.4];
  expect(frequencies(p, { topP: 0 })).toEqual([0, 0, 1]);
  expect(frequencies(p, { temperature: 1e-320 })).toEqual([0, 0, 1]);
  expect(frequencies([0.4, 0.4, 0.2], { temperature: 0 })).toEqual([1, 0, 0]);
});

test("logProb is the model's own, whatever the filters", () => {
  const table = new Array(3).fill([0.5, 0.3, 0.2]);
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.integer({ min: 1, max: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (seed, temperature, topK, topP) => {
        const random = new Random(seed);
        const [{ tokens, logProb, finished }] = sample(bigram(table), { random, temperature, topK, topP });
        const sum = tokens.reduce((total, token) => total + Math.log(table[0][token]), 0);
        expect(logProb).toBeCloseTo(sum + (finished ? Math.log(0.5) : 0), 3);
      },
    ),
    runs,
  );
});

test("the same seed gives the same samples, another seed others", () => {
  const table = new Array(3).fill([0.1, 0.5, 0.4]);
  const draw = (seed: number) => sample(bigram(table, 8), { random: new Random(seed) });
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("dead ends, NaN and bad options", () => {
  const random = new Random(1);
  expect(
    sample(
      bigram([
        [0, 1],
        [0, 0],
      ]),
      { random },
    )[0],
  ).toMatchObject({ tokens: [1], finished: false });
  expect(() => sample(bigram([[Number.NaN]]), { random })).toThrow(NumericError);
  for (const bad of [{ temperature: -1 }, { temperature: Number.NaN }, { topK: 0 }, { topP: 1.5 }]) {
    expect(() => sample(bigram([[1]]), { random, ...bad })).toThrow(OptionError);
  }
  expect(() => sample(bigram([[1]]), {} as never)).toThrow(
    "sample random: expected a Random, got undefined.",
  );
  expect(() => sample(bigram([[1]]), { random, topk: 1 } as never)).toThrow(`Did you mean "topK"?`);
});

test("one generator for each sentence", () => {
  const model = bigram(
    [
      [0.1, 0.5, 0.4],
      [0.1, 0.5, 0.4],
      [0.1, 0.5, 0.4],
    ],
    2,
  );
  const base = new Random(9);
  const forks = [base.fork(), base.fork()];
  expect(sample(model, { random: forks })).toEqual(sample(model, { random: new Random(9) }));
  expect(() => sample(model, { random: [new Random(1)] })).toThrow(
    "sample random: expected one for each of 2 sentences, got 1.",
  );
});
