import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTypeError, FormatError, OptionError, ShapeError } from "../../src/base/errors.ts";
import { readSafetensors, SavedTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import type { SavedTensor } from "../../src/formats/safetensors-dtype.ts";
import { formatLaws } from "../../src/testing/laws-format.ts";
import { runs } from "../support/fc.ts";
import { notes, savedTensors } from "../support/saved-tensors.ts";

/** A file with that header text, whatever its sense; `length` is what its first 8 bytes claim. */
function fileOf(header: string | Uint8Array, dataLength = 0, length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

const small: SavedTensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, -2) };

describe("the format's own examples", () => {
  // A hand-made file, byte by byte, as the format's description lays it out.
  test("one F32 scalar after a header of 64 bytes", () => {
    const header = '{"test":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}';
    const bytes = fileOf(header.padEnd(56), 4);
    bytes.set([0, 0, 0x80, 0x3f], bytes.length - 4);
    const tensors = readSafetensors(bytes);
    expect([...tensors]).toEqual([["test", { dtype: "F32", shape: [], data: Float32Array.of(1) }]]);
    expect(writeSafetensors(tensors)).toEqual(bytes);
  });

  test("what is written: sorted by width and name, aligned to 8 bytes, padded with spaces", () => {
    const bytes = writeSafetensors(
      new Map<string, SavedTensor>([
        ["b", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
        ["a", { dtype: "U8", shape: [1], data: Uint8Array.of(4) }],
        ["c", { dtype: "I64", shape: [1], data: BigInt64Array.of(-1n) }],
      ]),
      new Map([["format", "pt"]]),
    );
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
        '"a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"b":{"dtype":"U8","shape":[3],"data_offsets":[9,12]}}',
    );
    expect(length % 8).toBe(0);
    expect([...bytes.subarray(8 + length)]).toEqual([255, 255, 255, 255, 255, 255, 255, 255, 4, 1, 2, 3]);
    expect(readSafetensors(bytes).metadata).toEqual(new Map([["format", "pt"]]));
  });

  test("names sort by code point, as UTF-8 does", () => {
    const tensors = new Map<string, SavedTensor>();
    for (const name of ["\u{1f600}", "\uffed", "ab", "a", ""]) tensors.set(name, small);
    expect([...readSafetensors(writeSafetensors(tensors)).keys()]).toEqual([
      "",
      "a",
      "ab",
      "\uffed",
      "\u{1f600}",
    ]);
  });

  test("16-bit floats come as f32 and go back to the same bytes", () => {
    const header = `{"h":${entry("F16", "[2]", "[0,4]")},"b":${entry("BF16", "[2]", "[4,8]")}}`;
    const bytes = fileOf(header, 8);
    bytes.set([0, 0x3c, 1, 0, 0x80, 0x3f, 0xc0, 0x7f], bytes.length - 8);
    const tensors = readSafetensors(bytes);
    expect(tensors.get("h")?.data).toEqual(Float32Array.of(1, 2 ** -24));
    expect(tensors.get("b")?.data).toEqual(Float32Array.of(1, Number.NaN));
    expect(readSafetensors(writeSafetensors(tensors))).toEqual(tensors);
  });

  test("empty files, empty tensors and scalars", () => {
    expect(readSafetensors(fileOf("{}"))).toEqual(new SavedTensors());
    const tensors = readSafetensors(
      fileOf(`{"e":${entry("F32", "[0,7]", "[0,0]")},"s":${entry("U8", "[]", "[0,1]")}}`, 1),
    );
    expect(tensors.get("e")).toEqual({ dtype: "F32", shape: [0, 7], data: new Float32Array(0) });
    expect(tensors.get("s")).toEqual({ dtype: "U8", shape: [], data: Uint8Array.of(0) });
  });

  test("white space around the header is accepted, and data in any order", () => {
    const header = ` \n\t\r{ "a" : ${entry("U8", "[1]", "[1,2]")} , "b":${entry("U8", "[1]", "[0,1]")}}\n `;
    const bytes = fileOf(header, 2);
    bytes.set([7, 8], bytes.length - 2);
    const tensors = readSafetensors(bytes);
    expect([tensors.get("a")?.data[0], tensors.get("b")?.data[0]]).toEqual([8, 7]);
  });

  test("names that mean something to JavaScript are names", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "", "1", "\0"]) {
      const tensors = readSafetensors(fileOf(`{${JSON.stringify(name)}:${entry("U8", "[1]", "[0,1]")}}`, 1));
      expect([...tensors.keys()]).toEqual([name]);
      expect(Object.getPrototypeOf(tensors)).toBe(SavedTensors.prototype);
      expect(({} as Record<string, unknown>).dtype).toBeUndefined();
    }
  });

  test("the data are copies, also of a piece of a larger buffer and of a Node.js Buffer", () => {
    const bytes = writeSafetensors(new Map([["w", small]]));
    const shifted = Buffer.concat([new Uint8Array(3), bytes]).subarray(3);
    const tensors = readSafetensors(shifted);
    shifted.fill(0);
    expect(tensors.get("w")).toEqual(small);
  });
});

const U8 = (shape: string, offsets: string) => `{"t":${entry("U8", shape, offsets)}}`;
const deep = `${"[".repeat(1e5)}${"]".repeat(1e5)}`;

describe("hostile files", () => {
  test.each<[string, Uint8Array, string]>([
    ["no bytes", new Uint8Array(0), "safetensors file: expected at least 8 bytes, got 0."],
    ["7 bytes", new Uint8Array(7), "safetensors file: expected at least 8 bytes, got 7."],
    ["8 zero bytes", new Uint8Array(8), "safetensors header: expected a value, got the end."],
    [
      "header of 2^62 bytes",
      fileOf("{}", 0, 2n ** 62n),
      "header: expected at most 2 bytes, got 4611686018427388000.",
    ],
    [
      "header of 2^64 - 1",
      fileOf("{}", 0, 2n ** 64n - 1n),
      "header: expected at most 2 bytes, got 18446744073709552000.",
    ],
    [
      "header of 2^32 + 2",
      fileOf("{}", 0, 2n ** 32n + 2n),
      "header: expected at most 2 bytes, got 4294967298.",
    ],
    [
      "header of 100 MB + 1",
      fileOf("{}", 0, 100_000_001n),
      "header: expected at most 2 bytes, got 100000001.",
    ],
    ["header one byte past the end", fileOf("{}", 0, 3n), "header: expected at most 2 bytes, got 3."],
    [
      "header cut short",
      fileOf("{}", 0, 1n),
      "at byte 9: safetensors header: expected a string, got the end.",
    ],
    [
      "header of length 0",
      fileOf("{}", 0, 0n),
      "at byte 8: safetensors header: expected a value, got the end.",
    ],
    ["only spaces", fileOf("   "), "at byte 11: safetensors header: expected a value, got the end."],
    ["array header", fileOf("[]"), "safetensors header: expected a JSON object, got an array of 0."],
    ["null header", fileOf("null"), "safetensors header: expected a JSON object, got null."],
    ["string header", fileOf('"x"'), 'safetensors header: expected a JSON object, got "x".'],
    ["byte order mark", fileOf("\ufeff{}"), "at byte 8: safetensors header: expected a value"],
    [
      "ill-formed UTF-8",
      fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)),
      "at byte 9: text: expected UTF-8, got the byte 0xff",
    ],
    [
      "overlong UTF-8",
      fileOf(Uint8Array.of(0x7b, 0xc0, 0xa2)),
      "at byte 9: text: expected UTF-8, got the byte 0xc0",
    ],
    ["UTF-16", fileOf(Uint8Array.of(0x7b, 0, 0x7d, 0)), "at byte 9: safetensors header: expected a string"],
    ["text after the header", fileOf("{}x"), "at byte 10: safetensors header: expected the end of the text"],
    ["two headers", fileOf("{}{}"), "at byte 10: safetensors header: expected the end of the text"],
    ["trailing comma", fileOf('{"a":1,}'), "at byte 15: safetensors header: expected a string"],
    ["single quotes", fileOf("{'a':1}"), "at byte 9: safetensors header: expected a string"],
    ["comment", fileOf("{/**/}"), "at byte 9: safetensors header: expected a string"],
    ["NaN", fileOf('{"a":NaN}'), "safetensors header: expected a value"],
    ["line break in a string", fileOf('{"a\nb":1}'), 'safetensors header: expected a closing "'],
    [
      "nested 100,000 deep",
      fileOf(`{"a":${deep}}`),
      "safetensors header: expected nesting of at most 64 levels",
    ],
    ["duplicate tensor", fileOf(`{"a":1,"a":2}`), 'expected each name once in an object, got "a" again.'],
    [
      "duplicate, escaped",
      fileOf('{"a":1,"\\u0061":2}'),
      'expected each name once in an object, got "a" again.',
    ],
    ["duplicate key", fileOf('{"t":{"dtype":"U8","dtype":"U8"}}'), 'got "dtype" again.'],
    [
      "lone surrogate",
      fileOf(`{"\\ud800":${entry("U8", "[0]", "[0,0]")}}`),
      "a name in well-formed Unicode, got a lone",
    ],
    ["tensor is a number", fileOf('{"t":1}'), 'safetensors tensor "t": expected a JSON object, got 1.'],
    ["tensor is null", fileOf('{"t":null}'), 'safetensors tensor "t": expected a JSON object, got null.'],
    [
      "tensor is an array",
      fileOf('{"t":[]}'),
      'safetensors tensor "t": expected a JSON object, got an array of 0.',
    ],
    [
      "empty entry",
      fileOf('{"t":{}}'),
      'tensor "t": expected the keys dtype, shape, data_offsets, got none.',
    ],
    ["no dtype", fileOf('{"t":{"shape":[],"data_offsets":[0,0]}}'), 'got "shape", "data_offsets".'],
    ["no shape", fileOf('{"t":{"dtype":"U8","data_offsets":[0,0]}}'), 'got "dtype", "data_offsets".'],
    ["no offsets", fileOf('{"t":{"dtype":"U8","shape":[0]}}'), 'got "dtype", "shape".'],
    [
      "unknown key",
      fileOf(`{"t":{"x":1,${entry("U8", "[0]", "[0,0]").slice(1)}}`),
      'got "x", "dtype", "shape"',
    ],
    [
      "unknown type",
      fileOf(`{"t":${entry("F8_E4M3", "[1]", "[0,1]")}}`, 1),
      'tensor "t": expected a type among BOOL',
    ],
    [
      "lower-case type",
      fileOf(`{"t":${entry("f32", "[1]", "[0,4]")}}`, 4),
      '"t": expected a type among BOOL, U8',
    ],
    [
      "inherited type",
      fileOf(`{"t":${entry("toString", "[1]", "[0,1]")}}`, 1),
      'F64, I64, U64, got "toString".',
    ],
    [
      "type is a number",
      fileOf('{"t":{"dtype":1,"shape":[],"data_offsets":[0,0]}}'),
      "expected a type among",
    ],
    ["shape is a number", fileOf(U8("1", "[0,1]"), 1), '"t" shape: expected an array of sizes, got 1.'],
    [
      "shape is an object",
      fileOf(U8("{}", "[0,1]"), 1),
      '"t" shape: expected an array of sizes, got an object.',
    ],
    [
      "negative shape",
      fileOf(U8("[-1]", "[0,1]"), 1),
      "shape: expected whole numbers from 0 to 2^53 - 1, got -1.",
    ],
    ["minus zero", fileOf(U8("[-0]", "[0,0]")), "shape: expected whole numbers from 0 to 2^53 - 1, got 0."],
    [
      "fractional shape",
      fileOf(U8("[1.5]", "[0,1]"), 1),
      "shape: expected whole numbers from 0 to 2^53 - 1, got 1.5.",
    ],
    [
      "string in shape",
      fileOf(U8('["1"]', "[0,1]"), 1),
      'shape: expected whole numbers from 0 to 2^53 - 1, got "1".',
    ],
    [
      "null in shape",
      fileOf(U8("[null]", "[0,1]"), 1),
      "expected whole numbers from 0 to 2^53 - 1, got null.",
    ],
    [
      "shape of 2^53",
      fileOf(U8("[9007199254740992]", "[0,1]"), 1),
      "expected whole numbers from 0 to 2^53 - 1, got 9",
    ],
    [
      "product overflows",
      fileOf(U8("[4294967296,4294967296]", "[0,0]")),
      "shape: expected fewer than 2^53 bytes, got",
    ],
    [
      "overflow hidden by 0",
      fileOf(U8("[4294967296,4294967296,0]", "[0,0]")),
      "expected fewer than 2^53 bytes",
    ],
    [
      "overflow to infinity",
      fileOf(U8(`[${"9007199254740991,".repeat(30)}1]`, "[0,0]")),
      "fewer than 2^53 bytes",
    ],
    ["1e400 in shape", fileOf(U8("[1e400]", "[0,1]"), 1), "expected a number that fits a double, got 1e400."],
    ["offsets are a number", fileOf(U8("[1]", "0"), 1), "data_offsets: expected an array of sizes, got 0."],
    [
      "one offset",
      fileOf(U8("[1]", "[0]"), 1),
      "data_offsets: expected a begin and an end that is not before it, got [0]",
    ],
    [
      "three offsets",
      fileOf(U8("[1]", "[0,1,2]"), 1),
      "expected a begin and an end that is not before it, got [0, 1, 2]",
    ],
    [
      "end before begin",
      fileOf(U8("[1]", "[1,0]"), 1),
      "expected a begin and an end that is not before it, got [1, 0].",
    ],
    [
      "negative offset",
      fileOf(U8("[1]", "[-1,0]"), 1),
      "data_offsets: expected whole numbers from 0 to 2^53 - 1, got -1",
    ],
    [
      "fractional offset",
      fileOf(U8("[1]", "[0,1.5]"), 1),
      "expected whole numbers from 0 to 2^53 - 1, got 1.5.",
    ],
    [
      "offset of 1e308",
      fileOf(U8("[1]", "[0,1e308]"), 1),
      "expected whole numbers from 0 to 2^53 - 1, got 1e+308.",
    ],
    ["string offset", fileOf(U8("[1]", '[0,"1"]'), 1), 'expected whole numbers from 0 to 2^53 - 1, got "1".'],
    [
      "too few bytes",
      fileOf(`{"t":${entry("F32", "[2]", "[0,4]")}}`, 4),
      'tensor "t": expected 8 bytes for F32 [2], got 4.',
    ],
    ["too many bytes", fileOf(U8("[1]", "[0,2]"), 2), "expected 1 bytes for U8 [1], got 2."],
    [
      "offsets past the end",
      fileOf(U8("[2]", "[0,2]"), 1),
      "data: expected 2 bytes, as the header says, got 1.",
    ],
    [
      "huge tensor",
      fileOf(U8("[1099511627776]", "[0,1099511627776]"), 1),
      "data: expected 1099511627776 bytes",
    ],
    [
      "trailing bytes",
      fileOf(U8("[1]", "[0,1]"), 2),
      "safetensors data: expected 1 bytes, as the header says, got 2.",
    ],
    [
      "data without tensors",
      fileOf("{}", 1),
      "safetensors data: expected 0 bytes, as the header says, got 1.",
    ],
    [
      "hole at the start",
      fileOf(U8("[1]", "[1,2]"), 2),
      '"t": expected data from byte 0 of the data on, got 1.',
    ],
    [
      "hole between",
      fileOf(`{"a":${entry("U8", "[1]", "[0,1]")},"b":${entry("U8", "[1]", "[2,3]")}}`, 3),
      '"b": expected data from byte 1 of the data on, got 2.',
    ],
    [
      "overlap",
      fileOf(`{"a":${entry("U8", "[2]", "[0,2]")},"b":${entry("U8", "[2]", "[1,3]")}}`, 3),
      '"b": expected data from byte 2 of the data on, got 1.',
    ],
    [
      "same data twice",
      fileOf(`{"a":${entry("U8", "[1]", "[0,1]")},"b":${entry("U8", "[1]", "[0,1]")}}`, 1),
      '"b": expected data from byte 1 of the data on, got 0.',
    ],
    [
      "empty tensor beyond the end",
      fileOf(`{"a":${entry("U8", "[1]", "[0,1]")},"b":${entry("U8", "[0]", "[9,9]")}}`, 1),
      '"b": expected data from byte 1 of the data on, got 9.',
    ],
    [
      "empty tensor inside another",
      fileOf(`{"a":${entry("U8", "[2]", "[0,2]")},"b":${entry("U8", "[0]", "[1,1]")}}`, 2),
      '"b": expected data from byte 2 of the data on, got 1.',
    ],
    [
      "metadata is a string",
      fileOf('{"__metadata__":"x"}'),
      '__metadata__: expected a JSON object, got "x".',
    ],
    [
      "metadata is an array",
      fileOf('{"__metadata__":[]}'),
      "__metadata__: expected a JSON object, got an array of 0.",
    ],
    ["number in metadata", fileOf('{"__metadata__":{"a":1}}'), 'metadata "a": expected a string, got 1.'],
    ["null in metadata", fileOf('{"__metadata__":{"a":null}}'), 'metadata "a": expected a string, got null.'],
    [
      "object in metadata",
      fileOf('{"__metadata__":{"a":{}}}'),
      'metadata "a": expected a string, got an object.',
    ],
    [
      "lone surrogate in metadata",
      fileOf('{"__metadata__":{"a":"\\udc00"}}'),
      'metadata "a": expected well-formed Unicode',
    ],
    ["duplicate metadata", fileOf('{"__metadata__":{},"__metadata__":{}}'), 'got "__metadata__" again.'],
    [
      "metadata as a tensor",
      fileOf(`{"__metadata__":${entry("U8", "[0]", "[0,0]")}}`),
      '"shape": expected a string',
    ],
    [
      "a ZIP archive",
      Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0]),
      "expected at most 2 bytes, got 67324752.",
    ],
    [
      "a pickle",
      new TextEncoder().encode("\x80\x02}q\x00(X\x06\x00\x00\x00weight"),
      "safetensors header: expected at most",
    ],
  ])("%s", (_, bytes, message) => {
    const read = () => readSafetensors(bytes, "model.safetensors");
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^model\.safetensors/);
  });

  test("an error says that the file is damaged", () => {
    expect(() => readSafetensors(new Uint8Array(3))).toThrow(
      "safetensors file: expected at least 8 bytes, got 3. The file is damaged or not a safetensors file.",
    );
  });
});

describe("wrong tensors are not written", () => {
  const write = (tensor: object, name = "t") => writeSafetensors(new Map([[name, tensor as SavedTensor]]));
  test.each<[() => unknown, new (...args: never[]) => Error, string]>([
    [
      () => write({ ...small, shape: [3] }),
      ShapeError,
      'safetensors tensor "t": expected 3 elements for [3], got 2.',
    ],
    [() => write({ ...small, shape: [-2] }), ShapeError, "expected whole sizes of at least 0, got [-2]."],
    [
      () => write({ ...small, shape: [0.5, 4] }),
      ShapeError,
      "expected whole sizes of at least 0, got [0.5, 4].",
    ],
    [
      () => write({ ...small, dtype: "F64" }),
      DTypeError,
      '"t": expected data in a Float64Array for F64, got an object.',
    ],
    [() => write({ ...small, dtype: "f32" }), DTypeError, "expected a type among BOOL, U8, I8, I16"],
    [
      () => write({ ...small, data: [1, 2] }),
      DTypeError,
      "expected data in a Float32Array for F32, got an array of 2.",
    ],
    [
      () => write(small, "__metadata__"),
      OptionError,
      'expected a name that the format does not reserve, got "__metadata__"',
    ],
    [() => write(small, "\ud800"), OptionError, "expected well-formed Unicode, got"],
    [
      () => writeSafetensors(new Map(), new Map([["a", "\udc00"]])),
      OptionError,
      "metadata: expected well-formed Unicode",
    ],
    [
      () => writeSafetensors(new Map(), new Map([["a", 1 as never]])),
      OptionError,
      "expected well-formed Unicode, got 1.",
    ],
    [
      () => writeSafetensors(new Map(), new Map([["lexigrad.crc32", "0"]])),
      OptionError,
      'safetensors metadata: expected a name that the format does not reserve, got "lexigrad.crc32".',
    ],
  ])("%#", (action, kind, message) => {
    expect(action).toThrow(kind);
    expect(action).toThrow(message);
  });
});

describe.each([false, true])("laws, with checksums: %s", (checksums) => {
  const files = fc.record({ tensors: savedTensors, metadata: notes });
  const laws = formatLaws(
    (bytes) => {
      const tensors = readSafetensors(bytes);
      return { tensors: tensors as Map<string, SavedTensor>, metadata: new Map(tensors.metadata) };
    },
    ({ tensors, metadata }) => writeSafetensors(tensors, metadata, { checksums }),
    files,
  );
  test.each(Object.entries(laws))("%s", (_, law) => {
    fc.assert(law, runs);
  });

  test("what is read is what was written, and the order of the map does not matter", () => {
    fc.assert(
      fc.property(files, ({ tensors, metadata }) => {
        const bytes = writeSafetensors(tensors, metadata, { checksums });
        const read = readSafetensors(bytes);
        expect(new Map([...read].sort())).toEqual(new Map([...tensors].sort()));
        expect(read.metadata).toEqual(metadata);
        expect(writeSafetensors(new Map([...tensors].reverse()), metadata, { checksums })).toEqual(bytes);
      }),
      runs,
    );
  });
});

describe("damage to a small file with checksums", () => {
  const tensors = new Map<string, SavedTensor>([
    ["weight", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["empty", { dtype: "I32", shape: [0, 2], data: new Int32Array(0) }],
    ["step", { dtype: "I64", shape: [], data: BigInt64Array.of(7n) }],
  ]);
  const metadata = new Map([["format", "pt"]]);
  const bytes = writeSafetensors(tensors, metadata, { checksums: true });

  test("cut at every byte", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readSafetensors(bytes.subarray(0, length))).toThrow(FormatError);
    }
  });

  test("every single wrong bit is found, or makes no difference", () => {
    let harmless = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      try {
        const read = readSafetensors(damaged);
        expect(read.metadata).toEqual(metadata);
        expect(new Map(read)).toEqual(new Map(readSafetensors(bytes)));
        harmless++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(harmless).toBeLessThan(8);
  });
});
