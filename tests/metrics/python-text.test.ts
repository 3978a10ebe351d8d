import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatFixed, isSpace, splitWords, trim, trimEnd } from "../../src/metrics/python-text.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";

/** `[c for c in map(chr, range(0x110000)) if c.isspace()]` in Python 3. */
const SPACES =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

describe("white space is Python's", () => {
  test("of all code points", () => {
    const found = Array.from({ length: 0x110000 }, (_, code) => code).filter(isSpace);
    expect(String.fromCodePoint(...found)).toBe(SPACES);
  });

  test("U+001C and U+0085 separate words, U+FEFF does not", () => {
    expect(splitWords(" a\x1cb\x85c\ufeffd\n")).toEqual(["a", "b", "c\ufeffd"]);
    expect(splitWords(" \t")).toEqual([]);
    expect(trimEnd(" a b \x1f")).toBe(" a b");
    expect(trim("\u3000 a b \x1f")).toBe("a b");
    expect(trim("\n")).toBe("");
  });

  test("words hold no white space and joined again split alike", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const words = splitWords(text);
        expect(splitWords(words.join(" "))).toEqual(words);
        expect(words.join("")).toBe(Array.from(text, (c) => (SPACES.includes(c) ? "" : c)).join(""));
      }),
      runs,
    );
  });
});

describe("formatFixed rounds like Python's format", () => {
  // print(f"{6.25:.1f}") and so on, Python 3.11
  test.each([
    [6.25, 1, "6.2"],
    [6.75, 1, "6.8"],
    [0.125, 2, "0.12"],
    [0.375, 2, "0.38"],
    [2.5, 1, "2.5"],
    [1.005, 2, "1.00"],
    [0.0005, 3, "0.001"],
    [0, 2, "0.00"],
    [100, 2, "100.00"],
    [12.345, 2, "12.35"],
  ])("%d with %d decimals", (value, digits, expected) => {
    expect(formatFixed(value, digits)).toBe(expected);
  });
});
