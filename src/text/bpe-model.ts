/**
 * Byte-pair encoding of words, exactly as subword-nmt applies it: the last
 * character of a word carries `</w>`, and pieces that do not end a word are
 * shown with `@@`.
 *
 * Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
 * Subword Units", 2016, section 3.2.
 */
import { Spans, unitsToString } from "../base/spans.ts";
import { END_OF_WORD, type SplitRule } from "../formats/tokenizer-json.ts";
import { characterIds } from "./bpe-vocabulary.ts";
import type { MergeDropout, MergeTable } from "./merge-table.ts";
import { Spacing } from "./spacing.ts";
import { cutters } from "./split.ts";
import type { TokenDecoder, TokenModel } from "./token-model.ts";
import { WordCache } from "./word-cache.ts";

/** What pieces inside a word are shown with. */
const CONTINUES = "@@";
/** Stands for characters that the vocabulary lacks. */
const UNKNOWN = -1;

export interface BpeModelOptions {
  readonly tokens: readonly string[];
  /** The ordinary tokens, special ones left out. */
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: MergeTable;
  /** Gives the id for unknown characters, or throws. */
  readonly unknownId: () => number;
  readonly split: SplitRule;
}

export class BpeModel implements TokenModel {
  readonly #options: BpeModelOptions;
  readonly #pieces = new Spans();
  readonly #words: WordCache;
  readonly #characters: ReturnType<typeof characterIds>;
  readonly #endOfWord: number;

  constructor(options: BpeModelOptions) {
    this.#options = options;
    this.#words = new WordCache((units, start, end, dropout) => this.#segment(units, start, end, dropout));
    this.#endOfWord = options.ids.get(END_OF_WORD) ?? UNKNOWN;
    this.#characters = characterIds(options.ids);
  }

  encode(text: string, ids: number[], dropout?: MergeDropout): void {
    const { unknownId } = this.#options;
    const pieces = this.#pieces;
    cutters[this.#options.split](text, pieces);
    for (let i = 0; i < pieces.count; i++) {
      this.#words.append(pieces.units, pieces.start(i), pieces.end(i), ids, unknownId, dropout);
    }
  }

  tokenize(text: string): string[] {
    const { tokens, split } = this.#options;
    const words = this.#pieces;
    cutters[split](text, words);
    const pieces: string[] = [];
    for (let i = 0; i < words.count; i++) {
      const ids: number[] = [];
      this.#words.append(words.units, words.start(i), words.end(i), ids, () => UNKNOWN);
      let at = words.start(i);
      ids.pop();
      for (const id of ids) {
        const piece = id === UNKNOWN ? unitsToString(words.units, at, at + words.width(at)) : tokens[id];
        at += piece.length;
        pieces.push(piece + CONTINUES);
      }
      // Nothing is left of an end of word on its own.
      if (at < words.end(i)) pieces.push(unitsToString(words.units, at, words.end(i)));
      else pieces.push((pieces.pop() as string).slice(0, -CONTINUES.length));
    }
    return pieces;
  }

  detokenize(pieces: readonly string[]): string {
    const spacing = this.#spacing();
    return pieces
      .map((piece) => {
        const inside = piece.length > CONTINUES.length && piece.endsWith(CONTINUES);
        return spacing.add(inside ? piece.slice(0, -CONTINUES.length) : piece, !inside);
      })
      .join("");
  }

  decoder(): TokenDecoder {
    const spacing = this.#spacing();
    return {
      push: (id) => {
        const token = this.#options.tokens[id];
        const ends = token.endsWith(END_OF_WORD);
        return spacing.add(ends ? token.slice(0, -END_OF_WORD.length) : token, ends);
      },
      pushUnknown: (token) => spacing.add(token, true),
      end: () => "",
    };
  }

  #spacing(): Spacing {
    return new Spacing(this.#options.split === "punctuation");
  }

  #segment(units: Uint16Array, start: number, end: number, dropout?: MergeDropout): Int32Array {
    const { merges, split } = this.#options;
    const { inner, final } = this.#characters;
    const word = unitsToString(units, start, end);
    const codes = Array.from(word, (character) => character.codePointAt(0) as number);
    const symbols = new Int32Array(codes.length + 1);
    codes.forEach((code, i) => {
      symbols[i] = inner.get(code) ?? UNKNOWN;
    });
    let length = codes.length;
    if (split === "subword-nmt-0.1") symbols[length++] = this.#endOfWord;
    else symbols[length - 1] = final.get(codes[length - 1]) ?? UNKNOWN;
    return symbols.subarray(0, merges.apply(symbols, length, dropout));
  }
}
