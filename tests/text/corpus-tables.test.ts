import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, OptionError } from "../../src/base/errors.ts";
import { writeText } from "../../src/base/files.ts";
import { parseJsonLines, parseTsv, readJsonLines, readTsv } from "../../src/text/corpus-tables.ts";
import { runs } from "../support/fc.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

describe("parseTsv", () => {
  test("quotes are characters, further columns are ignored", () => {
    expect(parseTsv('"Go."\tVa "!\tCC-BY\n\'x\tb\r\n').pairs).toEqual([
      { source: '"Go."', target: 'Va "!', line: 1 },
      { source: "'x", target: "b", line: 2 },
    ]);
  });

  test("columns by number and by name", () => {
    expect(parseTsv("1\ten\tfr\n", { columns: [2, 1] }).pairs).toEqual([
      { source: "fr", target: "en", line: 1 },
    ]);
    expect(parseTsv("id\teng\tfra\n1\tGo.\tVa !\n", { columns: ["eng", "fra"] }).pairs).toEqual([
      { source: "Go.", target: "Va !", line: 2 },
    ]);
    expect(parseTsv("eng\tfra\na\tb\n", { columns: ["eng", 1] }).pairs).toHaveLength(1);
  });

  test("blank lines and sides are counted", () => {
    expect(parseTsv("a\tb\n\n\tc\nd\t \n").skipped.blank).toEqual({ count: 3, lines: [2, 3, 4] });
  });

  test("a row that lacks a column is an error with its row", () => {
    expect(() => parseTsv("a\tb\nc\n", { file: "x.tsv" })).toThrow(FormatError);
    expect(() => parseTsv("a\tb\nc\n", { file: "x.tsv" })).toThrow(
      "x.tsv:2:1: row: expected at least 2 columns, got 1. Each row holds a sentence and its translation.",
    );
  });

  test("a wrong column is an error", () => {
    expect(() => parseTsv("eng\tfra\n", { columns: ["eng", "fr"] })).toThrow(OptionError);
    expect(() => parseTsv("eng\tfra\n", { columns: ["eng", "fr"] })).toThrow(
      'column: expected one of the header\'s columns "eng", "fra", got "fr". Did you mean "fra"?',
    );
    expect(() => parseTsv("", { columns: ["eng", "fra"] })).toThrow(OptionError);
    expect(() => parseTsv("a\tb\n", { columns: [0, -1] })).toThrow(
      "column: expected a whole number of at least 0",
    );
    expect(() => parseTsv("a\tb\n", { column: [0, 1] } as object)).toThrow('Did you mean "columns"?');
    expect(() => parseTsv("eng\tfra\n", { columns: ["eng", "fra"] })).toThrow("empty corpus");
  });

  test("any cells without tabs and line ends come back", () => {
    const cell = fc.string({ unit: "binary" }).map((text) => `x${text.replace(/[\t\n\r]/g, " ")}`);
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1 });
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n"), (cells, end) => {
        const { pairs } = parseTsv(cells.map((row) => row.join("\t")).join(end));
        expect(pairs.map(({ source, target }) => [source, target])).toEqual(cells);
      }),
      runs,
    );
  });

  test("readTsv names its file", () => {
    const fs = new MemoryFileSystem();
    writeText("pairs.tsv.gz", "a\tb\nc\n", fs);
    expect(() => readTsv("pairs.tsv.gz", {}, fs)).toThrow("pairs.tsv.gz:2:1: row:");
    expect(readTsv("pairs.tsv.gz", { columns: [0, 0] }, fs).pairs).toHaveLength(2);
  });
});

describe("parseJsonLines", () => {
  test("takes the sentences under the keys", () => {
    const text = '{"source": "a", "target": "b\\n"}\r\n\n{"target": "d", "source": "c", "id": 7}';
    const { pairs, skipped } = parseJsonLines(text);
    expect(pairs).toEqual([
      { source: "a", target: "b\n", line: 1 },
      { source: "c", target: "d", line: 3 },
    ]);
    expect(skipped.blank).toEqual({ count: 1, lines: [2] });
  });

  test.each([
    ["{", 'JSON line: expected one JSON object, got "{".'],
    ["[1, 2]", "JSON line: expected one JSON object, got an array of 2."],
    ["null", "JSON line: expected one JSON object, got null."],
    ['{"en": "a"}', 'JSON line, key "fr": expected a string, got no such key. The line has the keys en.'],
    ["{}", 'JSON line, key "en": expected a string, got no such key. The line has the keys (none).'],
    ['{"en": 1, "fr": "b"}', 'JSON line, key "en": expected a string, got 1.'],
  ])("%s", (line, message) => {
    const parse = () =>
      parseJsonLines(`{"en": "x", "fr": "y"}\n${line}`, { source: "en", target: "fr", file: "f" });
    expect(parse).toThrow(FormatError);
    expect(parse).toThrow(`f:2: ${message}`);
  });

  test("keys of Object's prototype are not data", () => {
    expect(() => parseJsonLines("{}", { source: "toString" })).toThrow("got no such key");
    const text = '{"__proto__": "a", "constructor": "b"}';
    expect(parseJsonLines(text, { source: "__proto__", target: "constructor" }).pairs).toEqual([
      { source: "a", target: "b", line: 1 },
    ]);
  });

  test("readJsonLines names its file", () => {
    const fs = new MemoryFileSystem();
    writeText("p.jsonl", '{"source": "a", "target": "b"}\n', fs);
    expect(readJsonLines("p.jsonl", {}, fs).pairs).toHaveLength(1);
    expect(() => readJsonLines("p.jsonl", { source: "en" }, fs)).toThrow("p.jsonl:1: JSON line");
  });
});
