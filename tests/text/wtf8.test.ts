import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { encodeWtf8, Wtf8Decoder } from "../../src/text/wtf8.ts";
import { runs } from "../support/fc.ts";

const decode = (bytes: Uint8Array) => {
  const decoder = new Wtf8Decoder();
  return decoder.push(bytes) + decoder.end();
};

describe("WTF-8", () => {
  test("gives every string back, lone surrogates and byte order marks included", () => {
    fc.assert(
      fc.property(anyString({ maxLength: 600 }), (text) => decode(encodeWtf8(text)) === text),
      runs,
    );
  });

  test("is UTF-8 where the string is well formed", () => {
    const law = fc.property(
      anyString().map((text) => text.replace(/\p{Cs}/gu, "")),
      (text) => {
        expect(encodeWtf8(text)).toEqual(new TextEncoder().encode(text));
      },
    );
    fc.assert(law, runs);
  });

  test("gives lone surrogates three bytes (Sapin, WTF-8, section 3.2)", () => {
    expect([...encodeWtf8("\ud800\udfff\udfff")]).toEqual([0xf0, 0x90, 0x8f, 0xbf, 0xed, 0xbf, 0xbf]);
  });

  test("replaces bad bytes as the WHATWG decoder does", () => {
    const telling = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc0,
      0xc3,
      0xe0,
      0xe2,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
      0x9f,
      0x90,
    );
    const bytes = fc.array(fc.oneof(telling, fc.nat(255)), { maxLength: 300 });
    const law = fc.property(bytes, (array) => {
      // 0xed starts surrogates, which only WTF-8 allows.
      const data = Uint8Array.from(array.filter((byte) => byte !== 0xed));
      expect(decode(data)).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(data));
    });
    fc.assert(law, { numRuns: 5 * runs.numRuns });
  });

  test("decodes any cut of the bytes alike", () => {
    const law = fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), (chunks) => {
      const decoder = new Wtf8Decoder();
      const text = chunks.map((chunk) => decoder.push(chunk)).join("") + decoder.end();
      expect(text).toBe(decode(Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))));
      expect(decoder.complete).toBe(true);
    });
    fc.assert(law, runs);
  });
});
