/** Reductions over axes. */
import { ShapeError } from "../../base/errors.ts";
import { formatShape, normalizeAxis, type Shape, sizeOf } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { provideGradientOps } from "../graph.ts";
import { checkTensor, commonType, defineOp, type Op, type Unary } from "../op.ts";
import { kernelsFor } from "../runtime.ts";
import { empty, type Tensor } from "../tensor.ts";
import { add, div, equal, mul, sub } from "./elementwise.ts";
import { broadcastTo, clone, reshape } from "./shape.ts";
import { clamp } from "./unary.ts";

/** One axis, several, or all when absent. */
export type Axes = number | readonly number[] | undefined;

/** The axes to reduce, ascending and counted from the front. */
function resolveAxes(what: string, x: Tensor, axes: Axes): number[] {
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  return [...new Set(list.map((axis) => normalizeAxis(what, axis, x.rank)))].sort((a, b) => a - b);
}

/** x seen as `[outer, extent, inner]` around one axis. */
function around(shape: Shape, axis: number): [outer: number, extent: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
}

/** The shape with each of `axes` reduced to 1. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));

const withoutAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, axis) => !axes.includes(axis));

/** Runs of neighbouring axes reduce together; the rest one run at a time, innermost first. */
function reduceAxes(kernel: Kernels["sum"], x: Tensor, out: Tensor, axes: readonly number[]): void {
  let source = x;
  let shape: Shape = x.shape;
  let last = axes.length - 1;
  if (last < 0) kernel(x.pointer, out.pointer, x.size, 1, 1, 1);
  while (last >= 0) {
    let first = last;
    while (first > 0 && axes[first - 1] === axes[first] - 1) first--;
    const [start, end] = [axes[first], axes[last] + 1];
    const outer = sizeOf(shape.slice(0, start));
    const extent = sizeOf(shape.slice(start, end));
    const inner = sizeOf(shape.slice(end));
    shape = [...shape.slice(0, start), ...Array(end - start).fill(1), ...shape.slice(end)];
    const target = first === 0 ? out : empty(shape, x.dtype);
    kernel(source.pointer, target.pointer, outer, extent, inner, inner);
    source = target;
    last = first - 1;
  }
}

const sumAxes: Op<Unary, [readonly number[]]> = defineOp<Unary, [readonly number[]]>("sum", {
  shape: (_name, [x], axes) => withoutAxes(x.shape, axes),
  forward: (k, out, [x], axes) => reduceAxes(k.sum, x, out, axes),
  backward: (g, _y, [x], _needs, axes) => [broadcastTo(reshape(g, keptShape(x.shape, axes)), x.shape)],
});

const maxAxes: Op<Unary, [readonly number[]]> = defineOp<Unary, [readonly number[]]>("max", {
  shape: (_name, [x], axes) => withoutAxes(x.shape, axes),
  forward: (k, out, [x], axes) => reduceAxes(k.max, x, out, axes),
  // Equal maxima share the gradient evenly.
  backward: (g, y, [x], _needs, axes) => {
    const kept = keptShape(x.shape, axes);
    const hit = equal(x, reshape(y, kept));
    return [mul(hit, div(reshape(g, kept), reshape(sumAxes(hit, axes), kept)))];
  },
});

export interface ReduceOptions {
  /** Keep the reduced axes with extent 1. Default false. */
  readonly keepDims?: boolean;
}

type Reduction = (x: Tensor, axes?: Axes, options?: ReduceOptions) => Tensor;

function reduction(name: string, run: (x: Tensor, axes: readonly number[]) => Tensor): Reduction {
  return (x, axes, { keepDims = false } = {}) => {
    checkTensor(name, x);
    const resolved = resolveAxes(name, x, axes);
    const out = run(x, resolved);
    return keepDims ? reshape(out, keptShape(x.shape, resolved)) : out;
  };
}

/**
 * Sum over `axes`, by default all.
 *
 * @example
 * sum(tensor([[1, 2], [3, 4]]), 0).toArray(); // [4, 6]
 */
export const sum: Reduction = reduction("sum", (x, axes) => sumAxes(x, axes));

/** Arithmetic mean over `axes`, by default all. NaN over nothing. */
export const mean: Reduction = reduction("mean", (x, axes) => {
  const count = axes.reduce((size, axis) => size * x.shape[axis], 1);
  return mul(sumAxes(x, axes), 1 / count);
});

/** Largest element over `axes`, by default all. Equal maxima share the gradient. */
export const max: Reduction = reduction("max", (x, axes) => {
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError({ what: "max", expected: "at least one element", got: formatShape(x.shape) });
  }
  return maxAxes(x, axes);
});

/** Variance over `axes`, divided by n, or by n - 1 when `unbiased`. */
export function variance(
  x: Tensor,
  axes?: Axes,
  { keepDims = false, unbiased = false }: ReduceOptions & { readonly unbiased?: boolean } = {},
): Tensor {
  const centered = sub(x, mean(x, axes, { keepDims: true }));
  const result = mean(mul(centered, centered), axes, { keepDims });
  const count = x.size / Math.max(1, result.size);
  return unbiased ? mul(result, count / (count - 1)) : result;
}

/** Below this a norm divides as this would, so that the gradient at 0 is 0. */
const SMALLEST_NORM = 1e-30;

/** Euclidean norm over all elements; its gradient at 0 is 0. */
export const norm: Op<Unary, []> = defineOp<Unary>("norm", {
  shape: () => [],
  forward: (k, out, [x]) => {
    out.view()[0] = Math.sqrt(k.sumSquares(x.pointer, x.size));
  },
  backward: (g, y, [x]) => [mul(x, div(g, clamp(y, SMALLEST_NORM, Number.POSITIVE_INFINITY)))],
});

/**
 * Index of the first maximum along `axis`, as i32.
 *
 * @example
 * argmax(tensor([[1, 9, 3], [7, 5, 6]]), 1).toArray(); // [1, 0]
 */
export function argmax(x: Tensor, axis = -1): Tensor {
  checkTensor("argmax", x);
  const at = normalizeAxis("argmax", axis, x.rank);
  const dtype = commonType("argmax", [x]);
  if (x.shape[at] === 0) {
    throw new ShapeError({ what: "argmax", expected: "at least one element", got: formatShape(x.shape) });
  }
  const out = empty(withoutAxes(x.shape, [at]), "i32");
  kernelsFor(dtype).argmax(x.pointer, out.pointer, ...around(x.shape, at));
  return out;
}

/** Sums a gradient over the axes along which `shape` was broadcast. */
function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  const missing = gradient.rank - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < gradient.rank; axis++) {
    if (axis < missing || (shape[axis - missing] === 1 && gradient.shape[axis] !== 1)) axes.push(axis);
  }
  return reshape(sumAxes(gradient, axes), shape);
}

provideGradientOps({ unbroadcast, add, clone });
