/** Ops that rearrange elements: reshape, permute, slice, concat. */

import { IndexError, ShapeError } from "../../base/errors.ts";
import { checkList } from "../../base/options.ts";
import { checkShape, formatShape, normalizeAxis, type Shape, sizeOf, stridesOf } from "../../base/shape.ts";
import { record } from "../graph.ts";
import { checkTensor, defineOp, type Op, type Unary } from "../op.ts";
import { empty, Tensor } from "../tensor.ts";
import { broadcastStrides } from "./elementwise.ts";
import { copyStrided } from "./strided.ts";

/**
 * The same elements in another shape, without copying. One extent may be -1, to be worked out.
 *
 * @throws {ShapeError} when the sizes differ.
 * @example
 * reshape(ones([2, 6]), [3, -1]).shape; // [3, 4]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor("reshape", x);
  const target = resolveShape(x, shape);
  const out = new Tensor(x.storage, x.offset, target, x.dtype);
  record("reshape", [x], [out], true, ([g]) => [reshape(g as Tensor, x.shape)]);
  return out;
}

function resolveShape(x: Tensor, shape: Shape): Shape {
  const known = shape.reduce((size, extent) => (extent === -1 ? size : size * extent), 1);
  const wildcards = shape.filter((extent) => extent === -1).length;
  const free = known === 0 ? 0 : x.size / known;
  const target = shape.map((extent) => (extent === -1 ? free : extent));
  const valid = wildcards <= 1 && target.every((extent) => Number.isInteger(extent) && extent >= 0);
  if (!valid || sizeOf(target) !== x.size) {
    throw new ShapeError({
      what: "reshape",
      expected: `a shape of ${x.size} elements, as ${formatShape(x.shape)}`,
      got: formatShape(shape),
    });
  }
  return target;
}

/** Removes axis `axis`, whose extent must be 1. */
export function squeeze(x: Tensor, axis: number): Tensor {
  checkTensor("squeeze", x);
  const at = normalizeAxis("squeeze", axis, x.rank);
  if (x.shape[at] !== 1) {
    throw new ShapeError({ what: "squeeze", expected: `extent 1 at axis ${at}`, got: formatShape(x.shape) });
  }
  return reshape(x, [...x.shape.slice(0, at), ...x.shape.slice(at + 1)]);
}

/** Inserts an axis of extent 1 before `axis`. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  checkTensor("unsqueeze", x);
  const at = normalizeAxis("unsqueeze", axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

function checkPermutation(x: Tensor, axes: readonly number[]): number[] {
  const order = axes.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ShapeError({
      what: "permute",
      expected: `each axis of ${formatShape(x.shape)} once`,
      got: formatShape(axes),
    });
  }
  return order;
}

/**
 * Axes in another order: axis i of the result is axis `axes[i]` of x.
 *
 * @example
 * permute(ones([2, 3, 4]), [2, 0, 1]).shape; // [4, 2, 3]
 */
export const permute: Op<Unary, [readonly number[]]> = defineOp<Unary, [readonly number[]]>("permute", {
  shape: (_name, [x], axes) => checkPermutation(x, axes).map((axis) => x.shape[axis]),
  forward: (_k, out, [x], axes) => {
    const strides = stridesOf(x.shape);
    const from = checkPermutation(x, axes).map((axis) => strides[axis]);
    copyStrided(x, 0, from, out, 0, stridesOf(out.shape), out.shape);
  },
  backward: (g, _y, [x], _needs, axes) => {
    const inverse = new Array<number>(axes.length);
    checkPermutation(x, axes).forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [permute(g, inverse)];
  },
});

/** Exchanges two axes, by default the last two. */
export function transpose(x: Tensor, first = -2, second = -1): Tensor {
  checkTensor("transpose", x);
  const axes = x.shape.map((_, axis) => axis);
  const [a, b] = [normalizeAxis("transpose", first, x.rank), normalizeAxis("transpose", second, x.rank)];
  [axes[a], axes[b]] = [axes[b], axes[a]];
  return permute(x, axes);
}

/** x repeated to `shape` by the rules of broadcasting. */
export const broadcastTo: Op<Unary, [Shape]> = defineOp<Unary, [Shape]>("broadcastTo", {
  shape: (name, [x], shape) => {
    checkShape(name, shape);
    const missing = shape.length - x.rank;
    const fits =
      missing >= 0 && x.shape.every((extent, axis) => extent === 1 || extent === shape[axis + missing]);
    if (fits) return shape;
    throw new ShapeError({
      what: name,
      expected: `a shape that ${formatShape(x.shape)} broadcasts to`,
      got: formatShape(shape),
    });
  },
  forward: (_k, out, [x]) =>
    copyStrided(x, 0, broadcastStrides(x.shape, out.shape), out, 0, stridesOf(out.shape), out.shape),
  backward: (g) => [g],
});

/**
 * Elements `start` to `end - 1` (by default to the last) along `axis`; negative positions count from the end. Along
 * the outermost axis this is a view, without copying.
 *
 * @throws {ShapeError} when the range is not inside the axis.
 * @example
 * slice(tensor([1, 2, 3, 4]), 0, 1, 3).toArray(); // [2, 3]
 */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  checkTensor("slice", x);
  const at = normalizeAxis("slice", axis, x.rank);
  const extent = x.shape[at];
  const from = start < 0 ? start + extent : start;
  const last = end ?? extent;
  const to = last < 0 ? last + extent : last;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > extent || from > to) {
    throw new ShapeError({
      what: "slice",
      expected: `a range inside 0..${extent}`,
      got: `${start}..${last}`,
    });
  }
  const outer = x.shape.slice(0, at).every((size) => size === 1);
  return outer ? sliceView(x, at, from, to) : sliceCopy(x, at, from, to);
}

function sliceView(x: Tensor, axis: number, from: number, to: number): Tensor {
  const shape = x.shape.map((extent, i) => (i === axis ? to - from : extent));
  const offset = x.offset + from * stridesOf(x.shape)[axis];
  const out = new Tensor(x.storage, offset, shape, x.dtype);
  record("slice", [x], [out], true, ([g]) => [pad(g as Tensor, axis, from, x.shape[axis])]);
  return out;
}

const sliceCopy: Op<Unary, [number, number, number]> = defineOp<Unary, [number, number, number]>("slice", {
  shape: (_name, [x], axis, from, to) => x.shape.map((extent, i) => (i === axis ? to - from : extent)),
  forward: (_k, out, [x], axis, from) => {
    const strides = stridesOf(x.shape);
    copyStrided(x, from * strides[axis], strides, out, 0, stridesOf(out.shape), out.shape);
  },
  backward: (g, _y, [x], _needs, axis, from) => [pad(g, axis, from, x.shape[axis])],
});

/** x set into zeros, from position `start` of an axis that becomes `extent` long: the adjoint of slice. */
const pad: Op<Unary, [number, number, number]> = defineOp<Unary, [number, number, number]>("pad", {
  shape: (_name, [x], axis, _start, extent) => x.shape.map((size, i) => (i === axis ? extent : size)),
  forward: (k, out, [x], axis, start) => {
    k.fill(out.pointer, 0, out.size);
    const strides = stridesOf(out.shape);
    copyStrided(x, 0, stridesOf(x.shape), out, start * strides[axis], strides, x.shape);
  },
  backward: (g, _y, [x], _needs, axis, start) => [slice(g, axis, start, start + x.shape[axis])],
});

/**
 * Position `index` of `axis`, with that axis removed; negative positions count from the end.
 *
 * @throws {IndexError} when there is no such position.
 */
export function select(x: Tensor, axis: number, index: number): Tensor {
  checkTensor("select", x);
  const at = normalizeAxis("select", axis, x.rank);
  const extent = x.shape[at];
  const position = index < 0 ? index + extent : index;
  if (!Number.isInteger(index) || position < 0 || position >= extent) {
    throw new IndexError({
      what: "select index",
      expected: `a position of an axis of ${extent}`,
      got: String(index),
    });
  }
  return squeeze(slice(x, at, position, position + 1), at);
}

/**
 * Tensors joined along `axis`; all other extents must agree.
 *
 * @throws {ShapeError} when they do not, or when there is nothing to join.
 * @example
 * concat([ones([2, 3]), zeros([2, 1])], 1).shape; // [2, 4]
 */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  checkList("concat", parts, "tensors", (part) => part instanceof Tensor);
  if (parts.length === 0) {
    throw new ShapeError({ what: "concat", expected: "at least one tensor", got: "none" });
  }
  const at = normalizeAxis("concat", axis, parts[0].rank);
  return parts.length === 1 ? parts[0] : joinParts(at, parts);
}

function joinParts(axis: number, parts: readonly Tensor[]): Tensor {
  const [{ shape, dtype }] = parts;
  let extent = 0;
  for (const part of parts) {
    const fits = part.rank === shape.length && part.shape.every((size, i) => i === axis || size === shape[i]);
    if (!fits || part.dtype !== dtype || dtype === "i32") {
      throw new ShapeError({
        what: "concat",
        expected: `float tensors of one type like ${formatShape(shape)} but for axis ${axis}`,
        got: `${part.dtype} ${formatShape(part.shape)}`,
      });
    }
    extent += part.shape[axis];
  }
  const out = empty(
    shape.map((size, i) => (i === axis ? extent : size)),
    dtype,
  );
  const strides = stridesOf(out.shape);
  const starts: number[] = [];
  let start = 0;
  for (const part of parts) {
    copyStrided(part, 0, stridesOf(part.shape), out, start * strides[axis], strides, part.shape);
    starts.push(start);
    start += part.shape[axis];
  }
  record("concat", parts, [out], true, ([g], needs) =>
    parts.map((part, i) =>
      needs[i] ? slice(g as Tensor, axis, starts[i], starts[i] + part.shape[axis]) : null,
    ),
  );
  return out;
}

/** Tensors of one shape joined along a new axis. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  checkList("stack", parts, "tensors", (part) => part instanceof Tensor);
  return concat(
    parts.map((part) => unsqueeze(part, axis)),
    axis,
  );
}

/** Elements along `axis` in reverse order. */
export const flip: Op<Unary, [number]> = defineOp<Unary, [number]>("flip", {
  shape: (name, [x], axis) => {
    normalizeAxis(name, axis, x.rank);
    return x.shape;
  },
  forward: (_k, out, [x], axis) => {
    const at = normalizeAxis("flip", axis, x.rank);
    const strides = stridesOf(x.shape);
    const from = strides.map((stride, i) => (i === at ? -stride : stride));
    copyStrided(x, (x.shape[at] - 1) * strides[at], from, out, 0, strides, x.shape);
  },
  backward: (g, _y, _inputs, _needs, axis) => [flip(g, axis)],
});

/** A copy that gradients flow through. */
export const clone: Op<Unary, []> = defineOp<Unary>("clone", {
  shape: (_name, [x]) => x.shape,
  forward: (_k, out, [x]) => copyStrided(x, 0, [1], out, 0, [1], [x.size]),
  backward: (g) => [g],
});

/**
 * The same data cut off from the graph: no gradient flows through. Truncated back-propagation through time is
 * `state = detach(state)` between segments.
 */
export function detach(x: Tensor): Tensor {
  checkTensor("detach", x);
  return new Tensor(x.storage, x.offset, x.shape, x.dtype);
}
