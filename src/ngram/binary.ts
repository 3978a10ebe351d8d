/**
 * The binary form of an n-gram model: its tables as they are in memory, so that loading is reading. A file is a magic
 * number, the length of the header and the CRC-32 of all that follows (little-endian, 4 bytes each), the header in
 * JSON, padded to 8 bytes, and the sections: bytes of all words, where each begins, 1-grams, flags, one table an order,
 * each padded to 8 bytes.
 */
import { FormatError } from "../base/errors.ts";
import { readBytes, replaceFile } from "../base/files.ts";
import { checkInstance } from "../base/options.ts";
import { crc32 } from "../formats/crc32.ts";
import { readArpa } from "./arpa-read.ts";
import { type NgramKind, NgramModel } from "./model.ts";
import { NgramTable } from "./table.ts";
import { HASH_START, hashByte, Words } from "./words.ts";

const MAGIC = "LEXINGRM";
const PROLOGUE = 16;
const ALIGNMENT = 8;
/** 2 since slots depend on the words alone; in format 1 they depended on the parents' slots. */
const FORMAT = 2;

interface Header {
  readonly format: number;
  readonly words: number;
  readonly bytes: number;
  readonly kind: NgramKind;
  /** Of 2, 3, ... words. */
  readonly tables: readonly { readonly slots: number; readonly size: number }[];
}

/**
 * Writes a model in the binary form, compressed where the name ends in `.gz`.
 *
 * @throws {IoError} when the file cannot be written; an older one is then unchanged.
 */
export function saveNgram(model: NgramModel, path: string): void {
  checkInstance("saveNgram", model, NgramModel);
  const sections = sectionsOf(model);
  const crc = sections.reduce((sum, section) => crc32(section, sum), 0);
  const prologue = new Uint8Array(PROLOGUE);
  prologue.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(prologue.buffer);
  view.setUint32(8, sections[0].length, true);
  view.setUint32(12, crc, true);
  replaceFile(path, (write) => {
    for (const section of [prologue, ...sections]) write(section);
  });
}

/** The header and all sections, padded. */
function sectionsOf({ parts }: NgramModel): Uint8Array[] {
  const { words, unigrams, flags, tables, kind = {} } = parts;
  const bytes = words.starts[words.size];
  const header: Header = {
    format: FORMAT,
    words: words.size,
    bytes,
    kind,
    tables: tables.map(({ slots, size }) => ({ slots, size })),
  };
  const arrays = [
    words.bytes.subarray(0, bytes),
    words.starts.subarray(0, words.size + 1),
    unigrams,
    flags,
    ...tables.map(({ values }) => values),
  ];
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Blanks after JSON are no error, zeros are.
  const head = new Uint8Array(padded(text.length)).fill(32);
  head.set(text);
  return [head, ...arrays.map(padSection)];
}

function padSection({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (byteLength % ALIGNMENT === 0) return bytes;
  const whole = new Uint8Array(padded(byteLength));
  whole.set(bytes);
  return whole;
}

const padded = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/**
 * Loads a model from a file of either form, ARPA or binary, decompressed where the name ends in `.gz`.
 *
 * @throws {IoError} when the file cannot be read.
 * @throws {FormatError} when it is damaged or something else.
 */
export function loadNgram(path: string): NgramModel {
  const bytes = readBytes(path);
  return isBinary(bytes) ? parseNgram(bytes, path) : readArpa(bytes, path);
}

function isBinary(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 &&
    [...MAGIC].every((letter, i) => i >= bytes.length || bytes[i] === letter.charCodeAt(0))
  );
}

/**
 * Makes a model of the bytes of a binary file, which it keeps.
 *
 * @throws {FormatError} when they are damaged or of another format.
 */
export function parseNgram(bytes: Uint8Array<ArrayBuffer>, file?: string): NgramModel {
  checkInstance("parseNgram", bytes, Uint8Array);
  const damaged = "The file is damaged: make or fetch it again.";
  const fail = (expected: string, got: string, hint = damaged): never => {
    throw new FormatError({ what: "n-gram model", expected, got, hint }, file === undefined ? {} : { file });
  };
  if (bytes.length < PROLOGUE) return fail(`at least ${PROLOGUE} bytes`, String(bytes.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = PROLOGUE + view.getUint32(8, true);
  // The checksum does not cover where the header ends.
  if (start % ALIGNMENT !== 0)
    return fail(`a header of a multiple of ${ALIGNMENT} bytes`, String(start - PROLOGUE));
  if (start > bytes.length) return fail("a whole header", `a file of ${bytes.length} bytes`);
  if (crc32(bytes.subarray(PROLOGUE)) !== view.getUint32(12, true)) {
    return fail("the checksum that it was written with", "another: bytes are missing or changed");
  }
  const header = parseHeader(bytes.subarray(PROLOGUE, start));
  if (header === undefined) return fail("a header in JSON", "something else");
  if (header.format !== FORMAT) {
    const hint = "Another version of Lexigrad wrote the file: make it again from the text or an ARPA file.";
    return fail(`format ${FORMAT}`, `format ${header.format}`, hint);
  }
  // Sections must be aligned, which slices of larger arrays may not be.
  const whole = bytes.byteOffset % ALIGNMENT === 0 ? bytes : bytes.slice();
  let at = start;
  const section = (length: number) => {
    const from = whole.byteOffset + at;
    at += padded(length);
    return new Uint8Array(whole.buffer, from, length);
  };
  const words = readWords(section(header.bytes), section(4 * (header.words + 1)));
  const unigramBytes = section(16 * header.words);
  const flagBytes = section(4 * header.words);
  const tables = header.tables.map(({ slots, size }, i) => {
    const isHighest = i === header.tables.length - 1;
    const table = new NgramTable(slots, isHighest, section(8 * (isHighest ? 2 : 3) * slots));
    table.size = size;
    return table;
  });
  return new NgramModel({
    order: tables.length + 1,
    words,
    unigrams: new Float64Array(unigramBytes.buffer, unigramBytes.byteOffset, 2 * header.words),
    flags: new Int32Array(flagBytes.buffer, flagBytes.byteOffset, header.words),
    tables,
    kind: header.kind,
  });
}

function parseHeader(bytes: Uint8Array): Header | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Header;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function readWords(bytes: Uint8Array, startBytes: Uint8Array<ArrayBuffer>): Words {
  const starts = new Uint32Array(startBytes.buffer, startBytes.byteOffset, startBytes.byteLength / 4);
  const words = new Words();
  for (let id = 0; id + 1 < starts.length; id++) {
    let hash = HASH_START;
    for (let i = starts[id]; i < starts[id + 1]; i++) hash = hashByte(hash, bytes[i]);
    words.addBytes(bytes, starts[id], starts[id + 1], hash);
  }
  return words;
}
