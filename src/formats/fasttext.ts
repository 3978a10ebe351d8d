/**
 * Models of fastText (`*.bin`, version 12), read: words and the vectors of their n-grams.
 *
 * Little-endian: magic number, version, thirteen settings; the dictionary; a flag and the matrix of the vectors, those
 * of words first and then one for each bucket; behind it the matrix of outputs, which is not read.
 */
import { FormatError } from "../base/errors.ts";
import { checkInstance } from "../base/options.ts";
import type { NgramVectors } from "./word-vectors.ts";
import type { WordTable } from "./word2vec.ts";

const MAGIC = 793712314;
const VERSION = 12;
const SKIP_GRAM = 2;
const MODELS = ["none", "cbow", "skip-gram", "a classifier"];
/** A word of one byte, its end, its count and its type. */
const LEAST_ENTRY = 11;

/** Words with vectors of their own, whose means with those of their n-grams are the words' vectors. */
export interface FasttextModel {
  /** `vectors` are the words' own. */
  readonly table: WordTable;
  readonly counts: Float64Array;
  /** None where the model was trained without. */
  readonly ngrams: NgramVectors | undefined;
}

/** Whether bytes begin as fastText's models do. */
export function isFasttext(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) === MAGIC;
}

/**
 * Reads a model that was trained with `fasttext skipgram` or `cbow`.
 *
 * @param file named in errors
 * @throws {FormatError} when the file is damaged, quantized, pruned, a classifier or of another version.
 */
export function readFasttext(bytes: Uint8Array, file?: string): FasttextModel {
  checkInstance("readFasttext", bytes, Uint8Array);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  function broken(what: string, expected: string, got: string): FormatError {
    const hint = "Only whole models of fastText's skipgram and cbow can be read.";
    return new FormatError(
      { what: `fastText ${what}`, expected, got, hint },
      { ...(file === undefined ? {} : { file }), offset: at },
    );
  }
  function take(size: number, what: string): number {
    const from = at;
    if (size > bytes.length - at) throw broken(what, `${size} bytes`, `${bytes.length - at}`);
    at += size;
    return from;
  }
  const int32 = (what: string): number => view.getInt32(take(4, what), true);
  const int64 = (what: string): number => Number(view.getBigInt64(take(8, what), true));
  function expect(what: string, expected: string, got: number, fits: boolean): number {
    if (!fits) throw broken(what, expected, `${got}`);
    return got;
  }

  const magic = int32("magic number");
  expect("magic number", `${MAGIC}`, magic, magic === MAGIC);
  const version = int32("version");
  expect("version", `${VERSION}`, version, version === VERSION);
  // dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate, and t as f64
  const settings = Array.from({ length: 12 }, () => int32("settings"));
  take(8, "settings");
  const [dim, , , , , , , model, buckets, minN, maxN] = settings;
  expect("dim", "above 0", dim, dim > 0);
  if (model < 1 || model > SKIP_GRAM) throw broken("model", "skip-gram or cbow", MODELS[model] ?? `${model}`);
  const hasNgrams = maxN > 0 && buckets > 0;
  if (hasNgrams) {
    expect("minn", "1 to maxn", minN, minN >= 1 && minN <= maxN);
    expect("maxn", "at most 32", maxN, maxN <= 32);
  }

  const size = int32("dictionary");
  const count = int32("dictionary");
  const labels = int32("dictionary");
  if (count < 1 || labels !== 0 || size !== count) {
    throw broken("dictionary", "words and no labels", `${count} words, ${labels} labels of ${size}`);
  }
  take(8, "dictionary");
  const pruned = int64("dictionary");
  if (pruned > 0) throw broken("dictionary", "all n-grams", `${pruned} that were kept`);
  if (count * (LEAST_ENTRY + 4 * dim) > bytes.length - at) {
    throw broken("dictionary", `${count} words with vectors of ${dim}`, `${bytes.length - at} bytes`);
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const words: string[] = [];
  const counts = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const end = bytes.indexOf(0, at);
    if (end === -1) throw broken(`word ${i + 1} of ${count}`, "a NUL at its end", "the end of the file");
    words.push(decoder.decode(bytes.subarray(at, end)));
    at = end + 1;
    counts[i] = int64("count of a word");
    take(1, "type of a word");
  }

  const quantized = bytes[take(1, "vectors")];
  expect("vectors", "none quantized", quantized, quantized === 0);
  const rows = int64("vectors");
  const width = int64("vectors");
  const expected = count + (hasNgrams ? buckets : 0);
  // Without n-grams, old versions keep rows for buckets all the same.
  expect("vectors", `${expected}`, rows, rows === expected || (!hasNgrams && rows === count + buckets));
  expect("elements of a vector", `${dim}`, width, width === dim);
  const from = take(4 * rows * dim, "vectors");
  const floats = (row: number, n: number): Float32Array => {
    const start = bytes.byteOffset + from + 4 * row * dim;
    // A copy, since the file does not align them.
    return new Float32Array(bytes.buffer.slice(start, start + 4 * n * dim) as ArrayBuffer);
  };
  // The other side of the model, of which nothing is needed.
  take(1, "output vectors");
  const outputs = int64("output vectors");
  const outputWidth = int64("output vectors");
  take(4 * outputs * outputWidth, "output vectors");
  if (at < bytes.length) throw broken("end of the file", `${at} bytes`, `${bytes.length}`);
  const table = { words, dim, vectors: floats(0, count) };
  if (!hasNgrams) return { table, counts, ngrams: undefined };
  const numbers = Int32Array.from({ length: buckets }, (_, i) => i);
  return { table, counts, ngrams: { minN, maxN, buckets, numbers, vectors: floats(count, buckets) } };
}
