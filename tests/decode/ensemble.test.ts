import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { beamSearch } from "../../src/decode/beam-search.ts";
import { type EnsembleOptions, ensemble } from "../../src/decode/ensemble.ts";
import { greedy } from "../../src/decode/greedy.ts";
import type { StepModel } from "../../src/decode/step-model.ts";
import {
  type MarkovOptions,
  MarkovStepModel,
  markovOptions,
} from "../../src/testing/arbitraries-step-model.ts";
import { type StepModelLaws, stepModelLaws } from "../../src/testing/laws-step-model.ts";
import { bigram } from "../support/bigram.ts";
import { runs } from "../support/fc.ts";

const MEANS = ["probability", "log-probability"] as const;
const sharp = [
  [0.2, 0.8, 0],
  [0.5, 0.25, 0.25],
  [0, 0, 1],
];
const flat = [
  [0.4, 0.2, 0.4],
  [0.1, 0.8, 0.1],
  [1, 0, 0],
];

/** The probabilities after each of the tokens 0, 1, 2, from one step of three rows. */
function probabilities(tables: (typeof sharp)[], options?: EnsembleOptions): number[][] {
  const model = ensemble(
    tables.map((table) => bigram(table, 3)),
    options,
  );
  const { logProbs } = model.step(model.start().state, Int32Array.of(0, 1, 2));
  const all = Array.from(logProbs, Math.exp);
  return [all.slice(0, 3), all.slice(3, 6), all.slice(6)];
}

function expectRows(got: readonly number[][], expected: readonly (readonly number[])[]): void {
  got.flat().forEach((p, i) => {
    expect(p).toBeCloseTo(expected.flat()[i], 6);
  });
}

describe("the distribution", () => {
  test("is the mean of the probabilities", () => {
    expectRows(probabilities([sharp, flat]), [
      [0.3, 0.5, 0.2],
      [0.3, 0.525, 0.175],
      [0.5, 0, 0.5],
    ]);
  });

  test("or their geometric mean, in which a member's 0 is a veto and two vetoes are a dead end", () => {
    const roots = [Math.sqrt(0.08), Math.sqrt(0.16)];
    const second = [Math.sqrt(0.05), Math.sqrt(0.2), Math.sqrt(0.025)];
    const share = (values: number[]) => values.map((value) => value / values.reduce((a, b) => a + b));
    expectRows(probabilities([sharp, flat], { combine: "log-probability" }), [
      [...share(roots), 0],
      share(second),
      [0, 0, 0],
    ]);
  });

  test("with one member at a dead end, is that of the others; with all, a dead end", () => {
    const dead = [[0, 0, 0], ...sharp.slice(1)];
    expectRows(probabilities([dead, flat]).slice(0, 1), [flat[0]]);
    for (const combine of MEANS) expect(probabilities([dead, dead], { combine })[0]).toEqual([0, 0, 0]);
  });

  test("keeps a NaN for the decoder to refuse", () => {
    const broken = [[Number.NaN, 1, 0], ...sharp.slice(1)];
    for (const combine of MEANS) {
      expect(() => greedy(ensemble([bigram(flat), bigram(broken)], { combine }))).toThrow(NumericError);
    }
  });
});

describe.each(MEANS)("laws, mean of the %s", (combine) => {
  test("one member, or two equal ones, is that model", () => {
    fc.assert(
      fc.property(markovOptions(), fc.integer({ min: 1, max: 3 }), (options, count) => {
        const all = Array.from({ length: options.sentences }, (_, i) => i);
        const members = Array.from({ length: count }, () => new MarkovStepModel(options, all));
        const alone = new MarkovStepModel(options, all);
        const together = ensemble(members, { combine });
        let [a, b] = [alone.start(), together.start()];
        expect(b.sourceLengths).toEqual(a.sourceLengths);
        expect(together.forbiddenIds).toEqual(alone.forbiddenIds);
        for (let length = 0; length < 3; length++) {
          const [x, y] = [alone.step(a.state, a.tokens), together.step(b.state, b.tokens)];
          x.logProbs.forEach((logProb, i) => {
            if (logProb === Number.NEGATIVE_INFINITY) expect(y.logProbs[i]).toBe(logProb);
            else expect(y.logProbs[i]).toBeCloseTo(logProb, 5);
          });
          x.attention?.forEach((weight, i) => {
            expect(y.attention?.[i]).toBeCloseTo(weight, 6);
          });
          [a, b] = [
            { ...a, state: x.state },
            { ...b, state: y.state },
          ];
        }
        together.release?.(b.state);
        for (const member of members) expect(member.openStates).toBe(0);
      }),
      runs,
    );
  });

  const names = Object.keys(stepModelLaws(() => bigram(flat), { sentences: 1 })) as (keyof StepModelLaws)[];
  test.each(names)("it is a step model: %s", (name) => {
    const member = (options: MarkovOptions, seed: number) => ({ ...options, seed, impossible: 0.2 });
    fc.assert(
      fc.property(
        markovOptions(),
        fc.array(fc.nat(1000), { minLength: 2, maxLength: 3 }),
        (options, seeds) => {
          const made: MarkovStepModel[] = [];
          const make = (sentences: readonly number[]) => {
            const members = seeds.map((seed) => new MarkovStepModel(member(options, seed), sentences));
            made.push(...members);
            return ensemble(members, { combine });
          };
          const laws = stepModelLaws(make, { sentences: options.sentences, maxLength: 4 });
          fc.assert(laws[name], { numRuns: 2, seed: options.seed });
          for (const { openStates } of made) expect(openStates).toBe(0);
        },
      ),
      { numRuns: Math.ceil(runs.numRuns / 2) },
    );
  });
});

test("the members' opinions count together: neither alone would say this", () => {
  const first = [[0, 0.6, 0.4, 0], ...Array.from({ length: 3 }, () => [1, 0, 0, 0])];
  const second = [[0, 0, 0.4, 0.6], ...Array.from({ length: 3 }, () => [1, 0, 0, 0])];
  const [[best]] = beamSearch(ensemble([bigram(first), bigram(second)]));
  expect(best.tokens).toEqual([2]);
  expect(best.logProb).toBeCloseTo(Math.log(0.4), 6);
});

describe("attention", () => {
  const looking = (weights: number[] | undefined): StepModel<number> => {
    const plain = bigram(flat);
    return {
      ...plain,
      step: (state, tokens) => ({
        ...plain.step(state, tokens),
        ...(weights && { attention: Float32Array.from(weights) }),
      }),
    };
  };
  const seen = (...all: (number[] | undefined)[]) => {
    const model = ensemble(all.map(looking));
    return model.step(model.start().state, Int32Array.of(0)).attention;
  };

  test("is the mean where all members give it", () => {
    expect(seen([1, 0], [0.5, 0.5])).toEqual(Float32Array.of(0.75, 0.25));
  });

  test("is left out where one gives none, or over a source of another width", () => {
    expect(seen([1, 0], undefined)).toBeUndefined();
    expect(seen(undefined, [1, 0])).toBeUndefined();
    expect(seen([1, 0], [1], [1, 0])).toBeUndefined();
  });

  test("of a member is not changed", () => {
    const weights = Float32Array.of(1, 0);
    const plain = bigram(flat);
    const member = {
      ...plain,
      step: (s: number, t: Int32Array) => ({ ...plain.step(s, t), attention: weights }),
    };
    const model = ensemble([member, member]);
    model.step(model.start().state, Int32Array.of(0));
    expect(weights).toEqual(Float32Array.of(1, 0));
  });
});

describe("states", () => {
  const options: MarkovOptions = { vocabularySize: 3, sentences: 2, seed: 1 };
  const failing = (method: "start" | "step" | "select") => {
    const model = new MarkovStepModel(options, [0, 1]);
    model[method] = () => {
      throw new TypeError("no");
    };
    return model;
  };

  test.each(["start", "step", "select"] as const)("are all released where a member's %s throws", (method) => {
    const members = [
      new MarkovStepModel(options, [0, 1]),
      failing(method),
      new MarkovStepModel(options, [0, 1]),
    ];
    expect(() => beamSearch(ensemble(members), { beamSize: 2 })).toThrow("no");
    expect(members.map(({ openStates }) => openStates)).toEqual([0, 0, 0]);
  });

  test("need no release where the members' do not", () => {
    expect(greedy(ensemble([bigram(sharp), bigram(sharp)]))[0].tokens).toEqual([1]);
  });
});

describe("what is no ensemble", () => {
  test.each<[string, () => unknown]>([
    ["ensemble: expected models of one vocabulary, got none.", () => ensemble([])],
    [
      "ensemble: expected models of one vocabulary, got vocabularySize 3, 2.",
      () => ensemble([bigram(flat), bigram([[0.5, 0.5]], 1, { vocabularySize: 2 })]),
    ],
    [
      "ensemble: expected models of one vocabulary, got eosId 0, 1.",
      () => ensemble([bigram(flat), bigram(flat, 1, { eosId: 1 })]),
    ],
    [
      'ensemble option: expected one of combine, got "combin". Did you mean "combine"?',
      () => ensemble([bigram(flat)], { combin: 1 } as never),
    ],
    [
      'ensemble combine: expected one of probability, log-probability, got "mean".',
      () => ensemble([bigram(flat)], { combine: "mean" as never }),
    ],
    [
      "ensemble: expected models over the same sentences, with the same first tokens, got first tokens [0] and [0,0].",
      () => ensemble([bigram(flat), bigram(flat, 2)]).start(),
    ],
    [
      "ensemble: expected models over the same sentences, with the same first tokens, got first tokens [0] and [1].",
      () =>
        ensemble([
          bigram(flat),
          bigram(flat, 1, { start: () => ({ state: 0, tokens: Int32Array.of(1) }) }),
        ]).start(),
    ],
  ])("%s", (message, make) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  test("a member that returns rows of another size", () => {
    const short = bigram(flat, 1, { step: () => ({ state: 0, logProbs: new Float32Array(2) }) });
    const model = ensemble([bigram(flat), short]);
    expect(() => model.step(model.start().state, Int32Array.of(0))).toThrow(
      "ensemble member 1 logProbs: expected 3 numbers, got 2.",
    );
  });
});
