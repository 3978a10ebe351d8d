/** The files of a translator: config.json, tokenizers and weights. */
import { FormatError, StateError } from "../base/errors.ts";
import { exists, makeDirectory, readBytes, readText, writeBytes, writeText } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { type JsonObject, type JsonValue, parseStrictJson } from "../formats/strict-json.ts";
import { decodeWeights, encodeWeights } from "../nn/weights.ts";
import { scoped } from "../tensor/index.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { SEQ2SEQ_DEFAULTS } from "./seq2seq.ts";
import type { TranslatorOptions, TranslatorParts } from "./translation.ts";

export type TranslatorWeights = "best" | "last";

const FORMAT = "lexigrad-translator";
const VERSION = 1;
const WEIGHT_FILES: Record<TranslatorWeights, string> = {
  best: "best.safetensors",
  last: "model.safetensors",
};
/** Vocabulary sizes and padding follow from the tokenizers. */
const NETWORK_KEYS = Object.keys(SEQ2SEQ_DEFAULTS).filter((key) => key !== "padId");

type Parts = Pick<TranslatorParts, "source" | "target" | "network">;

/** What config.json says of the model. */
export function translatorConfig({ source, target, network }: Parts): Record<string, unknown> {
  const options = network.options as unknown as Record<string, unknown>;
  return {
    format: FORMAT,
    version: VERSION,
    model: Object.fromEntries(NETWORK_KEYS.map((key) => [key, options[key]])),
    tokenizers: { source: source.hash, target: target.hash },
  };
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
  makeDirectory(directory);
  for (const [name, text] of tokenizerFiles(translator)) writeText(`${directory}/${name}`, text);
  writeText(`${directory}/config.json`, `${JSON.stringify(translatorConfig(translator), null, 2)}\n`);
  writeBytes(`${directory}/${WEIGHT_FILES.last}`, encodeWeights(translator.network.stateDict()));
}

export function loadTranslator<T extends Parts>(
  directory: string,
  weights: TranslatorWeights | undefined,
  create: (options: TranslatorOptions) => T,
): T {
  const file = `${directory}/config.json`;
  const config = asObject(parseStrictJson(readText(file), file), "translator config", file);
  const format = config.get("format");
  if (format !== FORMAT || config.get("version") !== VERSION) {
    const got = `${describe(format)} version ${describe(config.get("version"))}`;
    throw new FormatError({ what: "config.json", expected: `${FORMAT} version ${VERSION}`, got }, { file });
  }
  const model = asObject(config.get("model") ?? null, "model", file);
  const joint = exists(`${directory}/tokenizer.json`);
  const source = Tokenizer.load(`${directory}/${joint ? "tokenizer.json" : "tokenizer.source.json"}`);
  const target = joint ? source : Tokenizer.load(`${directory}/tokenizer.target.json`);
  checkHashes(asObject(config.get("tokenizers") ?? null, "tokenizers", file), { source, target }, directory);
  const translator = create({ ...(Object.fromEntries(model) as object), source, target });

  const chosen = weights ?? (exists(`${directory}/${WEIGHT_FILES.best}`) ? "best" : "last");
  const path = `${directory}/${WEIGHT_FILES[chosen]}`;
  scoped(() => translator.network.loadStateDict(decodeWeights(readBytes(path), path).tensors));
  return translator;
}

function asObject(value: JsonValue, what: string, file: string): JsonObject {
  if (value instanceof Map) return value;
  throw new FormatError({ what, expected: "an object", got: describe(value) }, { file });
}

function checkHashes(
  hashes: JsonObject,
  tokenizers: Record<"source" | "target", Tokenizer>,
  directory: string,
): void {
  for (const side of ["source", "target"] as const) {
    const { hash } = tokenizers[side];
    if (hashes.get(side) === hash) continue;
    throw new StateError({
      what: `${directory}: ${side} tokenizer`,
      expected: `the one the model was trained with (${describe(hashes.get(side))})`,
      got: `another (${JSON.stringify(hash)})`,
      hint: "Put back the tokenizer files of this run.",
    });
  }
}
