/**
 * Splitting punctuation off words so that it can be joined again exactly.
 *
 * U+FFED, the joiner, marks each place where two pieces touched in the text:
 * `Don't!` becomes `Do`, `\uffedn't`, `\uffed!`. Joining needs no knowledge of a
 * language, and a model that writes such tokens decides on the spaces, too.
 */
import { Spans } from "../base/spans.ts";
import { charClass, LETTER, MARK, NUMBER, SPACE } from "./char-class.ts";

/** HALFWIDTH BLACK SQUARE, which stands for "no space here". */
export const JOINER = "\uffed";
/** What a joiner that occurs in a text is replaced by: BLACK SQUARE. */
const JOINER_IN_TEXT = "\u25a0";
const JOINER_UNIT = 0xffed;

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
  const words = new Spans();
  cutPunctuation(text, words);
  return words.strings();
}

/** {@link splitPunctuation}, as stretches of units that hold the joiners. */
export function cutPunctuation(text: string, words: Spans): void {
  scanner.cut(text.replaceAll(JOINER, JOINER_IN_TEXT), words);
}

/** ASCII white space and the line ends U+0085, U+2028 and U+2029. */
function separates(code: number): boolean {
  return charClass(code) === SPACE && (code <= 0x85 || code === 0x2028 || code === 0x2029);
}

/** Looks at one chunk of a text after the other: what lies between two separators. */
class Scanner {
  readonly #text = new Spans();
  #units = this.#text.units;
  /** Where the chunk starts and ends. */
  #start = 0;
  #end = 0;

  cut(text: string, words: Spans): void {
    this.#text.load(text);
    this.#units = this.#text.units;
    const { length } = this.#text;
    words.load("");
    words.reserve(2 * length); // each cut adds at most a joiner
    this.#start = 0;
    for (let i = 0; i <= length; i++) {
      if (i < length && !separates(this.#units[i])) continue;
      this.#end = i;
      if (i > this.#start) this.#cutChunk(words);
      this.#start = i + 1;
    }
  }

  /** Adds the pieces of the chunk; see {@link splitPunctuation}. */
  #cutChunk(words: Spans): void {
    const { units } = words;
    let size = words.length;
    let end = this.#start;
    for (let start = end; start < this.#end; start = end) {
      const inside = start > this.#start;
      const starter = this.#isWordAt(start);
      const ending = inside ? this.#contractionEnd(start) : start;
      if (ending > start) end = ending;
      else if (starter) end = this.#wordEnd(start);
      else end = this.#symbolEnd(start);

      // Words never carry the mark on their left, so that a word has one form wherever it stands.
      let from = size;
      if (inside) {
        units[size++] = JOINER_UNIT;
        if (starter && ending === start) {
          words.extend(size);
          from = size;
        }
      }
      for (let i = start; i < end; i++) units[size++] = this.#units[i];
      words.add(from, size);
    }
    words.length = size;
  }

  /** The end of `'s`, `n't` and the like inside a word, or `start` when there is none. */
  #contractionEnd(start: number): number {
    if (!this.#isWordAt(start - 1)) return start;
    if (this.#negationAt(start)) return start + 3;
    if (!this.#isApostropheAt(start)) return start;
    for (const length of [1, 2]) {
      const end = start + 1 + length;
      if (this.#isWordAt(end - 1) && !this.#isWordAt(end)) {
        return this.#isEnglishEnding(start + 1, length) ? end : start;
      }
    }
    return start;
  }

  /** `s`, `t`, `m`, `d`, `re`, `ve`, `ll`. */
  #isEnglishEnding(start: number, length: number): boolean {
    const first = lower(this.#units[start]);
    const second = lower(this.#units[start + 1]);
    if (length === 1) return first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64;
    return ((first === 0x72 || first === 0x76) && second === 0x65) || (first === 0x6c && second === 0x6c);
  }

  #negationAt(start: number): boolean {
    return (
      lower(this.#units[start]) === 0x6e &&
      start + 3 <= this.#end &&
      this.#isApostropheAt(start + 1) &&
      lower(this.#units[start + 2]) === 0x74 &&
      this.#isWordAt(start - 1) &&
      !this.#isWordAt(start + 3)
    );
  }

  #wordEnd(start: number): number {
    let end = start;
    while (this.#isWordAt(end) || this.#isInsideNumber(end)) end += this.#codePoint(end) > 0xffff ? 2 : 1;
    if (end - 1 > start && this.#negationAt(end - 1)) return end - 1;
    const elided = this.#isApostropheAt(end) && this.#isWordAt(end + 1) && this.#contractionEnd(end) === end;
    return elided ? end + 1 : end;
  }

  /** The end of a symbol, repeated any number of times, with the spaces around it that do not separate. */
  #symbolEnd(start: number): number {
    let end = this.#innerSpacesEnd(start);
    if (end === this.#end || this.#isWordAt(end)) return end;
    const first = this.#units[end];
    const second = this.#codePoint(end) > 0xffff ? this.#units[end + 1] : -1;
    const last = this.#end - (second < 0 ? 1 : 2);
    while (end <= last && this.#units[end] === first && (second < 0 || this.#units[end + 1] === second)) {
      end += second < 0 ? 1 : 2;
    }
    return this.#innerSpacesEnd(end);
  }

  #innerSpacesEnd(start: number): number {
    let end = start;
    while (end < this.#end && charClass(this.#units[end]) === SPACE) end++;
    return end;
  }

  #isWordAt(i: number): boolean {
    if (i < this.#start || i >= this.#end) return false;
    const found = charClass(this.#codePointAround(i));
    return found === LETTER || found === NUMBER || found === MARK;
  }

  #codePoint(i: number): number {
    const first = this.#units[i];
    if ((first & 0xfc00) !== 0xd800 || i + 1 >= this.#end) return first;
    const second = this.#units[i + 1];
    return (second & 0xfc00) === 0xdc00 ? 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff) : first;
  }

  /** The code point at index `i`, also when `i` is the second half of a surrogate pair. */
  #codePointAround(i: number): number {
    if ((this.#units[i] & 0xfc00) !== 0xdc00 || i === this.#start) return this.#codePoint(i);
    const whole = this.#codePoint(i - 1);
    return whole > 0xffff ? whole : this.#units[i];
  }

  #isInsideNumber(i: number): boolean {
    const unit = this.#units[i];
    if (i >= this.#end || (unit !== 0x2e && unit !== 0x2c && unit !== 0x3a)) return false;
    return this.#isDigitAt(i - 1) && this.#isDigitAt(i + 1);
  }

  #isDigitAt(i: number): boolean {
    return i >= this.#start && i < this.#end && this.#units[i] >= 0x30 && this.#units[i] <= 0x39;
  }

  #isApostropheAt(i: number): boolean {
    return i < this.#end && (this.#units[i] === 0x27 || this.#units[i] === 0x2019);
  }
}

const scanner = new Scanner();

/** The unit of an ASCII letter's small form; other units never become a letter's. */
function lower(unit: number): number {
  return unit | 0x20;
}
