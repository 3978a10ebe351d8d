/** The kinds of network that a language model can have. */
import { checkChoice } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import {
  TRANSFORMER_LANGUAGE_MODEL_DEFAULTS,
  TransformerLanguageModel,
  type TransformerLanguageModelOptions,
} from "./transformer-language-model.ts";

/** A kind of network with its options; its vocabulary follows from the tokenizer. */
export type LanguageModelNetworkOptions = {
  /** Default `transformer`. */
  readonly model?: "transformer";
} & Omit<TransformerLanguageModelOptions, "vocabularySize">;

export type LanguageModelKind = NonNullable<LanguageModelNetworkOptions["model"]>;

const NETWORKS = {
  transformer: { Network: TransformerLanguageModel, defaults: TRANSFORMER_LANGUAGE_MODEL_DEFAULTS },
} as const;

/** @throws {OptionError} for an unknown kind, naming the nearest. */
export const checkLanguageModelKind = (model: unknown): LanguageModelKind =>
  checkChoice("model", model, Object.keys(NETWORKS) as LanguageModelKind[]);

/** The options that a kind of network has besides its vocabulary. */
export const languageModelKeys = (kind: LanguageModelKind): string[] => Object.keys(NETWORKS[kind].defaults);

export function languageModelKind(network: LanguageModelNetwork): LanguageModelKind {
  const kinds = Object.keys(NETWORKS) as LanguageModelKind[];
  return kinds.find((kind) => network instanceof NETWORKS[kind].Network) as LanguageModelKind;
}

/** @throws {OptionError} for impossible options. */
export function makeLanguageModelNetwork(
  { model = "transformer", ...options }: LanguageModelNetworkOptions,
  vocabularySize: number,
  random: Random,
): LanguageModelNetwork {
  const { Network } = NETWORKS[checkLanguageModelKind(model)];
  return new Network({ ...options, vocabularySize }, random);
}
