/** Sentence pairs in tab-separated columns and in JSON lines. */
import { FormatError, nearest, OptionError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import { readText } from "../base/files.ts";
import { checkNumber, checkText, describe, rejectUnknownKeys } from "../base/options.ts";
import { splitLines } from "./corpus-lines.ts";
import { inFile, PairCollector, type PairOptions, type ParallelCorpus } from "./corpus-pairs.ts";

/** A column by 0-based number, or by its name in the first row. */
export type Column = number | string;

export interface TableOptions extends PairOptions {
  /** Where the source and the target are. Names make the first row a header. @defaultValue [0, 1] */
  readonly columns?: readonly [source: Column, target: Column];
}

export interface JsonLinesOptions extends PairOptions {
  /** Key of the source sentence. @defaultValue "source" */
  readonly source?: string;
  /** Key of the target sentence. @defaultValue "target" */
  readonly target?: string;
}

/**
 * Pairs from tab-separated text. Quotes are ordinary characters, and columns
 * beyond the two are ignored (Tatoeba keeps attributions there).
 *
 * Split by hand because without quoting that is all there is to TSV, and it is
 * seven times faster than a general parser.
 *
 * @throws {FormatError} with the row when it lacks a column; when no pair is left.
 * @throws {OptionError} when the header lacks a column.
 * @example
 * parseTsv("Go.\tVa !\tCC-BY\n").pairs; // [{ source: "Go.", target: "Va !", line: 1 }]
 */
export function parseTsv(text: string, options: TableOptions = {}): ParallelCorpus {
  rejectUnknownKeys("parseTsv", options, TABLE_OPTIONS);
  checkText("parseTsv", text);
  const { columns = [0, 1], file } = options;
  const lines = splitLines(text);
  const header = hasHeader(columns);
  const [source, target] = findColumns(columns, header ? (lines[0] ?? "").split("\t") : []);
  const needed = Math.max(source, target) + 1;
  const collector = new PairCollector(options);
  for (let i = header ? 1 : 0; i < lines.length; i++) {
    const cells = lines[i].split("\t");
    // An empty line is a blank pair rather than a row that lacks columns.
    if (cells.length < needed && lines[i] !== "") throw tooFew(needed, cells.length, file, i + 1);
    collector.add(cells[source] ?? "", cells[target] ?? "", i + 1);
  }
  return collector.corpus();
}

/** {@link parseTsv} of a file. @throws {IoError} also, when it cannot be read. */
export function readTsv(path: string, options: TableOptions = {}, fs?: FileSystem): ParallelCorpus {
  return parseTsv(readText(path, fs), { file: path, ...options });
}

/**
 * Pairs from JSON lines: one object a line, with a string under each key.
 *
 * @throws {FormatError} with the line that is not such an object; when no pair is left.
 * @example
 * parseJsonLines('{"en": "Go.", "fr": "Va !"}\n', { source: "en", target: "fr" }).pairs;
 * // [{ source: "Go.", target: "Va !", line: 1 }]
 */
export function parseJsonLines(text: string, options: JsonLinesOptions = {}): ParallelCorpus {
  rejectUnknownKeys("parseJsonLines", options, ["source", "target", "maxWords", "file"]);
  checkText("parseJsonLines", text);
  const { source = "source", target = "target", file } = options;
  const collector = new PairCollector(options);
  for (const [i, line] of splitLines(text).entries()) {
    const number = i + 1;
    if (line.trim() === "") {
      collector.add("", "", number);
      continue;
    }
    const record = parseRecord(line, file, number);
    collector.add(stringAt(record, source, file, number), stringAt(record, target, file, number), number);
  }
  return collector.corpus();
}

/** {@link parseJsonLines} of a file. @throws {IoError} also, when it cannot be read. */
export function readJsonLines(path: string, options: JsonLinesOptions = {}, fs?: FileSystem): ParallelCorpus {
  return parseJsonLines(readText(path, fs), { file: path, ...options });
}

/** Keys of {@link TableOptions}. */
export const TABLE_OPTIONS = ["columns", "maxWords", "file"] as const;

/** Whether columns are given by name, so that the first row must name them. */
export function hasHeader(columns: readonly Column[]): boolean {
  return columns.some((column) => typeof column === "string");
}

/** 0-based numbers of the two columns. */
export function findColumns(columns: readonly Column[], header: readonly string[]): [number, number] {
  const find = (column: Column): number => {
    if (typeof column !== "string") return checkNumber("column", column, { integer: true, min: 0 });
    const found = header.indexOf(column);
    if (found !== -1) return found;
    const close = nearest(column, header);
    throw new OptionError({
      what: "column",
      expected: `one of the header's columns ${header.map((name) => describe(name)).join(", ")}`,
      got: describe(column),
      ...(close === undefined ? {} : { hint: `Did you mean ${describe(close)}?` }),
    });
  };
  return [find(columns[0]), find(columns[1])];
}

/** The error for a row that lacks a column. */
export function tooFew(needed: number, got: number, file: string | undefined, line: number): FormatError {
  return new FormatError(
    {
      what: "row",
      expected: `at least ${needed} columns`,
      got: `${got}`,
      hint: "Each row holds a sentence and its translation.",
    },
    inFile(file, line, got),
  );
}

function parseRecord(line: string, file: string | undefined, number: number): object {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const complaint = { what: "JSON line", expected: "one JSON object", got: describe(line) };
    throw new FormatError(complaint, inFile(file, number), { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FormatError(
    { what: "JSON line", expected: "one JSON object", got: describe(value) },
    inFile(file, number),
  );
}

function stringAt(record: object, key: string, file: string | undefined, line: number): string {
  const value: unknown = Object.hasOwn(record, key) ? (record as Record<string, unknown>)[key] : undefined;
  if (typeof value === "string") return value;
  throw new FormatError(
    {
      what: `JSON line, key ${describe(key)}`,
      expected: "a string",
      got: value === undefined ? "no such key" : describe(value),
      hint: `The line has the keys ${Object.keys(record).join(", ") || "(none)"}.`,
    },
    inFile(file, line),
  );
}
