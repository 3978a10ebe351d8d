/** What the parts of a translator ask of the network between its tokenizers. */
import type { Module } from "../nn/module.ts";
import type { Indices, Tensor } from "../tensor/index.ts";
import type { OutputLayer } from "./output-layer.ts";

/** An encoder-decoder: from a source and the target words before, the next word. */
export interface TranslationNetwork extends Module {
  /** Sizes and variants, all plain values. */
  readonly options: object;
  /** From the vectors of {@link hidden} to logits. */
  readonly output: OutputLayer;

  /**
   * Teacher forcing: a vector for each next word, `[B, T, D]`, given the right words before it.
   *
   * @param source ids `[B, S]`
   * @param lengths number of source words of each sentence, `[B]`
   * @param previous ids `[B, T]`: the target shifted right, beginning with the start symbol
   */
  hidden(source: Indices, lengths: Indices, previous: Indices): Tensor;

  /** The logits `[B, T, V]` of {@link hidden}. */
  forward(source: Indices, lengths: Indices, previous: Indices): Tensor;
}

/** The special tokens that a search needs to know. */
export interface SearchIds {
  readonly bosId: number;
  readonly eosId: number;
  /** Never generated. */
  readonly forbiddenIds: readonly number[];
}
