/**
 * Byte-level byte-pair encoding. Every string has a sequence of bytes and every
 * byte is a token, so nothing is unknown and decoding gives back any string,
 * lone surrogates and byte order marks included.
 *
 * Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.
 */
import { Spans, unitsToString } from "../base/spans.ts";
import { BYTE_TO_CHAR, cutByteLevel, tokenBytes } from "./byte-level.ts";
import type { MergeDropout, MergeTable } from "./merge-table.ts";
import type { TokenDecoder, TokenModel } from "./token-model.ts";
import { WordCache } from "./word-cache.ts";
import { encodeWtf8, Wtf8Decoder } from "./wtf8.ts";

export class ByteBpeModel implements TokenModel {
  readonly #tokens: readonly string[];
  readonly #merges: MergeTable;
  readonly #unknownId: () => number;
  /** The id of each byte's token, or -1. */
  readonly #byteIds: Int32Array;
  readonly #pieces = new Spans();
  readonly #words: WordCache;
  /** The text of each token that holds whole characters, null for others; filled as needed. */
  readonly #texts: (string | null | undefined)[];

  /**
   * @param ids the ordinary tokens, special ones left out.
   * @param unknownId gives the id for bytes that `ids` lacks, or throws.
   */
  constructor(
    tokens: readonly string[],
    ids: ReadonlyMap<string, number>,
    merges: MergeTable,
    unknownId: () => number,
  ) {
    this.#tokens = tokens;
    this.#merges = merges;
    this.#unknownId = unknownId;
    this.#texts = new Array(tokens.length);
    this.#byteIds = Int32Array.from(BYTE_TO_CHAR, (char) => ids.get(char) ?? -1);
    this.#words = new WordCache((units, start, end, dropout) =>
      this.#segment(unitsToString(units, start, end), dropout),
    );
  }

  encode(text: string, ids: number[], dropout?: MergeDropout): void {
    const pieces = this.#pieces;
    cutByteLevel(text, pieces);
    for (let i = 0; i < pieces.count; i++) {
      this.#words.append(pieces.units, pieces.start(i), pieces.end(i), ids, this.#unknownId, dropout);
    }
  }

  tokenize(text: string): string[] {
    const ids: number[] = [];
    this.encode(text, ids);
    return ids.map((id) => this.#tokens[id]);
  }

  detokenize(pieces: readonly string[]): string {
    const decoder = new Wtf8Decoder();
    return pieces.map((piece) => decoder.push(bytesOf(piece))).join("") + decoder.end();
  }

  decoder(): TokenDecoder {
    const decoder = new Wtf8Decoder();
    return {
      push: (id) => {
        const text = decoder.complete ? this.#text(id) : null;
        return text ?? decoder.push(bytesOf(this.#tokens[id]));
      },
      pushUnknown: (token) => decoder.push(encodeWtf8(token)),
      end: () => decoder.end(),
    };
  }

  /** What a token adds to whole characters, or null when it ends inside one. */
  #text(id: number): string | null {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const decoder = new Wtf8Decoder();
    const text = decoder.push(bytesOf(this.#tokens[id]));
    this.#texts[id] = decoder.complete ? text : null;
    return this.#texts[id];
  }

  #segment(word: string, dropout?: MergeDropout): Int32Array {
    const bytes = encodeWtf8(word);
    const symbols = new Int32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) symbols[i] = this.#byteIds[bytes[i]];
    return symbols.subarray(0, this.#merges.apply(symbols, symbols.length, dropout));
  }
}

/** Tokens that are not made of byte characters stand for themselves. */
function bytesOf(token: string): Uint8Array {
  return tokenBytes(token) ?? encodeWtf8(token);
}
