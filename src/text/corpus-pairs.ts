/** Sentence pairs, what is left out of them, and parallel files. */
import { FormatError } from "../base/errors.ts";
import type { FileSystem } from "../base/file-system.ts";
import { readText } from "../base/files.ts";
import { checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";
import { splitLines } from "./corpus-lines.ts";

/** A sentence and its translation. */
export interface SentencePair {
  readonly source: string;
  readonly target: string;
  /** 1-based line of the file where the pair begins. */
  readonly line: number;
}

/** Pairs left out for one reason. */
export interface Skipped {
  readonly count: number;
  /** The first few of their lines. */
  readonly lines: readonly number[];
}

/** What a reader of pairs gives: the pairs, and an account of those left out. */
export interface ParallelCorpus {
  readonly pairs: SentencePair[];
  readonly skipped: {
    /** One side or both sides without a visible character. */
    readonly blank: Skipped;
    /** One side with more than `maxWords` words. */
    readonly tooLong: Skipped;
  };
}

export interface PairOptions {
  /** Leave out pairs of which a side has more words, separated by white space. @defaultValue no limit */
  readonly maxWords?: number;
  /** Named in errors. */
  readonly file?: string;
}

const PLACES_KEPT = 5;

/** Gathers pairs and counts those it leaves out. */
export class PairCollector {
  readonly #pairs: SentencePair[] = [];
  readonly #blank = { count: 0, lines: [] as number[] };
  readonly #tooLong = { count: 0, lines: [] as number[] };
  readonly #maxWords: number;
  readonly #file: string | undefined;

  constructor({ maxWords, file }: PairOptions) {
    this.#maxWords =
      maxWords === undefined ? Number.POSITIVE_INFINITY : checkNumber("maxWords", maxWords, { min: 1 });
    this.#file = file;
  }

  add(source: string, target: string, line: number): void {
    if (isBlank(source) || isBlank(target)) skip(this.#blank, line);
    else if (this.#isLong(source) || this.#isLong(target)) skip(this.#tooLong, line);
    else this.#pairs.push({ source, target, line });
  }

  #isLong(text: string): boolean {
    // n words take at least 2n - 1 characters.
    return text.length >= 2 * this.#maxWords && text.trim().split(/\s+/).length > this.#maxWords;
  }

  /** @throws {FormatError} when there is no pair. */
  corpus(): ParallelCorpus {
    const [blank, tooLong] = [this.#blank, this.#tooLong];
    if (this.#pairs.length > 0) return { pairs: this.#pairs, skipped: { blank, tooLong } };
    throw new FormatError(
      {
        what: "empty corpus",
        expected: "at least one sentence pair",
        got: `none (${blank.count} left out as blank, ${tooLong.count} as too long)`,
      },
      inFile(this.#file),
    );
  }
}

function skip(skipped: { count: number; lines: number[] }, line: number): void {
  skipped.count++;
  if (skipped.lines.length < PLACES_KEPT) skipped.lines.push(line);
}

function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

/** The location of an error, without keys that are not known. */
export function inFile(file: string | undefined, line?: number, column?: number) {
  return {
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

/** The two sides of a parallel corpus: texts for {@link parseParallel}, paths for {@link readParallel}. */
export interface BothSides {
  readonly source: string;
  readonly target: string;
}

/**
 * Pairs line n of one text with line n of the other.
 *
 * @throws {FormatError} when the line counts differ or no pair is left.
 * @example
 * parseParallel({ source: "a cat\n", target: "un chat\n" }).pairs;
 * // [{ source: "a cat", target: "un chat", line: 1 }]
 */
export function parseParallel(texts: BothSides, options: PairOptions = {}): ParallelCorpus {
  checkObject("parseParallel", texts);
  rejectUnknownKeys("parseParallel", options, ["maxWords", "file"]);
  const source = splitLines(texts.source);
  const target = splitLines(texts.target);
  if (source.length !== target.length) {
    throw new FormatError(
      {
        what: "parallel files",
        expected: "equally many lines on both sides",
        got: `${source.length} source and ${target.length} target lines`,
        hint: "Line n of one file must translate line n of the other.",
      },
      inFile(options.file),
    );
  }
  const collector = new PairCollector(options);
  for (let i = 0; i < source.length; i++) collector.add(source[i], target[i], i + 1);
  return collector.corpus();
}

/**
 * {@link parseParallel} of two files.
 *
 * @throws {IoError} when one cannot be read.
 * @throws {FormatError} when one is not UTF-8, the line counts differ or no pair is left.
 */
export function readParallel(paths: BothSides, options: PairOptions = {}, fs?: FileSystem): ParallelCorpus {
  checkObject("readParallel", paths);
  const texts = { source: readText(paths.source, fs), target: readText(paths.target, fs) };
  return parseParallel(texts, { file: `${paths.source}, ${paths.target}`, ...options });
}
