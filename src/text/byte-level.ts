/**
 * The two conventions of GPT-2's byte-level tokenizers: how text is cut before
 * merging, and how bytes are written as printable characters.
 *
 * Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.
 */
import { charClass, LETTER, MARK, NUMBER, OTHER, runEnd, SPACE } from "./char-class.ts";

const CONTRACTIONS = ["s", "t", "re", "ve", "m", "ll", "d"];
const SPACE_CODE = 0x20;

/**
 * Cuts text where GPT-2's pattern does:
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
 * with `\s` as Unicode White_Space. The pieces joined give the text again.
 *
 * Written as a scanner so that no text makes it slower than linear.
 */
export function splitByteLevel(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (start < text.length) {
    const end = pieceEnd(text, start);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function pieceEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === 0x27) {
    const contraction = CONTRACTIONS.find((letters) => text.startsWith(letters, start + 1));
    if (contraction) return start + 1 + contraction.length;
  }
  const body = first === SPACE_CODE && start + 1 < text.length ? start + 1 : start;
  switch (charClass(text.codePointAt(body) as number)) {
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

/** Marks count as symbols here. */
function symbolsEnd(text: string, start: number): number {
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
