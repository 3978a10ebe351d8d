import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, OptionError } from "../../src/base/errors.ts";
import { writeText } from "../../src/base/files.ts";
import { parseCsv, readCsv } from "../../src/text/corpus-csv.ts";
import { runs } from "../support/fc.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";

describe("parseCsv", () => {
  test("RFC 4180, section 2: quoted commas, doubled quotes, line breaks in cells", () => {
    const text = '"aaa","b\r\nbb"\r\nzzz,"y""y, y"\r\n\r\nlast,one';
    expect(parseCsv(text).pairs).toEqual([
      { source: "aaa", target: "b\nbb", line: 1 },
      { source: "zzz", target: 'y"y, y', line: 3 },
      { source: "last", target: "one", line: 5 },
    ]);
  });

  test("columns by name", () => {
    expect(parseCsv('id,"fr, fr",en\n1,b,a\n', { columns: ["en", "fr, fr"] }).pairs).toEqual([
      { source: "a", target: "b", line: 2 },
    ]);
    expect(() => parseCsv("en,fr\na,b\n", { columns: ["en", "fra"] })).toThrow(OptionError);
    expect(() => parseCsv("en,fr\na,b\n", { columns: ["en", "fra"] })).toThrow('Did you mean "fr"?');
  });

  test.each([
    ["ragged, long", 'a,b\n\n"x\ny",c,d\n', ":3:3: CSV row: expected 2 cells, as in the first row, got 3."],
    ["ragged, short", "a,b\nc\n", ":2:2: CSV row: expected 2 cells, as in the first row, got 1."],
    ["unclosed", 'a,b\n"\r\n","d\r\ne', ':2:2: CSV row: expected a closing ", got the end of the file.'],
    ["after a quote", 'a,b\n"c"d,e', ':2:1: CSV row: expected a comma or line break after a closing ", got'],
    ["inside", 'a,b\nc,d"e', ':2:2: CSV row: expected a cell quoted as a whole, with each " doubled, got'],
    ["too few columns", "a\nb\n", ":1:1: row: expected at least 2 columns, got 1."],
    ["empty", "", ": empty corpus: expected at least one sentence pair, got none"],
  ])("%s", (_, text, message) => {
    const parse = () => parseCsv(text, { file: "x.csv" });
    expect(parse).toThrow(FormatError);
    expect(parse).toThrow(message);
  });

  test("any cells come back, quoted", () => {
    const cell = fc.string({ unit: "binary" }).map((text) => `x${text.replaceAll("\r\n", "\n")}`);
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1 });
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n"), (cells, end) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const { pairs } = parseCsv(cells.map((row) => row.map(quote).join(",")).join(end));
        expect(pairs.map(({ source, target }) => [source, target])).toEqual(cells);
        let line = 1;
        for (const pair of pairs) {
          expect(pair.line).toBe(line);
          line += `${pair.source}${pair.target}`.split("\n").length;
        }
      }),
      runs,
    );
  });

  test("readCsv names its file", () => {
    const fs = new MemoryFileSystem();
    writeText("p.csv", "\ufeffa,b\n", fs);
    expect(readCsv("p.csv", {}, fs).pairs).toEqual([{ source: "a", target: "b", line: 1 }]);
    expect(() => readCsv("p.csv", { columns: [0, 2] }, fs)).toThrow(
      "p.csv:1:2: row: expected at least 3 columns",
    );
  });
});
