/** Making tokenizers from text. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkIterable, checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";
import { SpanTable } from "../base/span-table.ts";
import { Spans } from "../base/spans.ts";
import { isMisleadingMerge, type SplitRule } from "../formats/tokenizer-json.ts";
import { byteAlphabet, characterIds, wordAlphabet } from "./bpe-vocabulary.ts";
import { BYTE_TO_CHAR } from "./byte-level.ts";
import { type CountedWords, learnMerges } from "./learn-merges.ts";
import { cutters } from "./split.ts";
import { Tokenizer } from "./tokenizer.ts";
import { DEFAULT_SPECIALS, Vocabulary } from "./vocabulary.ts";
import { encodeWtf8 } from "./wtf8.ts";

export interface TrainTokenizerOptions {
  /**
   * - "word": every word of the text is a token;
   * - "char": every code point is;
   * - "bpe": byte-pair encoding of words as subword-nmt does it;
   * - "byte-bpe": byte-pair encoding of bytes as GPT-2 does it; nothing is unknown.
   */
  readonly type: "word" | "char" | "bpe" | "byte-bpe";
  /**
   * The most tokens, special ones included. Default: no limit for "word" and
   * "char", 8000 for the others.
   */
  readonly vocabSize?: number;
  /** For "bpe" and "byte-bpe", instead of `vocabSize`: the most merges. */
  readonly merges?: number;
  /** Leaves out rarer tokens ("word", "char"; default 1) or merges (default 2). */
  readonly minFrequency?: number;
  /** Whether text is lower-cased first, here and in `encode`. Default false. */
  readonly lowercase?: boolean;
  /**
   * How "word" and "bpe" find words: at "whitespace" (default for "word"), at
   * "space" and line ends only (default for "bpe", as in subword-nmt), or with
   * "punctuation" split off in a way that `decode` undoes.
   */
  readonly split?: "whitespace" | "space" | "punctuation";
  /** Tokens that stand for no text and get the first ids. Default `<pad> <s> </s> <unk>`. */
  readonly specials?: readonly string[];
}

const OPTION_NAMES = ["type", "vocabSize", "merges", "minFrequency", "lowercase", "split", "specials"];
const TYPES = ["word", "char", "bpe", "byte-bpe"] as const;
const DEFAULT_BPE_SIZE = 8000;

/**
 * Trains a tokenizer. The order of the texts does not matter, and a smaller
 * vocabulary is the beginning of a larger one.
 *
 * Words and characters are numbered by frequency, equal ones by code point.
 * Merges are those of subword-nmt ("bpe") and of HuggingFace tokenizers
 * ("byte-bpe"); pairs never merge into the spelling of a special token.
 *
 * @throws {OptionError} for options out of range, and when the texts hold no token.
 * @example
 * const tokenizer = trainTokenizer(["a rose is a rose"], { type: "word" });
 * tokenizer.tokens; // ["<pad>", "<s>", "</s>", "<unk>", "a", "rose", "is"]
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): Tokenizer {
  rejectUnknownKeys("trainTokenizer", options, OPTION_NAMES);
  const type = checkChoice("tokenizer type", options.type, TYPES);
  const { lowercase = false, specials = DEFAULT_SPECIALS } = options;
  checkSpecials(specials);
  const split = splitRule(type, options.split);
  const counts = countPieces(texts, split, lowercase);
  const base = { type, split, lowercase, specials, unknown: specials.find((token) => token === "<unk>") };

  if (type === "word" || type === "char") {
    const { vocabSize, merges, minFrequency = 1 } = options;
    if (merges !== undefined) {
      throw new OptionError({ what: "merges", expected: `none for type ${type}`, got: describe(merges) });
    }
    if (vocabSize !== undefined) {
      checkNumber("vocabSize", vocabSize, { integer: true, min: specials.length + 1 });
    }
    checkNumber("minFrequency", minFrequency, { min: 1 });
    const limit = vocabSize === undefined ? {} : { maxSize: vocabSize };
    const vocabulary = Vocabulary.fromCounts(counts, { specials, minFrequency, ...limit });
    return new Tokenizer({ ...base, tokens: vocabulary.tokens, merges: [] }, vocabulary.counts);
  }

  const reserved = new Set(specials);
  const alphabet = type === "bpe" ? wordAlphabet(charactersOf(counts.keys())) : byteAlphabet();
  const atoms = alphabet.filter((symbol) => !reserved.has(symbol));
  const words = countedWords(atoms, counts, type === "bpe" ? wordSpeller(atoms) : byteSpeller(atoms));
  const { symbols, merges } = learnMerges(words, {
    ...mergeLimits(options, specials.length, atoms.length),
    ties: type === "bpe" ? "largest-strings" : "smallest-ids",
    forbidden: (left, right) => isMisleadingMerge(left, right, type, reserved),
  });
  return new Tokenizer({
    ...base,
    tokens: [...specials, ...symbols],
    merges: merges.map(({ left, right }) => [symbols[left], symbols[right]] as const),
  });
}

function checkSpecials(specials: readonly string[]): void {
  const strings = Array.isArray(specials) && specials.every((token) => typeof token === "string" && token);
  if (strings && new Set(specials).size === specials.length) return;
  throw new OptionError({
    what: "specials",
    expected: "different, non-empty strings",
    got: JSON.stringify(specials) ?? "nothing",
  });
}

function splitRule(type: TrainTokenizerOptions["type"], split: unknown): SplitRule {
  if (type === "word" || type === "bpe") {
    const chosen = split ?? (type === "word" ? "whitespace" : "space");
    return checkChoice("split", chosen, ["whitespace", "space", "punctuation"] as const);
  }
  if (split !== undefined) {
    throw new OptionError({ what: "split", expected: `none for type ${type}`, got: describe(split) });
  }
  return type === "char" ? "characters" : "byte-level";
}

function countPieces(texts: Iterable<string>, split: SplitRule, lowercase: boolean): Map<string, number> {
  checkIterable("texts", texts, "strings");
  const pieces = new Spans();
  const known = new SpanTable();
  const counts: number[] = [];
  for (const text of texts) {
    if (typeof text !== "string") {
      throw new OptionError({ what: "text to train on", expected: "a string", got: describe(text) });
    }
    cutters[split](lowercase ? text.toLowerCase() : text, pieces);
    for (let i = 0; i < pieces.count; i++) {
      const number = known.add(pieces.units, pieces.start(i), pieces.end(i));
      if (number === counts.length) counts.push(1);
      else counts[number]++;
    }
  }
  if (counts.length > 0) return new Map(counts.map((count, number) => [known.string(number), count]));
  throw new OptionError({ what: "texts", expected: "at least one token", got: "an empty corpus" });
}

/** How far to merge, from `vocabSize` or `merges`. */
function mergeLimits(options: TrainTokenizerOptions, specials: number, atoms: number) {
  const { vocabSize, merges, minFrequency = 2 } = options;
  checkNumber("minFrequency", minFrequency, { min: 1 });
  if (merges === undefined) {
    const smallest = specials + atoms;
    const size = vocabSize ?? Math.max(DEFAULT_BPE_SIZE, smallest);
    checkNumber("vocabSize", size, { integer: true, min: smallest });
    return { maxMerges: Number.POSITIVE_INFINITY, maxSymbols: size - specials, minFrequency };
  }
  if (vocabSize !== undefined) {
    const got = `merges ${describe(merges)} and vocabSize ${describe(vocabSize)}`;
    throw new OptionError({ what: "trainTokenizer", expected: "either merges or vocabSize", got });
  }
  const maxMerges = checkNumber("merges", merges, { integer: true, min: 0 });
  return { maxMerges, maxSymbols: Number.POSITIVE_INFINITY, minFrequency };
}

function charactersOf(words: Iterable<string>): string[] {
  const codes = new Set<number>();
  for (const word of words) {
    for (let i = 0; i < word.length; i++) {
      const code = word.codePointAt(i) as number;
      if (code > 0xffff) i++;
      codes.add(code);
    }
  }
  return Array.from(codes, (code) => String.fromCodePoint(code));
}

/** Writes the ids of a word's symbols, -1 for none, to the front of an array and returns how many there are. */
type Speller = (word: string, ids: Int32Array) => number;

/** Characters, the last with the end of a word. */
function wordSpeller(alphabet: readonly string[]): Speller {
  const { inner, final } = characterIds(alphabet.map((symbol, id) => [symbol, id] as const));
  return (word, ids) => {
    let size = 0;
    for (let i = 0; i < word.length; i++) {
      const code = word.codePointAt(i) as number;
      if (code > 0xffff) i++;
      ids[size++] = (i + 1 < word.length ? inner : final).get(code) ?? -1;
    }
    return size;
  };
}

function byteSpeller(alphabet: readonly string[]): Speller {
  const idOf = new Map(alphabet.map((symbol, id) => [symbol, id]));
  const ofByte = BYTE_TO_CHAR.map((char) => idOf.get(char) ?? -1);
  return (word, ids) => {
    const bytes = encodeWtf8(word);
    for (let i = 0; i < bytes.length; i++) ids[i] = ofByte[bytes[i]];
    return bytes.length;
  };
}

/** Words over an alphabet; those with a symbol that is not in it teach nothing and are left out. */
function countedWords(
  alphabet: readonly string[],
  counts: ReadonlyMap<string, number>,
  spell: Speller,
): CountedWords {
  let longest = 0;
  let units = 0;
  for (const word of counts.keys()) {
    longest = Math.max(longest, word.length);
    units += word.length;
  }
  const spelled = new Int32Array(3 * longest);
  let ids = new Int32Array(units);
  const starts = [0];
  const kept: number[] = [];
  let end = 0;
  for (const [word, count] of counts) {
    const size = spell(word, spelled);
    const symbols = spelled.subarray(0, size);
    if (symbols.includes(-1)) continue;
    if (end + size > ids.length) {
      const larger = new Int32Array(2 * (end + size));
      larger.set(ids);
      ids = larger;
    }
    ids.set(symbols, end);
    end += size;
    starts.push(end);
    kept.push(count);
  }
  return {
    symbols: alphabet,
    ids: ids.subarray(0, end),
    starts: Int32Array.from(starts),
    counts: Float64Array.from(kept),
  };
}
