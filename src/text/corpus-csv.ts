/** Sentence pairs in comma-separated values (RFC 4180), read by csv-parse. */
import { CsvError, parse } from "csv-parse/browser/esm/sync";
import { FormatError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import { readText } from "../base/files.ts";
import { checkText, rejectUnknownKeys } from "../base/options.ts";
import { inFile, PairCollector, type ParallelCorpus } from "./corpus-pairs.ts";
import { findColumns, hasHeader, TABLE_OPTIONS, type TableOptions, tooFew } from "./corpus-tables.ts";

/**
 * Pairs from comma-separated text. Quoted cells may hold commas, doubled
 * quotes and line breaks, which become `\n`; every row has as many cells as
 * the first. Errors name the line where the row begins and the cell as column.
 *
 * @throws {FormatError} with row and column of a ragged row or a wrong quote; when no pair is left.
 * @throws {OptionError} when the header lacks a column.
 * @example
 * parseCsv('en,fr\n"Go, now.",Va !\n', { columns: ["en", "fr"] }).pairs;
 * // [{ source: "Go, now.", target: "Va !", line: 2 }]
 */
export function parseCsv(text: string, options: TableOptions = {}): ParallelCorpus {
  rejectUnknownKeys("parseCsv", options, TABLE_OPTIONS);
  checkText("parseCsv", text);
  const { columns = [0, 1], file } = options;
  const rows = parseRows(text, file);
  const header = hasHeader(columns);
  const [source, target] = findColumns(columns, header ? (rows[0]?.record ?? []) : []);
  const needed = Math.max(source, target) + 1;
  const collector = new PairCollector(options);
  for (const { record, line } of header ? rows.slice(1) : rows) {
    if (record.length < needed) throw tooFew(needed, record.length, file, line);
    collector.add(record[source], record[target], line);
  }
  return collector.corpus();
}

/** {@link parseCsv} of a file. @throws {IoError} also, when it cannot be read. */
export function readCsv(path: string, options: TableOptions = {}, fs?: FileSystem): ParallelCorpus {
  return parseCsv(readText(path, fs), { file: path, ...options });
}

interface Row {
  readonly record: string[];
  /** 1-based line where the row begins. */
  readonly line: number;
}

function parseRows(text: string, file: string | undefined): Row[] {
  const rows: Row[] = [];
  // csv-parse's own count takes a "\r" inside quotes for a line.
  let line = 1;
  try {
    parse(new TextEncoder().encode(text.replaceAll("\r\n", "\n")), {
      recordDelimiter: "\n",
      relaxColumnCount: true,
      onRecord(record: string[]) {
        // An empty line is no row.
        if (record.length > 1 || record[0] !== "") rows.push({ record, line });
        for (const cell of record) line += cell.split("\n").length - 1;
        line++;
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const { code, column } = cause as CsvError & { column: number };
    const complaint = QUOTE_ERRORS[code] ?? { expected: "well-formed rows", got: code };
    throw new FormatError({ what: "CSV row", ...complaint }, inFile(file, line, column + 1), { cause });
  }
  for (const { record, line } of rows) {
    const [got, wanted] = [record.length, rows[0].record.length];
    if (got === wanted) continue;
    const complaint = { what: "CSV row", expected: `${wanted} cells, as in the first row`, got: `${got}` };
    throw new FormatError(complaint, inFile(file, line, Math.min(got, wanted) + 1));
  }
  return rows;
}

const QUOTE_ERRORS: Readonly<Record<string, { expected: string; got: string }>> = {
  CSV_QUOTE_NOT_CLOSED: { expected: 'a closing "', got: "the end of the file" },
  CSV_INVALID_CLOSING_QUOTE: {
    expected: 'a comma or line break after a closing "',
    got: "another character",
  },
  INVALID_OPENING_QUOTE: { expected: 'a cell quoted as a whole, with each " doubled', got: 'a " inside it' },
};
