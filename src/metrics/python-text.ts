/**
 * Text handling as in Python, whose rules the published scores rest on and
 * which differ from JavaScript's: `\s` and `trim` know U+FEFF but neither
 * U+001C..U+001F nor U+0085, and `toFixed` rounds ties up, not to even.
 */
import { Spans } from "../base/spans.ts";

/** True for the code points at which Python's `str.split()` and `str.strip()` cut. */
export function isSpace(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13) || code >= 28;
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** The words between runs of white space, as `str.split()`. */
export function splitWords(text: string): string[] {
  const words = new Spans();
  cutWords(text, words);
  return words.strings();
}

/** {@link splitWords} as stretches of the text. */
export function cutWords(text: string, words: Spans): void {
  words.load(text);
  let start = -1;
  for (let i = 0; i < words.length; i++) {
    if (!isSpace(words.units[i])) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      words.add(start, i);
      start = -1;
    }
  }
  if (start >= 0) words.add(start, words.length);
}

/** `text` without white space at its end, as `str.rstrip()`. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** `text` without white space at either end, as `str.strip()`. */
export function trim(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return trimEnd(text.slice(start));
}

/**
 * `value` with `digits` decimals, ties to even, as `format(value, ".2f")`.
 *
 * @param digits 1..20
 */
export function formatFixed(value: number, digits: number): string {
  const nearest = value.toFixed(digits);
  // A tie has exactly one more decimal, a 5; no double near a tie has 60 decimals that look like one.
  const exact = value.toFixed(60);
  const cut = exact.length - 60 + digits;
  if (!/^50*$/.test(exact.slice(cut))) return nearest;
  const towardsZero = exact.slice(0, cut);
  return Number(towardsZero.at(-1)) % 2 === 0 ? towardsZero : nearest;
}
