/** The files of a masked language model: config.json, its tokenizer and its weights. */
import { Tokenizer } from "../text/tokenizer.ts";
import type { MaskedLanguageModelOptions } from "./masked-language-modelling.ts";
import { loadWeights, type ModelWeights, modelConfig, readModel, saveModel } from "./model-files.ts";
import {
  TRANSFORMER_MASKED_LANGUAGE_MODEL_DEFAULTS,
  type TransformerMaskedLanguageModel,
} from "./transformer-masked-language-model.ts";

export const MASKED_LANGUAGE_MODEL_FORMAT = "lexigrad-masked-language-model";
const TOKENIZER = "tokenizer.json";

/** The options of the network; vocabulary size and padding follow from the tokenizer. */
export const MASKED_LANGUAGE_MODEL_KEYS = Object.keys(TRANSFORMER_MASKED_LANGUAGE_MODEL_DEFAULTS).filter(
  (key) => key !== "padId",
);

interface Parts {
  readonly tokenizer: Tokenizer;
  readonly network: TransformerMaskedLanguageModel;
}

/** What config.json says of the model. */
export function maskedLanguageModelConfig({ tokenizer, network }: Parts): Record<string, unknown> {
  const options = network.options as unknown as Record<string, unknown>;
  const kept = MASKED_LANGUAGE_MODEL_KEYS.map((key) => [key, options[key]]);
  return modelConfig(MASKED_LANGUAGE_MODEL_FORMAT, Object.fromEntries(kept), { text: tokenizer });
}

/** The text files that describe a masked language model, by name. */
export const maskedLanguageModelFiles = ({ tokenizer }: Pick<Parts, "tokenizer">): Map<string, string> =>
  new Map([[TOKENIZER, tokenizer.serialize()]]);

export function saveMaskedLanguageModel(model: Parts, directory: string): void {
  const { network } = model;
  const [config, files] = [maskedLanguageModelConfig(model), maskedLanguageModelFiles(model)];
  saveModel(directory, { network, config, files });
}

export function loadMaskedLanguageModel<T extends Parts>(
  directory: string,
  weights: ModelWeights | undefined,
  create: (options: MaskedLanguageModelOptions) => T,
): T {
  const saved = readModel(directory, MASKED_LANGUAGE_MODEL_FORMAT);
  const tokenizer = Tokenizer.load(`${directory}/${TOKENIZER}`);
  saved.checkTokenizer("text", tokenizer);
  const model = create({ ...saved.model, tokenizer });
  loadWeights(model.network, directory, weights);
  return model;
}
