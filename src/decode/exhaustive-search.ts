import { OptionError } from "../base/errors.ts";
import { rejectUnknownKeys } from "../base/options.ts";
import { notALogProb } from "./candidates.ts";
import { Cursor, type LengthOptions } from "./cursor.ts";
import {
  checkScoreOptions,
  compareHypotheses,
  type Hypothesis,
  type Path,
  type ScoreOptions,
  toHypothesis,
} from "./hypothesis.ts";
import type { StepModel } from "./step-model.ts";

/** Rows in one step beyond which the search is not for tiny models any more. */
const LARGEST_BATCH = 100_000;

/**
 * Scores every sequence that the model can generate: the oracle that
 * {@link beamSearch} approximates. The work grows as V^maxLength, so this is
 * for tests and teaching on tiny vocabularies.
 *
 * @returns per sentence all hypotheses, best first: the finished ones, then
 *   those cut off at `maxLength` or in a dead end.
 * @throws {OptionError} when a step would need more than 100,000 rows.
 * @throws {NumericError} when the model gives NaN.
 * @example
 * const coin = {
 *   vocabularySize: 2, // 0 ends, 1 goes on
 *   eosId: 0,
 *   start: () => ({ state: 1, tokens: Int32Array.of(1) }),
 *   step: (rows: number) => ({ state: rows, logProbs: new Float32Array(2 * rows).fill(Math.log(0.5)) }),
 *   select: (_: number, rows: Int32Array) => rows.length,
 * };
 * exhaustiveSearch(coin, { maxLength: 2 })[0].map(({ tokens }) => tokens); // [[], [1], [1, 1]]
 */
export function exhaustiveSearch<State>(
  model: StepModel<State>,
  options: LengthOptions & ScoreOptions,
): Hypothesis[][] {
  rejectUnknownKeys("exhaustiveSearch", options, [
    "maxLength",
    "minLength",
    "lengthPenalty",
    "coveragePenalty",
  ]);
  checkScoreOptions(options);
  const cursor = new Cursor(model, options);
  try {
    const { vocabularySize: V, eosId } = model;
    const hypotheses: Hypothesis[][] = Array.from(cursor.firstTokens, () => []);
    let live = Array.from(cursor.firstTokens, (token, row) => {
      const path: Path = { token, logProb: 0 };
      return { path, row, sentence: row };
    });
    for (let length = 1; ; length++) {
      live = live.filter(({ path, sentence }) => {
        const goesOn = length <= cursor.maxLengths[sentence];
        if (!goesOn) hypotheses[sentence].push(toHypothesis(path, false, options));
        return goesOn;
      });
      if (live.length === 0) return hypotheses.map((list) => list.sort(compareHypotheses));
      cursor.select(live.map(({ row }) => row));
      cursor.step(
        Int32Array.from(live, ({ path }) => path.token),
        length,
      );
      const next: typeof live = [];
      for (const [row, { path: parent, sentence }] of live.entries()) {
        const attention = cursor.attention(row, sentence);
        let isDeadEnd = true;
        for (let token = 0; token < V; token++) {
          const logProb = cursor.logProbs[row * V + token];
          if (!(logProb < Number.POSITIVE_INFINITY)) throw notALogProb(logProb, row, token);
          if (logProb === Number.NEGATIVE_INFINITY || cursor.blocked[token]) continue;
          isDeadEnd = false;
          const path = { parent, token, logProb: parent.logProb + logProb, attention };
          if (token === eosId) hypotheses[sentence].push(toHypothesis(path, true, options));
          else if (next.push({ path, row, sentence }) > LARGEST_BATCH) throw tooMany();
        }
        if (isDeadEnd) hypotheses[sentence].push(toHypothesis(parent, false, options));
      }
      live = next;
    }
  } finally {
    cursor.close();
  }
}

function tooMany(): OptionError {
  return new OptionError({
    what: "exhaustiveSearch",
    expected: `at most ${LARGEST_BATCH} rows in a step`,
    got: "more",
    hint: "Use beamSearch, or a smaller vocabulary or maxLength.",
  });
}
