/**
 * Byte-pair encoding of words, exactly as subword-nmt applies it: the last
 * character of a word carries `</w>`, and pieces that do not end a word are
 * shown with `@@`.
 *
 * Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
 * Subword Units", 2016, section 3.2.
 */
import { END_OF_WORD, type SplitRule } from "../formats/tokenizer-json.ts";
import type { MergeTable } from "./merge-table.ts";
import { Spacing } from "./spacing.ts";
import { splitters } from "./split.ts";
import type { TokenDecoder, TokenModel } from "./token-model.ts";
import { WordCache } from "./word-cache.ts";

/** What pieces inside a word are shown with. */
const CONTINUES = "@@";

interface SegmentedWord {
  /** Ids, with -1 for characters that the vocabulary lacks. */
  readonly ids: readonly number[];
  readonly pieces: readonly string[];
}

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
  readonly #words: WordCache<SegmentedWord>;

  constructor(options: BpeModelOptions) {
    this.#options = options;
    this.#words = new WordCache((word) => this.#segment(word));
  }

  encode(text: string, ids: number[]): void {
    for (const word of splitters[this.#options.split](text)) {
      for (const id of this.#words.get(word).ids) ids.push(id === -1 ? this.#options.unknownId() : id);
    }
  }

  tokenize(text: string): string[] {
    const pieces: string[] = [];
    for (const word of splitters[this.#options.split](text)) {
      for (const piece of this.#words.get(word).pieces) pieces.push(piece);
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

  #segment(word: string): SegmentedWord {
    const { tokens, ids, merges, split } = this.#options;
    const characters = Array.from(word);
    if (split === "subword-nmt-0.1") characters.push(END_OF_WORD);
    else characters[characters.length - 1] += END_OF_WORD;
    const unknown: string[] = [];
    const symbols = Int32Array.from(characters, (character) => {
      // Unknown characters keep their place as -1, -2, ...: they never merge.
      return ids.get(character) ?? -unknown.push(character);
    });
    const merged = Array.from(symbols.subarray(0, merges.apply(symbols, symbols.length)));
    const pieces = merged.map((id) => (id < 0 ? unknown[-id - 1] : tokens[id]) + CONTINUES);
    const last = (pieces.pop() as string).slice(0, -(END_OF_WORD + CONTINUES).length);
    // Nothing is left of an end of word on its own.
    if (last === "") pieces.push((pieces.pop() as string).slice(0, -CONTINUES.length));
    else pieces.push(last);
    return { ids: merged.map((id) => Math.max(id, -1)), pieces };
  }
}
