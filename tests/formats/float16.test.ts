import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "../../src/formats/float16.ts";
import { runs } from "../support/fc.ts";

const every = Uint16Array.from({ length: 65536 }, (_, i) => i);
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0];
const floats = fc.oneof(
  fc.float({ noNaN: true }),
  fc.float({ noNaN: true, min: -70000, max: 70000 }),
  fc.float({ noNaN: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
);

/** The nearest of all values of a type, ties to the even code; the slow definition. */
function nearestCode(value: number, table: Float32Array, infinity: number): number {
  let low = 0;
  let high = infinity;
  const magnitude = Math.abs(value);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (table[middle] <= magnitude) low = middle;
    else high = middle;
  }
  // Above the largest finite value, infinity stands for the next power of two.
  const above = high === infinity ? 2 * table[infinity - 1] - table[infinity - 2] : table[high];
  const below = magnitude - table[low];
  const code = below * 2 > above - table[low] || (below * 2 === above - table[low] && low & 1) ? high : low;
  return code | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

describe("half precision", () => {
  test("IEEE 754 binary16: the values of its corner codes", () => {
    const codes = Uint16Array.of(
      0,
      0x8000,
      1,
      0x3ff,
      0x400,
      0x3555,
      0x3c00,
      0x4000,
      0xc000,
      0x7bff,
      0x7c00,
      0xfc00,
    );
    expect([...halfToFloat(codes)]).toEqual([
      0,
      -0,
      2 ** -24,
      2 ** -14 - 2 ** -24,
      2 ** -14,
      0.333251953125,
      1,
      2,
      -2,
      65504,
      Infinity,
      -Infinity,
    ]);
  });

  test("every one of the 65,536 codes comes back, payloads of NaNs included", () => {
    expect(floatToHalf(halfToFloat(every)).join()).toBe(every.join());
  });

  test("rounds to the nearest, ties to even", () => {
    const table = halfToFloat(every);
    fc.assert(
      fc.property(floats, (value) => {
        const wanted =
          Math.abs(value) === Infinity ? (value < 0 ? 0xfc00 : 0x7c00) : nearestCode(value, table, 0x7c00);
        expect(floatToHalf(Float32Array.of(value))[0]).toBe(wanted);
      }),
      runs,
    );
    const ties = Float32Array.of(
      2 ** -25,
      3 * 2 ** -25,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65519.996,
      65520,
      2 ** -26,
    );
    expect([...floatToHalf(ties)]).toEqual([0, 2, 0x3c00, 0x3c02, 0x7bff, 0x7c00, 0]);
  });

  test("a NaN whose payload does not fit stays a NaN", () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
    expect([...floatToHalf(nan)]).toEqual([0x7e00, 0xfe00]);
  });
});

describe("bfloat16", () => {
  test("is the upper half of an f32, and every code comes back", () => {
    expect(bitsOf(bfloatToFloat(Uint16Array.of(0x3f80))[0])).toBe(0x3f800000);
    expect(floatToBfloat(bfloatToFloat(every)).join()).toBe(every.join());
  });

  test("rounds to the nearest, ties to even", () => {
    const table = bfloatToFloat(every);
    fc.assert(
      fc.property(floats, (value) => {
        const wanted =
          Math.abs(value) === Infinity ? (value < 0 ? 0xff80 : 0x7f80) : nearestCode(value, table, 0x7f80);
        expect(floatToBfloat(Float32Array.of(value))[0]).toBe(wanted);
      }),
      runs,
    );
  });

  test("a NaN whose payload does not fit stays a NaN", () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
    expect([...floatToBfloat(nan)]).toEqual([0x7fc0, 0xffc0]);
  });
});
