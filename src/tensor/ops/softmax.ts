/** Softmax over the last axis. */
import { ShapeError } from "../../base/errors.ts";
import { formatShape, type Shape } from "../../base/shape.ts";
import { full } from "../create.ts";
import { checkTensor, commonType, defineFusedOp, defineOp, type Op, type Unary } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";
import { mul, sub } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { broadcastTo } from "./shape.ts";
import { exp } from "./unary.ts";

const sameAsInput = (_name: string, [x]: Unary): Shape => x.shape;

/** x seen as `[rows, cols]`, its last axis the columns. */
function rowsOf(name: string, x: Tensor): [rows: number, cols: number] {
  if (x.rank === 0) {
    throw new ShapeError({ what: name, expected: "at least one axis", got: formatShape(x.shape) });
  }
  const cols = x.shape[x.rank - 1];
  return [cols === 0 ? 0 : x.size / cols, cols];
}

/**
 * `exp(x) / sum(exp(x))` over the last axis. A row of -Infinity gives zeros.
 *
 * @example
 * softmax(tensor([0, 0])).toArray(); // [0.5, 0.5]
 */
export const softmax: Op<Unary, []> = defineOp<Unary>("softmax", {
  shape: sameAsInput,
  forward: (k, out, [x]) => k.softmax(x.pointer, out.pointer, ...rowsOf("softmax", x)),
  backward: (g, y) => [mul(y, sub(g, sum(mul(g, y), -1, { keepDims: true })))],
});

/** The logarithm of softmax over the last axis, in nats. */
export const logSoftmax: Op<Unary, []> = defineOp<Unary>("logSoftmax", {
  shape: sameAsInput,
  forward: (k, out, [x]) => k.logSoftmax(x.pointer, out.pointer, ...rowsOf("logSoftmax", x)),
  backward: (g, y) => [sub(g, mul(exp(y), sum(g, -1, { keepDims: true })))],
});

/** Which positions may be attended: 1 (or true) yes, 0 no. Broadcasts against the scores. */
const maskedOp = defineFusedOp<Unary, [Tensor], [Tensor]>("maskedSoftmax", (k, dtype, [x], mask) => {
  const out = empty(x.shape, dtype);
  const allowed = broadcastTo(mask, x.shape);
  const never = full(x.shape, Number.NEGATIVE_INFINITY, dtype);
  k.select(allowed.pointer, x.pointer, never.pointer, out.pointer, x.size);
  k.softmax(out.pointer, out.pointer, ...rowsOf("maskedSoftmax", x));
  return {
    outputs: [out],
    backward: ([g]) => {
      const dx = empty(x.shape, dtype);
      k.softmaxGrad(out.pointer, (g as Tensor).pointer, dx.pointer, ...rowsOf("maskedSoftmax", x));
      return [dx];
    },
  };
});

/**
 * Softmax over the positions of the last axis where `mask` is not 0; the others get weight 0 and gradient 0, whatever
 * x holds there. A row with every position masked gives zeros. The mask is a float tensor that broadcasts to x.
 *
 * @example
 * maskedSoftmax(tensor([1, 1, 9]), tensor([1, 1, 0])).toArray(); // [0.5, 0.5, 0]
 */
export function maskedSoftmax(x: Tensor, mask: Tensor): Tensor {
  checkTensor("maskedSoftmax", x);
  commonType("maskedSoftmax", [x, mask]);
  return maskedOp([x], mask)[0];
}

/** Wrapped so that the mask, a tensor without gradient, is an argument rather than an input. */
interface MaskArgument {
  readonly mask: Tensor;
}

const keepWhereOp: Op<Unary, [MaskArgument]> = defineOp<Unary, [MaskArgument]>("keepWhere", {
  shape: sameAsInput,
  forward: (k, out, [x], { mask }) => {
    const kept = broadcastTo(mask, x.shape);
    k.fill(out.pointer, 0, out.size);
    k.select(kept.pointer, x.pointer, out.pointer, out.pointer, x.size);
  },
  backward: (g, _y, _inputs, _needs, argument) => [keepWhereOp(g, argument)],
});

/** x where `mask`, which broadcasts to x, is not 0; exactly 0 elsewhere, even in place of NaN or an infinity. */
export function keepWhere(x: Tensor, mask: Tensor): Tensor {
  commonType("keepWhere", [x, mask]);
  return keepWhereOp(x, { mask });
}
