/** Phrases: pairs of words that stand together more often than chance would have them. */
import { checkList, checkNumber, rejectUnknownKeys } from "../base/options.ts";

export interface PhraseOptions {
  /** Words and pairs that occur less often make no phrase; it is also taken from a pair's count. @defaultValue 5 */
  readonly minCount?: number;
  /** The score from which on a pair is a phrase; higher means fewer. @defaultValue 100 */
  readonly threshold?: number;
}

/**
 * Joins pairs of words that are phrases with `_`, from left to right: "new york times" to "new_york times", whose parts
 * may become one in a second pass. A pair's score is `(count(a b) - minCount) / (count(a) count(b)) * words` (Mikolov et
 * al. 2013, "Distributed Representations", eq. 6, in the form of the program word2phrase).
 *
 * As in that program, the end of a sentence and the first word of the next count as a pair too but are never joined, and
 * words that are joined already count with the pair they are made of.
 *
 * @throws {OptionError} for options out of range.
 * @example
 * const text = ["in new york", "new york again", "a new day", "the york of old"].map((line) => line.split(" "));
 * joinPhrases(text, { minCount: 1, threshold: 1 })[0]; // ["in", "new_york"]
 */
export function joinPhrases(
  sentences: readonly (readonly string[])[],
  options: PhraseOptions = {},
): string[][] {
  checkList("joinPhrases sentences", sentences, "arrays of words", Array.isArray);
  rejectUnknownKeys("phrase", options, ["minCount", "threshold"]);
  const minCount = checkNumber("minCount", options.minCount ?? 5, { integer: true, min: 1 });
  const threshold = checkNumber("threshold", options.threshold ?? 100, { min: 0 });
  const counts = new Map<string, number>();
  let total = 0;
  const count = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  let last: string | undefined;
  for (const sentence of sentences) {
    total += sentence.length;
    for (const word of sentence) {
      count(word);
      if (last !== undefined) count(`${last}_${word}`);
      last = word;
    }
  }
  function isPhrase(a: string, b: string): boolean {
    const [ofA, ofB, ofBoth] = [a, b, `${a}_${b}`].map((key) => counts.get(key) ?? 0);
    if (Math.min(ofA, ofB, ofBoth) < minCount) return false;
    return ((ofBoth - minCount) / ofA / ofB) * total > threshold;
  }
  return sentences.map((sentence) => {
    const joined: string[] = [];
    // A word that ended a phrase begins none.
    let free = false;
    for (const [i, word] of sentence.entries()) {
      const joins: boolean = free && isPhrase(sentence[i - 1], word);
      if (joins) joined[joined.length - 1] += `_${word}`;
      else joined.push(word);
      free = !joins;
    }
    return joined;
  });
}
