/** State dicts as safetensors files, in both directions. */
import { FormatError } from "../base/errors.ts";
import { readBytes, writeBytes } from "../base/files.ts";
import { checkMap, describe, rejectUnknownKeys } from "../base/options.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import type { SavedTensor } from "../formats/safetensors-dtype.ts";
import { type JsonValue, parseStrictJson } from "../formats/strict-json.ts";
import { scoped, type Tensor, tensor } from "../tensor/index.ts";
import type { LoadOptions, Module } from "./module.ts";

/**
 * Writes the weights of a module as a safetensors file under PyTorch's names, so that
 * `model.load_state_dict(safetensors.torch.load_file(path))` loads them into the same module there.
 *
 * @param metadata free text to keep with the tensors
 * @throws {IoError} when the file cannot be written.
 */
export function saveWeights(
  module: Module,
  path: string,
  metadata: ReadonlyMap<string, string> = new Map(),
): void {
  writeBytes(path, encodeWeights(module.stateDict(), metadata));
}

/**
 * Fills a module from a safetensors file: all of it or, on any error, nothing. Files from PyTorch are written there with
 * `safetensors.torch.save_file(model.state_dict(), path)` or `save_model(model, path)`. Half and double precision
 * become f32.
 *
 * @throws {IoError} when the file cannot be read, {@link FormatError} when it is damaged, {@link StateError} for names,
 *   {@link ShapeError} for shapes and {@link NumericError} for numbers that this module does not take.
 * @example
 * const lstm = () => new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2 });
 * const [trained, copy] = [lstm(), lstm()];
 * copy.loadStateDict(decodeWeights(encodeWeights(trained.stateDict()), "lstm.safetensors").tensors); // in memory
 * // On disk: saveWeights(trained, "lstm.safetensors"); loadWeights(copy, "lstm.safetensors");
 * copy.forward(ones([1, 5, 3]))[0].toString() === trained.forward(ones([1, 5, 3]))[0].toString(); // true
 */
export function loadWeights(module: Module, path: string, options: LoadOptions = {}): void {
  scoped(() => module.loadStateDict(decodeWeights(readBytes(path), path).tensors, options));
}

export interface EncodeWeightsOptions {
  /**
   * Writes a tensor that has several names, as tied weights do, under the first alone. {@link decodeWeights} gives it all
   * of them again, and so does PyTorch's `safetensors.torch.load_model`; `load_state_dict` would miss the others.
   * @defaultValue false
   */
  readonly sharedOnce?: boolean;
}

/** In the metadata: each further name of a tensor with its first, as JSON. */
const SHARED = "shared";

/**
 * A state dict as the bytes of a safetensors file, with checksums.
 *
 * @param metadata free text to keep with the tensors
 */
export function encodeWeights(
  state: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
  options: EncodeWeightsOptions = {},
): Uint8Array<ArrayBuffer> {
  checkMap("encodeWeights", state);
  checkMap("encodeWeights metadata", metadata);
  rejectUnknownKeys("encodeWeights", options, ["sharedOnce"]);
  const shared = options.sharedOnce ? sharedNames(state) : new Map<string, string>();
  const saved = new Map<string, SavedTensor>();
  for (const [name, x] of state) if (!shared.has(name)) saved.set(name, toSaved(x));
  const sharing = shared.size > 0 ? [[SHARED, JSON.stringify([...shared])] as const] : [];
  return writeSafetensors(saved, new Map([["format", "pt"], ...metadata, ...sharing]), { checksums: true });
}

/** Each further name of a tensor with its first. */
export function sharedNames(state: ReadonlyMap<string, Tensor>): Map<string, string> {
  const first = new Map<Tensor, string>();
  const further = new Map<string, string>();
  for (const [name, x] of state) {
    const known = first.get(x);
    if (known === undefined) first.set(x, name);
    else further.set(name, known);
  }
  return further;
}

function toSaved(x: Tensor): SavedTensor {
  const { shape } = x;
  const data = x.data();
  if (data instanceof Float64Array) return { dtype: "F64", shape, data };
  if (data instanceof Int32Array) return { dtype: "I32", shape, data };
  return { dtype: "F32", shape, data };
}

/** What {@link decodeWeights} gives. */
export interface Weights {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Tensors from the bytes of a safetensors file. Half and double precision become f32.
 *
 * @param file named in errors
 * @throws {FormatError} for a damaged file, or one with integers of 64 bits.
 */
export function decodeWeights(bytes: Uint8Array, file: string): Weights {
  const saved = readSafetensors(bytes, file);
  const { metadata } = saved;
  const tensors = toTensors(saved, file);
  for (const [name, first] of readShared(metadata.get(SHARED), file)) {
    const x = tensors.get(first);
    if (x === undefined || tensors.has(name)) throw brokenSharing(`${name} for ${first}`, file);
    tensors.set(name, x);
  }
  return { tensors, metadata };
}

function readShared(text: string | undefined, file: string): [name: string, first: string][] {
  if (text === undefined) return [];
  const pairs = parseStrictJson(text, "JSON", file);
  const isPair = (pair: JsonValue) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((name) => typeof name === "string");
  if (Array.isArray(pairs) && pairs.every(isPair)) return pairs as [string, string][];
  throw brokenSharing(describe(text), file);
}

function brokenSharing(got: string, file: string): FormatError {
  const expected = "pairs of a further name and the name of a tensor";
  return new FormatError({ what: "weights that are shared", expected, got }, { file });
}

/** The same for tensors that have been read; see {@link decodeWeights}. */
export function toTensors(saved: ReadonlyMap<string, SavedTensor>, file: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data }] of saved) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      const got = `${dtype} in ${JSON.stringify(name)}`;
      throw new FormatError(
        { what: "weights", expected: "numbers of at most 32 bits or floats", got },
        { file },
      );
    }
    tensors.set(name, tensor(data instanceof Float32Array ? data : Float32Array.from(data), shape));
  }
  return tensors;
}
