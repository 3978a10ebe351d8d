/** State dicts as safetensors files, in both directions. */
import { FormatError } from "../base/errors.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import type { SavedTensor } from "../formats/safetensors-dtype.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/**
 * A state dict as the bytes of a safetensors file, with checksums.
 *
 * @param metadata free text to keep with the tensors
 */
export function encodeWeights(
  state: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const saved = new Map(Array.from(state, ([name, x]) => [name, toSaved(x)] as const));
  return writeSafetensors(saved, new Map([["format", "pt"], ...metadata]), { checksums: true });
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
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data }] of saved) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      const got = `${dtype} in ${JSON.stringify(name)}`;
      throw new FormatError(
        { what: "weights", expected: "numbers of at most 32 bits or floats", got },
        { file },
      );
    }
    tensors.set(name, tensor(Float32Array.from(data), shape));
  }
  return { tensors, metadata: saved.metadata };
}
