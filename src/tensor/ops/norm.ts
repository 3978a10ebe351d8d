/** Layer normalisation and dropout. */
import { ShapeError } from "../../base/errors.ts";
import { checkNumber } from "../../base/options.ts";
import type { Random } from "../../base/random.ts";
import { formatShape, sameShape, sizeOf } from "../../base/shape.ts";
import { checkTensor, defineFusedOp, defineOp, type Op, type Unary } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";
import { mul } from "./elementwise.ts";

type LayerNormInputs = readonly [Tensor, Tensor, Tensor];

const layerNormOp = defineFusedOp<LayerNormInputs, [number], [Tensor]>(
  "layerNorm",
  (k, dtype, [x, gamma, beta], eps) => {
    const cols = gamma.size;
    const rows = cols === 0 ? 0 : x.size / cols;
    const out = empty(x.shape, dtype);
    const mean = empty([rows], dtype);
    const rstd = empty([rows], dtype);
    k.layerNorm(
      x.pointer, gamma.pointer, beta.pointer, out.pointer, mean.pointer, rstd.pointer, rows, cols, eps,
    );
    return {
      outputs: [out],
      backward: ([g], needs) => {
        const { pointer } = g as Tensor;
        const [dx, dgamma, dbeta] = [x, gamma, beta].map(({ shape }) => empty(shape, dtype));
        if (needs[0]) {
          k.layerNormGrad(
            x.pointer, gamma.pointer, mean.pointer, rstd.pointer, pointer, dx.pointer, rows, cols,
          );
        }
        if (needs[1] || needs[2]) {
          k.layerNormScaleGrad(
            x.pointer, mean.pointer, rstd.pointer, pointer, dgamma.pointer, dbeta.pointer, rows, cols, cols,
          );
        }
        return [dx, dgamma, dbeta];
      },
    };
  },
);

/**
 * `(x - mean) / sqrt(var + eps) * gamma + beta` over the trailing axes that gamma has, with the biased variance
 * (Ba, Kiros and Hinton 2016). Differentiable once.
 *
 * @throws {ShapeError} when x does not end in the shape of gamma, or beta has another.
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, eps = 1e-5): Tensor {
  checkTensor("layerNorm", x);
  const tail = x.shape.slice(Math.max(0, x.rank - gamma.rank));
  if (!sameShape(tail, gamma.shape) || !sameShape(beta.shape, gamma.shape) || sizeOf(gamma.shape) === 0) {
    throw new ShapeError({
      what: "layerNorm",
      expected: `input ending in ${formatShape(gamma.shape)} and beta of that shape`,
      got: `${formatShape(x.shape)} and ${formatShape(beta.shape)}`,
    });
  }
  return layerNormOp([x, gamma, beta], eps)[0];
}

/** The mask is a function of the key, so that the way back repeats it instead of storing it. */
const maskedScale: Op<Unary, [number, number, number]> = defineOp<Unary, [number, number, number]>(
  "dropout",
  {
    shape: (_name, [x]) => x.shape,
    forward: (k, out, [x], p, seed0, seed1) => k.dropout(x.pointer, out.pointer, x.size, p, seed0, seed1),
    backward: (g, _y, _inputs, _needs, p, seed0, seed1) => [maskedScale(g, p, seed0, seed1)],
  },
);

/**
 * Inverted dropout (Srivastava et al. 2014): zeros each element with probability `p` and divides the others by
 * 1 - p. Draws 64 bits from `random` for the whole tensor.
 */
export function dropout(x: Tensor, p: number, random: Random): Tensor {
  checkNumber("dropout", p, { min: 0, max: 1 });
  if (p === 0) return x;
  if (p === 1) return mul(x, 0);
  return maskedScale(x, p, random.bits() | 0, random.bits() | 0);
}
