/** Ranges of columns of a tensor's last axis, read and given gradients in place. */
import { DTypeError, ShapeError } from "../../base/errors.ts";
import { describe } from "../../base/options.ts";
import { formatShape } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { empty, type Gradients, Tensor } from "../tensor.ts";

/** Columns start .. start + width - 1 of the last axis of `of` `[B, T, C]`: the keys in packed `[B, T, 3E]`, say. */
export interface Columns {
  readonly of: Tensor;
  readonly start: number;
  readonly width: number;
}

/** All columns of a tensor, or some. */
export type ColumnsLike = Tensor | Columns;

/**
 * @throws {DTypeError} for anything but a tensor or {@link Columns} of one.
 * @throws {ShapeError} unless the tensor has three axes and the columns.
 */
export function columnsOf(what: string, given: ColumnsLike): Columns {
  const of = given instanceof Tensor ? given : given?.of;
  if (!(of instanceof Tensor)) {
    throw new DTypeError({ what, expected: "a tensor, or { of, start, width } with one", got: describe(given) });
  }
  const { start, width } = given instanceof Tensor ? { start: 0, width: of.shape[of.rank - 1] } : given;
  const whole = Number.isInteger(start) && Number.isInteger(width) && start >= 0 && width >= 0;
  if (of.rank === 3 && whole && start + width <= of.shape[2]) return { of, start, width };
  throw new ShapeError({
    what,
    expected: "three axes [batch, time, columns], the columns inside the last",
    got: of.rank === 3 ? `columns ${start}..${start + width - 1} of ${formatShape(of.shape)}` : formatShape(of.shape),
  });
}

/** Byte offset of the first column in the first row. */
export const columnPointer = ({ of, start }: Columns): number => of.pointer + start * (of.dtype === "f64" ? 8 : 4);

/** One gradient tensor and what it collects. */
interface Collected {
  readonly gradient: Tensor;
  readonly parts: Columns[];
}

/**
 * Room for the gradients of columns: parts of one tensor that do not overlap share one gradient tensor, in which the
 * columns of no part are 0 and the others undefined.
 *
 * @returns a gradient for each part, null where an earlier part has it, and the columns of each part in its gradient
 */
export function columnGradients(
  k: Kernels,
  parts: readonly Columns[],
): { gradients: Gradients; columns: readonly Columns[] } {
  const collections: Collected[] = [];
  const gradients: (Tensor | null)[] = [];
  const columns = parts.map((part) => {
    const shared = collections.find(
      (each) => each.parts[0].of === part.of && each.parts.every((other) => disjoint(part, other)),
    );
    const collected = shared ?? { gradient: empty(part.of.shape, part.of.dtype), parts: [] };
    if (!shared) collections.push(collected);
    collected.parts.push(part);
    gradients.push(shared ? null : collected.gradient);
    return { ...part, of: collected.gradient };
  });
  for (const { gradient, parts: filled } of collections) {
    const covered = filled.reduce((total, { width }) => total + width, 0);
    if (covered < gradient.shape[2]) k.fill(gradient.pointer, 0, gradient.size);
  }
  return { gradients, columns };
}

const disjoint = (a: Columns, b: Columns): boolean =>
  a.start + a.width <= b.start || b.start + b.width <= a.start;
