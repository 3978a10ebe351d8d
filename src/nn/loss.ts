/** Losses composed of ops. Cross-entropy is a fused op: `crossEntropy`. */

import { ShapeError } from "../base/errors.ts";
import { checkChoice, rejectUnknownKeys } from "../base/options.ts";
import { formatShape, sameShape } from "../base/shape.ts";
import { type Indices, indices, ops, type Tensor, tensor } from "../tensor/index.ts";
import { checkTensor } from "../tensor/op.ts";

export type LossReduction = "mean" | "sum" | "none";

function reduce(loss: Tensor, reduction: LossReduction): Tensor {
  checkChoice("reduction", reduction, ["mean", "sum", "none"]);
  if (reduction === "none") return loss;
  return reduction === "sum" ? ops.sum(loss) : ops.mean(loss);
}

function checkSameShape(what: string, a: Tensor, b: Tensor): void {
  if (sameShape(a.shape, b.shape)) return;
  throw new ShapeError({ what, expected: `targets ${formatShape(a.shape)}`, got: formatShape(b.shape) });
}

/** Mean squared error between tensors of one shape. */
export function mseLoss(input: Tensor, target: Tensor, reduction: LossReduction = "mean"): Tensor {
  checkTensor("mseLoss", input);
  checkTensor("mseLoss target", target);
  checkSameShape("mseLoss", input, target);
  const difference = ops.sub(input, target);
  return reduce(ops.mul(difference, difference), reduction);
}

/**
 * Cross-entropy in nats of targets in 0..1 under sigmoid(logits):
 * `max(x, 0) - x t + log(1 + exp(-|x|)) = softplus(x) - x t`, which does not overflow.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  reduction: LossReduction = "mean",
): Tensor {
  checkTensor("binaryCrossEntropyWithLogits", logits);
  checkTensor("binaryCrossEntropyWithLogits target", target);
  checkSameShape("binaryCrossEntropyWithLogits", logits, target);
  return reduce(ops.sub(ops.softplus(logits), ops.mul(logits, target)), reduction);
}

export interface NllOptions {
  /** Targets with this id have no loss. */
  readonly ignoreIndex?: number;
  /** A weight for each class, `[classes]`. */
  readonly weight?: Tensor;
  /** `mean` divides by the total weight of the targets that count. Default `mean`. */
  readonly reduction?: LossReduction;
}

/**
 * Negative log-likelihood: `-weight[t] logProbs[..., t]` for targets t of shape `[...]`.
 *
 * @throws {IndexError} for a target outside the classes that is not `ignoreIndex`.
 */
export function nllLoss(logProbs: Tensor, targets: Indices, options: NllOptions = {}): Tensor {
  checkTensor("nllLoss", logProbs);
  rejectUnknownKeys("nllLoss", options, ["ignoreIndex", "weight", "reduction"]);
  const { ignoreIndex = -100, weight, reduction = "mean" } = options;
  const classes = logProbs.shape[logProbs.rank - 1];
  const ids = indices("nllLoss target", targets, classes, ignoreIndex);
  const weights = weight?.view();
  const share = Float64Array.from(ids.view(), (id) => (id === ignoreIndex ? 0 : (weights?.[id] ?? 1)));
  const safe = tensor(
    ids.view().map((id) => (id === ignoreIndex ? 0 : id)),
    ids.shape,
    "i32",
  );
  const picked = ops.neg(ops.pick(logProbs, safe));
  const loss = ops.mul(picked, tensor(share, ids.shape, logProbs.dtype));
  if (reduction !== "mean") return reduce(loss, reduction);
  const total = share.reduce((sum, value) => sum + value, 0);
  return ops.mul(ops.sum(loss), total === 0 ? 0 : 1 / total);
}
