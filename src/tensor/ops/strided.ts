/** Strided copies of any rank on the four-axis kernels. */
import type { Shape } from "../../base/shape.ts";
import type { StridedKernel } from "../../kernels/kernels.ts";
import { kernelsFor } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";

/** Bytes an element of a float or i32 tensor, for pointer arithmetic. */
const widthOf = (x: Tensor): number => (x.dtype === "f64" ? 8 : 4);

interface Axes {
  sizes: number[];
  from: number[];
  to: number[];
}

/** Drops axes of size 1 and merges those that both sides walk as one. */
function mergeAxes(sizes: Shape, from: readonly number[], to: readonly number[]): Axes {
  const merged: Axes = { sizes: [], from: [], to: [] };
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const size = sizes[axis];
    if (size === 1) continue;
    const inner = merged.sizes[0];
    if (inner !== undefined && from[axis] === merged.from[0] * inner && to[axis] === merged.to[0] * inner) {
      merged.sizes[0] *= size;
    } else {
      merged.sizes.unshift(size);
      merged.from.unshift(from[axis]);
      merged.to.unshift(to[axis]);
    }
  }
  return merged;
}

function walk(kernel: StridedKernel, x: number, out: number, width: number, { sizes, from, to }: Axes): void {
  if (sizes.length > 4) {
    const rest = { sizes: sizes.slice(1), from: from.slice(1), to: to.slice(1) };
    for (let i = 0; i < sizes[0]; i++) {
      walk(kernel, x + i * from[0] * width, out + i * to[0] * width, width, rest);
    }
    return;
  }
  kernel(
    x, out, fromEnd(sizes, 4, 1), fromEnd(sizes, 3, 1), fromEnd(sizes, 2, 1), fromEnd(sizes, 1, 1),
    fromEnd(from, 4, 0), fromEnd(from, 3, 0), fromEnd(from, 2, 0), fromEnd(from, 1, 0),
    fromEnd(to, 4, 0), fromEnd(to, 3, 0), fromEnd(to, 2, 0), fromEnd(to, 1, 0),
  );
}

/** The `place`-th entry from the end, or `missing` where the list is shorter. */
export const fromEnd = (list: readonly number[], place: number, missing: number): number =>
  place <= list.length ? list[list.length - place] : missing;

/**
 * `out[toStart + i . to] = x[fromStart + i . from]` for every index i below `sizes`. Starts and strides in elements.
 */
export function copyStrided(
  x: Tensor, fromStart: number, from: readonly number[], out: Tensor, toStart: number,
  to: readonly number[], sizes: Shape,
): void {
  const width = widthOf(x);
  const start = x.pointer + fromStart * width;
  walk(
    kernelsFor(x.dtype).copyStrided,
    start,
    out.pointer + toStart * width,
    width,
    mergeAxes(sizes, from, to),
  );
}
