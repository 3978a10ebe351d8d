/** What the parts of a translator ask of the network between its tokenizers. */
import type { Module } from "../nn/module.ts";
import type { Indices, Tensor } from "../tensor/index.ts";

/** An encoder-decoder: from a source and the target words before, the next word. */
export interface TranslationNetwork extends Module {
  /** Sizes and variants, all plain values. */
  readonly options: object;

  /**
   * Teacher forcing: logits `[B, T, V]` for each next word, given the right words before it.
   *
   * @param source ids `[B, S]`
   * @param lengths number of source words of each sentence, `[B]`
   * @param previous ids `[B, T]`: the target shifted right, beginning with the start symbol
   */
  forward(source: Indices, lengths: Indices, previous: Indices): Tensor;
}

/** The special tokens that a search needs to know. */
export interface SearchIds {
  readonly bosId: number;
  readonly eosId: number;
  /** Never generated. */
  readonly forbiddenIds: readonly number[];
}
