import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { type RawTensor, verifyChecksums, withChecksums } from "../../src/formats/safetensors-checksum.ts";

const tensors: RawTensor[] = [
  { name: "a", dtype: "U8", shape: [2], bytes: Uint8Array.of(1, 2) },
  { name: "", dtype: "F32", shape: [0], bytes: new Uint8Array(0) },
];
const notes = new Map([["format", "pt"]]);

test("each checksum covers type, shape and bytes, one the notes", () => {
  const crc = (text: string) => crc32(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
  expect(withChecksums(tensors, notes)).toEqual(
    new Map([
      ["format", "pt"],
      ["lexigrad.crc32:a", crc('["U8",[2]]\x01\x02')],
      ["lexigrad.crc32:", crc('["F32",[0]]')],
      ["lexigrad.crc32", crc('[["format","pt"]]')],
    ]),
  );
});

test("verifying gives the notes back; without checksums nothing is verified", () => {
  expect(verifyChecksums(tensors, withChecksums(tensors, notes))).toEqual(notes);
  expect(verifyChecksums(tensors, notes)).toEqual(notes);
});

describe("damage", () => {
  const whole = withChecksums(tensors, notes);
  const without = (key: string) => new Map([...whole].filter(([name]) => name !== key));
  test.each<[string, readonly RawTensor[], ReadonlyMap<string, string>, string]>([
    [
      "bytes",
      [{ ...tensors[0], bytes: Uint8Array.of(1, 3) }, tensors[1]],
      whole,
      'tensor "a": expected the checksum ',
    ],
    ["shape", [tensors[0], { ...tensors[1], shape: [0, 2] }], whole, 'tensor "": expected the checksum '],
    ["type", [{ ...tensors[0], dtype: "I8" }, tensors[1]], whole, 'tensor "a": expected the checksum '],
    ["name", [{ ...tensors[0], name: "b" }, tensors[1]], whole, 'tensor "b": expected a checksum, got none.'],
    ["tensor gone", [tensors[0]], whole, 'tensor "": expected the checksum '],
    ["notes", tensors, new Map(whole).set("format", "qt"), "safetensors metadata: expected the checksum "],
    ["a checksum gone", tensors, without("lexigrad.crc32:a"), 'tensor "a": expected a checksum, got none.'],
    [
      "the notes' checksum gone",
      tensors,
      without("lexigrad.crc32"),
      "metadata: expected a checksum, got none.",
    ],
  ])("%s", (_, found, metadata, message) => {
    expect(() => verifyChecksums(found, metadata)).toThrow(FormatError);
    expect(() => verifyChecksums(found, metadata)).toThrow(message);
    expect(() => verifyChecksums(found, metadata)).toThrow(
      "The file is damaged: fetch it again or go back to an earlier checkpoint.",
    );
  });

  test("a checksum for a tensor that is not there says so", () => {
    expect(() => verifyChecksums([tensors[0]], whole)).toThrow("got no such tensor.");
  });
});
