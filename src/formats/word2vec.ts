/**
 * The files of word2vec, text and binary, and TensorFlow's projector: bytes to words with their vectors and back.
 *
 * Both begin with a line of two numbers, words and elements. A line of the text file is a word and its elements; in the
 * binary file a word and a space come before little-endian f32, and a line feed may come before a word.
 */
import { type FileLocation, FormatError, OptionError } from "../base/errors.ts";
import { checkInstance, checkList, checkObject, describe } from "../base/options.ts";

/** Words, and a vector for each: `[words.length, dim]`. */
export interface WordTable {
  readonly words: readonly string[];
  readonly dim: number;
  readonly vectors: Float32Array;
}

const LINE_FEED = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** What JavaScript takes for a number too. */
const NOT_DECIMAL = /^0[box]/i;
const SPACE = 32;
/** A longer word is not one. */
const MAX_WORD_BYTES = 2 ** 16;

interface Header {
  readonly count: number;
  readonly dim: number;
  /** Where the words begin. */
  readonly start: number;
}

function readHeader(bytes: Uint8Array, file: FileLocation): Header {
  const end = bytes.subarray(0, 64).indexOf(LINE_FEED);
  const line = decode(bytes.subarray(0, end === -1 ? 64 : end)).trimEnd();
  const match = /^(\d+)[ \t]+(\d+)$/.exec(line);
  const [count, dim] = match ? [Number(match[1]), Number(match[2])] : [-1, -1];
  if (end !== -1 && match && dim > 0 && count > 0 && Number.isSafeInteger(count))
    return { count, dim, start: end + 1 };
  throw new FormatError(
    {
      what: "word vectors",
      expected: "a first line of two numbers above 0, words and elements of a vector",
      got: describe(line),
      hint: "Only files of word2vec's text and binary formats can be read.",
    },
    { ...file, line: 1 },
  );
}

/** Before anything is allocated: every vector takes at least so many bytes. */
function checkSize(
  { count, dim, start }: Header,
  bytes: Uint8Array,
  least: number,
  file: FileLocation,
): void {
  if (count * least <= bytes.length - start) return;
  throw new FormatError(
    {
      what: "word vectors",
      expected: `at least ${count * least} bytes for ${count} vectors of ${dim} elements, as the first line says`,
      got: `${bytes.length - start}`,
      hint: "The file is cut short, or not of this format.",
    },
    file,
  );
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/**
 * Reads the binary format. Words that are not UTF-8, which word2vec.c makes of long ones, get U+FFFD.
 *
 * @throws {FormatError} when the file is of another kind, cut short, or longer than its first line says.
 */
export function readWord2vecBinary(bytes: Uint8Array, file: FileLocation = {}): WordTable {
  checkInstance("readWord2vecBinary", bytes, Uint8Array);
  const header = readHeader(bytes, file);
  const { count, dim } = header;
  // A word of one byte, a space, the vector.
  checkSize(header, bytes, 2 + 4 * dim, file);
  const vectors = new Float32Array(count * dim);
  const target = new Uint8Array(vectors.buffer);
  const words: string[] = [];
  let at = header.start;
  for (let i = 0; i < count; i++) {
    while (bytes[at] === LINE_FEED) at++;
    const length = bytes.subarray(at, at + MAX_WORD_BYTES).indexOf(SPACE);
    const from = at + length + 1;
    if (length < 1 || from + 4 * dim > bytes.length) {
      const rest = bytes.length - at;
      throw new FormatError(
        {
          what: `word ${i + 1} of ${count}`,
          expected: `a word, a space and ${4 * dim} bytes`,
          got: rest === 0 ? "the end of the file" : length < 1 ? "no word and space" : `${rest} bytes`,
          hint: "The file is cut short, or not of this format.",
        },
        { ...file, offset: at },
      );
    }
    words.push(decode(bytes.subarray(at, at + length)));
    target.set(bytes.subarray(from, from + 4 * dim), 4 * dim * i);
    at = from + 4 * dim;
  }
  while (bytes[at] === LINE_FEED) at++;
  if (at < bytes.length) throw tooLong(count, { ...file, offset: at });
  if (!LITTLE_ENDIAN) swapBytes(target);
  return { words, dim, vectors };
}

function tooLong(count: number, location: FileLocation): FormatError {
  return new FormatError(
    { what: "word vectors", expected: `the end of the file after ${count} words`, got: "more" },
    location,
  );
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swapBytes(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse();
}

/**
 * Reads the text format.
 *
 * @throws {FormatError} with the line, when the file is of another kind, cut short, or longer than its first line says.
 */
export function readWord2vecText(whole: Uint8Array, file: FileLocation = {}): WordTable {
  checkInstance("readWord2vecText", whole, Uint8Array);
  const bytes = BYTE_ORDER_MARK.every((byte, i) => whole[i] === byte) ? whole.subarray(3) : whole;
  const header = readHeader(bytes, file);
  const { count, dim } = header;
  // A word of one byte, and a space and a digit for each element.
  checkSize(header, bytes, 1 + 2 * dim, file);
  const vectors = new Float32Array(count * dim);
  const words: string[] = [];
  let at = header.start;
  while (at < bytes.length) {
    let end = bytes.indexOf(LINE_FEED, at);
    if (end === -1) end = bytes.length;
    const location = { ...file, line: words.length + 2 };
    if (words.length === count) {
      if (decode(bytes.subarray(at)).trim() === "") break;
      throw tooLong(count, location);
    }
    const line = decode(bytes.subarray(at, end)).trimEnd();
    const fields = line.split(/[ \t]+/);
    if (fields.length !== dim + 1) {
      throw new FormatError(
        { what: "word vector", expected: `a word and ${dim} numbers`, got: `${fields.length} fields` },
        location,
      );
    }
    for (let d = 0; d < dim; d++) {
      const value = NOT_DECIMAL.test(fields[d + 1]) ? Number.NaN : Number(fields[d + 1]);
      if (!Number.isFinite(Math.fround(value))) {
        const got = describe(fields[d + 1]);
        throw new FormatError(
          { what: `word vector of ${describe(fields[0])}`, expected: "numbers that a f32 can hold", got },
          location,
        );
      }
      vectors[words.length * dim + d] = value;
    }
    words.push(fields[0]);
    at = end + 1;
  }
  if (words.length === count) return { words, dim, vectors };
  throw new FormatError(
    { what: "word vectors", expected: `${count} words, as the first line says`, got: `${words.length}` },
    file,
  );
}

/**
 * The text format. Each number is the shortest that gives the same f32 back.
 *
 * @throws {OptionError} for words that the format cannot hold: empty ones, and those with blanks or NUL.
 */
export function writeWord2vecText(table: WordTable): Uint8Array {
  const { words, dim, vectors } = checkTable(table);
  const lines = [`${words.length} ${dim}`];
  for (const [i, word] of words.entries()) {
    checkWord(word);
    lines.push(`${word} ${Array.from(vectors.subarray(i * dim, (i + 1) * dim), shortest).join(" ")}`);
  }
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

/** The binary format, as word2vec.c writes it. @throws {OptionError} as {@link writeWord2vecText} does. */
export function writeWord2vecBinary(table: WordTable): Uint8Array {
  const { words, dim, vectors } = checkTable(table);
  const encoder = new TextEncoder();
  const names = words.map((word) => encoder.encode(`${checkWord(word)} `));
  const header = encoder.encode(`${words.length} ${dim}\n`);
  const size = names.reduce((sum, name) => sum + name.length + 4 * dim + 1, header.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(header);
  let at = header.length;
  for (const [i, name] of names.entries()) {
    bytes.set(name, at);
    at += name.length;
    for (let d = 0; d < dim; d++, at += 4) view.setFloat32(at, vectors[i * dim + d], true);
    bytes[at++] = LINE_FEED;
  }
  return bytes;
}

/** The vectors for TensorFlow's projector: tab-separated, a line each; the words are a file of their own. */
export function writeProjector(table: WordTable): { vectors: string; metadata: string } {
  const { words, dim, vectors } = checkTable(table);
  const rows = words.map((_, i) => Array.from(vectors.subarray(i * dim, (i + 1) * dim), shortest).join("\t"));
  return { vectors: `${rows.join("\n")}\n`, metadata: `${words.map(checkWord).join("\n")}\n` };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the formats end words at these
const UNWRITABLE = /[\u0000\s]/;

function checkTable(table: WordTable): WordTable {
  checkObject("table of vectors", table);
  checkList("words of the table", table.words);
  checkInstance("vectors of the table", table.vectors, Float32Array);
  return table;
}

function checkWord(word: string): string {
  if (word !== "" && !UNWRITABLE.test(word)) return word;
  throw new OptionError({
    what: "word to write",
    expected: "characters other than blanks and NUL",
    got: describe(word),
    hint: "The format ends a word at a blank.",
  });
}

function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
