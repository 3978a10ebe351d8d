/** Shape arithmetic: sizes, strides, axes and broadcasting. Shapes are row-major. */
import { IndexError, ShapeError } from "./errors.ts";

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements. @example sizeOf([2, 3]) // 6 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides in elements. @example stridesOf([2, 3]) // [3, 1] */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2, 3]` as text. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The axis counted from the front. Negative axes count from the end.
 *
 * @throws {IndexError} when out of range.
 * @example normalizeAxis("sum", -1, 3) // 2
 */
export function normalizeAxis(what: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && positive >= 0 && positive < rank) return positive;
  throw new IndexError({
    what: `${what} axis`,
    expected: rank === 0 ? "no axis for a scalar" : `a whole number in ${-rank}..${rank - 1}`,
    got: String(axis),
  });
}

/**
 * The shape both operands broadcast to (NumPy's rules).
 *
 * @throws {ShapeError} when an axis differs and neither side is 1.
 * @example broadcastShapes("add", [3, 1], [4]) // [3, 4]
 */
export function broadcastShapes(what: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const left = i <= a.length ? a[a.length - i] : 1;
    const right = i <= b.length ? b[b.length - i] : 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError({
        what,
        expected: `shapes that broadcast with ${formatShape(a)}`,
        got: formatShape(b),
        hint: `Sizes ${left} and ${right} of axis ${-i} differ and neither is 1.`,
      });
    }
    out[rank - i] = left === 1 ? right : left;
  }
  return out;
}

/**
 * Checks that every extent is a whole number >= 0 and that the product stays
 * addressable.
 *
 * @throws {ShapeError} otherwise.
 */
export function checkShape(what: string, shape: Shape): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError({ what, expected: "an array of sizes", got: String(shape) });
  }
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) {
      throw new ShapeError({ what, expected: "whole sizes of at least 0", got: formatShape(shape) });
    }
  }
  if (sizeOf(shape) > 2 ** 30) {
    throw new ShapeError({ what, expected: "at most 2^30 elements", got: formatShape(shape) });
  }
}
