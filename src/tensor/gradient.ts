/**
 * How leaves keep their gradients between `backward` and the optimizer's step: in a form that is cheaper than a plain
 * tensor, which it becomes as soon as anybody reads `grad`.
 */
import type { Shape } from "../base/shape.ts";
import { type DType, kernelsFor } from "./runtime.ts";
import type { Scope } from "./scope.ts";
import { empty, type HeldGradient, Tensor } from "./tensor.ts";

/** A dense gradient times `factor`: clipping changes the factor, and the optimizer's step multiplies by it. */
export class ScaledGradient implements HeldGradient {
  /** What is kept, without the factor. */
  readonly values: Tensor;
  factor: number;

  constructor(values: Tensor, factor = 1) {
    this.values = values;
    this.factor = factor;
  }

  get shape(): Shape {
    return this.values.shape;
  }

  get dtype(): DType {
    return this.values.dtype;
  }

  show(): Tensor {
    const { pointer, size, dtype } = this.values;
    if (this.factor !== 1) kernelsFor(dtype).mulScalar(pointer, this.factor, pointer, size);
    return this.values;
  }

  dispose(): void {
    this.values.dispose();
  }
}

/**
 * The gradient of a table `[rows, width]` of which only some rows were read: 0 but for row `index[i]`, which is
 * `factor` times `values[i]`. No row appears twice.
 */
export class RowGradient implements HeldGradient {
  readonly shape: Shape;
  readonly index: Tensor;
  readonly values: Tensor;
  factor = 1;

  constructor(shape: Shape, index: Tensor, values: Tensor) {
    this.shape = shape;
    this.index = index;
    this.values = values;
  }

  get dtype(): DType {
    return this.values.dtype;
  }

  show(): Tensor {
    return this.spread().show();
  }

  /** The same with the rows that are 0. This one is used up. */
  spread(): ScaledGradient {
    const dense = empty(this.shape, this.dtype);
    dense.storage.moveTo(this.values.storage.scope);
    kernelsFor(this.dtype).fill(dense.pointer, 0, dense.size);
    this.addTo(dense);
    this.dispose();
    return new ScaledGradient(dense, this.factor);
  }

  /** Hands the data over to `scope`, or to no scope at all. */
  moveTo(scope: Scope | null): void {
    this.index.storage.moveTo(scope);
    this.values.storage.moveTo(scope);
  }

  /** Adds the values, without the factor, to a table. */
  addTo(table: Tensor): void {
    const { index, values } = this;
    kernelsFor(this.dtype).scatterAddRows(
      values.pointer,
      index.pointer,
      table.pointer,
      index.size,
      this.shape[1],
      this.shape[1],
    );
  }

  dispose(): void {
    this.index.dispose();
    this.values.dispose();
  }
}

/** What an optimizer works on: a gradient that is kept in one of these forms, or a plain tensor. */
export type LeafGradient = ScaledGradient | RowGradient | Tensor;

/** The gradient of a leaf as it is kept; null where there is none. */
export const gradientOf = (leaf: Tensor): LeafGradient | null => leaf.held as LeafGradient | null;

/** The numbers that are kept, whose multiples by {@link factorOf} with zeros among them are the gradient. */
export const keptValues = (gradient: LeafGradient): Tensor =>
  gradient instanceof Tensor ? gradient : gradient.values;

/** Whether the data have not been freed. */
export const isLive = (gradient: LeafGradient): boolean => keptValues(gradient).storage.live;

export const factorOf = (gradient: LeafGradient): number =>
  gradient instanceof Tensor ? 1 : gradient.factor;

/** Multiplies a gradient: at once where somebody may hold the tensor, else when it is used. */
export function scaleGradient(gradient: LeafGradient, factor: number): void {
  if (gradient instanceof Tensor) {
    const { pointer, size, dtype } = gradient;
    kernelsFor(dtype).mulScalar(pointer, factor, pointer, size);
  } else gradient.factor *= factor;
}

/** Frees the gradient of a leaf, which has none then. */
export function dropGradient(leaf: Tensor): void {
  leaf.held?.dispose();
  leaf.held = null;
}
