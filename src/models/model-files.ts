/** The files of a model: config.json, its tokenizers and its weights. */
import { FormatError, StateError } from "../base/errors.ts";
import { exists, makeDirectory, readBytes, readText, writeBytes, writeText } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { type JsonObject, type JsonValue, parseStrictJson } from "../formats/strict-json.ts";
import type { Module } from "../nn/module.ts";
import { decodeWeights, encodeWeights } from "../nn/weights.ts";
import { scoped } from "../tensor/index.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/**
 * `best`: best.safetensors, the weights that validated best; `average`: average.safetensors, the mean of the weights
 * that `keepCheckpoints` kept; `last`: model.safetensors.
 */
export type ModelWeights = "best" | "average" | "last";

const VERSION = 1;
const WEIGHT_FILES: Record<ModelWeights, string> = {
  best: "best.safetensors",
  average: "average.safetensors",
  last: "model.safetensors",
};
/** The first of these that there is, is taken by default. */
const PREFERENCE = ["best", "average", "last"] as const satisfies readonly ModelWeights[];

/**
 * What config.json says of a model.
 *
 * @param format names the kind of model
 * @param model plain options to make it from
 * @param tokenizers of which the hashes are kept
 */
export function modelConfig(
  format: string,
  model: object,
  tokenizers: Readonly<Record<string, Tokenizer>>,
): Record<string, unknown> {
  const hashes = Object.entries(tokenizers).map(([name, { hash }]) => [name, hash]);
  return { format, version: VERSION, model, tokenizers: Object.fromEntries(hashes) };
}

/** What a model is kept as. */
export interface ModelParts {
  readonly network: Module;
  readonly config: object;
  /** Further text files by name. */
  readonly files: ReadonlyMap<string, string>;
}

/** @throws {IoError} when it cannot be written. */
export function saveModel(directory: string, { network, config, files }: ModelParts): void {
  makeDirectory(directory);
  for (const [name, text] of files) writeText(`${directory}/${name}`, text);
  writeText(`${directory}/config.json`, `${JSON.stringify(config, null, 2)}\n`);
  writeBytes(
    `${directory}/${WEIGHT_FILES.last}`,
    encodeWeights(network.stateDict(), new Map(), { sharedOnce: true }),
  );
}

/** What {@link modelConfig} kept. */
export interface SavedModel {
  readonly model: object;
  /** @throws {StateError} when `tokenizer` is not the one that was saved under `name`. */
  checkTokenizer(name: string, tokenizer: Tokenizer): void;
}

/**
 * The format that config.json names: the kind of model.
 *
 * @throws {IoError} when there is none.
 * @throws {FormatError} for a damaged one.
 */
export const modelFormat = (directory: string): unknown => readConfig(directory).config.get("format");

function readConfig(directory: string): { config: JsonObject; file: string } {
  const file = `${directory}/config.json`;
  return { config: asObject(parseStrictJson(readText(file), "config", file), "config", file), file };
}

/**
 * Reads config.json.
 *
 * @throws {IoError} when there is none.
 * @throws {FormatError} for one of another format, and for a damaged one.
 */
export function readModel(directory: string, format: string): SavedModel {
  const { config, file } = readConfig(directory);
  const [found, version] = [config.get("format"), config.get("version")];
  if (found !== format || version !== VERSION) {
    const got = found === undefined ? "another file" : `${describe(found)} version ${describe(version)}`;
    throw new FormatError({ what: "config.json", expected: `${format} version ${VERSION}`, got }, { file });
  }
  const model = asObject(config.get("model") ?? null, "model", file);
  const hashes = asObject(config.get("tokenizers") ?? null, "tokenizers", file);
  return {
    model: Object.fromEntries(model),
    checkTokenizer(name, { hash }) {
      if (hashes.get(name) === hash) return;
      throw new StateError({
        what: `${directory}: ${name} tokenizer`,
        expected: `the one the model was trained with (${describe(hashes.get(name))})`,
        got: `another (${JSON.stringify(hash)})`,
        hint: "Put back the tokenizer files of this run.",
      });
    },
  };
}

function asObject(value: JsonValue, what: string, file: string): JsonObject {
  if (value instanceof Map) return value;
  throw new FormatError({ what, expected: "an object", got: describe(value) }, { file });
}

/**
 * Reads weights into a network.
 *
 * @param weights default: the best, where nothing was validated the average, and where there is none the last
 * @throws {IoError} for a missing file, {@link FormatError} for a damaged one, {@link StateError} for one of another
 *   network.
 */
export function loadWeights(network: Module, directory: string, weights?: ModelWeights): void {
  const isThere = (kind: ModelWeights) => exists(`${directory}/${WEIGHT_FILES[kind]}`);
  const chosen = weights ?? PREFERENCE.find(isThere) ?? "last";
  const path = `${directory}/${WEIGHT_FILES[chosen]}`;
  scoped(() => network.loadStateDict(decodeWeights(readBytes(path), path).tensors));
}
