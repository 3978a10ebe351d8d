/** Word vectors from and to files of every kind that is known here. */
import { FormatError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import { readBytes, writeBytes, writeText } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { isFasttext, readFasttext } from "../formats/fasttext.ts";
import { readWordVectors, type SavedWordVectors, writeWordVectors } from "../formats/word-vectors.ts";
import {
  readWord2vecBinary,
  readWord2vecText,
  writeProjector,
  writeWord2vecBinary,
  writeWord2vecText,
} from "../formats/word2vec.ts";
import { withNgrams } from "./subwords.ts";

const isBinary = (path: string): boolean => /\.bin\b/i.test(path);
/** Whether a file of this name keeps the vectors of n-grams. */
export const keepsNgrams = (path: string): boolean => /\.safetensors(\.gz)?$/i.test(path);

/** See `WordVectors.load`. */
export function loadVectors(path: string, fs?: FileSystem): SavedWordVectors {
  const table = read(path, fs);
  const { words, dim, vectors, ngrams } = table;
  const odd = firstOdd(vectors);
  if (odd >= 0) throw notFinite(`vector of ${describe(words[Math.floor(odd / dim)])}`, vectors[odd], path);
  const oddNgram = ngrams ? firstOdd(ngrams.vectors) : -1;
  if (ngrams && oddNgram >= 0) {
    const number = ngrams.numbers[Math.floor(oddNgram / dim)];
    throw notFinite(`vector of n-gram number ${number}`, ngrams.vectors[oddNgram], path);
  }
  return table;
}

/** Where the first number is that is NaN or infinite, or -1. */
function firstOdd(numbers: Float32Array): number {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) return i;
  return -1;
}

const notFinite = (what: string, value: number, file: string): FormatError =>
  new FormatError({ what, expected: "finite numbers", got: `${value}` }, { file });

function read(path: string, fs?: FileSystem): SavedWordVectors {
  const bytes = readBytes(path, fs);
  if (keepsNgrams(path)) return readWordVectors(bytes, path);
  if (isFasttext(bytes)) {
    const { table, counts, ngrams } = readFasttext(bytes, path);
    const vectors = ngrams ? withNgrams(table.words, table.vectors, ngrams) : table.vectors;
    return { ...table, vectors, counts, ngrams };
  }
  return (isBinary(path) ? readWord2vecBinary : readWord2vecText)(bytes, { file: path });
}

/** See `WordVectors.save`. */
export function saveVectors(path: string, vectors: SavedWordVectors, fs?: FileSystem): void {
  const projector = /^(.*)\.tsv(\.gz)?$/s.exec(path);
  if (projector) {
    const { vectors: rows, metadata } = writeProjector(vectors);
    writeText(`${projector[1]}.metadata.tsv${projector[2] ?? ""}`, metadata, fs);
    writeText(path, rows, fs);
    return;
  }
  const write = keepsNgrams(path)
    ? writeWordVectors
    : isBinary(path)
      ? writeWord2vecBinary
      : writeWord2vecText;
  writeBytes(path, write(vectors), fs);
}
