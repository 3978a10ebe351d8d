/** Matrix products and the fused linear map. */
import { ShapeError } from "../../base/errors.ts";
import { broadcastShapes, formatShape, type Shape, sizeOf } from "../../base/shape.ts";
import { type Binary, checkTensor, defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { expandTo } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./shape.ts";

export interface MatmulOptions {
  /** Use the transpose of each matrix in a. Nothing is copied. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

interface Plan {
  readonly batch: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

function planProduct(name: string, a: Tensor, b: Tensor, transA: boolean, transB: boolean): Plan {
  const bad = () =>
    new ShapeError({
      what: name,
      expected: "matrices [..., m, k] and [..., k, n]",
      got: `${formatShape(a.shape)}${transA ? " transposed" : ""} and ${formatShape(b.shape)}${transB ? " transposed" : ""}`,
    });
  if (a.rank < 2 || b.rank < 2) throw bad();
  const [aRows, aCols] = a.shape.slice(-2);
  const [bRows, bCols] = b.shape.slice(-2);
  const [m, k] = transA ? [aCols, aRows] : [aRows, aCols];
  const [kb, n] = transB ? [bCols, bRows] : [bRows, bCols];
  if (k !== kb) throw bad();
  return { batch: broadcastShapes(name, a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n, k };
}

/** x with its batch axes repeated to `batch`; x itself when they already agree. */
function withBatch(x: Tensor, batch: Shape): Tensor {
  const own = x.shape.slice(0, -2);
  return sizeOf(own) === sizeOf(batch) ? x : expandTo(x, [...batch, ...x.shape.slice(-2)]);
}

const product: Op<Binary, [boolean, boolean]> = defineOp<Binary, [boolean, boolean]>("matmul", {
  shape: (name, [a, b], transA, transB) => {
    const { batch, m, n } = planProduct(name, a, b, transA, transB);
    return [...batch, m, n];
  },
  forward: (kernels, out, [a, b], transA, transB) => {
    const { batch, m, n, k } = planProduct("matmul", a, b, transA, transB);
    // A matrix that every batch member shares needs no copies: its step is 0.
    const left = a.rank === 2 ? a : withBatch(a, batch);
    const right = b.rank === 2 ? b : withBatch(b, batch);
    const lda = a.shape[a.rank - 1];
    const ldb = b.shape[b.rank - 1];
    const aStep = a.rank === 2 ? 0 : m * k;
    const bStep = b.rank === 2 ? 0 : k * n;
    kernels.matmul(
      left.pointer, right.pointer, out.pointer, m, n, k, lda, ldb, n, Number(transA), Number(transB), 0,
      sizeOf(batch), aStep, bStep, m * n,
    );
  },
  // With C = A B: dA = dC B^T and dB = A^T dC; a transposed operand swaps the roles.
  backward: (g, _y, [a, b], needs, transA, transB) => [
    needs[0] ? (transA ? product(b, g, transB, true) : product(g, b, false, !transB)) : null,
    needs[1] ? (transB ? product(g, a, true, transA) : product(a, g, !transA, false)) : null,
  ],
});

/**
 * Matrix product of the last two axes, batched and broadcast over the others:
 * `[..., m, k] x [..., k, n] -> [..., m, n]`.
 *
 * @throws {ShapeError} when the inner extents differ.
 * @example
 * matmul(tensor([[1, 2]]), tensor([[3], [4]])).toArray(); // [[11]]
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  checkTensor("matmul", a);
  checkTensor("matmul", b);
  const { transposeA = false, transposeB = false } = options;
  if (a.rank > 2 && b.rank === 2 && !transposeA) {
    // One large product instead of a batch of small ones: [..., m, k] -> [... * m, k].
    const { n, k } = planProduct("matmul", a, b, false, transposeB);
    const outer = a.shape.slice(0, -1);
    return reshape(product(reshape(a, [sizeOf(outer), k]), b, false, transposeB), [...outer, n]);
  }
  return product(a, b, transposeA, transposeB);
}

type LinearInputs = readonly [Tensor, Tensor, Tensor];

const affine = defineOp<LinearInputs>("linear", {
  shape: (name, [x, weight, bias]) => {
    const { m, n } = planProduct(name, x, weight, false, true);
    if (bias.rank !== 1 || bias.shape[0] !== n) {
      throw new ShapeError({ what: "linear bias", expected: formatShape([n]), got: formatShape(bias.shape) });
    }
    return [m, n];
  },
  forward: (k, out, [x, weight, bias]) => {
    const [m, width] = x.shape;
    const n = out.shape[1];
    // Every row starts as the bias, and the product is added to it.
    k.copyStrided(bias.pointer, out.pointer, 1, 1, m, n, 0, 0, 0, 1, 0, 0, n, 1);
    k.matmul(x.pointer, weight.pointer, out.pointer, m, n, width, width, width, n, 0, 1, 1, 1, 0, 0, 0);
  },
  backward: (g, _y, [x, weight], needs) => [
    needs[0] ? product(g, weight, false, false) : null,
    needs[1] ? product(g, x, true, false) : null,
    needs[2] ? sum(g, 0) : null,
  ],
});

/**
 * `x W^T + b` over the last axis: x `[..., in]`, weight `[out, in]`, bias `[out]` or null, giving `[..., out]`.
 *
 * @throws {ShapeError} when the shapes do not fit.
 * @example
 * linear(tensor([1, 2]), tensor([[3, 4]]), tensor([5])).toArray(); // [16]
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  checkTensor("linear", x);
  if (x.rank === 0 || weight.rank !== 2) {
    throw new ShapeError({
      what: "linear",
      expected: "x [..., in] and weight [out, in]",
      got: `${formatShape(x.shape)} and ${formatShape(weight.shape)}`,
    });
  }
  const outer = x.shape.slice(0, -1);
  const rows = reshape(x, [sizeOf(outer), x.shape[x.rank - 1]]);
  const out = bias === null ? product(rows, weight, false, true) : affine(rows, weight, bias);
  return reshape(out, [...outer, out.shape[1]]);
}
