/** The files of a language model: config.json, its tokenizer and its weights. */
import { skipInit } from "../nn/init.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { languageModelKeys, languageModelKind } from "./language-model-networks.ts";
import type { LanguageModelOptions, LanguageModelParts } from "./language-modelling.ts";
import { loadWeights, type ModelWeights, modelConfig, readModel, saveModel } from "./model-files.ts";

export const LANGUAGE_MODEL_FORMAT = "lexigrad-language-model";
const TOKENIZER = "tokenizer.json";

type Parts = Pick<LanguageModelParts, "tokenizer" | "network" | "stream">;

/** What config.json says of the model. */
export function languageModelConfig({ tokenizer, network, stream }: Parts): Record<string, unknown> {
  const options = network.options as Record<string, unknown>;
  const model = languageModelKind(network);
  const kept = languageModelKeys(model).map((key) => [key, options[key]]);
  return modelConfig(
    LANGUAGE_MODEL_FORMAT,
    { model, stream: stream.kind, ...Object.fromEntries(kept) },
    { text: tokenizer },
  );
}

/** The text files that describe a language model, by name. */
export const languageModelFiles = ({ tokenizer }: Pick<Parts, "tokenizer">): Map<string, string> =>
  new Map([[TOKENIZER, tokenizer.serialize()]]);

export function saveLanguageModel(model: Parts, directory: string): void {
  const { network } = model;
  saveModel(directory, { network, config: languageModelConfig(model), files: languageModelFiles(model) });
}

export function loadLanguageModel<T extends Parts>(
  directory: string,
  weights: ModelWeights | undefined,
  create: (options: LanguageModelOptions) => T,
): T {
  const saved = readModel(directory, LANGUAGE_MODEL_FORMAT);
  const tokenizer = Tokenizer.load(`${directory}/${TOKENIZER}`);
  saved.checkTokenizer("text", tokenizer);
  const model = skipInit(() => create({ ...saved.model, tokenizer }));
  loadWeights(model.network, directory, weights);
  return model;
}
