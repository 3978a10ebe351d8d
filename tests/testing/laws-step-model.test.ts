import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StepModel } from "../../src/decode/step-model.ts";
import { MarkovStepModel, markovOptions } from "../../src/testing/arbitraries-step-model.ts";
import { type MakeStepModel, type StepModelLaws, stepModelLaws } from "../../src/testing/laws-step-model.ts";
import { runs } from "../support/fc.ts";

/** A uniform model over {end, 1, 2}, with parts replaced. */
function broken(changes: Partial<StepModel<number>>): MakeStepModel<number> {
  return (sentences) => ({
    vocabularySize: 3,
    eosId: 0,
    start: () => ({ state: sentences.length, tokens: new Int32Array(sentences.length) }),
    step: (state, tokens) => ({
      state,
      logProbs: new Float32Array(3 * tokens.length).fill(Math.log(1 / 3)),
    }),
    select: (_, rows) => rows.length,
    ...changes,
  });
}

/** Asserts a law; throws what the law itself threw. */
function check<State>(make: MakeStepModel<State>, name: keyof StepModelLaws): () => void {
  const laws = stepModelLaws(make, { sentences: 2, maxLength: 4 });
  return () => {
    const { failed, errorInstance } = fc.check(laws[name], { seed: 1 });
    if (failed) throw errorInstance;
  };
}

describe("laws hold for random Markov models", () => {
  const names = Object.keys(stepModelLaws(broken({}), { sentences: 1 })) as (keyof StepModelLaws)[];

  test.each(names)("%s", (name) => {
    fc.assert(
      fc.property(markovOptions(), (options) => {
        const models: MarkovStepModel[] = [];
        const make = (sentences: readonly number[]) => {
          const model = new MarkovStepModel(options, sentences);
          models.push(model);
          return model;
        };
        const laws = stepModelLaws(make, { sentences: options.sentences, maxLength: 4 });
        fc.assert(laws[name], { numRuns: 2, seed: options.seed });
        for (const model of models) expect(model.openStates).toBe(0);
      }),
      runs,
    );
  });
});

describe("laws find broken models", () => {
  test("probabilities that do not sum to one", () => {
    const make = broken({
      step: (state, tokens) => ({
        state,
        logProbs: new Float32Array(3 * tokens.length).fill(Math.log(1 / 2)),
      }),
    });
    expect(check(make, "probabilitiesSumToOne")).toThrow(
      /^probabilities of a row: expected a sum of 1, got 1.(5|49999)/,
    );
  });

  test("a select that mixes rows up", () => {
    const make = (sentences: readonly number[]) => {
      const model = new MarkovStepModel({ vocabularySize: 3, sentences: 2, seed: 1 }, sentences);
      const select = model.select.bind(model);
      model.select = (state, rows) => select(state, rows.toReversed());
      return model;
    };
    expect(check(make, "selectMovesRows")).toThrow(/^selected row \d, token \d: expected -\d/);
  });

  test("rows that depend on the size of the batch", () => {
    const make = broken({
      step: (state, tokens) => {
        const rest = (1 - 0.4 / tokens.length) / 2;
        const logProbs = Float32Array.from({ length: 3 * tokens.length }, (_, i) =>
          Math.log(i % 3 === 0 ? 0.4 / tokens.length : rest),
        );
        return { state, logProbs };
      },
    });
    expect(check(make, "batchesAgree")).toThrow(/of sentence 0 in a batch: expected \[/);
  });

  test("a model that changes from start to start", () => {
    let starts = 0;
    const make = broken({
      start: () => ({ state: 0, tokens: Int32Array.of(++starts % 2, 1) }),
      step: (state, tokens) => ({
        state,
        logProbs: Float32Array.from({ length: 3 * tokens.length }, (_, i) =>
          Math.log((i % 3) - 1 === tokens[Math.floor(i / 3)] ? 0.8 : 0.1),
        ),
      }),
    });
    expect(check(make, "beamOfOneIsGreedy")).toThrow(/^beam search with beam size 1: expected/);
  });
});

test("a Markov model refuses a state that was used before", () => {
  const model = new MarkovStepModel({ vocabularySize: 2, sentences: 1, seed: 0 }, [0]);
  const { state, tokens } = model.start();
  model.step(state, tokens);
  expect(() => model.step(state, tokens)).toThrow(
    "StepModel state: expected one that is still open, got one that was used or released before.",
  );
});
