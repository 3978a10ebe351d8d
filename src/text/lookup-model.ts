/** Tokenizers that look every piece up: words ("word") and code points ("char"). */
import { SpanTable } from "../base/span-table.ts";
import { Spans } from "../base/spans.ts";
import type { SplitRule } from "../formats/tokenizer-json.ts";
import { Spacing } from "./spacing.ts";
import { cutters } from "./split.ts";
import type { TokenDecoder, TokenModel } from "./token-model.ts";

export class LookupModel implements TokenModel {
  readonly #tokens: readonly string[];
  /** The ordinary tokens and, by their numbers there, their ids. */
  readonly #known = new SpanTable();
  readonly #ids: Int32Array;
  readonly #unknownId: () => number;
  readonly #split: SplitRule;
  readonly #pieces = new Spans();

  /**
   * @param ids the ordinary tokens, special ones left out.
   * @param unknownId gives the id for pieces that `ids` lacks, or throws.
   */
  constructor(
    tokens: readonly string[],
    ids: ReadonlyMap<string, number>,
    unknownId: () => number,
    split: SplitRule,
  ) {
    this.#tokens = tokens;
    this.#ids = Int32Array.from(ids.values());
    for (const token of ids.keys()) {
      this.#pieces.load(token);
      this.#known.add(this.#pieces.units, 0, token.length);
    }
    this.#unknownId = unknownId;
    this.#split = split;
  }

  encode(text: string, ids: number[]): void {
    const pieces = this.#pieces;
    cutters[this.#split](text, pieces);
    for (let i = 0; i < pieces.count; i++) {
      const number = this.#known.find(pieces.units, pieces.start(i), pieces.end(i));
      ids.push(number === -1 ? this.#unknownId() : this.#ids[number]);
    }
  }

  tokenize(text: string): string[] {
    cutters[this.#split](text, this.#pieces);
    return this.#pieces.strings();
  }

  detokenize(pieces: readonly string[]): string {
    const add = this.#joiner();
    return pieces.map(add).join("");
  }

  decoder(): TokenDecoder {
    const add = this.#joiner();
    return { push: (id) => add(this.#tokens[id]), pushUnknown: add, end: () => "" };
  }

  #joiner(): (piece: string) => string {
    if (this.#split === "characters") return (piece) => piece;
    const spacing = new Spacing(this.#split === "punctuation");
    return (piece) => spacing.add(piece, true);
  }
}
