/** Tokenizers that look every piece up: words ("word") and code points ("char"). */
import type { SplitRule } from "../formats/tokenizer-json.ts";
import { Spacing } from "./spacing.ts";
import { splitters } from "./split.ts";
import type { TokenDecoder, TokenModel } from "./token-model.ts";

export class LookupModel implements TokenModel {
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknownId: () => number;
  readonly #split: SplitRule;

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
    this.#ids = ids;
    this.#unknownId = unknownId;
    this.#split = split;
  }

  encode(text: string, ids: number[]): void {
    for (const piece of this.tokenize(text)) ids.push(this.#ids.get(piece) ?? this.#unknownId());
  }

  tokenize(text: string): string[] {
    return splitters[this.#split](text);
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
