import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { Candidates } from "./candidates.ts";
import { Cursor, type LengthOptions } from "./cursor.ts";
import {
  checkScoreOptions,
  compareHypotheses,
  type Hypothesis,
  lengthPenalty,
  type Path,
  type ScoreOptions,
  toHypothesis,
} from "./hypothesis.ts";
import type { StepModel } from "./step-model.ts";

/** Options of {@link beamSearch}. */
export interface BeamSearchOptions extends LengthOptions, ScoreOptions {
  /**
   * Hypotheses kept per sentence and step. 1 is greedy decoding.
   * @defaultValue 5
   */
  readonly beamSize?: number;
  /**
   * Hypotheses returned per sentence, at most `beamSize`.
   * @defaultValue 1
   */
  readonly nBest?: number;
}

/**
 * Beam search: every step keeps the `beamSize` most probable continuations of
 * each sentence.
 *
 * A hypothesis whose end of sentence is among the `beamSize` best candidates of
 * its step is finished: it is retired from the live beam, which fills up with
 * the next best ones. A sentence is done once `beamSize` hypotheses are
 * finished or `maxLength` is reached, and before that as soon as the result is
 * certain: when `nBest` are finished and no live one can still beat the last of
 * them. Log probabilities only fall, so a live one of log probability s at
 * length t never scores above s over its most favourable length penalty. That
 * penalty is monotone in the length, hence the larger of the scores at t + 1
 * and at `maxLength`: with "none" simply s, with a positive exponent the score
 * at `maxLength`, with a negative one that at t + 1. The coverage penalty, at
 * most 0, is bounded by 0.
 *
 * Equal scores go to the hypothesis that ranks higher already, then to the
 * lower id. Hypotheses still live at `maxLength` fill up the n-best list behind
 * the finished ones, marked `finished: false`; so do dead ends, where the model
 * gives no token any probability.
 *
 * @returns per sentence up to `nBest` different hypotheses, best first.
 * @throws {OptionError} for sizes below 1, and for a coverage penalty without attention.
 * @throws {NumericError} when the model gives NaN.
 * @example
 * const p = [[0.1, 0.5, 0.4], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05]]; // 0 ends
 * const bigram = {
 *   vocabularySize: 3,
 *   eosId: 0,
 *   start: () => ({ state: 0, tokens: Int32Array.of(0) }),
 *   step: (_: number, tokens: Int32Array) => ({
 *     state: 0,
 *     logProbs: Float32Array.from([...tokens].flatMap((token) => p[token]), Math.log),
 *   }),
 *   select: () => 0,
 * };
 * beamSearch(bigram, { beamSize: 1 })[0][0].tokens; // [1]
 * beamSearch(bigram, { beamSize: 2 })[0][0].tokens; // [2]
 */
export function beamSearch<State>(model: StepModel<State>, options: BeamSearchOptions = {}): Hypothesis[][] {
  const settings = checkOptions(options);
  const cursor = new Cursor(model, options);
  try {
    const heap = new Candidates(model.vocabularySize, cursor.blocked);
    const beams = Array.from(cursor.firstTokens.keys(), (sentence) => new Beam(cursor, sentence, settings));
    for (let length = 1; ; length++) {
      const live = beams.filter((beam) => beam.paths.length > 0);
      if (live.length === 0) return beams.map((beam) => beam.nBest());
      cursor.select(live.flatMap((beam) => beam.rows));
      cursor.step(Int32Array.from(live.flatMap((beam) => beam.paths.map((path) => path.token))), length);
      let row = 0;
      for (const beam of live) row = beam.advance(heap, row, length);
    }
  } finally {
    cursor.close();
  }
}

/** Far beyond any use; keeps a slip of the finger from asking for more memory than there is. */
const LARGEST_BEAM = 10_000;

interface Settings extends ScoreOptions {
  readonly beamSize: number;
  readonly nBest: number;
}

function checkOptions(options: BeamSearchOptions): Settings {
  const known = ["beamSize", "nBest", "maxLength", "minLength", "lengthPenalty", "coveragePenalty"];
  rejectUnknownKeys("beamSearch", options, known);
  checkScoreOptions(options);
  const beamSize = checkNumber("beamSize", options.beamSize ?? 5, {
    integer: true,
    min: 1,
    max: LARGEST_BEAM,
  });
  const nBest = checkNumber("nBest", options.nBest ?? 1, { integer: true, min: 1, max: beamSize });
  return { ...options, beamSize, nBest };
}

/** The search of one sentence. */
class Beam {
  /** The live hypotheses, best first; none when the sentence is done. */
  paths: readonly Path[];
  /** The row of the last step that each of `paths` continues. */
  rows: readonly number[];

  readonly #cursor: Cursor<unknown>;
  readonly #sentence: number;
  readonly #limit: number;
  readonly #settings: Settings;
  readonly #finished: Hypothesis[] = [];
  readonly #unfinished: Hypothesis[] = [];

  constructor(cursor: Cursor<unknown>, sentence: number, settings: Settings) {
    this.#cursor = cursor;
    this.#sentence = sentence;
    this.#limit = cursor.maxLengths[sentence];
    this.#settings = settings;
    this.paths = [{ token: cursor.firstTokens[sentence], logProb: 0 }];
    this.rows = [sentence];
    if (this.#limit === 0) this.#retireLive();
  }

  /** Takes the step whose rows for this sentence begin at `firstRow`; returns where the next sentence's begin. */
  advance(heap: Candidates, firstRow: number, length: number): number {
    const { beamSize, nBest } = this.#settings;
    const parents = this.paths;
    // At most one end of sentence per row, so this many hold beamSize tokens that go on.
    heap.reset(beamSize + parents.length);
    for (const [i, path] of parents.entries()) {
      const canContinue = heap.offer(this.#cursor.logProbs, firstRow + i, path.logProb);
      if (!canContinue) this.#retire(path, false);
    }
    heap.sort();

    const paths: Path[] = [];
    const rows: number[] = [];
    for (let rank = 0; rank < heap.size && paths.length < beamSize; rank++) {
      const token = heap.token(rank);
      const row = heap.row(rank);
      const ends = token === this.#cursor.eosId;
      if (ends && rank >= beamSize) continue;
      const path = {
        parent: parents[row - firstRow],
        token,
        logProb: heap.score(rank),
        attention: this.#cursor.attention(row, this.#sentence),
      };
      if (ends) this.#retire(path, true);
      else {
        paths.push(path);
        rows.push(row);
      }
    }
    this.paths = paths;
    this.rows = rows;

    if (length === this.#limit) this.#retireLive();
    else if (this.#finished.length >= beamSize) this.paths = [];
    else if (this.#finished.length >= nBest && paths.length > 0) {
      this.#finished.sort(compareHypotheses);
      if (this.#bound(paths[0].logProb, length) <= this.#finished[nBest - 1].score) this.paths = [];
    }
    return firstRow + parents.length;
  }

  nBest(): Hypothesis[] {
    return [...this.#finished, ...this.#unfinished].sort(compareHypotheses).slice(0, this.#settings.nBest);
  }

  /** The best score that a live hypothesis of `length` tokens may still reach. */
  #bound(logProb: number, length: number): number {
    const { lengthPenalty: penalty = "none" } = this.#settings;
    const soonest = logProb / lengthPenalty(penalty, length + 1);
    const latest = logProb / lengthPenalty(penalty, this.#limit);
    return Math.max(soonest, latest);
  }

  #retire(path: Path, finished: boolean): void {
    const hypothesis = toHypothesis(path, finished, this.#settings);
    (finished ? this.#finished : this.#unfinished).push(hypothesis);
  }

  #retireLive(): void {
    for (const path of this.paths) this.#retire(path, false);
    this.paths = [];
  }
}
