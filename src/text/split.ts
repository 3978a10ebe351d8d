/** The rules that cut a text into the pieces which a tokenizer looks up or merges within. */
import type { SplitRule } from "../formats/tokenizer-json.ts";
import { splitByteLevel } from "./byte-level.ts";
import { splitPunctuation } from "./punctuation.ts";

/**
 * Cuts a text by a named rule:
 *
 * - "whitespace": at runs of Unicode White_Space;
 * - "space": at runs of spaces and line ends, as subword-nmt does;
 * - "punctuation": see {@link splitPunctuation};
 * - "characters": into code points;
 * - "byte-level": see {@link splitByteLevel};
 * - "subword-nmt-0.1": as "space".
 */
export const splitters: { readonly [rule in SplitRule]: (text: string) => string[] } = {
  whitespace: (text) => text.split(/\p{White_Space}+/u).filter(Boolean),
  space: splitSpaces,
  punctuation: splitPunctuation,
  characters: (text) => Array.from(text),
  "byte-level": splitByteLevel,
  "subword-nmt-0.1": splitSpaces,
};

function splitSpaces(text: string): string[] {
  return text.split(/[ \r\n]+/).filter(Boolean);
}
