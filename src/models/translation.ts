/** What a translator is made of and what it gives: the types that its parts share. */
import type { Random } from "../base/random.ts";
import type { BeamSearchOptions } from "../decode/beam-search.ts";
import type { EnsembleOptions } from "../decode/ensemble.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { NetworkOptions } from "./networks.ts";
import type { TranslationNetwork } from "./translation-network.ts";

/** Two tokenizers and the network between them. */
export interface TranslatorParts {
  readonly source: Tokenizer;
  readonly target: Tokenizer;
  readonly network: TranslationNetwork;
  /** The generator of initial weights and of dropout. */
  readonly random: Random;
}

export type TranslatorOptions = NetworkOptions & {
  /** Splits sources. */
  readonly source: Tokenizer;
  /** Splits and joins translations; may be the same as `source`. */
  readonly target: Tokenizer;
  /** Where initial weights and dropout come from. Default: seed 1. */
  readonly random?: Random;
};

export interface TranslateOptions extends BeamSearchOptions {
  /** Sentences decoded together. Does not change the result. Default 32. */
  readonly batchSize?: number;
  /** Longer sources are cut to so many tokens; `sourceTokens` shows what was read. Default: none is cut. */
  readonly maxSourceLength?: number;
  /** Translators whose distributions are averaged with this one's, of the same tokenizers. Default: none. */
  readonly ensemble?: readonly TranslatorParts[];
  /** What is averaged over an ensemble, as in `ensemble()`. Default `probability`. */
  readonly combine?: NonNullable<EnsembleOptions["combine"]>;
}

/** One translation, with how it came about. */
export interface TranslationHypothesis {
  readonly text: string;
  /** Log probability in nats, end of sentence included. */
  readonly logProb: number;
  /** What n-best lists are sorted by: the log probability under the penalties asked for. */
  readonly score: number;
  /** Whether the end of sentence was reached; hypotheses that did not come behind those that did. */
  readonly finished: boolean;
  /** The generated tokens as people read them, the end of sentence last when it was reached. */
  readonly tokens: readonly string[];
  /** A row of weights over `sourceTokens` for each generated token. */
  readonly attention: readonly Float32Array[];
}

export interface Translation extends TranslationHypothesis {
  readonly source: string;
  readonly sourceTokens: readonly string[];
  /** The best hypotheses, the one above first; one unless `nBest` asks for more. */
  readonly nBest: readonly TranslationHypothesis[];
}
