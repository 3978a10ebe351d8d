/** The best few of many candidates, found in one pass over the log probabilities without sorting them. */
import { NumericError } from "../base/errors.ts";

/**
 * A bounded heap of candidates (row, token) with the worst at its root. Most
 * log probabilities fail the one comparison with the root and cost nothing
 * more. Equal scores are decided by the lower row, then the lower token.
 */
export class Candidates {
  readonly #vocabularySize: number;
  /** Tokens that may not be chosen; kept by the owner. */
  readonly #blocked: Uint8Array;
  #capacity = 1;
  #scores: number[] = [];
  /** row * V + token. */
  #places: number[] = [];

  constructor(vocabularySize: number, blocked: Uint8Array) {
    this.#vocabularySize = vocabularySize;
    this.#blocked = blocked;
  }

  get size(): number {
    return this.#scores.length;
  }

  /** Forgets all candidates. From now on the best `capacity` are kept. */
  reset(capacity: number): void {
    this.#capacity = capacity;
    this.#scores.length = 0;
    this.#places.length = 0;
  }

  /**
   * Offers every token of a row of the `[rows, V]` log probabilities, with the
   * score `base + logProb`. Rows must come in rising order.
   *
   * @returns whether the row has any token that may follow.
   * @throws {NumericError} at NaN or +Infinity.
   */
  offer(logProbs: Float32Array, row: number, base = 0): boolean {
    const V = this.#vocabularySize;
    const begin = row * V;
    const scores = this.#scores;
    const blocked = this.#blocked;
    let threshold = scores.length < this.#capacity ? Number.NEGATIVE_INFINITY : scores[0];
    let entered = false;
    for (let token = 0; token < V; token++) {
      const score = base + logProbs[begin + token];
      // Written so that NaN does not pass.
      if (score <= threshold) continue;
      if (!(score < Number.POSITIVE_INFINITY)) throw notALogProb(score, row, token);
      if (blocked[token]) continue;
      this.#insert(score, begin + token);
      entered = true;
      if (scores.length === this.#capacity) threshold = scores[0];
    }
    return entered || this.#canContinue(logProbs, begin);
  }

  /** Orders the candidates best first; none can be offered until the next reset. */
  sort(): void {
    const scores = this.#scores;
    const places = this.#places;
    for (let end = scores.length - 1; end > 0; end--) {
      const score = scores[end];
      const place = places[end];
      scores[end] = scores[0];
      places[end] = places[0];
      this.#sink(score, place, end);
    }
  }

  score(i: number): number {
    return this.#scores[i];
  }

  row(i: number): number {
    return Math.floor(this.#places[i] / this.#vocabularySize);
  }

  token(i: number): number {
    return this.#places[i] % this.#vocabularySize;
  }

  #insert(score: number, place: number): void {
    if (this.#scores.length === this.#capacity) this.#sink(score, place, this.#capacity);
    else this.#rise(score, place);
  }

  /** Whether the first is the worse of two: the candidate nearer the root. Later places lose ties. */
  #worse(score: number, place: number, otherScore: number, otherPlace: number): boolean {
    return score < otherScore || (score === otherScore && place > otherPlace);
  }

  #rise(score: number, place: number): void {
    const scores = this.#scores;
    const places = this.#places;
    let i = scores.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#worse(score, place, scores[parent], places[parent])) break;
      scores[i] = scores[parent];
      places[i] = places[parent];
      i = parent;
    }
    scores[i] = score;
    places[i] = place;
  }

  /** Puts a candidate in the root's place and restores the heap of the first `size`. */
  #sink(score: number, place: number, size: number): void {
    const scores = this.#scores;
    const places = this.#places;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#worse(scores[right], places[right], scores[child], places[child]))
        child = right;
      if (this.#worse(score, place, scores[child], places[child])) break;
      scores[i] = scores[child];
      places[i] = places[child];
      i = child;
    }
    scores[i] = score;
    places[i] = place;
  }

  #canContinue(logProbs: Float32Array, begin: number): boolean {
    for (let token = 0; token < this.#vocabularySize; token++) {
      if (logProbs[begin + token] > Number.NEGATIVE_INFINITY && !this.#blocked[token]) return true;
    }
    return false;
  }
}

export function notALogProb(value: number, row: number, token: number): NumericError {
  return new NumericError(
    {
      what: "StepModel.step log probability",
      expected: "a number below Infinity",
      got: `${value} for token ${token} of row ${row}`,
      hint: "The model has diverged or its weights are damaged.",
    },
    "StepModel.step",
  );
}
