/** Random shapes and tensors for property tests of ops. */
import fc from "fast-check";
import { type Shape, sizeOf } from "../base/shape.ts";
import { type DType, type Tensor, tensor } from "../tensor/index.ts";

/** Bounds of random shapes. */
export interface ShapeConstraints {
  /** @defaultValue 0 */
  readonly minRank?: number;
  /** @defaultValue 3 */
  readonly maxRank?: number;
  /** Of every axis; 0 for empty tensors too. @defaultValue 1 */
  readonly minExtent?: number;
  /** @defaultValue 3 */
  readonly maxExtent?: number;
}

/**
 * A shape.
 *
 * @example
 * fc.assert(fc.property(shape({ maxRank: 2 }), (s) => s.length <= 2));
 */
export function shape(constraints: ShapeConstraints = {}): fc.Arbitrary<Shape> {
  const { minRank = 0, maxRank = 3, minExtent = 1, maxExtent = 3 } = constraints;
  return fc.array(fc.integer({ min: minExtent, max: maxExtent }), { minLength: minRank, maxLength: maxRank });
}

/** `count` shapes that broadcast with each other: parts of one shape, some of its axes set to 1. */
export function broadcastableShapes(
  count = 2,
  constraints: ShapeConstraints = {},
): fc.Arbitrary<readonly Shape[]> {
  const { minRank = 0 } = constraints;
  return shape(constraints).chain((full) => {
    const part = fc
      .tuple(fc.integer({ min: minRank, max: full.length }), fc.array(fc.boolean(), sameLength(full.length)))
      .map(([rank, ones]) => full.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(full.length - rank));
    return fc.array(part, sameLength(count));
  });
}

const sameLength = (length: number) => ({ minLength: length, maxLength: length });

/** Bounds of random elements. */
export interface ElementConstraints {
  /** @defaultValue "f64", in which gradients are checked */
  readonly dtype?: DType;
  /** @defaultValue -2 */
  readonly min?: number;
  /** @defaultValue 2 */
  readonly max?: number;
  /** Whether no two elements are equal, for ops with a kink where they are. @defaultValue false */
  readonly distinct?: boolean;
}

/** Elements are odd multiples of 1/2048: exact in f32, and away from the kinks that ops have at whole numbers. */
const GRID = 1024;

/** A tensor of a given shape. Elements lie on a grid that avoids whole numbers. */
export function tensorOf(extents: Shape, constraints: ElementConstraints = {}): fc.Arbitrary<Tensor> {
  const { dtype = "f64", min = -2, max = 2, distinct = false } = constraints;
  const element = fc.integer({ min: Math.ceil(min * GRID), max: Math.floor(max * GRID) - 1 });
  const length = sameLength(sizeOf(extents));
  const elements = distinct ? fc.uniqueArray(element, length) : fc.array(element, length);
  return elements.map((steps) =>
    tensor(
      steps.map((step) => (step + 0.5) / GRID),
      extents,
      dtype,
    ),
  );
}

/** Tensors of the given shapes, as the inputs of one op. */
export const tensorsOf = (
  shapes: readonly Shape[],
  constraints: ElementConstraints = {},
): fc.Arbitrary<Tensor[]> => fc.tuple(...shapes.map((extents) => tensorOf(extents, constraints)));

/** A tensor of any shape. */
export const anyTensor = (constraints: ShapeConstraints & ElementConstraints = {}): fc.Arbitrary<Tensor> =>
  shape(constraints).chain((extents) => tensorOf(extents, constraints));

/** `count` tensors with shapes that broadcast. */
export const tensors = (
  count = 2,
  constraints: ShapeConstraints & ElementConstraints = {},
): fc.Arbitrary<Tensor[]> =>
  broadcastableShapes(count, constraints).chain((shapes) => tensorsOf(shapes, constraints));
