import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { decodeUtf8 } from "../../src/base/utf8.ts";
import { runs } from "../support/fc.ts";

const encoder = new TextEncoder();

test("one byte order mark at the start is dropped, others stay", () => {
  expect(decodeUtf8(encoder.encode("\ufeffa\ufeffb"))).toBe("a\ufeffb");
  expect(decodeUtf8(encoder.encode("\ufeff\ufeffa"))).toBe("\ufeffa");
  expect(decodeUtf8(encoder.encode("\ufeffa"), { start: 10 })).toBe("\ufeffa");
});

test("well-formed text decodes to itself", () => {
  const text = fc.string({ unit: "binary" }).filter((value) => !/^\ufeff|\0/.test(value));
  fc.assert(
    fc.property(text, (value) => decodeUtf8(encoder.encode(value)) === value),
    runs,
  );
});

describe("the first ill-formed byte", () => {
  // Unicode 15, section 3.9, tables 3-7 to 3-10.
  test.each([
    ["overlong NUL", [0x61, 0xc0, 0x80], 1],
    ["0xff", [0xff], 0],
    ["lone continuation", [0x61, 0x62, 0x80], 2],
    ["overlong three bytes", [0xe0, 0x9f, 0x80], 0],
    ["overlong four bytes", [0xf0, 0x8f, 0x80, 0x80], 0],
    ["surrogate", [0x61, 0xed, 0xa0, 0x80], 1],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0],
    ["0xf5", [0xf5, 0x80, 0x80, 0x80], 0],
    ["cut in two", [0xc3, 0xa9, 0xc3], 2],
    ["cut in three", [0xe2, 0x82], 0],
    ["cut in four", [0xf0, 0x9f, 0x98], 0],
    ["interrupted", [0xe2, 0x82, 0x61], 0],
  ])("%s", (_, bytes, offset) => {
    let error: unknown;
    try {
      decodeUtf8(Uint8Array.from(bytes), { file: "corpus.txt", start: 100 });
    } catch (cause) {
      error = cause;
    }
    expect(error).toBeInstanceOf(FormatError);
    const byte = bytes[offset].toString(16);
    expect((error as Error).message).toBe(
      `corpus.txt at byte ${100 + offset}: text: expected UTF-8, got the byte 0x${byte} where it cannot stand. ` +
        "Convert the file to UTF-8, for instance with iconv.",
    );
  });

  test("agrees with the platform's decoder: what is before it is well-formed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        try {
          decodeUtf8(bytes, { start: 1 });
        } catch (error) {
          const at = ((error as FormatError).location.offset ?? 0) - 1;
          new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, at));
          return at < bytes.length;
        }
        return true;
      }),
      runs,
    );
  });
});

describe("other formats are named", () => {
  test.each([
    ["gzip data", [0x1f, 0x8b, 8]],
    ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
    ["a ZIP archive", [0x50, 0x4b, 3, 4]],
    ["UTF-16 text", [0xff, 0xfe, 0x61, 0]],
    ["UTF-16 text", [0xfe, 0xff, 0, 0x61]],
    ["binary data or UTF-16 text (many NUL bytes)", [0x61, 0, 0x62, 0, 0x63, 0, 0x64, 0]],
    ["binary data or UTF-16 text (many NUL bytes)", [0, 0, 0, 0]],
  ])("%s", (name, bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(`at byte 0: text: expected UTF-8, got ${name}.`);
  });

  test("a few NUL characters are text", () => {
    expect(decodeUtf8(encoder.encode("a\0b\0\0c and more text"))).toBe("a\0b\0\0c and more text");
    expect(decodeUtf8(encoder.encode("\0"))).toBe("\0");
  });
});
