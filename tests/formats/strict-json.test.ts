import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { type JsonValue, parseStrictJson } from "../../src/formats/strict-json.ts";
import { runs } from "../support/fc.ts";

/** The same value with objects as entries, so that Maps and objects compare. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map)
    return { entries: [...value].map(([key, member]) => [key, plain(member)]).sort() };
  if (value === null || typeof value !== "object") return value;
  return {
    entries: Object.entries(value)
      .map(([key, member]) => [key, plain(member)])
      .sort(),
  };
}

describe("parseStrictJson", () => {
  test("agrees with JSON.parse on what JSON.stringify writes", () => {
    const unit = fc.oneof(
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
      fc.constantFrom(...'"\\/\n\t\u0001a😀'),
    );
    const value = fc.jsonValue({ stringUnit: unit, maxDepth: 4 });
    const indent = fc.constantFrom("", "  ", "\t");
    const law = fc.property(value, indent, (written, space) => {
      const text = JSON.stringify(written, null, space);
      expect(plain(parseStrictJson(text, "x"))).toEqual(plain(JSON.parse(text)));
    });
    fc.assert(law, runs);
  });

  test("accepts nothing that JSON.parse refuses", () => {
    const pieces = fc.constantFrom(
      ...'{}[],:"0123.-+eE tfn\\u/\n\u0001',
      "true",
      "null",
      '"a"',
      "\ufeff",
      "é",
    );
    const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));
    const law = fc.property(text, (json) => {
      let value: JsonValue;
      try {
        value = parseStrictJson(json, "x");
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        return;
      }
      expect(plain(value)).toEqual(plain(JSON.parse(json)));
    });
    fc.assert(law, { numRuns: 10 * runs.numRuns });
  });

  test("keeps names that mean something to objects", () => {
    const value = parseStrictJson('{"__proto__": 1, "constructor": 2, "": 3, "10": 4, "9": 5}', "x");
    expect([...(value as Map<string, JsonValue>)]).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
      ["", 3],
      ["10", 4],
      ["9", 5],
    ]);
  });

  test("keeps lone surrogates", () => {
    expect(parseStrictJson('"\\ud800\\u0041"', "x")).toBe("\ud800A");
  });

  test.each([
    ['{"a":1,"a":2}', 'at byte 7: x: expected each name once in an object, got "a" again.'],
    ['{"é":1,"é":2}', 'at byte 8: x: expected each name once in an object, got "é" again.'],
    [
      '{"__proto__":1,"__proto__":2}',
      'at byte 15: x: expected each name once in an object, got "__proto__" again.',
    ],
    ["", "at byte 0: x: expected a value, got the end."],
    ["[1,]", 'at byte 3: x: expected a value, got "]".'],
    ["[1 2]", 'at byte 3: x: expected "," or "]", got "2".'],
    ['{"a" 1}', 'at byte 5: x: expected ":", got "1".'],
    ['{"a":1 2}', 'at byte 7: x: expected "," or "}", got "2".'],
    ["{1:2}", 'at byte 1: x: expected a string, got "1".'],
    ["1 2", 'at byte 2: x: expected the end of the text, got "2".'],
    ["01", 'at byte 1: x: expected the end of the text, got "1".'],
    ["1e999", "at byte 0: x: expected a number that fits a double, got 1e999."],
    ['"\\x"', 'at byte 2: x: expected an escape sequence, got "x".'],
    ['"\\u12g4"', 'at byte 2: x: expected an escape sequence, got "u".'],
    ['"a\nb"', 'at byte 2: x: expected a closing ", got "\\n".'],
    ['"a', 'at byte 2: x: expected a closing ", got the end.'],
    ["\ufeff1", 'at byte 0: x: expected a value, got "\ufeff".'],
    ["NaN", 'at byte 0: x: expected a value, got "N".'],
  ])("refuses %j", (json, message) => {
    expect(() => parseStrictJson(json, "x")).toThrow(message);
    expect(() => parseStrictJson(json, "x")).toThrow(FormatError);
  });

  test("nests 64 levels deep and no deeper", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(() => parseStrictJson(nested(64), "x")).not.toThrow();
    const message = 'at byte 64: x: expected nesting of at most 64 levels, got "[".';
    expect(() => parseStrictJson(nested(65), "x")).toThrow(message);
    expect(() => parseStrictJson("[".repeat(1_000_000), "x")).toThrow(message);
    expect(() => parseStrictJson('{"a":'.repeat(1_000_000), "x")).toThrow("nesting of at most 64 levels");
  });

  test("reads long strings", () => {
    const text = "x".repeat(3_000_000);
    expect(parseStrictJson(JSON.stringify(text), "x")).toBe(text);
  });
});
