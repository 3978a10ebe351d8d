/**
 * Splitting punctuation off words so that it can be joined again exactly.
 *
 * U+FFED, the joiner, marks each place where two pieces touched in the text:
 * `Don't!` becomes `Do`, `\uffedn't`, `\uffed!`. Joining needs no knowledge of a
 * language, and a model that writes such tokens decides on the spaces, too.
 */
import { charClass, LETTER, MARK, NUMBER, SPACE } from "./char-class.ts";

/** HALFWIDTH BLACK SQUARE, which stands for "no space here". */
export const JOINER = "\uffed";
/** What a joiner that occurs in a text is replaced by: BLACK SQUARE. */
const JOINER_IN_TEXT = "\u25a0";

/**
 * The words and punctuation of a text, with joiners.
 *
 * Letters, digits and marks make words, and so do digits with `.`, `,` or `:`
 * between them. An apostrophe between letters ends an elided word (`l'`, `qu'`)
 * unless an English ending follows (`'s 't 'm 'd 're 've 'll`, and `n't` with
 * its n). Every other character is a piece of its own; repeated ones stay
 * together. No-break spaces stay with the punctuation beside them, as French
 * sets them, and so do other wide and narrow spaces; ASCII white space and line
 * ends separate. `Qu'est-ce que c'est ?` becomes
 * `Qu'\uffed est \uffed-\uffed ce que c'\uffed est ?`.
 */
export function splitPunctuation(text: string): string[] {
  const clean = text.replaceAll(JOINER, JOINER_IN_TEXT);
  const words: string[] = [];
  let start = 0;
  for (let i = 0; i <= clean.length; i++) {
    if (i < clean.length && !separates(clean.charCodeAt(i))) continue;
    if (i > start) splitChunk(clean.slice(start, i), words);
    start = i + 1;
  }
  return words;
}

/** Cuts a text without separators; see {@link splitPunctuation}. */
function splitChunk(chunk: string, words: string[]): void {
  let end = 0;
  for (let start = 0; start < chunk.length; start = end) {
    const starter = isWordAt(chunk, start);
    const ending = start === 0 ? start : contractionEnd(chunk, start);
    if (ending > start) end = ending;
    else if (starter) end = wordEnd(chunk, start);
    else end = symbolEnd(chunk, start);

    // Words never carry the mark on their left, so that a word has one form wherever it stands.
    const plain = starter && ending === start;
    if (start > 0 && plain) words[words.length - 1] += JOINER;
    words.push((start > 0 && !plain ? JOINER : "") + chunk.slice(start, end));
  }
}

/** The end of `'s`, `n't` and the like inside a word, or `start` when there is none. */
function contractionEnd(chunk: string, start: number): number {
  if (!isWordAt(chunk, start - 1)) return start;
  if (negationAt(chunk, start)) return start + 3;
  if (!isApostrophe(chunk[start])) return start;
  for (const length of [1, 2]) {
    const end = start + 1 + length;
    if (isWordAt(chunk, end - 1) && !isWordAt(chunk, end)) {
      return /^(?:[stmd]|re|ve|ll)$/i.test(chunk.slice(start + 1, end)) ? end : start;
    }
  }
  return start;
}

function negationAt(chunk: string, start: number): boolean {
  return (
    /^[nN]['\u2019][tT]$/.test(chunk.slice(start, start + 3)) &&
    isWordAt(chunk, start - 1) &&
    !isWordAt(chunk, start + 3)
  );
}

function wordEnd(chunk: string, start: number): number {
  let end = start;
  while (isWordAt(chunk, end) || isInsideNumber(chunk, end)) {
    end += (chunk.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  if (end - 1 > start && negationAt(chunk, end - 1)) return end - 1;
  const elided = isApostrophe(chunk[end]) && isWordAt(chunk, end + 1) && contractionEnd(chunk, end) === end;
  return elided ? end + 1 : end;
}

/** The end of a symbol, repeated any number of times, with the spaces around it that do not separate. */
function symbolEnd(chunk: string, start: number): number {
  let end = innerSpacesEnd(chunk, start);
  if (end === chunk.length || isWordAt(chunk, end)) return end;
  const symbol = String.fromCodePoint(chunk.codePointAt(end) as number);
  while (chunk.startsWith(symbol, end)) end += symbol.length;
  return innerSpacesEnd(chunk, end);
}

function innerSpacesEnd(chunk: string, start: number): number {
  let end = start;
  while (end < chunk.length && charClass(chunk.charCodeAt(end)) === SPACE) end++;
  return end;
}

/** ASCII white space and the line ends U+0085, U+2028 and U+2029. */
function separates(code: number): boolean {
  return charClass(code) === SPACE && (code <= 0x85 || code === 0x2028 || code === 0x2029);
}

function isWordAt(chunk: string, i: number): boolean {
  if (i < 0 || i >= chunk.length) return false;
  const found = charClass(codePointAround(chunk, i));
  return found === LETTER || found === NUMBER || found === MARK;
}

/** The code point at index `i`, also when `i` is the second half of a surrogate pair. */
function codePointAround(chunk: string, i: number): number {
  const code = chunk.codePointAt(i) as number;
  if (code < 0xdc00 || code > 0xdfff || i === 0) return code;
  const whole = chunk.codePointAt(i - 1) as number;
  return whole > 0xffff ? whole : code;
}

function isInsideNumber(chunk: string, i: number): boolean {
  const character = chunk[i];
  if (character !== "." && character !== "," && character !== ":") return false;
  return isDigit(chunk.charCodeAt(i - 1)) && isDigit(chunk.charCodeAt(i + 1));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isApostrophe(character: string | undefined): boolean {
  return character === "'" || character === "\u2019";
}
