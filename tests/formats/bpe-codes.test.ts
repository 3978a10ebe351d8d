import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { formatBpeCodes, parseBpeCodes } from "../../src/formats/bpe-codes.ts";

describe("BPE codes", () => {
  test("round-trip", () => {
    const merges = [
      ["t", "h"],
      ["th", "e</w>"],
      ["\u00a0", "#"],
    ] as const;
    const text = "#version: 0.2\nt h\nth e</w>\n\u00a0 #\n";
    expect(formatBpeCodes(merges)).toBe(text);
    expect(parseBpeCodes(text, "x")).toEqual({ version: "0.2", merges });
  });

  test("without a version line are 0.1", () => {
    expect(parseBpeCodes("a b\nab </w>\n", "x")).toEqual({
      version: "0.1",
      merges: [
        ["a", "b"],
        ["ab", "</w>"],
      ],
    });
    expect(parseBpeCodes("#version: 0.1\r\na b\r\n", "x").version).toBe("0.1");
  });

  test("keep the first of equal merges, as subword-nmt does", () => {
    expect(parseBpeCodes("#version: 0.2\na b\nb c\na b\n", "x").merges).toEqual([
      ["a", "b"],
      ["b", "c"],
    ]);
  });

  test("may hold no merges", () => {
    expect(parseBpeCodes("#version: 0.2\n", "x").merges).toEqual([]);
  });

  test.each([
    ["#version: 0.3\na b\n", 'x:1: version of the codes: expected 0.1 or 0.2, got "0.3".'],
    ["#version: 0.2 byte\na b\n", 'x:1: version of the codes: expected 0.1 or 0.2, got "0.2 byte".'],
    ["#version: 0.2\na b\nabc\n", 'x:3: merge: expected two symbols with a space between, got "abc".'],
    ["#version: 0.2\na b c\n", 'x:2: merge: expected two symbols with a space between, got "a b c".'],
    ["#version: 0.2\na  b\n", 'x:2: merge: expected two symbols with a space between, got "a  b".'],
    ["#version: 0.2\n\na b\n", 'x:2: merge: expected two symbols with a space between, got "".'],
    ["", 'x:1: merge: expected two symbols with a space between, got "".'],
  ])("refuse %j", (text, message) => {
    expect(() => parseBpeCodes(text, "x")).toThrow(message);
    expect(() => parseBpeCodes(text, "x")).toThrow(FormatError);
  });
});
