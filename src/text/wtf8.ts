/**
 * WTF-8: UTF-8 extended to lone surrogates, so that every JavaScript string
 * has bytes and comes back unchanged. `TextEncoder` replaces lone surrogates,
 * and `TextDecoder` swallows a leading byte order mark.
 *
 * Simon Sapin, "The WTF-8 encoding", section 3.
 */

/**
 * The WTF-8 bytes of any string: UTF-8 where it is well formed, three bytes for
 * each lone surrogate.
 */
export function encodeWtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[size++] = code;
      continue;
    }
    if (code < 0x800) {
      bytes[size++] = 0xc0 | (code >> 6);
    } else {
      code = text.codePointAt(i) as number;
      if (code < 0x10000) {
        bytes[size++] = 0xe0 | (code >> 12);
      } else {
        i++;
        bytes[size++] = 0xf0 | (code >> 18);
        bytes[size++] = 0x80 | ((code >> 12) & 0x3f);
      }
      bytes[size++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[size++] = 0x80 | (code & 0x3f);
  }
  return bytes.slice(0, size);
}

const REPLACEMENT = 0xfffd;
/** How many bytes to decode at a time. */
const CHUNK = 256;

/**
 * Decodes WTF-8 piece by piece. Bytes that no string encodes to become U+FFFD,
 * one for each maximal subpart, as in the WHATWG Encoding Standard.
 */
export class Wtf8Decoder {
  #code = 0;
  /** Continuation bytes still to come, and the bounds of the next one. */
  #missing = 0;
  #low = 0x80;
  #high = 0xbf;
  /** Each byte gives at most two units: a replacement for what came before, and its own. */
  readonly #units = new Uint16Array(2 * CHUNK);

  /** Whether no character is under way. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** The text that `bytes` completes. */
  push(bytes: Uint8Array): string {
    let text = "";
    for (let start = 0; start < bytes.length; start += CHUNK) {
      const size = this.#decode(bytes, start, Math.min(start + CHUNK, bytes.length));
      if (size > 0)
        text += String.fromCharCode.apply(null, this.#units.subarray(0, size) as unknown as number[]);
    }
    return text;
  }

  /** Ends the text: U+FFFD when a character is incomplete, else nothing. */
  end(): string {
    const incomplete = this.#missing > 0;
    this.#missing = 0;
    return incomplete ? "\ufffd" : "";
  }

  #decode(bytes: Uint8Array, start: number, end: number): number {
    const units = this.#units;
    let size = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (this.#missing > 0) {
        if (byte >= this.#low && byte <= this.#high) {
          this.#code = (this.#code << 6) | (byte & 0x3f);
          this.#low = 0x80;
          this.#high = 0xbf;
          if (--this.#missing > 0) continue;
          if (this.#code < 0x10000) {
            units[size++] = this.#code;
          } else {
            units[size++] = 0xd7c0 + (this.#code >> 10);
            units[size++] = 0xdc00 | (this.#code & 0x3ff);
          }
          continue;
        }
        this.#missing = 0;
        units[size++] = REPLACEMENT;
      }
      if (byte < 0x80) units[size++] = byte;
      else if (!this.#lead(byte)) units[size++] = REPLACEMENT;
    }
    return size;
  }

  /** Starts a character of two to four bytes; false when `byte` starts none. */
  #lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#code = byte & (0x3f >> this.#missing);
    // The second byte's bounds keep out overlong forms and code points past U+10FFFF.
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#high = byte === 0xf4 ? 0x8f : 0xbf;
    return true;
  }
}
