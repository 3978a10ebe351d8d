/** The rules that cut a text into the pieces which a tokenizer looks up or merges within. */
import type { Spans } from "../base/spans.ts";
import type { SplitRule } from "../formats/tokenizer-json.ts";
import { cutByteLevel } from "./byte-level.ts";
import { charClass, SPACE } from "./char-class.ts";
import { cutPunctuation } from "./punctuation.ts";

/**
 * Cut a text by a named rule into the stretches of `pieces`:
 *
 * - "whitespace": at runs of Unicode White_Space;
 * - "space": at runs of spaces and line ends, as subword-nmt does;
 * - "punctuation": see {@link cutPunctuation};
 * - "characters": into code points;
 * - "byte-level": see {@link cutByteLevel};
 * - "subword-nmt-0.1": as "space".
 */
export const cutters: { readonly [rule in SplitRule]: (text: string, pieces: Spans) => void } = {
  whitespace: cutWhitespace,
  space: cutSpaces,
  punctuation: cutPunctuation,
  characters: cutCharacters,
  "byte-level": cutByteLevel,
  "subword-nmt-0.1": cutSpaces,
};

function cutWhitespace(text: string, pieces: Spans): void {
  pieces.load(text);
  const { units, length } = pieces;
  let start = 0;
  for (let i = 0; i < length; i++) {
    if (charClass(units[i]) !== SPACE) continue;
    if (i > start) pieces.add(start, i);
    start = i + 1;
  }
  if (length > start) pieces.add(start, length);
}

function cutSpaces(text: string, pieces: Spans): void {
  pieces.load(text);
  const { units, length } = pieces;
  let start = 0;
  for (let i = 0; i < length; i++) {
    const unit = units[i];
    if (unit > 0x20 || (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d)) continue;
    if (i > start) pieces.add(start, i);
    start = i + 1;
  }
  if (length > start) pieces.add(start, length);
}

function cutCharacters(text: string, pieces: Spans): void {
  pieces.load(text);
  for (let i = 0, end = 0; i < pieces.length; i = end) {
    end = i + pieces.width(i);
    pieces.add(i, end);
  }
}
