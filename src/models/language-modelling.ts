/** What a language model is made of and what it gives: the types that its parts share. */
import type { Random } from "../base/random.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import type { LanguageModelNetworkOptions } from "./language-model-networks.ts";
import type { StreamKind, TextStream } from "./language-model-text.ts";

/** A tokenizer and the network that predicts its tokens. */
export interface LanguageModelParts {
  readonly tokenizer: Tokenizer;
  readonly network: LanguageModelNetwork;
  readonly stream: TextStream;
  /** The generator of initial weights, of dropout and of training windows. */
  readonly random: Random;
}

export type LanguageModelOptions = LanguageModelNetworkOptions & {
  readonly tokenizer: Tokenizer;
  /**
   * How text becomes one stream of tokens. `lines`: each line is followed by the end token. `text`: as it is, with line
   * ends among the tokens. Default: `text` for types "char" and "byte-bpe", `lines` for the others.
   */
  readonly stream?: StreamKind;
  /** Where initial weights and dropout come from. Default: seed 1. */
  readonly random?: Random;
};

export interface GenerateOptions {
  /** Below 1 sharpens the distribution; 0 takes the most probable token each time. Default 1. */
  readonly temperature?: number;
  /** Draw from the k most probable tokens only. */
  readonly topK?: number;
  /** Draw from the fewest tokens that hold at least this share of the probability. Default 1. */
  readonly topP?: number;
  /** The most tokens to add to each prompt. Default 200. */
  readonly maxLength?: number;
  /** The fewest tokens before the end of a line may come, for a model of lines. Default 0. */
  readonly minLength?: number;
  /** Prompts worked on together. Does not change the result. Default 32. */
  readonly batchSize?: number;
  /** Forked once for each prompt, so that a sample does not depend on the other prompts. Default: seed 1. */
  readonly random?: Random;
}

/** A prompt and what the model made of it. */
export interface Generation {
  readonly prompt: string;
  /** The prompt and what comes after it. */
  readonly text: string;
  /** The generated tokens as people read them. */
  readonly tokens: readonly string[];
  /** Sum of their log probabilities under the model, in nats, the end of a line included where it was generated. */
  readonly logProb: number;
  /** Whether the end was generated, as models of lines do. */
  readonly finished: boolean;
}
