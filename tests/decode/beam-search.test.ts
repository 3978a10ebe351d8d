import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { type BeamSearchOptions, beamSearch } from "../../src/decode/beam-search.ts";
import { exhaustiveSearch } from "../../src/decode/exhaustive-search.ts";
import type { LengthPenalty } from "../../src/decode/hypothesis.ts";
import { MarkovStepModel, markovOptions } from "../../src/testing/arbitraries-step-model.ts";
import { bigram } from "../support/bigram.ts";
import { runs } from "../support/fc.ts";

/** Greedy takes 1 (0.5) and then at best 0.4; the better way is 2 (0.4), then the end (0.9). */
const garden = [
  [0.1, 0.5, 0.4],
  [0.4, 0.3, 0.3],
  [0.9, 0.05, 0.05],
];

const penalties: fc.Arbitrary<LengthPenalty> = fc.oneof(
  fc.constant("none" as const),
  fc.record({ type: fc.constant("gnmt" as const), alpha: fc.double({ min: -2, max: 2, noNaN: true }) }),
  fc.record({ type: fc.constant("fairseq" as const), lenpen: fc.double({ min: -2, max: 2, noNaN: true }) }),
);

test("two beams find what one misses", () => {
  const [[best, second]] = beamSearch(bigram(garden), { beamSize: 2, nBest: 2 });
  expect(best).toMatchObject({ tokens: [2], finished: true });
  expect(best.logProb).toBeCloseTo(Math.log(0.4 * 0.9), 6);
  expect(second.tokens).toEqual([1]);
});

describe("penalties", () => {
  test("length: long hypotheses win with a positive exponent", () => {
    const table = [
      [0.5, 0.5],
      [0.4, 0.6],
    ];
    const best = (lengthPenalty: LengthPenalty) =>
      beamSearch(bigram(table), { beamSize: 4, maxLength: 4, lengthPenalty })[0][0];
    expect(best("none").tokens).toEqual([]);
    const { tokens, score, logProb } = best({ type: "fairseq", lenpen: 1 });
    expect(tokens).toEqual([1, 1, 1]);
    expect(score).toBeCloseTo(logProb / 4, 12);
    expect(best({ type: "gnmt", alpha: 6 }).tokens).toEqual([1, 1, 1]);
    expect(best({ type: "gnmt", alpha: -1 }).tokens).toEqual([]);
  });

  test("coverage: a hypothesis that looks at the whole source wins", () => {
    // Token 1 looks at the first source word, token 2 at the second; the end of sentence at both.
    const table = [
      [0, 0.6, 0.4],
      [0.5, 0.3, 0.2],
      [0.5, 0.3, 0.2],
    ];
    const looks = [
      [1, 0],
      [0.9, 0.1],
      [0.1, 0.9],
    ];
    const model = bigram(table, 1, {
      step: (state, tokens) => ({
        ...bigram(table).step(state, tokens),
        attention: Float32Array.from(Array.from(tokens).flatMap((token) => looks[token])),
      }),
    });
    const best = (coveragePenalty: number) =>
      beamSearch(model, { beamSize: 9, maxLength: 3, coveragePenalty })[0][0];
    expect(best(0).tokens).toEqual([1]);
    expect(best(5).tokens).toEqual([2]);
    const { score, logProb } = best(5);
    expect(score).toBeCloseTo(logProb + 5 * Math.log(0.9), 5);
  });
});

describe("laws", () => {
  const law = (
    name: string,
    check: (options: BeamSearchOptions, ...all: [number, MarkovStepModel]) => void,
  ) =>
    test(name, () => {
      fc.assert(
        fc.property(
          markovOptions(),
          penalties,
          fc.integer({ min: 0, max: 4 }),
          fc.integer({ min: 0, max: 3 }),
          fc.constantFrom(0, 0.3),
          (options, lengthPenalty, maxLength, minLength, coveragePenalty) => {
            const model = new MarkovStepModel(options, [...Array(options.sentences).keys()]);
            check({ lengthPenalty, maxLength, minLength, coveragePenalty }, options.sentences, model);
            expect(model.openStates).toBe(0);
          },
        ),
        runs,
      );
    });

  law(
    "a beam for all sequences equals exhaustive search, under every penalty",
    (options, sentences, model) => {
      const all = exhaustiveSearch(model, options);
      const beamSize = Math.max(1, ...all.map((list) => list.length));
      // Every hypothesis may finish: then nothing is cut off, and n-best lists agree in full.
      const lists = beamSearch(model, { ...options, beamSize, nBest: beamSize });
      expect(lists).toHaveLength(sentences);
      expect(lists).toEqual(all);
    },
  );

  law("stopping early loses nothing: the best of 1 is the first of the best of k", (options, _, model) => {
    const beamSize = 3;
    const full = beamSearch(model, { ...options, beamSize, nBest: beamSize });
    const best = beamSearch(model, { ...options, beamSize, nBest: 1 });
    for (const [i, [first]] of best.entries()) expect(first).toEqual(full[i][0]);
  });

  law("no score beats the optimum among finished hypotheses", (options, _, model) => {
    const all = exhaustiveSearch(model, options);
    for (const [i, [best]] of beamSearch(model, { ...options, beamSize: 2 }).entries()) {
      if (best.finished) expect(best.score).toBeLessThanOrEqual(all[i][0].score);
    }
  });
});

test("the search stops as soon as the result is certain", () => {
  let steps = 0;
  const model = bigram(
    [
      [0.9, 0.1],
      [0.5, 0.5],
    ],
    1,
    {
      step: (state, tokens) => {
        steps++;
        return bigram([
          [0.9, 0.1],
          [0.5, 0.5],
        ]).step(state, tokens);
      },
    },
  );
  beamSearch(model, { beamSize: 4, nBest: 1 });
  expect(steps).toBe(1);
  steps = 0;
  // ln 0.1 over the penalty of length 100 may still beat ln 0.9, so it goes on until 4 are finished.
  beamSearch(model, { beamSize: 4, nBest: 1, maxLength: 100, lengthPenalty: { type: "fairseq", lenpen: 1 } });
  expect(steps).toBe(4);
});

describe("edges", () => {
  test("beams wider than the vocabulary", () => {
    const [list] = beamSearch(
      bigram([
        [0.5, 0.5],
        [1, 0],
      ]),
      { beamSize: 1000, nBest: 1000 },
    );
    expect(list.map(({ tokens }) => tokens)).toEqual([[], [1]]);
  });

  test("an impossible end of sentence", () => {
    const [list] = beamSearch(
      bigram([
        [0, 1],
        [0, 1],
      ]),
      { maxLength: 3, nBest: 5 },
    );
    expect(list).toEqual([{ tokens: [1, 1, 1], logProb: 0, score: 0, finished: false }]);
  });

  test("the end of sentence first", () => {
    expect(
      beamSearch(
        bigram([
          [1, 0],
          [1, 0],
        ]),
        { nBest: 5 },
      ),
    ).toEqual([[{ tokens: [], logProb: 0, score: 0, finished: true }]]);
  });

  test("nothing possible at all", () => {
    expect(beamSearch(bigram([[0]]), { nBest: 3 })).toEqual([
      [{ tokens: [], logProb: 0, score: 0, finished: false }],
    ]);
  });

  test("maxLength 0 and an empty batch", () => {
    expect(beamSearch(bigram(garden), { maxLength: 0 })).toEqual([
      [{ tokens: [], logProb: 0, score: 0, finished: false }],
    ]);
    expect(beamSearch(bigram(garden, 0))).toEqual([]);
  });

  test("ties: shorter, then lower ids", () => {
    const [list] = beamSearch(bigram(new Array(3).fill([0.5, 0.25, 0.25])), {
      beamSize: 9,
      nBest: 9,
      maxLength: 2,
    });
    expect(list.map(({ tokens }) => tokens).slice(0, 3)).toEqual([[], [1], [2]]);
  });
});

test("bad options and models", () => {
  const options: [object, string][] = [
    [{ beamSize: 0 }, "beamSize: expected a whole number of at least 1 and at most 10000, got 0."],
    [{ beamSize: 1.5 }, "beamSize: expected a whole number of at least 1 and at most 10000, got 1.5."],
    [{ beamSize: 1e9 }, "beamSize: expected a whole number of at least 1 and at most 10000, got 1000000000."],
    [{ beamSize: 2, nBest: 3 }, "nBest: expected a whole number of at least 1 and at most 2, got 3."],
    [{ beam: 2 }, `got "beam".`],
  ];
  for (const [bad, message] of options) {
    expect(() => beamSearch(bigram(garden), bad)).toThrow(OptionError);
    expect(() => beamSearch(bigram(garden), bad)).toThrow(message);
  }
  expect(() => beamSearch(bigram(garden), { coveragePenalty: 1 })).toThrow(OptionError);
  expect(() => beamSearch(bigram([[Number.NaN]]))).toThrow(NumericError);
});
