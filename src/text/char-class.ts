/** Unicode classes of code points, looked up once per code point and then read from a table. */
import type { Spans } from "../base/spans.ts";

export const OTHER = 1;
/** General category L. */
export const LETTER = 2;
/** General category M. */
export const MARK = 3;
/** General category N. */
export const NUMBER = 4;
/** The property White_Space: unlike JavaScript's `\s`, with U+0085 and without U+FEFF. */
export const SPACE = 5;

const PATTERNS: readonly (readonly [RegExp, number])[] = [
  [/\p{L}/u, LETTER],
  [/\p{White_Space}/u, SPACE],
  [/\p{N}/u, NUMBER],
  [/\p{M}/u, MARK],
];

/** The class of every code point met so far; 0 for the others. */
const known = new Uint8Array(0x110000);

/** The class of a code point; lone surrogates are OTHER. */
export function charClass(codePoint: number): number {
  return known[codePoint] || classify(codePoint);
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  const found = PATTERNS.find(([pattern]) => pattern.test(character))?.[1] ?? OTHER;
  known[codePoint] = found;
  return found;
}

/** The index after the run of code points of class `wanted` that starts at unit `start`. */
export function runEnd(text: Spans, start: number, wanted: number): number {
  let i = start;
  while (i < text.length && charClass(text.codePoint(i)) === wanted) i += text.width(i);
  return i;
}
