import fc from "fast-check";
import { expect, test } from "vitest";
import { Spans, unitsToString } from "../../src/base/spans.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";

test("code points of a text are JavaScript's, whatever text came before", () => {
  const spans = new Spans();
  spans.load("\udc00".repeat(100));
  fc.assert(
    fc.property(anyText, (text) => {
      spans.load(text);
      expect(spans.length).toBe(text.length);
      for (let i = 0; i < text.length; i++) {
        expect(spans.codePoint(i)).toBe(text.codePointAt(i));
        expect(spans.width(i)).toBe((text.codePointAt(i) as number) > 0xffff ? 2 : 1);
      }
    }),
    runs,
  );
});

test("stretches come back as strings, many and long ones too", () => {
  const text = "a\ud800b😀".repeat(10_000);
  const spans = new Spans();
  spans.load(text);
  for (let i = 0; i < text.length; i += 7) spans.add(i, Math.min(i + 7, text.length));
  spans.add(0, text.length);
  const strings = spans.strings();
  expect(strings.pop()).toBe(text);
  expect(strings.join("")).toBe(text);
  expect([spans.start(1), spans.end(1)]).toEqual([7, 14]);
  spans.load("b");
  expect(spans.strings()).toEqual([]);
});

test("unitsToString keeps every unit", () => {
  const units = Uint16Array.of(0, 0xd800, 0xffff, 0xfeff);
  expect(unitsToString(units, 0, 4)).toBe("\0\ud800\uffff\ufeff");
  expect(unitsToString(units, 2, 2)).toBe("");
});
