/** The kinds of network that a language model can have. */
import { checkChoice } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import {
  RECURRENT_CELLS,
  RECURRENT_LANGUAGE_MODEL_DEFAULTS,
  type RecurrentCell,
  RecurrentLanguageModel,
  type RecurrentLanguageModelOptions,
} from "./recurrent-language-model.ts";
import {
  TRANSFORMER_LANGUAGE_MODEL_DEFAULTS,
  TransformerLanguageModel,
  type TransformerLanguageModelOptions,
} from "./transformer-language-model.ts";

/** A kind of network with its options; its vocabulary follows from the tokenizer. */
export type LanguageModelNetworkOptions =
  | ({
      /** Default `transformer`. */
      readonly model?: "transformer";
    } & Omit<TransformerLanguageModelOptions, "vocabularySize">)
  | ({ readonly model: RecurrentCell } & Omit<RecurrentLanguageModelOptions, "vocabularySize" | "cell">);

export type LanguageModelKind = "transformer" | RecurrentCell;

const KINDS: readonly LanguageModelKind[] = ["transformer", ...RECURRENT_CELLS];

/** @throws {OptionError} for an unknown kind, naming the nearest. */
export const checkLanguageModelKind = (model: unknown): LanguageModelKind =>
  checkChoice("model", model, KINDS);

/** The options that a kind of network has besides its vocabulary. */
export const languageModelKeys = (kind: LanguageModelKind): string[] =>
  Object.keys(
    kind === "transformer" ? TRANSFORMER_LANGUAGE_MODEL_DEFAULTS : RECURRENT_LANGUAGE_MODEL_DEFAULTS,
  );

export const languageModelKind = (network: LanguageModelNetwork): LanguageModelKind =>
  network instanceof RecurrentLanguageModel ? network.options.cell : "transformer";

/** @throws {OptionError} for impossible options. */
export function makeLanguageModelNetwork(
  { model = "transformer", ...options }: LanguageModelNetworkOptions,
  vocabularySize: number,
  random: Random,
): LanguageModelNetwork {
  const kind = checkLanguageModelKind(model);
  if (kind === "transformer") return new TransformerLanguageModel({ ...options, vocabularySize }, random);
  return new RecurrentLanguageModel({ ...options, cell: kind, vocabularySize }, random);
}
