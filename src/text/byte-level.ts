/**
 * The two conventions of GPT-2's byte-level tokenizers: how text is cut before
 * merging, and how bytes are written as printable characters.
 *
 * Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.
 */
import type { Spans } from "../base/spans.ts";
import { charClass, LETTER, MARK, NUMBER, OTHER, runEnd, SPACE } from "./char-class.ts";

const APOSTROPHE = 0x27;
const SPACE_CODE = 0x20;
/** What follows the apostrophe of a contraction. */
const CONTRACTIONS = ["s", "t", "re", "ve", "m", "ll", "d"].map((letters) =>
  Uint16Array.from(letters, (letter) => letter.charCodeAt(0)),
);

/**
 * Cuts text where GPT-2's pattern does:
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
 * with `\s` as Unicode White_Space. The pieces joined give the text again.
 *
 * Written as a scanner so that no text makes it slower than linear.
 */
export function cutByteLevel(text: string, pieces: Spans): void {
  pieces.load(text);
  for (let start = 0, end = 0; start < pieces.length; start = end) {
    end = pieceEnd(pieces, start);
    pieces.add(start, end);
  }
}

function pieceEnd(text: Spans, start: number): number {
  const first = text.units[start];
  if (first === APOSTROPHE) {
    const end = contractionEnd(text, start + 1);
    if (end > 0) return end;
  }
  const body = first === SPACE_CODE && start + 1 < text.length ? start + 1 : start;
  switch (charClass(text.codePoint(body))) {
    case LETTER:
      return runEnd(text, body, LETTER);
    case NUMBER:
      return runEnd(text, body, NUMBER);
    case SPACE: {
      const end = runEnd(text, start, SPACE);
      // The last space before a word belongs to that word.
      return end < text.length && end - start > 1 ? end - 1 : end;
    }
    default:
      return symbolsEnd(text, body);
  }
}

/** Where the letters of a contraction that start at `start` end, or -1. */
function contractionEnd(text: Spans, start: number): number {
  for (const letters of CONTRACTIONS) {
    const end = start + letters.length;
    if (end <= text.length && letters.every((letter, i) => text.units[start + i] === letter)) return end;
  }
  return -1;
}

/** Marks count as symbols here. */
function symbolsEnd(text: Spans, start: number): number {
  let end = start;
  for (;;) {
    const next = runEnd(text, runEnd(text, end, OTHER), MARK);
    if (next === end) return end;
    end = next;
  }
}

/**
 * The printable character of each byte: itself for 33-126, 161-172 and 174-255,
 * and U+0100 onwards, in order, for the rest.
 */
export const BYTE_TO_CHAR: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(printable ? byte : next++);
  });
})();

const CHAR_TO_BYTE: ReadonlyMap<string, number> = new Map(BYTE_TO_CHAR.map((char, byte) => [char, byte]));

/** The bytes that a token of printable characters stands for, or undefined when it holds another character. */
export function tokenBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = CHAR_TO_BYTE.get(token[i]);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
