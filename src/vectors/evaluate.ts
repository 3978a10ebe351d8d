/** Word vectors held against people's judgements of similarity and against analogies. */
import { FormatError } from "../base/errors.ts";
import { checkList, checkNumber, checkObject, checkText } from "../base/options.ts";

/** What is evaluated: see `WordVectors`. */
export interface Evaluable {
  readonly words: readonly string[];
  readonly dim: number;
  /** `[words.length, dim]` */
  readonly unitVectors: Float32Array;
  has(word: string): boolean;
  similarity(a: string, b: string): number;
}

export interface RatedPair {
  readonly a: string;
  readonly b: string;
  readonly rating: number;
}

/**
 * The pairs of a word-similarity file: two words and a rating a line, between commas, tabs or blanks. Lines that are
 * blank or begin with `#` are left out, and so is a first line without a number.
 *
 * @param file named in errors
 * @throws {FormatError} with the line, for anything else.
 * @example
 * parseRatedPairs("Word_1,Word_2,score\nlove,sex,6.77\n"); // [{ a: "love", b: "sex", rating: 6.77 }]
 */
export function parseRatedPairs(text: string, file?: string): RatedPair[] {
  checkText("rated pairs", text);
  const pairs: RatedPair[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [a, b, third] = line.trim().split(/,|\s+/);
    const rating = Number(third || Number.NaN);
    if (a && b && Number.isFinite(rating)) pairs.push({ a, b, rating });
    else if (pairs.length > 0 || i > 0) {
      throw new FormatError(
        {
          what: "word similarity",
          expected: "two words and a number",
          got: JSON.stringify(line.slice(0, 60)),
        },
        { ...(file === undefined ? {} : { file }), line: i + 1 },
      );
    }
  }
  return pairs;
}

export interface SimilarityResult {
  /** Rank correlation of cosines and ratings, in [-1, 1]; NaN where there are fewer than two different ones. */
  readonly spearman: number;
  /** Pairs whose words both have a vector: the others are left out. */
  readonly covered: number;
  readonly pairs: number;
}

/** Spearman's correlation of cosines with people's ratings, over the pairs of known words. */
export function evaluateSimilarity(vectors: Evaluable, pairs: readonly RatedPair[]): SimilarityResult {
  checkObject("evaluateSimilarity vectors", vectors);
  checkList("evaluateSimilarity pairs", pairs);
  const known = pairs.filter(({ a, b }) => vectors.has(a) && vectors.has(b));
  const cosines = known.map(({ a, b }) => vectors.similarity(a, b));
  const ratings = known.map(({ rating }) => rating);
  return { spearman: spearman(cosines, ratings), covered: known.length, pairs: pairs.length };
}

/**
 * Spearman's rank correlation: Pearson's of the ranks, equal values having the mean of their ranks.
 *
 * @example
 * spearman([1, 2, 3, 4], [10, 30, 20, 40]); // 0.8
 */
export function spearman(x: readonly number[], y: readonly number[]): number {
  checkList("spearman x", x, "numbers", Number.isFinite);
  checkList("spearman y", y, "numbers", Number.isFinite);
  return pearson(ranks(x), ranks(y));
}

function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const found = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) found[order[i]] = (start + end - 1) / 2;
    start = end;
  }
  return found;
}

function pearson(x: Float64Array, y: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i] - meanX, y[i] - meanY];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** "a is to b as c is to d" */
export type Analogy = readonly [a: string, b: string, c: string, d: string];

export interface AnalogySection {
  readonly name: string;
  readonly questions: readonly Analogy[];
}

/**
 * The questions of a file as word2vec's: four words a line, in sections that begin with a line `: name`.
 *
 * @param file named in errors
 * @throws {FormatError} with the line, for anything else.
 */
export function parseAnalogies(text: string, file?: string): AnalogySection[] {
  checkText("analogies", text);
  const sections: { name: string; questions: Analogy[] }[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "") continue;
    if (words[0].startsWith(":")) sections.push({ name: line.trim().slice(1).trim(), questions: [] });
    else if (words.length === 4 && sections.length > 0) {
      sections[sections.length - 1].questions.push([words[0], words[1], words[2], words[3]]);
    } else {
      throw new FormatError(
        {
          what: "analogies",
          expected: "four words, or a colon and the name of a section first",
          got: JSON.stringify(line.slice(0, 60)),
        },
        { ...(file === undefined ? {} : { file }), line: i + 1 },
      );
    }
  }
  return sections;
}

export interface AnalogyCount {
  readonly correct: number;
  /** Questions whose four words are all known: the others are left out. */
  readonly asked: number;
  readonly questions: number;
}

export interface AnalogyResult extends AnalogyCount {
  readonly sections: readonly (AnalogyCount & { readonly name: string })[];
  /** The first five sections. */
  readonly semantic: AnalogyCount;
  /** The sections behind. */
  readonly syntactic: AnalogyCount;
}

const SEMANTIC_SECTIONS = 5;

/**
 * Answers analogies by the rules of word2vec's program compute-accuracy: a to z are the same as A to Z; of words that
 * are then the same the first counts; only the first `limit` words take part; a question with an unknown word is left
 * out; the answer is the word d, none of the other three, with the largest dot product of unit vectors with `b - a + c`.
 *
 * @param options `limit`: words that take part, 0 for all. Default 30,000, as the program's documentation advises
 */
export function evaluateAnalogies(
  vectors: Evaluable,
  sections: readonly AnalogySection[],
  { limit = 30_000 }: { readonly limit?: number } = {},
): AnalogyResult {
  checkObject("evaluateAnalogies vectors", vectors);
  checkList("evaluateAnalogies words", vectors.words);
  checkList("evaluateAnalogies sections", sections);
  checkNumber("limit", limit, { integer: true, min: 0 });
  const size = limit === 0 ? vectors.words.length : Math.min(limit, vectors.words.length);
  const { dim, unitVectors } = vectors;
  const spelled = vectors.words.slice(0, size).map(upperCase);
  const numbers = new Map<string, number>();
  for (const [i, word] of spelled.entries()) if (!numbers.has(word)) numbers.set(word, i);
  const target = new Float32Array(dim);

  function answer(a: number, b: number, c: number): number {
    for (let d = 0; d < dim; d++) {
      target[d] = unitVectors[b * dim + d] - unitVectors[a * dim + d] + unitVectors[c * dim + d];
    }
    let [best, most] = [-1, 0];
    for (let i = 0, at = 0; i < size; i++) {
      let dot = 0;
      for (let d = 0; d < dim; d++) dot += target[d] * unitVectors[at++];
      if (dot > most && i !== a && i !== b && i !== c) [best, most] = [i, dot];
    }
    return best;
  }

  const counted = sections.map(({ name, questions }) => {
    let [correct, asked] = [0, 0];
    for (const question of questions) {
      const [a, b, c, d] = question.map((word) => numbers.get(upperCase(word)));
      if (a === undefined || b === undefined || c === undefined || d === undefined) continue;
      asked++;
      if (spelled[answer(a, b, c)] === spelled[d]) correct++;
    }
    return { name, correct, asked, questions: questions.length };
  });
  return {
    ...total(counted),
    sections: counted,
    semantic: total(counted.slice(0, SEMANTIC_SECTIONS)),
    syntactic: total(counted.slice(SEMANTIC_SECTIONS)),
  };
}

const upperCase = (word: string): string => word.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

function total(counts: readonly AnalogyCount[]): AnalogyCount {
  const sum = (key: keyof AnalogyCount) => counts.reduce((all, count) => all + count[key], 0);
  return { correct: sum("correct"), asked: sum("asked"), questions: sum("questions") };
}
