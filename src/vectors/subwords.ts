/** Character n-grams of words (Bojanowski et al. 2017), numbered as fastText numbers them. */
import type { NgramVectors } from "../formats/word-vectors.ts";

const encoder = new TextEncoder();

/** How a word is cut and its pieces are numbered. */
export type SubwordRule = Pick<NgramVectors, "minN" | "maxN" | "buckets">;

/** The end of a sentence is a word of the files of fastText and word2vec, and has no n-grams. */
const END_OF_SENTENCE = "</s>";

/**
 * FNV-1a of 32 bits as fastText computes it, where bytes above 127 count as negative numbers.
 */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ ((byte << 24) >> 24), 16777619);
  return hash >>> 0;
}

/**
 * The n-grams of `<word>`, for each place where one may begin from the shortest to the longest; single characters that
 * are only a mark of the beginning or the end are left out.
 *
 * @example
 * characterNgrams("cat", 3, 4); // ["<ca", "<cat", "cat", "cat>", "at>"]
 */
export function characterNgrams(word: string, minN: number, maxN: number): string[] {
  const characters = ["<", ...word, ">"];
  const found: string[] = [];
  for (let start = 0; start < characters.length; start++) {
    for (let n = minN; n <= maxN && start + n <= characters.length; n++) {
      const isMark = n === 1 && (start === 0 || start + n === characters.length);
      if (!isMark) found.push(characters.slice(start, start + n).join(""));
    }
  }
  return found;
}

/** The bucket of each n-gram of a word; none of `</s>`. */
export function bucketsOf(word: string, { minN, maxN, buckets }: SubwordRule): number[] {
  if (word === END_OF_SENTENCE) return [];
  return characterNgrams(word, minN, maxN).map((ngram) => fnv1a(encoder.encode(ngram)) % buckets);
}

/** Which rows of a table each word is the mean of. */
export interface SubwordRows {
  /** Parts of word w are `parts[starts[w]]` to `parts[starts[w + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly parts: Int32Array;
  /** The row of each bucket that a word of the vocabulary uses. */
  readonly rows: ReadonlyMap<number, number>;
  /** Rows of words and buckets together. */
  readonly count: number;
}

/** Word w has row w; only buckets that occur get rows, behind those of the words. */
export function subwordRows(words: readonly string[], rule: SubwordRule): SubwordRows {
  const rows = new Map<number, number>();
  const starts = new Int32Array(words.length + 1);
  const parts: number[] = [];
  for (const [w, word] of words.entries()) {
    parts.push(w);
    for (const bucket of bucketsOf(word, rule)) {
      const row = rows.get(bucket) ?? words.length + rows.size;
      rows.set(bucket, row);
      parts.push(row);
    }
    starts[w + 1] = parts.length;
  }
  return { starts, parts: Int32Array.from(parts), rows, count: words.length + rows.size };
}

/**
 * The vector of each word: the mean of its own and those of its n-grams, as far as they have one.
 *
 * @param own `[words.length, dim]`
 * @returns `[words.length, dim]`
 */
export function withNgrams(words: readonly string[], own: Float32Array, ngrams: NgramVectors): Float32Array {
  const dim = own.length / words.length;
  const vectors = new Float32Array(own.length);
  for (const [w, word] of words.entries()) {
    const at = w * dim;
    vectors.set(mean(ngramsOf(word, dim, ngrams), own.subarray(at, at + dim)), at);
  }
  return vectors;
}

/** The mean of the vectors of the n-grams of a word; undefined where none has one. */
export function meanOfNgrams(word: string, dim: number, ngrams: NgramVectors): Float32Array | undefined {
  const [first, ...others] = ngramsOf(word, dim, ngrams);
  return first && mean(others, first);
}

function ngramsOf(word: string, dim: number, ngrams: NgramVectors): Float32Array[] {
  return bucketsOf(word, ngrams).flatMap((bucket) => {
    const row = find(ngrams.numbers, bucket);
    return row === -1 ? [] : [ngrams.vectors.subarray(row * dim, (row + 1) * dim)];
  });
}

/** Of `others` and `first`, added in that order. */
function mean(others: readonly Float32Array[], first: Float32Array): Float32Array {
  const sum = first.slice();
  for (const vector of others) for (let d = 0; d < sum.length; d++) sum[d] += vector[d];
  return sum.map((value) => value / (1 + others.length));
}

/** Where `wanted` is among ascending numbers, or -1. */
function find(numbers: Int32Array, wanted: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return numbers[low] === wanted ? low : -1;
}
