/**
 * chrF (Popović, W15-3049) and chrF++ (Popović, W17-4770), with the definitions
 * of sacreBLEU 2.6.0.
 */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { CONFIDENCE_KEYS, type ConfidenceOptions, evaluate } from "./evaluate.ts";
import { Interner } from "./interner.ts";
import type { Metric, References, Reported, Score } from "./metric.ts";
import { NgramTrie, ngramTotal } from "./ngram-trie.ts";
import { isSpace, splitWords } from "./python-text.ts";

export interface ChrfOptions {
  /** The longest character n-grams. @defaultValue 6 */
  readonly charOrder?: number;
  /** The longest word n-grams; 2 makes it chrF++. @defaultValue 0 */
  readonly wordOrder?: number;
  /** How many times as important recall is as precision. @defaultValue 2 */
  readonly beta?: number;
  /** @defaultValue false */
  readonly lowercase?: boolean;
  /** Keep white space among the characters. @defaultValue false */
  readonly whitespace?: boolean;
  /**
   * Average the F-scores of all orders, with a tiny one where there are no
   * n-grams, as chrF++.py, Moses and NLTK do. Otherwise precisions and recalls
   * are averaged over the orders both sides have. @defaultValue false
   */
  readonly epsSmoothing?: boolean;
}

/** chrF in 0..100; the name says beta and word order, e.g. `chrF2++`. */
export interface ChrfScore extends Score {
  readonly beta: number;
  readonly charOrder: number;
  readonly wordOrder: number;
}

const METRIC_KEYS = ["charOrder", "wordOrder", "beta", "lowercase", "whitespace", "epsSmoothing"] as const;

/** Stands for a precision, recall or F-score without n-grams, in the epsilon-smoothed form. */
const EPSILON = 1e-16;

/**
 * chrF from statistics `[hypothesis n-grams, reference n-grams, matches]` of
 * each order: F = (1 + β²) P R / (β² P + R), in percent.
 */
function fScore(statistics: ArrayLike<number>, beta: number, epsSmoothing: boolean): number {
  const factor = beta * beta;
  const orders = statistics.length / 3;
  let sum = 0;
  let precisions = 0;
  let recalls = 0;
  let effective = 0;
  for (let i = 0; i < orders; i++) {
    const inHypothesis = statistics[3 * i];
    const inReference = statistics[3 * i + 1];
    const matches = statistics[3 * i + 2];
    const precision = inHypothesis > 0 ? matches / inHypothesis : EPSILON;
    const recall = inReference > 0 ? matches / inReference : EPSILON;
    const denominator = factor * precision + recall;
    sum += denominator > 0 ? ((1 + factor) * precision * recall) / denominator : EPSILON;
    if (inHypothesis > 0 && inReference > 0) {
      precisions += precision;
      recalls += recall;
      effective++;
    }
  }
  if (epsSmoothing) return (100 * sum) / orders;
  if (precisions + recalls === 0) return 0;
  const precision = precisions / effective;
  const recall = recalls / effective;
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}

const PUNCTUATION = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/** Words, with one punctuation mark at the end or else the start of each taken off, as chrF++ does. */
function splitPunctuation(text: string): string[] {
  const words: string[] = [];
  for (const word of splitWords(text)) {
    if (word.length > 1 && PUNCTUATION.has(word[word.length - 1])) {
      words.push(word.slice(0, -1), word[word.length - 1]);
    } else if (word.length > 1 && PUNCTUATION.has(word[0])) {
      words.push(word[0], word.slice(1));
    } else {
      words.push(word);
    }
  }
  return words;
}

function codePoints(text: string, whitespace: boolean): Int32Array {
  const codes = new Int32Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    if (whitespace || !isSpace(code)) codes[length++] = code;
  }
  return codes.subarray(0, length);
}

/**
 * chrF as a {@link Metric}, for resampling and significance tests. The
 * statistics of a segment are n-grams in the hypothesis, in the reference and
 * matches, for each character order, then each word order, against the
 * reference with the best score.
 *
 * @throws {OptionError} for wrong options.
 */
export function chrfMetric(options: ChrfOptions = {}): Metric<ChrfScore> {
  rejectUnknownKeys("chrfMetric", options, METRIC_KEYS);
  const { lowercase = false, whitespace = false, epsSmoothing = false } = options;
  const charOrder = checkNumber("charOrder", options.charOrder ?? 6, { integer: true, min: 1, max: 1000 });
  const wordOrder = checkNumber("wordOrder", options.wordOrder ?? 0, { integer: true, min: 0, max: 1000 });
  const beta = checkNumber("beta", options.beta ?? 2, { min: 0 });

  const interner = new Interner();
  const trie = new NgramTrie();
  const units = (text: string) => {
    const cased = lowercase ? text.toLowerCase() : text;
    return {
      chars: codePoints(cased, whitespace),
      words: wordOrder > 0 ? interner.encode(splitPunctuation(cased)) : new Int32Array(0),
    };
  };
  const compare = (
    hypothesis: Int32Array,
    reference: Int32Array,
    order: number,
    row: Float64Array,
    at: number,
  ) => {
    trie.reset([reference], order);
    const matches = trie.match(hypothesis, order);
    for (let n = 1; n <= order; n++) {
      const offset = at + 3 * (n - 1);
      row[offset + 1] = ngramTotal(reference.length, n);
      // What cannot match does not count against precision.
      row[offset] = row[offset + 1] > 0 ? ngramTotal(hypothesis.length, n) : 0;
      row[offset + 2] = matches[n - 1];
    }
  };

  return {
    statistics(hypothesis, references) {
      interner.reset();
      const { chars, words } = units(hypothesis);
      let best = new Float64Array(0);
      let bestScore = -1;
      for (const reference of references) {
        const other = units(reference);
        const row = new Float64Array(3 * (charOrder + wordOrder));
        compare(chars, other.chars, charOrder, row, 0);
        compare(words, other.words, wordOrder, row, 3 * charOrder);
        const score = fScore(row, beta, epsSmoothing);
        if (score > bestScore) {
          bestScore = score;
          best = row;
        }
      }
      return best;
    },
    score(totals) {
      const score = fScore(totals, beta, epsSmoothing);
      return { name: `chrF${beta}${"+".repeat(wordOrder)}`, score, verbose: "", beta, charOrder, wordOrder };
    },
    signature: [
      { key: "case", short: "c", value: lowercase ? "lc" : "mixed" },
      { key: "eff", short: "e", value: !epsSmoothing },
      { key: "nc", short: "nc", value: charOrder },
      { key: "nw", short: "nw", value: wordOrder },
      { key: "space", short: "s", value: whitespace },
    ],
  };
}

/**
 * Corpus chrF, equal to sacreBLEU's `corpus_chrf`.
 *
 * @param references `references[i]` are the references of `hypotheses[i]`, any number from 1 up. `null` and
 * `undefined` are skipped; an empty string is an empty reference
 * @throws {ShapeError} when the corpus is empty, the two sides differ in length, or a segment has no
 * reference.
 * @throws {OptionError} for wrong options and for entries that are not strings.
 * @example
 * const result = chrf(["the cat sat"], [["the cat sits"]], { wordOrder: 2 });
 * result.name; // "chrF2++"
 * result.signature; // "nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0"
 */
export function chrf(
  hypotheses: readonly string[],
  references: readonly References[],
  options: ChrfOptions & ConfidenceOptions = {},
): Reported<ChrfScore> {
  rejectUnknownKeys("chrf", options, [...METRIC_KEYS, ...CONFIDENCE_KEYS]);
  const { bootstrap, seed, ...metric } = options;
  return evaluate(chrfMetric(metric), hypotheses, references, { bootstrap, seed });
}
