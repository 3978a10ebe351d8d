/** Text in which some special tokens are spelled out. */
import { OptionError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { splitPunctuation } from "./punctuation.ts";

/**
 * The special tokens that count where they are spelled in a text: all, none or the ones listed.
 *
 * @throws {OptionError} for anything else, and for a token that is not among `specials`.
 */
export function allowedSpecials(allowed: unknown, specials: readonly string[]): readonly string[] {
  if (allowed === undefined || allowed === false) return [];
  if (allowed === true) return specials;
  const missing = Array.isArray(allowed) ? allowed.find((token) => !specials.includes(token)) : allowed;
  if (Array.isArray(allowed) && missing === undefined) return allowed;
  const expected = `true, false or an array of ${specials.join(" ") || "no token"}`;
  throw new OptionError({ what: "allowSpecials", expected, got: describe(missing) });
}

/** Plain text at even places, the given special tokens at odd ones. */
export function splitSpecials(text: string, specials: readonly string[]): string[] {
  if (specials.length === 0) return [text];
  const longestFirst = [...specials].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((special) => special.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return text.split(new RegExp(`(${escaped.join("|")})`));
}

/** A word that stands in for a special token, to see what touches it. */
const WORD = "a";

/**
 * Ids of plain text with special tokens on either side, where pieces carry joiners: punctuation that touches a special
 * token is what it would be beside a word, `<mask>.` ends like `word.`.
 */
export function encodeBeside(
  text: string,
  sides: { readonly left: boolean; readonly right: boolean },
  encode: (text: string) => number[],
): number[] {
  if (text === "") return [];
  const left = sides.left && splitPunctuation(WORD + text)[0] === WORD;
  const right = sides.right && splitPunctuation(text + WORD).at(-1) === WORD;
  const ids = encode((left ? WORD : "") + text + (right ? WORD : ""));
  const width = left || right ? encode(WORD).length : 0;
  return ids.slice(left ? width : 0, ids.length - (right ? width : 0));
}
