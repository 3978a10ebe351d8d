/**
 * Word vectors as a safetensors file, which holds what word2vec's files cannot: counts, and the vectors of n-grams.
 *
 * Tensors: `words` (U8, UTF-8, a line feed behind each), `vectors` (F32 `[words, dim]`) and, where they are known,
 * `counts` (F64 `[words]`); with n-grams `ngrams.numbers` (I32 `[n]`, ascending) and `ngrams.vectors` (F32 `[n, dim]`),
 * with the metadata `min_n`, `max_n` and `buckets`.
 */
import { FormatError, OptionError } from "../base/errors.ts";
import { checkList, checkObject, describe } from "../base/options.ts";
import { formatShape } from "../base/shape.ts";
import { readSafetensors, type SavedTensors, writeSafetensors } from "./safetensors.ts";
import type { SavedTensor } from "./safetensors-dtype.ts";
import type { WordTable } from "./word2vec.ts";

/** Vectors of character n-grams, which fastText's rule numbers: see `bucketsOf`. */
export interface NgramVectors {
  /** Characters of the shortest and the longest n-gram. */
  readonly minN: number;
  readonly maxN: number;
  readonly buckets: number;
  /** The numbers that have a vector, ascending. */
  readonly numbers: Int32Array;
  /** `[numbers.length, dim]` */
  readonly vectors: Float32Array;
}

export interface SavedWordVectors extends WordTable {
  /** How often each word occurred. */
  readonly counts?: Float64Array | undefined;
  readonly ngrams?: NgramVectors | undefined;
}

/** What the numbers of n-grams may be: {@link NgramVectors}. */
export const NGRAM_RULES = {
  minN: { integer: true, min: 1, max: 32 },
  maxN: { integer: true, min: 1, max: 32 },
  buckets: { integer: true, min: 1, max: 2 ** 31 - 1 },
} as const;

const KIND = "word vectors";
const NAMES = { minN: "min_n", maxN: "max_n", buckets: "buckets" } as const;

/**
 * Writes words and vectors, with counts and the vectors of n-grams where there are any.
 *
 * @throws {OptionError} for words that the format cannot hold: those with a line feed or a lone surrogate.
 * @throws {ShapeError} when vectors or counts are not as many as the words.
 */
export function writeWordVectors(table: SavedWordVectors): Uint8Array {
  checkObject("table of vectors", table);
  const { words, dim, vectors, counts, ngrams } = table;
  checkList("words of the table", words);
  const text = new TextEncoder().encode(words.map((word) => `${checkWord(word)}\n`).join(""));
  const tensors = new Map<string, SavedTensor>([
    ["words", { dtype: "U8", shape: [text.length], data: text }],
    ["vectors", { dtype: "F32", shape: [words.length, dim], data: vectors }],
  ]);
  const metadata = new Map([["kind", KIND]]);
  if (counts) tensors.set("counts", { dtype: "F64", shape: [words.length], data: counts });
  if (ngrams) {
    checkObject("n-grams", ngrams);
    const n = ngrams.numbers.length;
    tensors.set("ngrams.numbers", { dtype: "I32", shape: [n], data: ngrams.numbers });
    tensors.set("ngrams.vectors", { dtype: "F32", shape: [n, dim], data: ngrams.vectors });
    for (const key of ["minN", "maxN", "buckets"] as const) metadata.set(NAMES[key], String(ngrams[key]));
  }
  return writeSafetensors(tensors, metadata, { checksums: true });
}

function checkWord(word: string): string {
  if (!/[\n\p{Surrogate}]/u.test(word)) return word;
  throw new OptionError({
    what: "word to write",
    expected: "well-formed Unicode without a line feed",
    got: describe(word),
  });
}

/**
 * Reads what {@link writeWordVectors} wrote, as for `new WordVectors(words, vectors, { counts, ngrams })`.
 *
 * @param file named in errors
 * @throws {FormatError} when the file is damaged or holds anything else.
 * @example
 * const bytes = writeWordVectors({ words: ["king", "queen"], dim: 2, vectors: Float32Array.of(1, 2, 3, 4) });
 * readWordVectors(bytes).words; // ["king", "queen"]
 */
export function readWordVectors(bytes: Uint8Array, file?: string): SavedWordVectors {
  const tensors = readSafetensors(bytes, file);
  const broken = (what: string, expected: string, got: string): FormatError =>
    new FormatError(
      { what, expected, got, hint: "The file is no word vectors, or damaged." },
      { ...(file === undefined ? {} : { file }) },
    );
  const kind = tensors.metadata.get("kind");
  if (kind !== KIND)
    throw broken("kind of file", describe(KIND), kind === undefined ? "none" : describe(kind));
  const find = finder(tensors, broken);

  const vectors = find("vectors", "F32", [undefined, undefined]);
  const [count, dim] = vectors.shape;
  if (count === 0 || dim === 0)
    throw broken("vectors", "at least one, of one element", formatShape(vectors.shape));
  const words = readWords(find("words", "U8", [undefined]).data, broken);
  if (words.length !== count) throw broken("words", `${count}, as there are vectors`, `${words.length}`);
  const table = { words, dim, vectors: vectors.data };
  const counts = tensors.has("counts") ? { counts: find("counts", "F64", [count]).data } : {};
  if (!tensors.has("ngrams.vectors")) return { ...table, ...counts };

  const ngrams = find("ngrams.vectors", "F32", [undefined, dim]);
  const { data: numbers } = find("ngrams.numbers", "I32", [ngrams.shape[0]]);
  const rule = readRule(tensors.metadata, broken);
  for (let i = 0; i < numbers.length; i++) {
    const least = i === 0 ? 0 : numbers[i - 1] + 1;
    if (numbers[i] >= least && numbers[i] < rule.buckets) continue;
    throw broken(`ngrams.numbers [${i}]`, `a number from ${least} to ${rule.buckets - 1}`, `${numbers[i]}`);
  }
  return { ...table, ...counts, ngrams: { ...rule, numbers, vectors: ngrams.data } };
}

type Complain = (what: string, expected: string, got: string) => FormatError;

/** Gives tensors of a type and shape, where `undefined` stands for any size. */
function finder(tensors: SavedTensors, broken: Complain) {
  return <D extends SavedTensor["dtype"]>(name: string, dtype: D, shape: readonly (number | undefined)[]) => {
    const found = tensors.get(name);
    const fits =
      found?.dtype === dtype &&
      found.shape.length === shape.length &&
      shape.every((size, i) => size === undefined || size === found.shape[i]);
    if (fits) return found as Extract<SavedTensor, { readonly dtype: D }>;
    const sizes = shape.map((size) => size ?? "any").join(", ");
    throw broken(
      `tensor ${name}`,
      `${dtype} [${sizes}]`,
      found ? `${found.dtype} ${formatShape(found.shape)}` : "none",
    );
  };
}

function readWords(bytes: Uint8Array, broken: Complain): string[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken("words", "UTF-8", "other bytes");
  }
  const words = text.split("\n");
  if (words.pop() !== "") throw broken("words", "a line feed behind each", "none at the end");
  return words;
}

function readRule(metadata: ReadonlyMap<string, string>, broken: Complain) {
  const read = (key: keyof typeof NAMES, least: number): number => {
    const text = metadata.get(NAMES[key]);
    const value = /^\d{1,10}$/.test(text ?? "") ? Number(text) : Number.NaN;
    const { max } = NGRAM_RULES[key];
    if (value >= least && value <= max) return value;
    throw broken(NAMES[key], `a whole number from ${least} to ${max}`, describe(text));
  };
  const minN = read("minN", 1);
  return { minN, maxN: read("maxN", minN), buckets: read("buckets", 1) };
}
