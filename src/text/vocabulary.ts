/** Tokens and their ids. */
import { FormatError, IndexError, OptionError } from "../base/errors.ts";
import { readText, writeText } from "../base/files.ts";
import { checkList, checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";
import { parseStrictJson } from "../formats/strict-json.ts";
import { compareCodePoints } from "./code-point-order.ts";

/** Padding, begin of sequence, end of sequence, unknown: ids 0 to 3 of every tokenizer trained here. */
export const DEFAULT_SPECIALS: readonly string[] = ["<pad>", "<s>", "</s>", "<unk>"];

/** With a token that hides others, id 4: the special tokens of masked language models. */
export const MASKED_SPECIALS: readonly string[] = [...DEFAULT_SPECIALS, "<mask>"];

export interface VocabularyOptions {
  /** Tokens that occur less often are left out. Default 1. */
  readonly minFrequency?: number;
  /** The most tokens to keep, special ones included. Default: no limit. */
  readonly maxSize?: number;
  /** Tokens that get the first ids whatever their frequency. Default {@link DEFAULT_SPECIALS}. */
  readonly specials?: readonly string[];
}

/**
 * A numbered set of tokens with their frequencies. Ids run from 0 without gaps.
 *
 * @example
 * const vocabulary = Vocabulary.fromCounts([["a", 2], ["b", 5]], { specials: [] });
 * vocabulary.tokens; // ["b", "a"]
 * vocabulary.id("a"); // 1
 */
export class Vocabulary {
  /** The tokens, by id. */
  readonly tokens: readonly string[];
  /** How often each token occurred, by id; 0 for special tokens and where it is not known. */
  readonly counts: readonly number[];
  /** The tokens that stand for no text. */
  readonly specials: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /** @throws {OptionError} when a token occurs twice or a special one is missing. */
  constructor(tokens: readonly string[], specials: readonly string[] = [], counts?: readonly number[]) {
    checkList("vocabulary", tokens, "tokens");
    checkList("special tokens", specials, "tokens");
    this.tokens = tokens;
    this.specials = specials;
    this.counts = counts ?? new Array<number>(tokens.length).fill(0);
    const ids = new Map<string, number>();
    for (const token of tokens) {
      if (ids.has(token)) throw invalid("each token once", `${describe(token)} twice`);
      ids.set(token, ids.size);
    }
    for (const special of specials) {
      if (!ids.has(special)) throw invalid("special tokens among the tokens", describe(special));
    }
    if (this.counts.length !== tokens.length) {
      throw invalid(`${tokens.length} counts`, String(this.counts.length));
    }
    this.#ids = ids;
  }

  /**
   * The vocabulary of counted tokens: special ones, then the others from the
   * most to the least frequent, equally frequent ones by code point. Tokens
   * spelled like a special one are left out.
   *
   * @throws {OptionError} for options out of range.
   */
  static fromCounts(
    counts: Iterable<readonly [string, number]>,
    options: VocabularyOptions = {},
  ): Vocabulary {
    rejectUnknownKeys("vocabulary", options, ["minFrequency", "maxSize", "specials"]);
    const { minFrequency = 1, maxSize, specials = DEFAULT_SPECIALS } = options;
    checkNumber("minFrequency", minFrequency, { min: 0 });
    if (maxSize !== undefined) checkNumber("maxSize", maxSize, { integer: true, min: specials.length });
    const reserved = new Set(specials);
    const kept = [...counts].filter(([token, count]) => count >= minFrequency && !reserved.has(token));
    kept.sort(([a, countA], [b, countB]) => countB - countA || compareCodePoints(a, b));
    if (maxSize !== undefined) kept.length = Math.min(kept.length, maxSize - specials.length);
    return new Vocabulary([...specials, ...kept.map(([token]) => token)], specials, [
      ...specials.map(() => 0),
      ...kept.map(([, count]) => count),
    ]);
  }

  get size(): number {
    return this.tokens.length;
  }

  has(token: string): boolean {
    return this.#ids.has(token);
  }

  /** The id of a token, or undefined when the vocabulary lacks it. */
  id(token: string): number | undefined {
    return this.#ids.get(token);
  }

  /** @throws {IndexError} for an id outside 0..size-1. */
  token(id: number): string {
    const token = this.tokens[id];
    if (token !== undefined) return token;
    throw new IndexError({
      what: "token id",
      expected: `a whole number in 0..${this.size - 1}`,
      got: describe(id),
    });
  }

  /** The vocabulary as JSON: its special tokens, and each token with its frequency. */
  serialize(): string {
    const entries = this.tokens.map((token, id) => `    ${JSON.stringify([token, this.counts[id]])}`);
    return `{\n  "specials": ${JSON.stringify(this.specials)},\n  "tokens": [\n${entries.join(",\n")}\n  ]\n}\n`;
  }

  /**
   * Reads what {@link serialize} wrote.
   *
   * @param what names the text in errors, e.g. its path.
   * @throws {FormatError} when it is something else.
   */
  static parse(text: string, what = "vocabulary"): Vocabulary {
    const fail = (expected: string, got: string): never => {
      throw new FormatError({ what: "vocabulary", expected, got }, { file: what });
    };
    const root = parseStrictJson(text, what);
    const specials = root instanceof Map ? root.get("specials") : undefined;
    const entries = root instanceof Map ? root.get("tokens") : undefined;
    if (!Array.isArray(specials) || !Array.isArray(entries))
      return fail('"specials" and "tokens"', "other JSON");
    const tokens: string[] = [];
    const counts: number[] = [];
    for (const entry of entries) {
      const [token, count] = Array.isArray(entry) && entry.length === 2 ? entry : [];
      if (typeof token !== "string" || typeof count !== "number" || count < 0) {
        return fail("pairs of a token and its frequency", "another entry");
      }
      tokens.push(token);
      counts.push(count);
    }
    try {
      return new Vocabulary(tokens, specials.map(String), counts);
    } catch (cause) {
      if (cause instanceof OptionError) return fail(cause.complaint.expected, cause.complaint.got);
      throw cause;
    }
  }

  /** Writes {@link serialize} to a file. @throws {IoError} */
  save(path: string): void {
    writeText(path, this.serialize());
  }

  /** Reads a file that {@link save} wrote. @throws {IoError} @throws {FormatError} */
  static load(path: string): Vocabulary {
    return Vocabulary.parse(readText(path), path);
  }
}

function invalid(expected: string, got: string): OptionError {
  return new OptionError({ what: "vocabulary", expected, got });
}
