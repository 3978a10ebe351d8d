/**
 * Checksums inside safetensors files, as metadata that other readers ignore:
 * `lexigrad.crc32:NAME` covers the type, shape and bytes of a tensor, and
 * `lexigrad.crc32` the rest of the metadata. With them no single wrong bit of
 * a file goes unnoticed.
 */
import { FormatError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { crc32 } from "./crc32.ts";
import type { SavedDType } from "./safetensors-dtype.ts";

/** A tensor still in the bytes of its file. */
export interface RawTensor {
  readonly name: string;
  readonly dtype: SavedDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What the keys of checksums begin with. */
export const CHECKSUM_KEY = "lexigrad.crc32";

/** `notes` followed by the checksums. */
export function withChecksums(
  tensors: readonly RawTensor[],
  notes: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map([...notes, ...checksums(tensors, notes)]);
}

/**
 * Verifies the checksums in `metadata`, where it has any, and returns the rest of it.
 *
 * @throws {FormatError} naming the tensor that is damaged.
 */
export function verifyChecksums(
  tensors: readonly RawTensor[],
  metadata: ReadonlyMap<string, string>,
): Map<string, string> {
  const isChecksum = ([key]: [string, string]) => key.startsWith(CHECKSUM_KEY);
  const found = new Map([...metadata].filter(isChecksum));
  const notes = new Map([...metadata].filter((entry) => !isChecksum(entry)));
  if (found.size === 0) return notes;
  const expected = checksums(tensors, notes);
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    if (expected.get(key) === found.get(key)) continue;
    const tensor = key.slice(CHECKSUM_KEY.length + 1);
    throw new FormatError({
      what: `safetensors ${key === CHECKSUM_KEY ? "metadata" : `tensor ${describe(tensor)}`}`,
      expected: found.has(key) ? `the checksum ${found.get(key)}` : "a checksum",
      got: found.has(key) ? (expected.get(key) ?? "no such tensor") : "none",
      hint: "The file is damaged: fetch it again or go back to an earlier checkpoint.",
    });
  }
  return notes;
}

function checksums(tensors: readonly RawTensor[], notes: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, dtype, shape, bytes } of tensors) {
    found.set(`${CHECKSUM_KEY}:${name}`, hex(crc32(bytes, textCrc(JSON.stringify([dtype, shape])))));
  }
  return found.set(CHECKSUM_KEY, hex(textCrc(JSON.stringify([...notes]))));
}

function textCrc(text: string): number {
  return crc32(new TextEncoder().encode(text));
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
