/**
 * The tokenizers of sacreBLEU that need no model.
 *
 * `13a` and `zh` (WMT's mteval-v13a) and `intl` (mteval-v14) are published as
 * lists of regular expressions applied one after the other. All they do is put
 * spaces between characters, so here one pass finds the same cuts:
 *
 * - a SYMBOL always stands alone;
 * - a POINT stands alone unless digits enclose it: it does when the character
 *   before it is no NUMBER or the one after it is none;
 * - a DASH stands alone after a NUMBER.
 *
 * One trace of the regular expressions remains: a match consumes the character
 * before a point, so a point does not count as "no number" for the next point
 * when it has itself been matched that way.
 */
import type { Spans } from "../base/spans.ts";
import { cutWords, isSpace, trim } from "./python-text.ts";

export const TOKENIZERS = ["13a", "intl", "char", "zh", "none"] as const;

/** Name of a BLEU tokenizer. */
export type BleuTokenizer = (typeof TOKENIZERS)[number];

/** Cuts a line into the tokens BLEU counts. The line has no trailing white space. */
export const tokenizers: Record<BleuTokenizer, (line: string, tokens: Spans) => void> = {
  "13a": (line, tokens) => cut(undoEscapes(line), tokens, western, true),
  intl: (line, tokens) => cut(line, tokens, international, false),
  char: cutCharacters,
  zh: (line, tokens) => cut(trim(line), tokens, chinese, false),
  none: cutWords,
};

const WORD = 1;
const SPACE = 2;
const POINT = 3;
const SYMBOL = 4;
const DASH = 5;
const NUMBER = 6;
const EDGE = 7; // of a line that is not padded: protects a point as a number does

/** Classes of code points, found once each. */
class ClassTable {
  #classify: (code: number) => number;
  #known = new Uint8Array(0);

  constructor(classify: (code: number) => number) {
    this.#classify = classify;
  }

  /** The class of the code point at unit `i` of a line. */
  at(line: Spans, i: number): number {
    const code = line.codePoint(i);
    return this.#known[code] || this.#find(code);
  }

  #find(code: number): number {
    if (this.#known.length === 0) this.#known = new Uint8Array(0x110000);
    this.#known[code] = isSpace(code) ? SPACE : this.#classify(code);
    return this.#known[code];
  }
}

const western = new ClassTable(classifyWestern);

const chinese = new ClassTable((code) => (isChinese(code) ? SYMBOL : classifyWestern(code)));

const international = new ClassTable((code) => {
  const char = String.fromCodePoint(code);
  if (/\p{N}/u.test(char)) return NUMBER;
  if (/\p{P}/u.test(char)) return POINT;
  return /\p{S}/u.test(char) ? SYMBOL : WORD;
});

function classifyWestern(code: number): number {
  if (code >= 0x30 && code <= 0x39) return NUMBER;
  if (code === 0x2e || code === 0x2c) return POINT;
  if (code === 0x2d) return DASH;
  return code < 0x80 && /[!-&(-+/:-@[-`{-~]/.test(String.fromCharCode(code)) ? SYMBOL : WORD;
}

/**
 * The ranges of sacreBLEU's `zh`, in pairs. U+2001..U+2A6D and U+2F81..U+2FA1
 * are its reading of `"\u20000".."\u2a6d6"` and `"\u2f800".."\u2fa1d"`: Extension B and the
 * compatibility supplement were meant, but those four digits are what counts.
 */
const CHINESE = [
  0x3400, 0x4db5, 0x4e00, 0x9fbb, 0xf900, 0xfa2d, 0xfa30, 0xfa6a, 0xfa70, 0xfad9, 0x2001, 0x2a6d, 0x2f81,
  0x2fa1, 0xff00, 0xffef, 0x2e80, 0x2eff, 0x3000, 0x303f, 0x31c0, 0x31ef, 0x2f00, 0x2fdf, 0x2ff0, 0x2fff,
  0x3100, 0x312f, 0x31a0, 0x31bf, 0xfe10, 0xfe1f, 0xfe30, 0xfe4f, 0x3200, 0x33ff,
];

function isChinese(code: number): boolean {
  for (let i = 0; i < CHINESE.length; i += 2) if (code >= CHINESE[i] && code <= CHINESE[i + 1]) return true;
  return false;
}

/** What mteval-v13a undoes before it splits. A second pass over `&amp;lt;` is part of it. */
function undoEscapes(line: string): string {
  // Most lines have none of these characters, and looking for one character is quick.
  let joined = line;
  if (line.includes("<")) joined = joined.replaceAll("<skipped>", "");
  if (line.includes("\n")) joined = joined.replaceAll("-\n", "");
  if (!line.includes("&")) return joined;
  return joined
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
}

function cutCharacters(line: string, tokens: Spans): void {
  tokens.load(line);
  for (let i = 0, end = 0; i < tokens.length; i = end) {
    end = i + tokens.width(i);
    if (!isSpace(tokens.units[i])) tokens.add(i, end);
  }
}

/** @param padded whether the line counts as standing between two spaces */
function cut(line: string, tokens: Spans, classes: ClassTable, padded: boolean): void {
  tokens.load(line);
  const { length } = tokens;
  const outside = padded ? SPACE : EDGE;
  let start = -1;
  let previous = outside;
  let consumed = false;
  let kind = length > 0 ? classes.at(tokens, 0) : outside;
  for (let i = 0; i < length; ) {
    const end = i + tokens.width(i);
    const next = end < length ? classes.at(tokens, end) : outside;
    let alone = kind === SYMBOL || (kind === DASH && previous === NUMBER);
    if (kind === POINT) {
      const matched: boolean = previous < NUMBER && !consumed;
      alone = matched || next < NUMBER;
      consumed = matched;
    } else {
      consumed = false;
    }
    if (alone || kind === SPACE) {
      if (start >= 0) tokens.add(start, i);
      if (alone) tokens.add(i, end);
      start = -1;
    } else if (start < 0) {
      start = i;
    }
    previous = kind;
    kind = next;
    i = end;
  }
  if (start >= 0) tokens.add(start, length);
}
