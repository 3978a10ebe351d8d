/** Elementwise arithmetic of two tensors, with broadcasting. */
import { broadcastShapes, type Shape, sameShape, stridesOf } from "../../base/shape.ts";
import type { BinaryKernel, Kernels } from "../../kernels/kernels.ts";
import { type Binary, defineOp, type Op, type Unary } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";
import { copyStrided, fromEnd } from "./strided.ts";

/** A tensor, or a number that stands for a tensor filled with it. */
export type Operand = Tensor | number;

type BinaryName = "add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "greater" | "equal";

const broadcast = (name: string, [a, b]: Binary): Shape => broadcastShapes(name, a.shape, b.shape);

const run =
  (kernel: BinaryName) =>
  (k: Kernels, out: Tensor, [a, b]: Binary): void =>
    applyBinary(k[kernel], out, a, b);

/** The sizes and strides of a broadcast pair, with axes that move together merged into one. */
interface Walk {
  readonly sizes: number[];
  readonly a: number[];
  readonly b: number[];
}

/** Strides of `shape` seen as the broadcast shape `out`: 0 along repeated axes. */
export function broadcastStrides(shape: Shape, out: Shape): number[] {
  const own = stridesOf(shape);
  const missing = out.length - shape.length;
  return out.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]));
}

function mergedWalk(out: Shape, a: Shape, b: Shape): Walk {
  const aStrides = broadcastStrides(a, out);
  const bStrides = broadcastStrides(b, out);
  const walk: Walk = { sizes: [], a: [], b: [] };
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const size = out[axis];
    if (size === 1) continue;
    const inner = walk.sizes[0];
    if (inner !== undefined && aStrides[axis] === walk.a[0] * inner && bStrides[axis] === walk.b[0] * inner) {
      walk.sizes[0] *= size;
    } else {
      walk.sizes.unshift(size);
      walk.a.unshift(aStrides[axis]);
      walk.b.unshift(bStrides[axis]);
    }
  }
  return walk;
}

function applyBinary(kernel: BinaryKernel, out: Tensor, a: Tensor, b: Tensor): void {
  if (sameShape(a.shape, b.shape)) {
    kernel(a.pointer, b.pointer, out.pointer, 1, 1, out.size, 0, 0, 1, 0, 0, 1);
    return;
  }
  const { sizes, a: as, b: bs } = mergedWalk(out.shape, a.shape, b.shape);
  if (sizes.length > 3) {
    // Rare: more than three interleaved axes. Repeat both operands in full.
    const [fullA, fullB] = [expandTo(a, out.shape), expandTo(b, out.shape)];
    kernel(fullA.pointer, fullB.pointer, out.pointer, 1, 1, out.size, 0, 0, 1, 0, 0, 1);
    return;
  }
  kernel(
    a.pointer, b.pointer, out.pointer, fromEnd(sizes, 3, 1), fromEnd(sizes, 2, 1), fromEnd(sizes, 1, 1),
    fromEnd(as, 3, 0), fromEnd(as, 2, 0), fromEnd(as, 1, 0), fromEnd(bs, 3, 0), fromEnd(bs, 2, 0),
    fromEnd(bs, 1, 0),
  );
}

/** A dense copy of `x` repeated to `shape`. Not recorded. */
export function expandTo(x: Tensor, shape: Shape): Tensor {
  const out = empty(shape, x.dtype);
  copyStrided(x, 0, broadcastStrides(x.shape, shape), out, 0, stridesOf(shape), shape);
  return out;
}

const elementwiseShape = (_name: string, [x]: Unary): Shape => x.shape;

const addScalar = defineOp<Unary, [number]>("add", {
  shape: elementwiseShape,
  forward: (k, out, [x], value) => k.addScalar(x.pointer, value, out.pointer, x.size),
  backward: (g) => [g],
});

const mulScalar: Op<Unary, [number]> = defineOp<Unary, [number]>("mul", {
  shape: elementwiseShape,
  forward: (k, out, [x], value) => k.mulScalar(x.pointer, value, out.pointer, x.size),
  backward: (g, _y, _inputs, _needs, value) => [mulScalar(g, value)],
});

const addTensors: Op<Binary, []> = defineOp<Binary>("add", {
  shape: broadcast,
  forward: run("add"),
  backward: (g) => [g, g],
});

const subTensors: Op<Binary, []> = defineOp<Binary>("sub", {
  shape: broadcast,
  forward: run("sub"),
  backward: (g, _y, _inputs, needs) => [g, needs[1] ? neg(g) : null],
});

const mulTensors: Op<Binary, []> = defineOp<Binary>("mul", {
  shape: broadcast,
  forward: run("mul"),
  backward: (g, _y, [a, b], needs) => [
    needs[0] ? mulTensors(g, b) : null,
    needs[1] ? mulTensors(g, a) : null,
  ],
});

const divTensors: Op<Binary, []> = defineOp<Binary>("div", {
  shape: broadcast,
  forward: run("div"),
  backward: (g, y, [, b], needs) => [
    needs[0] ? divTensors(g, b) : null,
    needs[1] ? neg(divTensors(mulTensors(g, y), b)) : null,
  ],
});

/** Elementwise sum. */
export const add = (a: Tensor, b: Operand): Tensor =>
  typeof b === "number" ? addScalar(a, b) : addTensors(a, b);

/** Elementwise difference. */
export const sub = (a: Tensor, b: Operand): Tensor =>
  typeof b === "number" ? addScalar(a, -b) : subTensors(a, b);

/** Elementwise product. */
export const mul = (a: Tensor, b: Operand): Tensor =>
  typeof b === "number" ? mulScalar(a, b) : mulTensors(a, b);

/** Elementwise quotient. */
export const div = (a: Tensor, b: Operand): Tensor =>
  typeof b === "number" ? mulScalar(a, 1 / b) : divTensors(a, b);

/** -x. */
export const neg: Op<Unary, []> = defineOp<Unary>("neg", {
  shape: elementwiseShape,
  forward: (k, out, [x]) => k.neg(x.pointer, out.pointer, x.size),
  backward: (g) => [neg(g)],
});

/** 1 where a > b, else 0. No gradient flows. */
export const greater: Op<Binary, []> = defineOp<Binary>("greater", {
  shape: broadcast,
  forward: run("greater"),
  backward: () => [null, null],
});

/** 1 where a equals b, else 0. No gradient flows. */
export const equal: Op<Binary, []> = defineOp<Binary>("equal", {
  shape: broadcast,
  forward: run("equal"),
  backward: () => [null, null],
});

/** Which side an extremum took: 1, or 1/2 each where both are equal. */
const share = (a: Tensor, b: Tensor): Tensor => addTensors(greater(a, b), mulScalar(equal(a, b), 0.5));

/** The larger of two; the gradient goes to the larger side, half to each where they are equal. */
export const maximum: Op<Binary, []> = defineOp<Binary>("maximum", {
  shape: broadcast,
  forward: run("maximum"),
  backward: (g, _y, [a, b], needs) => [
    needs[0] ? mulTensors(g, share(a, b)) : null,
    needs[1] ? mulTensors(g, share(b, a)) : null,
  ],
});

/** The smaller of two; gradients as for {@link maximum}. */
export const minimum: Op<Binary, []> = defineOp<Binary>("minimum", {
  shape: broadcast,
  forward: run("minimum"),
  backward: (g, _y, [a, b], needs) => [
    needs[0] ? mulTensors(g, share(b, a)) : null,
    needs[1] ? mulTensors(g, share(a, b)) : null,
  ],
});
