/** Strict UTF-8 decoding that says where and why bytes are not text. */
import { FormatError, IoError } from "./errors.ts";

/** Where bytes to decode come from. */
export interface TextOrigin {
  /** Named in errors. */
  readonly file?: string | undefined;
  /** The file's byte offset of the first byte, for a piece of a file. */
  readonly start?: number;
}

/**
 * Decodes UTF-8 strictly. One byte order mark at the start of the file is
 * dropped; every other code point is kept, NUL included.
 *
 * @throws {FormatError} with the byte offset of the first ill-formed sequence,
 *   or naming what the bytes look like (gzip, PNG, UTF-16, binary data).
 * @example
 * decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x68, 0x69])); // "hi"
 */
export function decodeUtf8(bytes: Uint8Array, { file, start = 0 }: TextOrigin = {}): string {
  const kind = start === 0 ? otherFormat(bytes) : undefined;
  let at = 0;
  if (kind === undefined) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: start > 0 }).decode(bytes);
    } catch (cause) {
      at = firstIllFormed(bytes);
      if (at === -1) throw tooLong(bytes.length, file, cause);
    }
  }
  throw new FormatError(
    {
      what: "text",
      expected: "UTF-8",
      got: kind?.name ?? `the byte 0x${bytes[at].toString(16)} where it cannot stand`,
      hint: kind?.hint ?? "Convert the file to UTF-8, for instance with iconv.",
    },
    { ...(file === undefined ? {} : { file }), offset: start + at },
  );
}

function tooLong(length: number, file: string | undefined, cause: unknown): IoError {
  const complaint = {
    what: `reading ${file ?? "text"}`,
    expected: "text that fits one string (about 500 MB)",
    got: `${length} bytes`,
    hint: "Read it line by line with streamLines.",
  };
  return new IoError(complaint, file ?? "", { cause });
}

const signatures: readonly { name: string; bytes: readonly number[]; hint: string }[] = [
  { name: "gzip data", bytes: [0x1f, 0x8b], hint: "Name the file *.gz, or unpack it." },
  { name: "a PNG image", bytes: [0x89, 0x50, 0x4e, 0x47], hint: "Give a text file." },
  {
    name: "a ZIP archive",
    bytes: [0x50, 0x4b, 0x03, 0x04],
    hint: "Unpack it and give the text file inside.",
  },
  { name: "UTF-16 text", bytes: [0xff, 0xfe], hint: "Convert the file to UTF-8." },
  { name: "UTF-16 text", bytes: [0xfe, 0xff], hint: "Convert the file to UTF-8." },
];

/** What the bytes are, where that is clearly not text in UTF-8. */
export function otherFormat(bytes: Uint8Array): { name: string; hint: string } | undefined {
  const found = signatures.find((signature) => signature.bytes.every((byte, i) => bytes[i] === byte));
  if (found) return found;
  // A NUL is a legal character, but a quarter of them means UTF-16 without a mark, or binary data.
  const head = Math.min(bytes.length, 1024);
  let nuls = 0;
  for (let i = 0; i < head; i++) if (bytes[i] === 0) nuls++;
  if (nuls >= 4 && nuls * 4 >= head) {
    return { name: "binary data or UTF-16 text (many NUL bytes)", hint: "Give a text file in UTF-8." };
  }
  return undefined;
}

/** Offset of the first byte sequence that is not well-formed (Unicode 15, table 3-7), or -1. */
function firstIllFormed(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at];
    if (lead < 0x80) {
      at++;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return at;
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    // Overlong forms, surrogates and values above U+10FFFF show in the second byte.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (!(bytes[at + 1] >= low && bytes[at + 1] <= high)) return at;
    for (let i = 2; i < length; i++) if (!(bytes[at + i] >> 6 === 2)) return at;
    at += length;
  }
  return -1;
}
