/** Finds the words of a text in its bytes. */
import { FormatError } from "../base/errors.ts";
import { checkList } from "../base/options.ts";
import { otherFormat } from "../base/utf8.ts";
import { HASH_START, hashByte } from "./words.ts";

/** Whether a byte ends words: blank, tab, line ends, NUL. */
export function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 0;
}

/** Cuts a string where {@link TextScanner} cuts bytes. */
export function splitWords(sentence: string): string[] {
  return sentence.split(/[\0\t\n\v\f\r ]+/).filter((word) => word !== "");
}

const isText = (value: unknown): boolean => typeof value === "string";

/** The words of a sentence that is given as a string or as its words. @throws {OptionError} for anything else. */
export function wordsOf(sentence: string | readonly string[]): readonly string[] {
  if (typeof sentence === "string") return splitWords(sentence);
  checkList("sentence", sentence, "words", isText);
  return sentence;
}

/** What a {@link TextScanner} tells. */
export interface ScannerEvents {
  /** A word is `bytes[start..end)`, and `hash` what `Words` asks for. */
  word(bytes: Uint8Array, start: number, end: number, hash: number): void;
  endLine(): void;
}

/** Cuts text that comes in pieces into lines and words. White space ends words, as KenLM cuts them. */
export class TextScanner {
  /** The number of the line that is being read, from 1. */
  line = 1;
  readonly #events: ScannerEvents;
  /** The beginning of a line that is not finished. */
  #carry: Uint8Array = new Uint8Array(0);
  #hasBegun = false;

  constructor(events: ScannerEvents) {
    this.#events = events;
  }

  /**
   * Takes a piece of a text.
   *
   * @param file named in errors
   * @throws {FormatError} when it begins like something else, or what the events throw, with the line.
   */
  addBytes(bytes: Uint8Array, file?: string): void {
    this.#locate(file, () => this.#add(bytes));
  }

  #add(bytes: Uint8Array): void {
    let piece = bytes;
    if (!this.#hasBegun && bytes.length > 0) {
      this.#hasBegun = true;
      const other = otherFormat(bytes);
      if (other)
        throw new FormatError({ what: "text", expected: "UTF-8", got: other.name, hint: other.hint });
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) piece = bytes.subarray(3);
    }
    const last = piece.lastIndexOf(10) + 1;
    if (last === 0) {
      this.#carry = joined(this.#carry, piece);
      return;
    }
    let start = 0;
    if (this.#carry.length > 0) {
      start = piece.indexOf(10) + 1;
      this.#scan(joined(this.#carry, piece.subarray(0, start)));
    }
    this.#scan(piece.subarray(start, last));
    this.#carry = piece.slice(last);
  }

  /** Ends a text, whose last line may lack its end; another may follow. */
  endText(file?: string): void {
    this.#locate(file, () => {
      if (this.#carry.length > 0) this.#scan(joined(this.#carry, Uint8Array.of(10)));
    });
    this.#carry = new Uint8Array(0);
    this.#hasBegun = false;
    this.line = 1;
  }

  #locate(file: string | undefined, work: () => void): void {
    try {
      work();
    } catch (cause) {
      if (!(cause instanceof FormatError) || cause.location.line !== undefined) throw cause;
      const place = { ...(file === undefined ? {} : { file }), line: this.line };
      throw new FormatError(cause.complaint, place, { cause });
    }
  }

  /** Whole lines. */
  #scan(bytes: Uint8Array): void {
    const events = this.#events;
    for (let at = 0; at < bytes.length; at++) {
      let byte = bytes[at];
      if (byte === 10) {
        events.endLine();
        this.line++;
      } else if (!isSpace(byte)) {
        const start = at;
        let hash = HASH_START;
        for (; !isSpace(byte); byte = bytes[++at]) hash = hashByte(hash, byte);
        events.word(bytes, start, at, hash);
        at--;
      }
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
