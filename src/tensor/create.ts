/** Tensors from nothing: from data, constants and random numbers. */
import { DTypeError, IndexError, OptionError, ShapeError } from "../base/errors.ts";
import { checkChoice, describe } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "../base/shape.ts";
import type { DType } from "./runtime.ts";
import { empty, type NestedArray, Tensor, type TypedArray } from "./tensor.ts";

/**
 * A tensor holding a copy of `data`: a number, nested arrays, or a flat array with its `shape`.
 *
 * @throws {ShapeError} for ragged nesting, or data that does not fill `shape`.
 * @throws {DTypeError} for elements that are not numbers or, in i32, not whole.
 * @example
 * tensor([[1, 2, 3], [4, 5, 6]]).shape; // [2, 3]
 * tensor([1, 2, 3, 4], [2, 2]).toArray(); // [[1, 2], [3, 4]]
 */
export function tensor(data: NestedArray | TypedArray, shape?: Shape, dtype: DType = "f32"): Tensor {
  const natural = naturalShape(data);
  const target = shape ?? natural;
  checkShape("tensor", target);
  if (sizeOf(target) !== sizeOf(natural)) {
    throw new ShapeError({
      what: "tensor",
      expected: `data to fill ${formatShape(target)}`,
      got: `${sizeOf(natural)} elements`,
    });
  }
  const out = blank("tensor", target, dtype);
  const view = out.view();
  if (!ArrayBuffer.isView(data)) fillNested(data, natural, 0, view, 0);
  else {
    view.set(data);
    if (dtype === "i32") for (let i = 0; i < data.length; i++) checkWhole(data[i], view[i]);
  }
  return out;
}

/** A tensor of undefined content in a shape of its own. */
function blank(what: string, shape: Shape, dtype: DType): Tensor {
  checkShape(what, shape);
  return empty([...shape], checkChoice<DType>(`${what} dtype`, dtype, ["f32", "f64", "i32"]));
}

function checkWhole(given: number, stored: number): void {
  if (given === stored) return;
  throw new DTypeError({
    what: "tensor element",
    expected: "a whole number of 32 bits",
    got: String(given),
  });
}

function naturalShape(data: NestedArray | TypedArray): Shape {
  if (ArrayBuffer.isView(data)) return [data.length];
  const shape: number[] = [];
  for (let level: NestedArray | undefined = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
  }
  return shape;
}

/** Writes `data` from `at` on; returns the position behind it. */
function fillNested(data: NestedArray, shape: Shape, axis: number, view: TypedArray, at: number): number {
  if (axis === shape.length) {
    if (typeof data === "number") {
      view[at] = data;
      if (view instanceof Int32Array) checkWhole(data, view[at]);
      return at + 1;
    }
    if (!Array.isArray(data)) {
      throw new DTypeError({ what: "tensor element", expected: "a number", got: describe(data) });
    }
  } else if (Array.isArray(data) && data.length === shape[axis]) {
    let next = at;
    for (const item of data) next = fillNested(item, shape, axis + 1, view, next);
    return next;
  }
  throw new ShapeError({
    what: "tensor",
    expected: `arrays nested as ${formatShape(shape)}`,
    got: `${describe(data)} at depth ${axis}`,
  });
}

/** A tensor filled with `value`. */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  const out = blank("full", shape, dtype);
  out.view().fill(value);
  return out;
}

export const zeros = (shape: Shape, dtype?: DType): Tensor => full(shape, 0, dtype);

export const ones = (shape: Shape, dtype?: DType): Tensor => full(shape, 1, dtype);

function checkRandom(what: string, value: unknown): void {
  if (value instanceof Random) return;
  throw new OptionError({ what: `${what} random`, expected: "a Random", got: describe(value) });
}

/** Standard normal numbers from `random`. */
export function randn(shape: Shape, random: Random, dtype: DType = "f32"): Tensor {
  checkRandom("randn", random);
  const out = blank("randn", shape, dtype);
  const view = out.view();
  for (let i = 0; i < view.length; i++) view[i] = random.normal();
  return out;
}

/** Uniform numbers in [low, high) from `random`. */
export function uniform(
  shape: Shape,
  low: number,
  high: number,
  random: Random,
  dtype: DType = "f32",
): Tensor {
  checkRandom("uniform", random);
  const out = blank("uniform", shape, dtype);
  const view = out.view();
  for (let i = 0; i < view.length; i++) view[i] = random.uniform(low, high);
  return out;
}

/** Token ids, class labels and other indices: an i32 tensor, or plain numbers to make one from. */
export type Indices = Tensor | NestedArray | Int32Array;

/**
 * An i32 tensor of whole numbers in 0..limit-1 (and `ignore`, where given).
 *
 * @throws {IndexError} naming the first value out of range.
 * @throws {DTypeError} for a float tensor.
 */
export function indices(what: string, data: Indices, limit: number, ignore?: number): Tensor {
  const out = data instanceof Tensor ? data : tensor(data, undefined, "i32");
  if (out.dtype !== "i32") {
    throw new DTypeError({
      what,
      expected: "i32 indices",
      got: out.dtype,
      hint: "Make them with tensor(data, shape, 'i32').",
    });
  }
  const view = out.view();
  for (let i = 0; i < view.length; i++) {
    const value = view[i];
    if ((value < 0 || value >= limit) && value !== ignore) {
      throw new IndexError({ what, expected: `whole numbers in 0..${limit - 1}`, got: String(value) });
    }
  }
  return out;
}
