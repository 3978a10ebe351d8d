/**
 * chrF (Popović, W15-3049) and chrF++ (Popović, W17-4770), with the definitions
 * of sacreBLEU 2.6.0.
 */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { Spans } from "../base/spans.ts";
import { CONFIDENCE_KEYS, type ConfidenceOptions, evaluate } from "./evaluate.ts";
import type { Metric, References, Reported, Score } from "./metric.ts";
import { NgramMatcher, ngramTotal } from "./ngram-matcher.ts";
import { cutWords, isSpace } from "./python-text.ts";
import { WordNumbers } from "./word-numbers.ts";

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

/** Whether a unit is one of Python's `string.punctuation`. */
function isPunctuation(unit: number): boolean {
  if (unit < 0x40) return (unit > 0x20 && unit < 0x30) || unit > 0x39;
  return unit === 0x40 || (unit > 0x5a && unit < 0x61) || (unit > 0x7a && unit < 0x7f);
}

/** Numbers words, with one punctuation mark at the end or else the start of each taken off, as chrF++ does. */
function encodeWords(words: Spans, numbers: WordNumbers): void {
  const { units, count } = words;
  numbers.begin();
  for (let i = 0; i < count; i++) {
    const start = words.start(i);
    const end = words.end(i);
    let cut = start;
    if (end - start > 1 && isPunctuation(units[end - 1])) cut = end - 1;
    else if (end - start > 1 && isPunctuation(units[start])) cut = start + 1;
    if (cut > start) numbers.add(units, start, cut);
    numbers.add(units, cut, end);
  }
}

/** The code points of texts, one text at a time, in an array that grows. */
class CodePoints {
  codes = new Int32Array(256);
  count = 0;

  encode(text: string, whitespace: boolean): void {
    if (text.length > this.codes.length) this.codes = new Int32Array(2 * text.length);
    const { codes } = this;
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!;
      if (code > 0xffff) i++;
      if (whitespace || !isSpace(code)) codes[count++] = code;
    }
    this.count = count;
  }
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

  const characters = new CodePoints();
  const characterMatcher = new NgramMatcher();
  const words = new Spans();
  const numbers = new WordNumbers();
  const wordMatcher = new NgramMatcher();
  const encode = (text: string): void => {
    const cased = lowercase ? text.toLowerCase() : text;
    characters.encode(cased, whitespace);
    if (wordOrder === 0) return;
    cutWords(cased, words);
    encodeWords(words, numbers);
  };

  return {
    statistics(hypothesis, references) {
      numbers.reset();
      encode(hypothesis);
      const [characterCount, wordCount] = [characters.count, numbers.count];
      characterMatcher.hypothesis(characters.codes, characterCount);
      wordMatcher.hypothesis(numbers.ids, wordCount);
      let best: number[] = [];
      let bestScore = -1;
      for (const reference of references) {
        encode(reference);
        characterMatcher.soleReference(characters.codes, characters.count);
        wordMatcher.soleReference(numbers.ids, numbers.count);
        const row = new Array<number>(3 * (charOrder + wordOrder));
        writeTotals(row, 0, charOrder, characterCount, characters.count);
        characterMatcher.match(charOrder, row, 2, 3);
        writeTotals(row, 3 * charOrder, wordOrder, wordCount, numbers.count);
        wordMatcher.match(wordOrder, row, 3 * charOrder + 2, 3);
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

/** Writes the numbers of n-grams in a hypothesis and a reference of these lengths to `row[at]`, `row[at + 1]`, `row[at + 3]`, ... */
function writeTotals(row: number[], at: number, order: number, hypothesis: number, reference: number): void {
  for (let n = 1; n <= order; n++) {
    const total = ngramTotal(reference, n);
    // What cannot match does not count against precision.
    row[at + 3 * (n - 1)] = total > 0 ? ngramTotal(hypothesis, n) : 0;
    row[at + 3 * (n - 1) + 1] = total;
  }
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
