/** What every step model must satisfy, and what the decoders promise about it, to be asserted with fast-check. */
import fc from "fast-check";
import { StateError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { beamSearch } from "../decode/beam-search.ts";
import { exhaustiveSearch } from "../decode/exhaustive-search.ts";
import { greedy } from "../decode/greedy.ts";
import { compareHypotheses, type Hypothesis } from "../decode/hypothesis.ts";
import { sample } from "../decode/sample.ts";
import type { StepModel } from "../decode/step-model.ts";

/** Gives a model whose batch is the chosen ones of the caller's sentences, counted from 0. */
export type MakeStepModel<State> = (sentences: readonly number[]) => StepModel<State>;

/** Options of {@link stepModelLaws}. */
export interface StepModelLawOptions {
  /** How many sentences `makeModel` knows. */
  readonly sentences: number;
  /** @defaultValue 6 */
  readonly maxLength?: number;
  /** The largest error of a log probability in nats. @defaultValue 1e-4 */
  readonly tolerance?: number;
}

/** The laws of a step model, by name. Assert each: `fc.assert(laws.beamOfOneIsGreedy)`. */
export interface StepModelLaws {
  /** The probabilities of every row sum to one, or are all zero in a dead end. */
  readonly probabilitiesSumToOne: fc.IProperty<unknown>;
  /** Selecting rows moves them and changes nothing else. */
  readonly selectMovesRows: fc.IProperty<unknown>;
  /** Every sentence of a batch is decoded as it is alone. */
  readonly batchesAgree: fc.IProperty<unknown>;
  /** Beam size 1 is greedy decoding. */
  readonly beamOfOneIsGreedy: fc.IProperty<unknown>;
  /** A beam for all sequences finds what exhaustive search finds; a narrow one nothing better. */
  readonly beamOfAllIsExhaustive: fc.IProperty<unknown>;
  /** A hypothesis scored again has the same log probability. */
  readonly scoresAreTrue: fc.IProperty<unknown>;
  /** N-best lists are sorted and without doubles. */
  readonly listsAreSorted: fc.IProperty<unknown>;
  /** The same seed gives the same samples, idle filters change none, and the sharpest are greedy. */
  readonly samplesRepeat: fc.IProperty<unknown>;
}

/** Sequences beyond which the exhaustive search is left out. */
const EXHAUSTIVE_LIMIT = 4096;

/**
 * The laws of a step model. Where one is broken, its property throws a
 * StateError that says what was expected.
 *
 * @example
 * const options = { vocabularySize: 4, sentences: 3, seed: 7 };
 * const make = (sentences: readonly number[]) => new MarkovStepModel(options, sentences);
 * const laws = stepModelLaws(make, { sentences: 3 });
 * fc.assert(laws.beamOfOneIsGreedy);
 */
export function stepModelLaws<State>(
  makeModel: MakeStepModel<State>,
  { sentences, maxLength = 6, tolerance = 1e-4 }: StepModelLawOptions,
): StepModelLaws {
  const all = Array.from({ length: sentences }, (_, i) => i);
  const lengths = { maxLength };
  const nBest = (beamSize: number) => ({ maxLength, beamSize, nBest: beamSize });
  const near = (a: number, b: number) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));

  const sameHypotheses = (what: string, got: readonly Hypothesis[], expected: readonly Hypothesis[]) => {
    const agree = ({ tokens, logProb, finished }: Hypothesis, other: Hypothesis | undefined) =>
      other !== undefined &&
      tokens.join() === other.tokens.join() &&
      finished === other.finished &&
      near(logProb, other.logProb);
    const i = expected.findIndex((hypothesis, at) => !agree(hypothesis, got[at]));
    if (i >= 0 || got.length !== expected.length) fail(what, show(expected[i]), show(got[i]));
  };

  const sumToOne = (seed: number) => {
    const random = new Random(seed);
    walk(makeModel(all), random, maxLength, (logProbs, V, rows) => {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let token = 0; token < V; token++) sum += Math.exp(logProbs[row * V + token]);
        // A row of zeros is a dead end.
        if (sum !== 0 && !near(sum, 1)) fail("probabilities of a row", "a sum of 1", String(sum));
      }
    });
  };

  const selectMoves = (seed: number) => {
    const random = new Random(seed);
    const moved = makeModel(all);
    const still = makeModel(all);
    const V = moved.vocabularySize;
    let a = moved.start();
    let b = still.start();
    // Row i of the moved model should be row rows[i] of the one left alone.
    let rows = all;
    let tokens = b.tokens;
    for (let length = 0; length < maxLength; length++) {
      const picks = rows.map(() => random.integer(rows.length));
      rows = picks.map((pick) => rows[pick]);
      const own = Int32Array.from(rows, (row) => tokens[row]);
      const x = moved.step(moved.select(a.state, Int32Array.from(picks)), own);
      const y = still.step(b.state, tokens);
      for (const [i, row] of rows.entries()) {
        for (let token = 0; token < V; token++) {
          const got = x.logProbs[i * V + token];
          const expected = y.logProbs[row * V + token];
          if (got !== expected && !near(got, expected)) {
            fail(`selected row ${i}, token ${token}`, String(expected), String(got));
          }
        }
      }
      a = { ...a, state: x.state };
      b = { ...b, state: y.state };
      tokens = tokens.map(() => random.integer(V));
    }
    moved.release?.(a.state);
    still.release?.(b.state);
  };

  const batchesAgree = (seed: number, beamSize: number) => {
    const beams = nBest(beamSize);
    const draws = new Random(seed);
    const together = sample(makeModel(all), { ...lengths, random: new Random(seed) });
    const bests = beamSearch(makeModel(all), beams);
    for (const i of all) {
      const alone = sample(makeModel([i]), { ...lengths, random: draws });
      sameHypotheses(`sample of sentence ${i} in a batch`, [together[i]], alone);
      sameHypotheses(
        `beam search of sentence ${i} in a batch`,
        bests[i],
        beamSearch(makeModel([i]), beams)[0],
      );
    }
  };

  const beamOfOne = (limit: number) => {
    const expected = greedy(makeModel(all), { maxLength: limit });
    const got = beamSearch(makeModel(all), { maxLength: limit, beamSize: 1 }).flat();
    sameHypotheses("beam search with beam size 1", got, expected);
  };

  const beamOfAll = (narrowSize: number) => {
    const V = makeModel(all).vocabularySize;
    const depth = Math.min(
      maxLength,
      Math.floor(Math.log(EXHAUSTIVE_LIMIT) / Math.log(Math.max(V, 2)) + 1e-9),
    );
    const beamSize = V ** depth;
    if (depth === 0) return;
    const expected = exhaustiveSearch(makeModel(all), { maxLength: depth });
    const got = beamSearch(makeModel(all), { maxLength: depth, beamSize, nBest: beamSize });
    for (const i of all) sameHypotheses("beam search with a beam for all sequences", got[i], expected[i]);
    const narrow = beamSearch(makeModel(all), { maxLength: depth, beamSize: narrowSize });
    for (const i of all) {
      const [best] = narrow[i];
      if (best.finished && best.score > expected[i][0].score + tolerance) {
        fail("beam search", `at most the optimum ${expected[i][0].score}`, String(best.score));
      }
    }
  };

  const scoresAreTrue = (beamSize: number) => {
    for (const [i, hypotheses] of beamSearch(makeModel(all), nBest(beamSize)).entries()) {
      for (const { tokens, logProb, finished } of hypotheses) {
        const model = makeModel([i]);
        const rescored = logProbOf(model, finished ? [...tokens, model.eosId] : tokens);
        if (!near(logProb, rescored)) {
          fail(`log probability of [${tokens}]`, `${rescored}, as rescored`, String(logProb));
        }
      }
    }
  };

  const listsAreSorted = (beamSize: number) => {
    for (const hypotheses of beamSearch(makeModel(all), nBest(beamSize))) {
      for (let i = 1; i < hypotheses.length; i++) {
        if (compareHypotheses(hypotheses[i - 1], hypotheses[i]) < 0) continue;
        fail("n-best list", `${show(hypotheses[i])} first`, show(hypotheses[i - 1]));
      }
    }
  };

  const samplesRepeat = (seed: number) => {
    const draw = (options: object) =>
      sample(makeModel(all), { ...lengths, ...options, random: new Random(seed) });
    const expected = draw({});
    sameHypotheses("sample with the same seed", draw({}), expected);
    const V = makeModel(all).vocabularySize;
    sameHypotheses("sample with topK V and topP 1", draw({ topK: V, topP: 1 }), expected);
    sameHypotheses("sample at temperature 0", draw({ temperature: 0 }), greedy(makeModel(all), lengths));
    sameHypotheses("sample with topK 1", draw({ topK: 1 }), greedy(makeModel(all), lengths));
  };

  const seeds = fc.nat(2 ** 31 - 1);
  const beamSizes = fc.integer({ min: 1, max: 6 });
  return {
    probabilitiesSumToOne: fc.property(seeds, sumToOne),
    selectMovesRows: fc.property(seeds, selectMoves),
    batchesAgree: fc.property(seeds, beamSizes, batchesAgree),
    beamOfOneIsGreedy: fc.property(fc.nat(maxLength), beamOfOne),
    beamOfAllIsExhaustive: fc.property(beamSizes, beamOfAll),
    scoresAreTrue: fc.property(beamSizes, scoresAreTrue),
    listsAreSorted: fc.property(beamSizes, listsAreSorted),
    samplesRepeat: fc.property(seeds, samplesRepeat),
  };
}

/** Feeds random tokens and shows every step's log probabilities. */
function walk<State>(
  model: StepModel<State>,
  random: Random,
  steps: number,
  visit: (logProbs: Float32Array, V: number, rows: number) => void,
): void {
  let { state, tokens } = model.start();
  for (let i = 0; i < steps; i++) {
    const step = model.step(state, tokens);
    visit(step.logProbs, model.vocabularySize, tokens.length);
    state = step.state;
    tokens = tokens.map(() => random.integer(model.vocabularySize));
  }
  model.release?.(state);
}

function logProbOf<State>(model: StepModel<State>, sequence: readonly number[]): number {
  let { state, tokens } = model.start();
  let sum = 0;
  for (const token of sequence) {
    const step = model.step(state, tokens);
    sum += step.logProbs[token];
    state = step.state;
    tokens = Int32Array.of(token);
  }
  model.release?.(state);
  return sum;
}

function show(hypothesis: Hypothesis | undefined): string {
  if (hypothesis === undefined) return "no hypothesis";
  const { tokens, logProb, finished } = hypothesis;
  return `[${tokens}] of log probability ${logProb}${finished ? "" : ", unfinished"}`;
}

function fail(what: string, expected: string, got: string): never {
  throw new StateError({ what, expected, got });
}
