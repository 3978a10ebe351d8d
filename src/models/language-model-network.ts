/** What the parts of a language model ask of the network that predicts each next token. */
import type { Module } from "../nn/module.ts";
import type { Indices, Tensor } from "../tensor/index.ts";
import type { OutputLayer } from "./output-layer.ts";

/**
 * What a network remembers of the tokens it has been fed: keys and values, or recurrent states. It changes in place,
 * and its memory lives outside scopes.
 */
export interface LanguageModelState {
  /** Makes row i what row `rows[i]` was. */
  select(rows: Int32Array): void;
  /** Frees the memory. */
  dispose(): void;
}

/** Predicts each token of a text from those before it. */
export interface LanguageModelNetwork extends Module {
  /** Sizes and variants, all plain values. */
  readonly options: object;
  /** V: token ids are 0..V-1. */
  readonly vocabularySize: number;
  /** The most tokens it looks back on, and those of a training window; Infinity where a state carries all of them. */
  readonly blockSize: number;
  /** From the vectors of {@link hidden} to logits. */
  readonly output: OutputLayer;

  /** A state before any token. */
  start(): LanguageModelState;

  /**
   * Ids `[B, T]` to vectors `[B, T, D]`, each of which depends on its own token and those before it alone.
   *
   * @param state where the ids go on from, inside `noGrad`; it takes them up. Default: they are the beginning.
   */
  hidden(ids: Indices, state?: LanguageModelState): Tensor;

  /** Vectors `[..., D]` to logits `[..., V]` of the token after each. */
  logits(hidden: Tensor): Tensor;
}
