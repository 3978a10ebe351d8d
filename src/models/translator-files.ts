/** The files of a translator: config.json, tokenizers and weights. */
import { exists } from "../base/files.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { loadWeights, type ModelWeights, modelConfig, readModel, saveModel } from "./model-files.ts";
import { kindOf, networkKeys } from "./networks.ts";
import type { TranslatorOptions, TranslatorParts } from "./translation.ts";

const FORMAT = "lexigrad-translator";

type Parts = Pick<TranslatorParts, "source" | "target" | "network">;

/** What config.json says of the model. */
export function translatorConfig({ source, target, network }: Parts): Record<string, unknown> {
  const options = network.options as Record<string, unknown>;
  const model = kindOf(network);
  // Vocabulary sizes and padding follow from the tokenizers.
  const kept = networkKeys(model).map((key) => [key, options[key]]);
  return modelConfig(FORMAT, { model, ...Object.fromEntries(kept) }, { source, target });
}

/** The text files that describe a translator, by name: tokenizer.json, or one for each side. */
export function tokenizerFiles({ source, target }: Pick<Parts, "source" | "target">): Map<string, string> {
  if (source.hash === target.hash) return new Map([["tokenizer.json", source.serialize()]]);
  return new Map([
    ["tokenizer.source.json", source.serialize()],
    ["tokenizer.target.json", target.serialize()],
  ]);
}

export function saveTranslator(translator: Parts, directory: string): void {
  const { network } = translator;
  saveModel(directory, { network, config: translatorConfig(translator), files: tokenizerFiles(translator) });
}

export function loadTranslator<T extends Parts>(
  directory: string,
  weights: ModelWeights | undefined,
  create: (options: TranslatorOptions) => T,
): T {
  const saved = readModel(directory, FORMAT);
  const joint = exists(`${directory}/tokenizer.json`);
  const source = Tokenizer.load(`${directory}/${joint ? "tokenizer.json" : "tokenizer.source.json"}`);
  const target = joint ? source : Tokenizer.load(`${directory}/tokenizer.target.json`);
  saved.checkTokenizer("source", source);
  saved.checkTokenizer("target", target);
  const translator = create({ ...saved.model, source, target });
  loadWeights(translator.network, directory, weights);
  return translator;
}
