/** A corpus as numbered words. */
import { OptionError } from "../base/errors.ts";

/** Ends a sentence among word numbers. */
export const SENTENCE_END = -1;

/** Words by frequency, equally frequent ones in the order in which they came. */
export interface CountedCorpus {
  readonly words: readonly string[];
  /** How often each word occurs. */
  readonly counts: Float64Array;
  /** The numbers of the words that are in the vocabulary, {@link SENTENCE_END} after each sentence. */
  readonly ids: Int32Array;
  /** Words of the vocabulary in the corpus, every occurrence counted. */
  readonly knownWords: number;
  /** All words in the corpus. */
  readonly allWords: number;
}

/**
 * Counts and numbers the words of sentences in one pass.
 *
 * @param first a word that gets number 0 and occurs once at the end of each sentence, where there is to be one
 * @throws {OptionError} when fewer than two words occur `minCount` times.
 */
export function countWords(
  sentences: Iterable<readonly string[]>,
  minCount: number,
  first?: string,
): CountedCorpus {
  const numbers = new Map<string, number>();
  const frequencies: number[] = [];
  let stream = new Int32Array(2 ** 16);
  let length = 0;
  let allWords = 0;
  if (first !== undefined) numbers.set(first, frequencies.push(0) - 1);
  const append = (value: number): void => {
    if (length === stream.length) {
      const larger = new Int32Array(2 * length);
      larger.set(stream);
      stream = larger;
    }
    stream[length++] = value;
  };
  for (const sentence of sentences) {
    for (const word of sentence) {
      const number = numbers.get(word) ?? frequencies.push(0) - 1;
      if (frequencies[number]++ === 0) numbers.set(word, number);
      append(number);
    }
    allWords += sentence.length;
    if (first !== undefined) frequencies[0]++;
    append(SENTENCE_END);
  }
  const spelled = [...numbers.keys()];
  const kept = spelled.map((_, i) => i).filter((i) => frequencies[i] >= minCount || spelled[i] === first);
  const rank = (i: number): number => (spelled[i] === first ? Number.POSITIVE_INFINITY : frequencies[i]);
  kept.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) > rank(a) ? 1 : -1));
  if (kept.length < 2) {
    throw new OptionError({
      what: "word vectors",
      expected: `at least 2 words that occur ${minCount} times or more`,
      got: `${kept.length} among ${spelled.length} different words`,
      hint: minCount > 1 ? "Use more text, or a smaller minCount." : "Use more text.",
    });
  }
  const places = new Int32Array(spelled.length).fill(-2);
  for (const [place, i] of kept.entries()) places[i] = place;
  let end = 0;
  let knownWords = first === undefined ? 0 : frequencies[0];
  for (let i = 0; i < length; i++) {
    const place = stream[i] === SENTENCE_END ? SENTENCE_END : places[stream[i]];
    if (place === -2) continue;
    if (place !== SENTENCE_END) knownWords++;
    stream[end++] = place;
  }
  return {
    words: kept.map((i) => spelled[i]),
    counts: Float64Array.from(kept, (i) => frequencies[i]),
    ids: stream.slice(0, end),
    knownWords,
    allWords,
  };
}
