/** What the types of tokenizers have in common, behind {@link Tokenizer}. */
import type { MergeDropout } from "./merge-table.ts";

/** Cuts plain text, in which special strings mean nothing, into tokens and back. */
export interface TokenModel {
  /** Appends the ids of `text` to `ids`. Dropout is for models with merges. */
  encode(text: string, ids: number[], dropout?: MergeDropout): void;
  /** The pieces of `text` as they are shown, unknown ones included. */
  tokenize(text: string): string[];
  /** The text of pieces as {@link tokenize} shows them. */
  detokenize(pieces: readonly string[]): string;
  /** Starts a new text. */
  decoder(): TokenDecoder;
}

/** Turns ids into text, one at a time. */
export interface TokenDecoder {
  /** The text that this token completes. */
  push(id: number): string;
  /** The text for a token that stands for unknown text. */
  pushUnknown(token: string): string;
  /** What is left at the end. */
  end(): string;
}
