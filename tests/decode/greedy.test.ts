import { describe, expect, test } from "vitest";
import { IndexError, NumericError, OptionError, ShapeError } from "../../src/base/errors.ts";
import { greedy } from "../../src/decode/greedy.ts";
import { bigram } from "../support/bigram.ts";

const chain = [
  [0.1, 0.9, 0],
  [0.2, 0, 0.8],
  [0.7, 0.3, 0],
];

test("follows the most probable token to the end of sentence", () => {
  const [{ tokens, logProb, score, finished, attention }] = greedy(bigram(chain));
  expect(tokens).toEqual([1, 2]);
  expect(finished).toBe(true);
  expect(logProb).toBeCloseTo(Math.log(0.9 * 0.8 * 0.7), 6);
  expect(score).toBe(logProb);
  expect(attention).toBeUndefined();
});

test("equal probabilities: the lower id", () => {
  expect(
    greedy(
      bigram([
        [0.2, 0.4, 0.4],
        [1, 0, 0],
        [1, 0, 0],
      ]),
    )[0].tokens,
  ).toEqual([1]);
});

describe("lengths", () => {
  test("maxLength counts the end of sentence and cuts off unfinished", () => {
    expect(greedy(bigram(chain), { maxLength: 3 })[0]).toMatchObject({ tokens: [1, 2], finished: true });
    expect(greedy(bigram(chain), { maxLength: 2 })[0]).toMatchObject({ tokens: [1, 2], finished: false });
    expect(greedy(bigram(chain), { maxLength: 0 })).toEqual([
      { tokens: [], logProb: 0, score: 0, finished: false },
    ]);
  });

  test("minLength tokens come before the end of sentence", () => {
    expect(greedy(bigram(chain), { minLength: 2 })[0].tokens).toEqual([1, 2]);
    expect(greedy(bigram(chain), { minLength: 3 })[0].tokens).toEqual([1, 2, 1, 2]);
    expect(greedy(bigram(chain), { minLength: 9, maxLength: 4 })[0]).toMatchObject({
      tokens: [1, 2, 1, 2],
      finished: false,
    });
  });

  test("an impossible end of sentence: maxLength tokens, unfinished", () => {
    const endless = [
      [0, 1],
      [0, 1],
    ];
    expect(greedy(bigram(endless))[0]).toMatchObject({ finished: false, tokens: new Array(200).fill(1) });
    expect(greedy(bigram(chain, 1, { forbiddenIds: [0] }), { maxLength: 3 })[0].finished).toBe(false);
  });

  test("a function of each sentence's source length", () => {
    const model = bigram(
      [
        [0, 1],
        [0, 1],
      ],
      3,
      {
        start: () => ({ state: 0, tokens: new Int32Array(3), sourceLengths: [2, 0, 1] }),
      },
    );
    const lengths = greedy(model, { maxLength: (source) => 2 * source }).map(({ tokens }) => tokens.length);
    expect(lengths).toEqual([4, 0, 2]);
  });
});

test("forbidden tokens are passed over", () => {
  expect(greedy(bigram(chain, 1, { forbiddenIds: [1] }))[0].tokens).toEqual([]);
});

test("a dead end is unfinished", () => {
  const table = [
    [0, 1],
    [0, 0],
  ];
  expect(greedy(bigram(table))[0]).toEqual({ tokens: [1], logProb: 0, score: 0, finished: false });
});

test("finished sentences leave the batch", () => {
  const sizes: number[] = [];
  const model = bigram(chain, 3, {
    start: () => ({ state: 0, tokens: Int32Array.of(2, 0, 1) }),
    select: (state, rows) => {
      sizes.push(rows.length);
      return state;
    },
  });
  expect(greedy(model).map(({ tokens }) => tokens)).toEqual([[], [1, 2], [2]]);
  expect(sizes).toEqual([2, 1]);
});

test("an empty batch needs no step", () => {
  expect(greedy(bigram(chain, 0))).toEqual([]);
});

test("attention: one row per step, cut to the length of the source", () => {
  const model = bigram(chain, 2, {
    start: () => ({ state: 0, tokens: Int32Array.of(2, 1), sourceLengths: [1, 2] }),
    step: (state, tokens) => ({
      ...bigram(chain).step(state, tokens),
      attention: Float32Array.from({ length: tokens.length * 2 }, (_, i) => i / 2),
    }),
  });
  expect(greedy(model).map(({ attention }) => attention)).toEqual([
    [Float32Array.of(0)],
    [Float32Array.of(1, 1.5), Float32Array.of(0, 0.5)],
  ]);
});

describe("what goes wrong", () => {
  test("NaN is refused, and the state is still released", () => {
    const released: number[] = [];
    const model = bigram(
      [
        [Number.NaN, 1],
        [1, 0],
      ],
      1,
      { release: (state) => released.push(state) },
    );
    expect(() => greedy(model)).toThrow(NumericError);
    expect(released).toEqual([0]);
  });

  test("options", () => {
    expect(() => greedy(bigram(chain), { maxLenght: 3 } as never)).toThrow(
      `greedy option: expected one of maxLength, minLength, got "maxLenght". Did you mean "maxLength"?`,
    );
    expect(() => greedy(bigram(chain), { maxLength: -1 })).toThrow(
      "maxLength: expected a whole number of at least 0 and at most 2147483647, got -1.",
    );
    expect(() => greedy(bigram(chain), { minLength: 0.5 })).toThrow(OptionError);
    expect(() => greedy(bigram(chain), { maxLength: (n) => n })).toThrow(
      "maxLength: expected a number for a model without source lengths, got a function.",
    );
  });

  test("models that break their contract", () => {
    const wrong = (extra: object) => () => greedy(bigram(chain, 2, extra));
    expect(wrong({ vocabularySize: 4 })).toThrow(
      new ShapeError({ what: "StepModel.step logProbs", expected: "2 rows of 4", got: "6 numbers" }),
    );
    const attention = new Float32Array(3);
    const step = () => ({ state: 0, logProbs: new Float32Array(6), attention });
    expect(wrong({ step })).toThrow(
      new ShapeError({
        what: "StepModel.step attention",
        expected: "2 rows of equal length",
        got: "3 numbers",
      }),
    );
    expect(wrong({ eosId: -2 })).toThrow("StepModel.eosId: expected ids in 0..2, got -2.");
    expect(wrong({ eosId: 3 })).toThrow(
      new IndexError({ what: "StepModel.eosId", expected: "ids in 0..2", got: "3" }),
    );
    expect(wrong({ forbiddenIds: [-1] })).toThrow(
      new IndexError({ what: "StepModel.forbiddenIds", expected: "ids in 0..2", got: "-1" }),
    );
    expect(wrong({ vocabularySize: 0 })).toThrow(OptionError);
  });
});
