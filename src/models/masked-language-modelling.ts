/** What a masked language model is made of and what it gives: the types that its parts share. */
import type { Random } from "../base/random.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TransformerMaskedLanguageModelOptions } from "./transformer-masked-language-model.ts";

export interface MaskedLanguageModelOptions
  extends Omit<TransformerMaskedLanguageModelOptions, "vocabularySize" | "padId"> {
  /** One with the special tokens of `MASKED_SPECIALS`. */
  readonly tokenizer: Tokenizer;
  /** Where initial weights, masks and dropout come from. Default: seed 1. */
  readonly random?: Random;
}

/** A token that could stand where the mask is. */
export interface MaskCandidate {
  /** As people read it, see {@link Tokenizer.label}. */
  readonly token: string;
  readonly id: number;
  readonly probability: number;
}

export interface SentenceVectorOptions {
  /** `mean` of the vectors of all positions (default), or the vector of the `first`, the begin of the sentence. */
  readonly pooling?: "mean" | "first";
  /** Sequences computed together. Default 32. */
  readonly batchSize?: number;
}
