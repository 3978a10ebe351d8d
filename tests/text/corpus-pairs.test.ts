import { describe, expect, test } from "vitest";
import { FormatError, IoError, OptionError } from "../../src/base/errors.ts";
import { writeText } from "../../src/base/files.ts";
import { parseParallel, readParallel } from "../../src/text/corpus-pairs.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

describe("parseParallel", () => {
  test("pairs line n with line n", () => {
    const { pairs, skipped } = parseParallel({ source: "a\r\nb\n", target: "x\ny" });
    expect(pairs).toEqual([
      { source: "a", target: "x", line: 1 },
      { source: "b", target: "y", line: 2 },
    ]);
    expect(skipped).toEqual({ blank: { count: 0, lines: [] }, tooLong: { count: 0, lines: [] } });
  });

  test("counts and places what it leaves out", () => {
    const source = "a b c\n\n \t\u3000\nok\nx\na b\n".repeat(3);
    const target = "x\ny\nz\nfine\n\nu v w x\n".repeat(3);
    const { pairs, skipped } = parseParallel({ source, target }, { maxWords: 2 });
    expect(pairs.map(({ line }) => line)).toEqual([4, 10, 16]);
    expect(skipped.blank).toEqual({ count: 9, lines: [2, 3, 5, 8, 9] });
    expect(skipped.tooLong).toEqual({ count: 6, lines: [1, 6, 7, 12, 13] });
    expect(pairs.length + skipped.blank.count + skipped.tooLong.count).toBe(18);
  });

  test("maxWords counts words and not spaces", () => {
    const target = "x";
    expect(parseParallel({ source: "  a   b  ", target }, { maxWords: 2 }).pairs).toHaveLength(1);
    expect(() => parseParallel({ source: "a b", target }, { maxWords: 1 })).toThrow("1 as too long");
  });

  test("unequal line counts are an error with both", () => {
    const texts = { source: "a\nb\n", target: "x\n" };
    expect(() => parseParallel(texts, { file: "x.en, x.fr" })).toThrow(FormatError);
    expect(() => parseParallel(texts, { file: "x.en, x.fr" })).toThrow(
      "x.en, x.fr: parallel files: expected equally many lines on both sides, got 2 source and 1 target lines. " +
        "Line n of one file must translate line n of the other.",
    );
  });

  test("nothing left is an error", () => {
    expect(() => parseParallel({ source: "", target: "" })).toThrow(
      "empty corpus: expected at least one sentence pair, got none (0 left out as blank, 0 as too long).",
    );
    expect(() => parseParallel({ source: "\n \n", target: "\n\n" })).toThrow("2 left out as blank");
  });

  test("wrong options", () => {
    const texts = { source: "a", target: "b" };
    expect(() => parseParallel(texts, { maxWords: 0 })).toThrow(OptionError);
    expect(() => parseParallel(texts, { maxWord: 3 } as object)).toThrow('Did you mean "maxWords"?');
  });
});

test("readParallel reads both files, compressed or not", () => {
  const fs = new MemoryFileSystem();
  writeText("c.en.gz", "\ufeffa\n", fs);
  writeText("c.fr", "b\n", fs);
  const paths = { source: "c.en.gz", target: "c.fr" };
  expect(readParallel(paths, {}, fs).pairs).toEqual([{ source: "a", target: "b", line: 1 }]);
  expect(() => readParallel({ ...paths, target: "none" }, {}, fs)).toThrow(IoError);
  writeText("c.fr", "b\nc\n", fs);
  expect(() => readParallel(paths, {}, fs)).toThrow("c.en.gz, c.fr: parallel files: ");
});
