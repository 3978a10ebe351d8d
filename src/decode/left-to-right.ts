/** Decoding one hypothesis per sentence, left to right, each token final once chosen. */
import { Cursor, type LengthOptions } from "./cursor.ts";
import { type Hypothesis, type Path, toHypothesis } from "./hypothesis.ts";
import type { StepModel } from "./step-model.ts";

/** Picks the next token of a row of the `[rows, V]` log probabilities, or -1 where none is possible. */
type Choose = (logProbs: Float32Array, row: number, sentence: number) => number;

/** One hypothesis per sentence, in the sentences' order. Finished sentences leave the batch. */
export function decodeLeftToRight<State>(
  model: StepModel<State>,
  options: LengthOptions,
  makeChoose: (cursor: Cursor<State>) => Choose,
): Hypothesis[] {
  const cursor = new Cursor(model, options);
  try {
    const choose = makeChoose(cursor);
    const paths: Path[] = Array.from(cursor.firstTokens, (token) => ({ token, logProb: 0 }));
    const hypotheses = new Array<Hypothesis | undefined>(paths.length).fill(undefined);
    const settle = (sentence: number, finished: boolean) => {
      hypotheses[sentence] = toHypothesis(paths[sentence], finished, {});
    };
    for (const [sentence, limit] of cursor.maxLengths.entries()) if (limit === 0) settle(sentence, false);

    /** The sentence of each row. */
    let sentences = Array.from(paths.keys());
    for (let length = 1; ; length++) {
      const rows = Array.from(sentences.keys()).filter((row) => hypotheses[sentences[row]] === undefined);
      if (rows.length === 0) return hypotheses as Hypothesis[];
      sentences = rows.map((row) => sentences[row]);
      cursor.select(rows);
      cursor.step(
        Int32Array.from(sentences, (sentence) => paths[sentence].token),
        length,
      );
      for (const [row, sentence] of sentences.entries()) {
        const token = choose(cursor.logProbs, row, sentence);
        if (token < 0) {
          settle(sentence, false);
          continue;
        }
        const parent = paths[sentence];
        const logProb = parent.logProb + cursor.logProbs[row * model.vocabularySize + token];
        paths[sentence] = { parent, token, logProb, attention: cursor.attention(row, sentence) };
        const ends = token === model.eosId;
        if (ends || length === cursor.maxLengths[sentence]) settle(sentence, ends);
      }
    }
  } finally {
    cursor.close();
  }
}
