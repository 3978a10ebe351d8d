/** The tensor: a dense, row-major array in tensor memory that remembers how it was computed. */
import { DTypeError, IndexError, ShapeError, StateError } from "../base/errors.ts";
import { formatShape, type Shape, sizeOf } from "../base/shape.ts";
import { type DType, heap } from "./runtime.ts";
import { Storage } from "./scope.ts";

/** Bytes an element. */
const WIDTH: Record<DType, number> = { f32: 4, f64: 8, i32: 4 };

export type TypedArray = Float32Array | Float64Array | Int32Array;

/** Nested arrays of numbers, as deep as the tensor has axes. */
export type NestedArray = number | NestedArray[];

/** One gradient for each input, null where none flows. */
export type Gradients = readonly (Tensor | null)[];

/** One application of an op. */
export interface GraphNode {
  readonly name: string;
  /** Grows with every node, so that descending order is reverse topological order. */
  readonly order: number;
  readonly inputs: readonly (Tensor | null)[];
  /** Shapes of the outputs, to make zeros for those that received no gradient. */
  readonly outputs: readonly Tensor[];
  /** From the gradients of the outputs (null where none came) to those of the inputs. */
  readonly backward: (gradients: Gradients, needs: readonly boolean[]) => Gradients;
  /** False when the backward step is not itself written in ops. */
  readonly differentiable: boolean;
  /** From the gradient of the output to that of the first input, when that is a leaf of which few rows were read. */
  readonly rows: ((gradient: Tensor) => HeldGradient | null) | null;
  /** Number of the backward pass that came here last. */
  pass: number;
}

/** A gradient in another form than that of a plain tensor. */
export interface HeldGradient {
  /** The gradient as a tensor. What held it is used up. */
  show(): Tensor;
  dispose(): void;
}

/**
 * An n-dimensional array of numbers. Made by `tensor`, `zeros`, `randn` ... and by every op; each op is also a
 * method. A tensor with `requiresGrad` collects `grad` when `backward` runs on something computed from it.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * x.requiresGrad = true;
 * x.mul(x).sum().backward();
 * x.grad?.toArray(); // [[2, 4], [6, 8]]
 */
export class Tensor {
  readonly storage: Storage;
  /** First element within the storage. */
  readonly offset: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** @internal The gradient of a leaf, in whatever form it is kept. */
  held: Tensor | HeldGradient | null = null;
  /** @internal How it was computed; null for leaves. */
  node: GraphNode | null = null;
  /** @internal Its gradient during a backward pass. Not on leaves. */
  pending: Tensor | null = null;
  #requiresGrad = false;

  /** @internal Use `tensor`, `zeros`, ... instead. */
  constructor(storage: Storage, offset: number, shape: Shape, dtype: DType) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
  }

  /** Gradient of the last `backward`, summed with earlier ones; null before. Only on leaves. */
  get grad(): Tensor | null {
    const { held } = this;
    if (held === null || held instanceof Tensor) return held;
    const shown = held.show();
    this.held = shown;
    return shown;
  }

  set grad(value: Tensor | null) {
    this.held = value;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Whether gradients flow to this tensor. Settable on leaves only. */
  get requiresGrad(): boolean {
    return this.#requiresGrad || this.node !== null;
  }

  set requiresGrad(value: boolean) {
    if (this.node !== null) {
      throw new StateError({
        what: "requiresGrad",
        expected: "a leaf tensor",
        got: `the result of ${this.node.name}`,
        hint: "Use detach() to get a leaf.",
      });
    }
    if (value && this.dtype === "i32") {
      throw new DTypeError({ what: "requiresGrad", expected: "a float tensor", got: "i32" });
    }
    this.#requiresGrad = value;
  }

  /**
   * @internal Byte offset of the first element in the heap.
   * @throws {StateError} when the data was freed.
   */
  get pointer(): number {
    if (!this.storage.live) {
      throw new StateError({
        what: `tensor ${formatShape(this.shape)}`,
        expected: "live data",
        got: "a tensor whose scope has ended or that was disposed of",
        hint: "Use keep(tensor) inside the scope to let it survive.",
      });
    }
    return this.storage.pointer + this.offset * WIDTH[this.dtype];
  }

  /** @internal Byte offset of the i-th element in the heap. */
  pointerAt(i: number): number {
    return this.pointer + i * WIDTH[this.dtype];
  }

  /** @internal A view of the data, valid until the next allocation. */
  view(): TypedArray {
    const { pointer, size } = this;
    const { buffer } = heap.memory;
    if (this.dtype === "f32") return new Float32Array(buffer, pointer, size);
    if (this.dtype === "f64") return new Float64Array(buffer, pointer, size);
    return new Int32Array(buffer, pointer, size);
  }

  /** A copy of the data, flat and row-major. */
  data(): TypedArray {
    return this.view().slice();
  }

  /** The data as nested arrays. A scalar gives a number. */
  toArray(): NestedArray {
    const flat = this.view();
    let at = 0;
    const nest = (axis: number): NestedArray =>
      axis === this.rank ? flat[at++] : Array.from({ length: this.shape[axis] }, () => nest(axis + 1));
    return nest(0);
  }

  /**
   * The only element.
   *
   * @throws {ShapeError} when there is not exactly one.
   */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError({
        what: "item",
        expected: "a tensor of one element",
        got: formatShape(this.shape),
      });
    }
    return this.view()[0];
  }

  /**
   * The element at `indices`, one for each axis.
   *
   * @throws {IndexError} when an index is out of range.
   * @example
   * tensor([[1, 2], [3, 4]]).at(1, 0); // 3
   */
  at(...indices: number[]): number {
    let flat = 0;
    const fits = indices.length === this.rank;
    for (let axis = 0; axis < this.rank; axis++) {
      const index = indices[axis];
      if (!fits || !Number.isInteger(index) || index < 0 || index >= this.shape[axis]) {
        throw new IndexError({
          what: "at",
          expected: `indices inside ${formatShape(this.shape)}`,
          got: formatShape(indices),
        });
      }
      flat = flat * this.shape[axis] + index;
    }
    return this.view()[flat];
  }

  /** Frees the data at once, for those who cannot wait for the scope. */
  dispose(): void {
    this.storage.dispose();
  }

  toString(): string {
    const flat = this.view();
    const shown = Array.from(flat.subarray(0, 8), (value) => Number(value.toPrecision(5)));
    const more = flat.length > 8 ? ", ..." : "";
    return `Tensor ${this.dtype} ${formatShape(this.shape)} (${shown.join(", ")}${more})`;
  }
}

/** A tensor of undefined content. */
export function empty(shape: Shape, dtype: DType = "f32"): Tensor {
  return new Tensor(new Storage(sizeOf(shape) * WIDTH[dtype]), 0, shape, dtype);
}
