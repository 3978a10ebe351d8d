/** Which tokens a byte-pair tokenizer has besides its merges, and their order. */
import { FormatError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import type { BpeCodes } from "../formats/bpe-codes.ts";
import { END_OF_WORD, isMisleadingMerge, type TokenizerData } from "../formats/tokenizer-json.ts";
import { BYTE_TO_CHAR } from "./byte-level.ts";
import { compareCodePoints } from "./code-point-order.ts";
import { DEFAULT_SPECIALS } from "./vocabulary.ts";

/**
 * The symbols that merging starts from, for type "bpe": every character by code
 * point, then every character as the end of a word. Both forms are there for
 * all, so that a known character is known wherever it stands.
 */
export function wordAlphabet(characters: Iterable<string>): string[] {
  const sorted = [...new Set(characters)].sort(compareCodePoints);
  return [...sorted, ...sorted.map((character) => character + END_OF_WORD)];
}

/** The ids of the symbols of {@link wordAlphabet} among others, by code point: within a word, and as its end. */
export function characterIds(symbols: Iterable<readonly [string, number]>): {
  inner: Map<number, number>;
  final: Map<number, number>;
} {
  const inner = new Map<number, number>();
  const final = new Map<number, number>();
  for (const [symbol, id] of symbols) {
    const code = symbol.codePointAt(0);
    if (code === undefined) continue;
    const rest = symbol.slice(code > 0xffff ? 2 : 1);
    if (rest === "") inner.set(code, id);
    if (rest === END_OF_WORD) final.set(code, id);
  }
  return { inner, final };
}

/** The same for type "byte-bpe": the 256 byte characters by code point. */
export function byteAlphabet(): string[] {
  return [...BYTE_TO_CHAR].sort(compareCodePoints);
}

/**
 * A "bpe" tokenizer from subword-nmt codes. Its tokens are the special ones, the
 * characters in the merges, and what the merges make, in that order.
 *
 * @param what names the codes in errors, e.g. their path.
 * @throws {FormatError} when a merge makes a special token.
 */
export function codesToData({ version, merges }: BpeCodes, what: string): TokenizerData {
  const specials = new Set(DEFAULT_SPECIALS);
  const characters = new Set<string>();
  for (const symbol of merges.flat()) {
    const text = symbol.endsWith(END_OF_WORD) ? symbol.slice(0, -END_OF_WORD.length) : symbol;
    for (const character of text) characters.add(character);
  }
  const tokens = new Set([...specials, ...wordAlphabet(characters)]);
  if (version === "0.1") tokens.add(END_OF_WORD);
  for (const [left, right] of merges) {
    if (isMisleadingMerge(left, right, "bpe", specials)) {
      const got = `${describe(left)} and ${describe(right)}`;
      throw new FormatError(
        { what: "merge", expected: "no special token and no inner end of word", got },
        { file: what },
      );
    }
    tokens
      .add(left)
      .add(right)
      .add(left + right);
  }
  return {
    type: "bpe",
    split: version === "0.1" ? "subword-nmt-0.1" : "space",
    lowercase: false,
    tokens: [...tokens],
    specials: [...specials],
    unknown: "<unk>",
    merges,
  };
}
