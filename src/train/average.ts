/** Averages of weights: one model out of several checkpoints of a training. */

import { DTypeError, OptionError, ShapeError, StateError } from "../base/errors.ts";
import { checkIterable, checkMap } from "../base/options.ts";
import { formatShape, sameShape } from "../base/shape.ts";
import { decodeWeights, encodeWeights, sharedNames } from "../nn/weights.ts";
import { type DType, Scope, scoped, type Tensor, tensor } from "../tensor/index.ts";

interface Sum {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values: Float64Array;
}

/**
 * The plain mean of each tensor over several state dicts of one model (Vaswani et al. 2017, section 6.1), summed in
 * f64. Of tensors of whole numbers, which count something, the last is taken. What all dicts share under several names, the
 * mean shares. The dicts are gone through once: each may
 * be freed as the next is asked for.
 *
 * @throws {OptionError} when there is no state dict.
 * @throws {StateError} for a dict with other names than the first.
 * @throws {ShapeError} for a tensor of another shape than the first of its name, {@link DTypeError} of another type.
 * @example
 * const states = [1, 2, 6].map((value) => new Map([["weight", tensor([value, 0])]]));
 * averageWeights(states).get("weight")?.toArray(); // [3, 0]
 */
export function averageWeights(states: Iterable<ReadonlyMap<string, Tensor>>): Map<string, Tensor> {
  const sums = new Map<string, Sum>();
  let shared = new Map<string, string>();
  let count = 0;
  checkIterable("averageWeights", states, "state dicts");
  for (const state of states) {
    checkMap("averageWeights state dict", state);
    if (count++ === 0) {
      shared = sharedNames(state);
      for (const [name, { shape, dtype, size }] of state) {
        sums.set(name, { shape, dtype, values: new Float64Array(size) });
      }
    }
    checkNames(sums, state);
    for (const [name, first] of shared) if (state.get(name) !== state.get(first)) shared.delete(name);
    for (const [name, x] of state) addTo(sums.get(name) as Sum, name, x);
  }
  if (count === 0) {
    throw new OptionError({ what: "averageWeights", expected: "at least one state dict", got: "none" });
  }
  const means = new Map<string, Tensor>();
  for (const [name, { shape, dtype, values }] of sums) {
    if (dtype !== "i32") for (let i = 0; i < values.length; i++) values[i] /= count;
    means.set(name, means.get(shared.get(name) ?? "") ?? tensor(values, shape, dtype));
  }
  return means;
}

/**
 * {@link averageWeights} of safetensors files.
 *
 * @param files each file's bytes with its name, which errors give
 * @param metadata free text to keep with the average
 * @throws {FormatError} for a damaged file.
 */
export function averageWeightFiles(
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  function* decoded() {
    for (const [name, bytes] of files) {
      using _scope = new Scope();
      yield decodeWeights(bytes, name).tensors;
    }
  }
  return scoped(() => encodeWeights(averageWeights(decoded()), metadata, { sharedOnce: true }));
}

function checkNames(sums: ReadonlyMap<string, Sum>, state: ReadonlyMap<string, Tensor>): void {
  const missing = [...sums.keys()].find((name) => !state.has(name));
  const unknown = [...state.keys()].find((name) => !sums.has(name));
  if (missing === undefined && unknown === undefined) return;
  throw new StateError({
    what: "averageWeights",
    expected: "state dicts of one model",
    got: `one ${missing === undefined ? "with" : "without"} ${JSON.stringify(missing ?? unknown)}`,
  });
}

function addTo({ shape, dtype, values }: Sum, name: string, x: Tensor): void {
  if (!sameShape(x.shape, shape)) {
    const [expected, got] = [formatShape(shape), formatShape(x.shape)];
    throw new ShapeError({ what: `averageWeights ${name}`, expected, got });
  }
  if (x.dtype !== dtype) {
    throw new DTypeError({ what: `averageWeights ${name}`, expected: dtype, got: x.dtype });
  }
  const view = x.view();
  if (dtype === "i32") values.set(view);
  else for (let i = 0; i < view.length; i++) values[i] += view[i];
}
