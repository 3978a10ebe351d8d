/** Cross-entropy of logits against ids, with label smoothing, fused with softmax. */
import { OptionError, ShapeError } from "../../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../../base/options.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../base/shape.ts";
import { type Indices, indices, tensor } from "../create.ts";
import { checkTensor, commonType, defineFusedOp, type Unary } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";
import { add, mul } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./shape.ts";

/**
 * How probability is spread for label smoothing by epsilon over V classes:
 * - `uniform` (Szegedy et al. 2016, section 7; PyTorch, and fairseq since 2020): epsilon/V on every class.
 * - `others` (fairseq after 2020): epsilon/(V-1) on every class but the target.
 * - `others-kl` (OpenNMT, Joey NMT): epsilon/(V-2) on every class but the target and the ignored one, and the
 *   Kullback-Leibler divergence instead of the cross-entropy: the entropy of the smoothed target is taken off. It needs
 *   an `ignoreIndex` and takes no class weights.
 */
export type SmoothingForm = "uniform" | "others" | "others-kl";

export interface CrossEntropyOptions {
  /** Targets with this id have no loss and no gradient. */
  readonly ignoreIndex?: number;
  /** Epsilon of label smoothing, in 0..1. Default 0. */
  readonly labelSmoothing?: number;
  /** Default `uniform`. */
  readonly smoothingForm?: SmoothingForm;
  /** A weight for each class, `[classes]`. */
  readonly weight?: Tensor;
  /** `mean` over targets that are not ignored (weighted, when there are weights), `sum`, or `none`. Default `mean`. */
  readonly reduction?: "mean" | "sum" | "none";
}

/** The smoothed target of the kernels. */
interface Smoothing {
  readonly on: number;
  readonly off: number;
  readonly excluded: number;
  /** Taken off each row's loss. */
  readonly entropy: number;
}

const NONE = -1;

function smoothing(form: SmoothingForm, epsilon: number, classes: number, ignore: number): Smoothing {
  if (epsilon === 0) return { on: 1, off: 0, excluded: NONE, entropy: 0 };
  if (form === "uniform") {
    const off = epsilon / classes;
    return { on: 1 - epsilon + off, off, excluded: NONE, entropy: 0 };
  }
  if (form === "others") {
    return { on: 1 - epsilon, off: epsilon / (classes - 1), excluded: NONE, entropy: 0 };
  }
  const off = epsilon / (classes - 2);
  const on = 1 - epsilon;
  const entropy = -(on > 0 ? on * Math.log(on) : 0) - epsilon * Math.log(off);
  return { on, off, excluded: ignore, entropy };
}

/** @throws {OptionError} where the form has no class to smooth over, or is not defined. */
function checkSmoothing(form: SmoothingForm, classes: number, ignore: number, weight: Tensor | undefined) {
  const what = `smoothingForm ${form}`;
  if (form === "others" && classes < 2) {
    throw new OptionError({ what, expected: "at least 2 classes", got: `${classes}` });
  }
  if (form === "others-kl" && (classes < 3 || ignore < 0)) {
    const got = `${classes} classes and ignoreIndex ${ignore}`;
    throw new OptionError({ what, expected: "at least 3 classes and an ignoreIndex among them", got });
  }
  if (form === "others-kl" && weight !== undefined) {
    throw new OptionError({ what, expected: "no class weights", got: `a weight ${formatShape(weight.shape)}` });
  }
}

/** A checked loss, in the terms of the kernels. */
export interface LossPlan {
  /** i32, of the shape of the losses. */
  readonly ids: Tensor;
  readonly ignore: number;
  /** A weight for each class. */
  readonly weight: Tensor | null;
  readonly smoothing: Smoothing;
  readonly reduction: "mean" | "sum" | "none";
  /** How many targets are not ignored. */
  readonly count: number;
  /** What the sum of the losses is multiplied by: 1, or for `mean` 1 over the weight of all targets. */
  readonly scale: number;
}

/** Checks the targets and options of a cross-entropy over `classes`, whose losses have the shape `outer`. */
export function planLoss(
  name: string,
  outer: Shape,
  classes: number,
  targets: Indices,
  options: CrossEntropyOptions,
): LossPlan {
  const {
    ignoreIndex = -100,
    labelSmoothing = 0,
    smoothingForm = "uniform",
    weight,
    reduction = "mean",
  } = options;
  rejectUnknownKeys(name, options, [
    "ignoreIndex", "labelSmoothing", "smoothingForm", "weight", "reduction",
  ]);
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, max: 1 });
  checkChoice("smoothingForm", smoothingForm, ["uniform", "others", "others-kl"]);
  checkChoice("reduction", reduction, ["mean", "sum", "none"]);
  if (weight !== undefined && !sameShape(weight.shape, [classes])) {
    throw new ShapeError({
      what: `${name} weight`,
      expected: formatShape([classes]),
      got: formatShape(weight.shape),
    });
  }
  if (labelSmoothing > 0) checkSmoothing(smoothingForm, classes, ignoreIndex, weight);
  const ids = indices(`${name} target`, targets, classes, ignoreIndex);
  if (!sameShape(ids.shape, outer)) {
    throw new ShapeError({
      what: `${name} targets`,
      expected: formatShape(outer),
      got: formatShape(ids.shape),
    });
  }
  const { count, total } = targetShares(ids, ignoreIndex, weight);
  return {
    ids,
    ignore: ignoreIndex,
    weight: weight ?? null,
    smoothing: smoothing(smoothingForm, labelSmoothing, classes, ignoreIndex),
    reduction,
    count,
    scale: reduction !== "mean" ? 1 : total === 0 ? 0 : 1 / total,
  };
}

/** How many targets count, and with what total weight. */
function targetShares(
  ids: Tensor,
  ignore: number,
  weight: Tensor | undefined,
): { count: number; total: number } {
  const classes = weight?.view();
  let count = 0;
  let total = 0;
  for (const id of ids.view()) {
    if (id === ignore) continue;
    count++;
    total += classes ? classes[id] : 1;
  }
  return { count, total };
}

/** Losses, one a target, less the entropy of the smoothed targets, in their shape. */
export function eachLoss(losses: Tensor, { ids, ignore, smoothing: { entropy } }: LossPlan): Tensor {
  const shaped = reshape(losses, ids.shape);
  if (entropy === 0) return shaped;
  const entropies = Float64Array.from(ids.view(), (id) => (id === ignore ? 0 : -entropy));
  return add(shaped, tensor(entropies, ids.shape, losses.dtype));
}

/** The scaled sum of all losses less the entropies of the smoothed targets. */
export function lessEntropy(scaledSum: Tensor, { count, scale, smoothing: { entropy } }: LossPlan): Tensor {
  return entropy === 0 ? scaledSum : add(scaledSum, -entropy * count * scale);
}

const crossEntropyRows = defineFusedOp<Unary, [LossPlan], [Tensor]>("crossEntropy", (k, dtype, [logits], plan) => {
  const [rows, cols] = logits.shape;
  const { ids, ignore, weight, smoothing: { on, off, excluded } } = plan;
  const loss = empty([rows], dtype);
  const logSumExp = empty([rows], dtype);
  const weights = () => weight?.pointer ?? 0;
  k.crossEntropy(
    logits.pointer, ids.pointer, weights(), loss.pointer, logSumExp.pointer, rows, cols, ignore, on, off, excluded,
  );
  return {
    outputs: [loss],
    // d loss[r] / d x[r,j] = softmax(x[r])[j] sum(q) - q[j]
    backward: ([g]) => {
      const dx = empty(logits.shape, dtype);
      k.crossEntropyGrad(
        logits.pointer, ids.pointer, weights(), logSumExp.pointer, (g as Tensor).pointer, dx.pointer, rows, cols,
        ignore, on, off, excluded,
      );
      return [dx];
    },
  };
});

/**
 * Cross-entropy in nats of `targets` under softmax(`logits`), without storing the probabilities. Where the logits come
 * from a linear map, `linearCrossEntropy` does without them too.
 *
 * @param logits `[..., classes]`
 * @param targets ids of shape `[...]`
 * @returns a scalar, or `[...]` for reduction `none`
 * @throws {IndexError} for a target outside 0..classes-1 that is not `ignoreIndex`.
 * @example
 * crossEntropy(tensor([[0, 0]]), [1]).item(); // 0.6931472
 */
export function crossEntropy(logits: Tensor, targets: Indices, options: CrossEntropyOptions = {}): Tensor {
  checkTensor("crossEntropy", logits);
  if (logits.rank === 0) {
    throw new ShapeError({ what: "crossEntropy", expected: "at least one axis", got: formatShape(logits.shape) });
  }
  commonType("crossEntropy", [logits, options.weight ?? null]);
  const outer = logits.shape.slice(0, -1);
  const classes = logits.shape[logits.rank - 1];
  const plan = planLoss("crossEntropy", outer, classes, targets, options);
  const [losses] = crossEntropyRows([reshape(logits, [sizeOf(outer), classes])], plan);
  if (plan.reduction === "none") return eachLoss(losses, plan);
  const total = sum(losses);
  return lessEntropy(plan.scale === 1 ? total : mul(total, plan.scale), plan);
}
