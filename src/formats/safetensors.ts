/**
 * The safetensors format, through which weights go to and from PyTorch: eight
 * bytes of header length, a JSON header, and the tensors' bytes.
 *
 * Reading is strict. Every rule of the format is checked before memory is
 * taken, so a damaged or hostile file gives a {@link FormatError} and nothing
 * else. All numbers are little-endian, as are all platforms this runs on.
 */
import { DTypeError, type FileLocation, FormatError, OptionError, ShapeError } from "../base/errors.ts";
import { checkInstance, checkMap, describe } from "../base/options.ts";
import { checkShape, formatShape, sizeOf } from "../base/shape.ts";
import { decodeUtf8 } from "../base/utf8.ts";
import { CHECKSUM_KEY, type RawTensor, verifyChecksums, withChecksums } from "./safetensors-checksum.ts";
import {
  CODINGS,
  isSavedDType,
  SAVED_DTYPES,
  type SavedDType,
  type SavedTensor,
} from "./safetensors-dtype.ts";
import { type JsonObject, type JsonValue, parseStrictJson } from "./strict-json.ts";

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";
const LONE_SURROGATE = /\p{Surrogate}/u;
const ENTRY_KEYS = ["dtype", "shape", "data_offsets"];

/** The tensors of a file by name, in the header's order, with the file's metadata. */
export class SavedTensors extends Map<string, SavedTensor> {
  /** Free text about the file, such as `format: pt`. */
  metadata: ReadonlyMap<string, string> = new Map();
}

export interface WriteSafetensorsOptions {
  /**
   * Adds a CRC-32 of every tensor and of the metadata, as metadata of its own.
   * {@link readSafetensors} verifies it; readers that do not know it ignore it.
   *
   * @defaultValue false
   */
  readonly checksums?: boolean;
}

/**
 * Reads a safetensors file.
 *
 * `F16` and `BF16` come as `Float32Array`, 64-bit integers as bigints, `BOOL`
 * as bytes. The data are copies: the file's bytes may be let go.
 *
 * @param file named in errors.
 * @throws {FormatError} when any rule is broken: header length, strict JSON, unknown types, sizes that
 *   do not fit, overlapping or unused bytes, a wrong checksum.
 * @example
 * const weight = { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) } as const;
 * readSafetensors(writeSafetensors(new Map([["weight", weight]]))).get("weight")?.shape; // [2]
 */
export function readSafetensors(bytes: Uint8Array, file?: string): SavedTensors {
  checkInstance("readSafetensors", bytes, Uint8Array);
  try {
    return new Reader(bytes).tensors();
  } catch (cause) {
    throw cause instanceof FormatError && file !== undefined ? moved(cause, { file }) : cause;
  }
}

/**
 * Writes a safetensors file. The same tensors give the same bytes, whatever
 * the order of the map: widest types first and then by name, as the format's
 * own library does, so that all data are aligned.
 *
 * @param metadata free text to keep with the tensors.
 * @throws {ShapeError} when a tensor's data do not fill its shape.
 * @throws {DTypeError} when its data are not an array of its type.
 * @throws {OptionError} when a name or a key of the metadata is reserved or not well-formed Unicode.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SavedTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
  { checksums = false }: WriteSafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  checkMap("writeSafetensors", tensors);
  checkMap("safetensors metadata", metadata);
  const raw = Array.from(tensors, ([name, tensor]) => encode(name, tensor)).sort(fileOrder);
  for (const text of [...metadata].flat()) checkText("safetensors metadata", text);
  for (const key of metadata.keys())
    checkNotReserved("safetensors metadata", key, key.startsWith(CHECKSUM_KEY));
  const notes = checksums ? withChecksums(raw, metadata) : metadata;

  const members: string[] = [];
  if (notes.size > 0) {
    const texts = Array.from(notes, ([key, text]) => member(key, JSON.stringify(text)));
    members.push(member(METADATA, `{${texts.join(",")}}`));
  }
  let end = 0;
  for (const { name, dtype, shape, bytes } of raw) {
    const begin = end;
    end += bytes.length;
    members.push(member(name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] })));
  }
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  // Spaces bring the data to a multiple of 8 bytes.
  const dataStart = 8 + Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(dataStart + end).fill(0x20, 8, dataStart);
  new DataView(file.buffer).setUint32(0, dataStart - 8, true);
  file.set(header, 8);
  let at = dataStart;
  for (const { bytes } of raw) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

interface Entry {
  readonly name: string;
  readonly dtype: SavedDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

class Reader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  tensors(): SavedTensors {
    const dataStart = 8 + this.#headerLength();
    const header = this.#header(dataStart);
    let metadata: ReadonlyMap<string, string> = new Map();
    const entries: Entry[] = [];
    for (const [name, value] of header) {
      if (name === METADATA) metadata = readMetadata(value);
      else entries.push(readEntry(name, value));
    }
    checkTiling(entries, this.#bytes.length - dataStart);
    const raw = entries.map(({ name, dtype, shape, begin, end }) => ({
      name,
      dtype,
      shape,
      // The constructor copies, which `slice` of a Node.js Buffer would not.
      bytes: new Uint8Array(this.#bytes.subarray(dataStart + begin, dataStart + end)),
    }));
    const tensors = new SavedTensors();
    tensors.metadata = verifyChecksums(raw, metadata);
    for (const { name, dtype, shape, bytes } of raw) {
      tensors.set(name, { dtype, shape, data: CODINGS[dtype].decode(bytes.buffer) } as SavedTensor);
    }
    return tensors;
  }

  #headerLength(): number {
    const { length } = this.#bytes;
    if (length < 8) throw broken("safetensors file", "at least 8 bytes", `${length}`);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, 8);
    const headerLength = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
    const most = Math.min(MAX_HEADER_BYTES, length - 8);
    if (headerLength > most) throw broken("safetensors header", `at most ${most} bytes`, `${headerLength}`);
    return headerLength;
  }

  #header(dataStart: number): JsonObject {
    const bytes = this.#bytes.subarray(8, dataStart);
    const header = parseHeader(decodeUtf8(bytes, { start: 8 }));
    if (header instanceof Map) return header;
    throw broken("safetensors header", "a JSON object", kindOf(header), 8);
  }
}

function parseHeader(text: string): JsonValue {
  try {
    return parseStrictJson(text, "safetensors header");
  } catch (cause) {
    // Its offset counts from the start of the header.
    throw cause instanceof FormatError ? moved(cause, { offset: 8 + (cause.location.offset ?? 0) }) : cause;
  }
}

/** The same error with more known of its place. */
function moved(error: FormatError, location: FileLocation): FormatError {
  return new FormatError(error.complaint, { ...error.location, ...location }, { cause: error });
}

function readMetadata(value: JsonValue): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const [key, text] of asMap(`safetensors ${METADATA}`, value)) {
    if (typeof text !== "string") {
      throw broken(`safetensors metadata ${describe(key)}`, "a string", kindOf(text));
    }
    if (LONE_SURROGATE.test(key + text)) {
      throw broken(`safetensors metadata ${describe(key)}`, "well-formed Unicode", "a lone surrogate");
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(name: string, value: JsonValue): Entry {
  const what = `safetensors tensor ${describe(name)}`;
  if (LONE_SURROGATE.test(name)) throw broken(what, "a name in well-formed Unicode", "a lone surrogate");
  const entry = asMap(what, value);
  const keys = [...entry.keys()];
  if (keys.length !== ENTRY_KEYS.length || !ENTRY_KEYS.every((key) => entry.has(key))) {
    throw broken(what, `the keys ${ENTRY_KEYS.join(", ")}`, keys.map(describe).join(", ") || "none");
  }
  const dtype = entry.get("dtype");
  if (!isSavedDType(dtype)) throw broken(what, `a type among ${SAVED_DTYPES.join(", ")}`, describe(dtype));
  const shape = asSizes(`${what} shape`, entry.get("shape"));
  const offsets = asSizes(`${what} data_offsets`, entry.get("data_offsets"));
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin > end) {
    throw broken(`${what} data_offsets`, "a begin and an end that is not before it", formatShape(offsets));
  }
  let size = CODINGS[dtype].size;
  for (const extent of shape) {
    size *= extent;
    if (size > Number.MAX_SAFE_INTEGER) {
      throw broken(`${what} shape`, "fewer than 2^53 bytes", formatShape(shape));
    }
  }
  if (end - begin !== size) {
    throw broken(what, `${size} bytes for ${dtype} ${formatShape(shape)}`, `${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** The tensors lie end to end from the first byte to the last, in any order. */
function checkTiling(entries: readonly Entry[], dataLength: number): void {
  let filled = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== filled) {
      throw broken(
        `safetensors tensor ${describe(name)}`,
        `data from byte ${filled} of the data on`,
        `${begin}`,
      );
    }
    filled = end;
  }
  if (filled !== dataLength) {
    throw broken("safetensors data", `${filled} bytes, as the header says`, `${dataLength}`);
  }
}

function asMap(what: string, value: JsonValue): JsonObject {
  if (value instanceof Map) return value;
  throw broken(what, "a JSON object", kindOf(value));
}

function asSizes(what: string, value: JsonValue | undefined): number[] {
  if (!Array.isArray(value)) throw broken(what, "an array of sizes", kindOf(value));
  for (const size of value) {
    if (Number.isSafeInteger(size) && (size as number) >= 0 && !Object.is(size, -0)) continue;
    throw broken(what, "whole numbers from 0 to 2^53 - 1", kindOf(size));
  }
  return value as number[];
}

function kindOf(value: JsonValue | undefined): string {
  return value instanceof Map ? "an object" : describe(value);
}

function broken(what: string, expected: string, got: string, offset?: number): FormatError {
  const hint = "The file is damaged or not a safetensors file.";
  return new FormatError({ what, expected, got, hint }, offset === undefined ? {} : { offset });
}

function encode(name: string, { dtype, shape, data }: SavedTensor): RawTensor {
  const what = `safetensors tensor ${describe(name)}`;
  checkText(what, name);
  checkNotReserved(what, name, name === METADATA);
  if (!isSavedDType(dtype)) {
    throw new DTypeError({ what, expected: `a type among ${SAVED_DTYPES.join(", ")}`, got: describe(dtype) });
  }
  const coding = CODINGS[dtype];
  if (!(data instanceof coding.array)) {
    throw new DTypeError({
      what,
      expected: `data in a ${coding.array.name} for ${dtype}`,
      got: describe(data),
    });
  }
  checkShape(`${what} shape`, shape);
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError({
      what,
      expected: `${sizeOf(shape)} elements for ${formatShape(shape)}`,
      got: `${data.length}`,
    });
  }
  const view = (coding.encode as (data: ArrayBufferView) => ArrayBufferView)(data);
  return { name, dtype, shape, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength) };
}

function fileOrder(a: RawTensor, b: RawTensor): number {
  return SAVED_DTYPES.indexOf(b.dtype) - SAVED_DTYPES.indexOf(a.dtype) || compareCodePoints(a.name, b.name);
}

/** The order of the strings in UTF-8, where surrogate pairs come after all other characters. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** A member of a JSON object. Written by hand, since an object literal would reorder `1` and lose `__proto__`. */
function member(key: string, json: string): string {
  return `${JSON.stringify(key)}:${json}`;
}

function checkText(what: string, text: string): void {
  if (typeof text === "string" && !LONE_SURROGATE.test(text)) return;
  throw new OptionError({ what, expected: "well-formed Unicode", got: describe(text) });
}

function checkNotReserved(what: string, name: string, reserved: boolean): void {
  if (!reserved) return;
  throw new OptionError({ what, expected: "a name that the format does not reserve", got: describe(name) });
}
