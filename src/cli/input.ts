/** Text that commands read, from files or, where the path is `-`, from standard input. */
import { FormatError, IoError, OptionError } from "../base/errors.ts";
import { readText } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { decodeUtf8 } from "../base/utf8.ts";
import { splitLines, textChunks } from "../text/corpus-lines.ts";
import type { Io } from "./io.ts";

export const STANDARD_INPUT = "-";

/**
 * @throws {IoError} when the file cannot be read.
 * @throws {FormatError} when it is not UTF-8.
 */
export async function readInput(io: Io, path: string): Promise<string> {
  if (path !== STANDARD_INPUT) return readText(path);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of standardInput(io)) {
    parts.push(bytes);
    length += bytes.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const bytes of parts) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return decodeUtf8(whole, { file: nameOf(path) });
}

/** The bytes of an input, decompressed, in pieces that are valid only until the next is asked for. */
export function inputChunks(io: Io, path: string): AsyncIterable<Uint8Array> {
  return path === STANDARD_INPUT ? standardInput(io) : textChunks(path);
}

async function* standardInput(io: Io): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  try {
    for await (const part of io.stdin) yield typeof part === "string" ? encoder.encode(part) : part;
  } catch (cause) {
    const got = String((cause as { code?: unknown }).code ?? cause);
    const complaint = { what: nameOf(STANDARD_INPUT), expected: "text", got };
    throw new IoError(complaint, STANDARD_INPUT, { cause });
  }
}

/** The object in a JSON file. @throws {FormatError} when it holds anything else. */
export function readJsonObject(file: string): Record<string, unknown> {
  const complaint = { what: "JSON file", expected: "one object" };
  let value: unknown;
  try {
    value = JSON.parse(readText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new FormatError({ ...complaint, got: "text that is not JSON" }, { file }, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new FormatError({ ...complaint, got: describe(value) }, { file });
}

export async function inputLines(io: Io, path: string): Promise<string[]> {
  return splitLines(await readInput(io, path));
}

/** The lines of several files, one after the other. @throws {FormatError} when all are blank. */
export async function corpusLines(io: Io, paths: readonly string[]): Promise<string[]> {
  checkOneStandardInput(paths);
  const lines: string[] = [];
  for (const path of paths) for (const line of await inputLines(io, path)) lines.push(line);
  if (lines.some((line) => /\S/.test(line))) return lines;
  throw new FormatError(
    { what: "empty corpus", expected: "at least one line of text", got: `${lines.length} blank lines` },
    { file: paths.map(nameOf).join(", ") },
  );
}

/** @throws {OptionError} when standard input is asked for twice. */
export function checkOneStandardInput(paths: readonly string[]): void {
  const count = paths.filter((path) => path === STANDARD_INPUT).length;
  if (count < 2) return;
  throw new OptionError({
    what: "standard input",
    expected: "- for at most one file",
    got: `${count} times`,
  });
}

/** How errors name an input. */
export function nameOf(path: string): string {
  return path === STANDARD_INPUT ? "standard input" : path;
}

/** An input that goes line by line, and how many lines it has. */
export interface Counted {
  readonly name: string;
  readonly count: number;
}

/**
 * The references of each segment. Each file gives one reference a line; files named `*.references` or `*.tsv` give
 * one in each tab-separated cell that is not blank.
 *
 * @param expected what the files must have as many lines as
 * @throws {FormatError} naming both counts when a file has more or fewer lines.
 */
export async function readReferences(
  io: Io,
  paths: readonly string[],
  expected: Counted,
): Promise<string[][]> {
  const segments = Array.from({ length: expected.count }, (): string[] => []);
  for (const path of paths) {
    const lines = await inputLines(io, path);
    checkCount({ name: nameOf(path), count: lines.length }, expected);
    const isTable = /\.(?:references|tsv)(?:\.gz)?$/.test(path);
    for (const [i, line] of lines.entries()) {
      if (isTable) segments[i].push(...line.split("\t").filter((cell) => /\S/.test(cell)));
      else segments[i].push(line);
    }
  }
  return segments;
}

/** @throws {FormatError} when two inputs that go line by line differ in length. */
export function checkCount(actual: Counted, expected: Counted): void {
  if (actual.count === expected.count) return;
  const lines = (n: number) => `${n} line${n === 1 ? "" : "s"}`;
  throw new FormatError({
    what: actual.name,
    expected: `${lines(expected.count)}, as in ${expected.name}`,
    got: lines(actual.count),
    hint: "Line n of one file must belong to line n of the other.",
  });
}
