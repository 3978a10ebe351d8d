/** Activations composed of ops. The rest (relu, tanh, gelu, silu ...) are ops themselves. */

import { ShapeError } from "../base/errors.ts";
import { formatShape, normalizeAxis } from "../base/shape.ts";
import { ops, type Tensor } from "../tensor/index.ts";
import { checkTensor } from "../tensor/op.ts";

/** min(x, 0). Its gradient at 0 is 1, where that of relu is 0: the branch for x <= 0 holds there, as in PyTorch. */
const negativePart = (x: Tensor): Tensor => ops.clamp(x, Number.NEGATIVE_INFINITY, 0);

/** x where x > 0, else `negativeSlope` x. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor =>
  ops.add(ops.relu(x), ops.mul(negativePart(x), negativeSlope));

/** x where x > 0, else `alpha (e^x - 1)` (Clevert, Unterthiner and Hochreiter 2016, eq. 15). */
export function elu(x: Tensor, alpha = 1): Tensor {
  // Clamping before exp keeps the branch not taken from overflowing.
  return ops.add(ops.relu(x), ops.mul(ops.add(ops.exp(negativePart(x)), -1), alpha));
}

/**
 * Gated linear unit: the first half of `axis` times the sigmoid of the second half (Dauphin et al. 2017). Halves the
 * axis.
 *
 * @throws {ShapeError} when the axis is odd.
 */
export function glu(x: Tensor, axis = -1): Tensor {
  checkTensor("glu", x);
  const at = normalizeAxis("glu", axis, x.rank);
  const extent = x.shape[at];
  if (extent % 2 !== 0) {
    throw new ShapeError({
      what: "glu",
      expected: `an even extent at axis ${at}`,
      got: formatShape(x.shape),
    });
  }
  return ops.mul(ops.slice(x, at, 0, extent / 2), ops.sigmoid(ops.slice(x, at, extent / 2, extent)));
}
