import fc from "fast-check";
import { expect, test } from "vitest";
import { MOST_DIGITS, readDecimal, writeLog } from "../../src/ngram/decimal.ts";
import { runs } from "../support/fc.ts";

const read = (text: string) => readDecimal(new TextEncoder().encode(`?${text}?`), 1, text.length + 1);

function written(value: number): string {
  const out = new Uint8Array(MOST_DIGITS);
  return new TextDecoder().decode(out.subarray(0, writeLog(value, out, 0)));
}

test("numbers as text", () => {
  expect([0, -0, -1.25, -0.1, 3, -12.3456789, -99.0000001, 101.5, -0.00000001].map(written)).toEqual([
    "0",
    "0",
    "-1.25",
    "-0.1",
    "3",
    "-12.3456789",
    "-99.0000001",
    "101.5",
    "0",
  ]);
  expect(written(Number.NEGATIVE_INFINITY)).toBe("-99");
  expect(written(-123456.5)).toBe("-123456.5");
});

test("what is written is read, to half a unit of the seventh decimal", () => {
  fc.assert(
    fc.property(fc.double({ min: -150, max: 150, noNaN: true }), (value) => {
      expect(Math.abs(read(written(value)) - value)).toBeLessThanOrEqual(5.0000001e-8);
    }),
    runs,
  );
});

test("reads what Number reads", () => {
  for (const text of [
    "0",
    "-0.5",
    ".5",
    "5.",
    "1e-3",
    "-1.5E+2",
    "123456789012345678",
    "0.00000000000000000000000012",
  ]) {
    expect(read(text)).toBe(Number(text));
  }
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(number, (value) => {
      expect(read(String(value))).toBe(Number(String(value)));
    }),
    runs,
  );
  expect(read("-inf")).toBe(Number.NEGATIVE_INFINITY);
});

test("refuses the rest", () => {
  for (const text of ["", "-", ".", "-.", "1-2", "nan", "inf", "0x10", "1,5", "--1", "1e", "1.2.3"]) {
    expect([text, read(text)]).toEqual([text, Number.NaN]);
  }
});
