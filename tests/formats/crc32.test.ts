import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../src/formats/crc32.ts";
import { runs } from "../support/fc.ts";

const bytes = fc.uint8Array({ maxLength: 200 });

test("the check value of the CRC catalogue", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test("is what gzip stores (RFC 1952, 2.3)", () => {
  fc.assert(
    fc.property(bytes, (data) => {
      const packed = gzipSync(data);
      return crc32(data) === packed.readUInt32LE(packed.length - 8);
    }),
    runs,
  );
});

test("continues over pieces", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => crc32(Uint8Array.from([...a, ...b])) === crc32(b, crc32(a))),
    runs,
  );
});
