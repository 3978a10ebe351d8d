/** The sentence pairs of `lexigrad mt train`: reading, splitting and what a run directory keeps of them. */
import { OptionError } from "../base/errors.ts";
import { exists, readText, writeText } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { readCsv } from "../text/corpus-csv.ts";
import { splitLines } from "../text/corpus-lines.ts";
import { type ParallelCorpus, readParallel, type SentencePair, type Skipped } from "../text/corpus-pairs.ts";
import { collectReferences, type ReferenceSet, splitByGroup } from "../text/corpus-split.ts";
import { type Column, readJsonLines, readTsv } from "../text/corpus-tables.ts";
import { type Io, note } from "./io.ts";
import { defined } from "./option-values.ts";

export interface DataOptions {
  readonly tsv?: string;
  readonly csv?: string;
  readonly jsonl?: string;
  readonly source?: string;
  readonly target?: string;
  /** Numbers from 1, or names. */
  readonly columns?: string;
  readonly maxWords?: number;
  readonly validTsv?: string;
  readonly validSource?: string;
  readonly validTarget?: string;
  readonly validSize?: number;
  readonly testSize?: number;
}

export interface TranslationCorpus {
  readonly train: readonly SentencePair[];
  readonly valid: readonly SentencePair[];
  readonly test: readonly ReferenceSet[];
}

/** Unless sizes are given, so much of a corpus is kept apart, for validation and for the test each. */
const HELD_OUT = { share: 0.05, most: 500 };

/**
 * Reads the training pairs, and validation pairs where there is a file of them; else parts are kept apart.
 *
 * @throws {OptionError} when not exactly one source of data is given.
 */
export function readCorpus(io: Io, options: DataOptions, seed: number): TranslationCorpus {
  const pairs = report(io, "training data", readPairs(options));
  const { validTsv, validSource, validTarget } = options;
  const valid = validTsv ?? validSource ?? validTarget;
  const size = Math.min(HELD_OUT.most, Math.floor(HELD_OUT.share * pairs.length));
  if (valid === undefined) {
    const { validSize = size, testSize = size } = options;
    return splitByGroup(pairs, { valid: validSize, test: testSize, seed });
  }
  const parallel = { "--valid-source with --valid-target": validSource ?? validTarget };
  const kinds = { "--valid-tsv": validTsv, ...parallel, "--valid-size": options.validSize };
  onlyOne("validation data", kinds);
  checkBoth(validSource, validTarget, "--valid-source", "--valid-target");
  const read = validTsv
    ? readTsv(validTsv, tableOptions(options))
    : readParallel({ source: validSource!, target: validTarget! }, limits(options));
  const { train, test } = splitByGroup(pairs, { valid: 0, test: options.testSize ?? 0, seed });
  return { train, valid: report(io, "validation data", read), test };
}

function readPairs(options: DataOptions): ParallelCorpus {
  const { tsv, csv, jsonl, source, target } = options;
  const parallel = { "--source with --target": source ?? target };
  onlyOne("training data", { "--tsv": tsv, "--csv": csv, "--jsonl": jsonl, ...parallel });
  checkBoth(source, target, "--source", "--target");
  if (tsv !== undefined) return readTsv(tsv, tableOptions(options));
  if (csv !== undefined) return readCsv(csv, tableOptions(options));
  if (jsonl === undefined) return readParallel({ source: source!, target: target! }, limits(options));
  const [sourceKey, targetKey] = options.columns === undefined ? [] : columnPair(options.columns);
  return readJsonLines(jsonl, { ...limits(options), ...defined({ source: sourceKey, target: targetKey }) });
}

/** @throws {OptionError} unless one of the options has a value. */
function onlyOne(what: string, options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length === 1) return;
  const expected = `one of ${Object.keys(options).join(", ")}`;
  throw new OptionError({ what, expected, got: given.join(" and ") || "none" });
}

function checkBoth(a: unknown, b: unknown, nameA: string, nameB: string): void {
  if ((a === undefined) === (b === undefined)) return;
  const [there, missing] = a === undefined ? [nameB, nameA] : [nameA, nameB];
  throw new OptionError({ what: there, expected: `${missing} with it`, got: "none" });
}

const limits = ({ maxWords }: DataOptions) => defined({ maxWords });

function tableOptions(options: DataOptions) {
  const { columns } = options;
  if (columns === undefined) return limits(options);
  const pair = columnPair(columns).map((name): Column => (/^[1-9]\d*$/.test(name) ? Number(name) - 1 : name));
  return { ...limits(options), columns: [pair[0], pair[1]] as const };
}

function columnPair(columns: string): [string, string] {
  const parts = columns.split(",");
  if (parts.length === 2 && parts.every(Boolean)) return [parts[0], parts[1]];
  throw new OptionError({
    what: "--columns",
    expected: "two columns with a comma between",
    got: describe(columns),
  });
}

function report(io: Io, what: string, { pairs, skipped }: ParallelCorpus): SentencePair[] {
  note(io, `${what}: ${pairs.length} ${pairs.length === 1 ? "pair" : "pairs"}`);
  const reasons = { "a side is blank": skipped.blank, "more than --max-words": skipped.tooLong };
  for (const [reason, { count, lines }] of Object.entries(reasons)) {
    if (count > 0) note(io, `${what}: ${count} left out because ${reason} (${placesOf({ count, lines })})`);
  }
  return pairs;
}

function placesOf({ count, lines }: Skipped): string {
  return `line${count === 1 ? "" : "s"} ${lines.join(", ")}${count > lines.length ? ", ..." : ""}`;
}

/** What {@link writeHeldOut} may write. */
export const HELD_OUT_FILES = ["valid.source", "valid.references", "test.source", "test.references"];

/** Writes the sentences kept apart: `valid.source` beside `valid.references`, and the same for the test. */
export function writeHeldOut(directory: string, { valid, test }: TranslationCorpus): void {
  for (const [name, sets] of [
    ["valid", collectReferences(valid)],
    ["test", test],
  ] as const) {
    if (sets.length === 0) continue;
    const sources = sets.map(({ source }) => `${oneCell(source)}\n`);
    const references = sets.map((set) => `${set.references.map(oneCell).join("\t")}\n`);
    writeText(`${directory}/${name}.source`, sources.join(""));
    writeText(`${directory}/${name}.references`, references.join(""));
  }
}

/** Tabs and line ends separate cells and sentences. */
function oneCell(text: string): string {
  return text.replace(/[\t\r\n]+/g, " ");
}

/** The paths of the sentences kept apart, where there are any. */
export function heldOutPaths(directory: string, name: "valid" | "test") {
  const paths = { source: `${directory}/${name}.source`, references: `${directory}/${name}.references` };
  return exists(paths.source) && exists(paths.references) ? paths : undefined;
}

/** The first sentences kept apart for validation. */
export function readHeldOut(directory: string, count: number): ReferenceSet[] {
  const paths = heldOutPaths(directory, "valid");
  if (paths === undefined) return [];
  const references = splitLines(readText(paths.references));
  const sources = splitLines(readText(paths.source)).slice(0, count);
  return sources.map((source, i) => ({ source, references: (references[i] ?? "").split("\t") }));
}
