/** Character n-grams of words (Bojanowski et al. 2017), numbered as fastText numbers them. */

const encoder = new TextEncoder();

/** How a word is cut and its pieces are numbered. */
export interface SubwordRule {
  /** Characters of the shortest and the longest n-gram. */
  readonly minN: number;
  readonly maxN: number;
  readonly buckets: number;
}

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

/** The bucket of each n-gram of a word. */
export function bucketsOf(word: string, { minN, maxN, buckets }: SubwordRule): number[] {
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
