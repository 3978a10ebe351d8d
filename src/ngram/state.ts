/**
 * What an n-gram model remembers of a text: all that later words can depend on, and how its last word was predicted.
 * Made by {@link NgramModel.start} and {@link NgramModel.extend}; a state is never changed afterwards, unless
 * it is given to `extend` again as the one to fill.
 */
export class NgramState {
  /** log10 P(last word | words before it). */
  logProb = 0;
  /** The length of the longest n-gram that ends in the last word and is in the model. */
  matched = 0;
  /** How many of the last words can matter. */
  length = 0;
  /** How many words there were, at most the model's order less 1. */
  depth = 0;
  /** The last words, the latest first; the first `length` count. */
  readonly words: Int32Array;
  /** log10 of the backoff weights of the last word, the last two, and so on; the first `length` count. */
  readonly backoffs: Float64Array;

  /** @param order of the model */
  constructor(order: number) {
    this.words = new Int32Array(order - 1);
    this.backoffs = new Float64Array(order - 1);
  }
}

/** What decoding needs of an n-gram model. */
export interface NgramSteps {
  readonly vocabularySize: number;
  nothing(): NgramState;
  extend(from: NgramState, word: number, into?: NgramState): NgramState;
}
