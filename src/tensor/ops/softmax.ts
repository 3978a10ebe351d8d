/** Softmax over the last axis, and cross-entropy fused with it. */
import { OptionError, ShapeError } from "../../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../../base/options.ts";
import { formatShape, type Shape, sameShape } from "../../base/shape.ts";
import { full, type Indices, indices, tensor } from "../create.ts";
import { commonType, defineFusedOp, defineOp, type Op, type Unary } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";
import { add, mul, sub } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { broadcastTo, reshape } from "./shape.ts";
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

type CrossEntropyArgs = [targets: Tensor, weight: Tensor | null, ignore: number, smoothing: Smoothing];

const crossEntropyRows = defineFusedOp<Unary, CrossEntropyArgs, [Tensor]>(
  "crossEntropy",
  (k, dtype, [logits], targets, weight, ignore, { on, off, excluded }) => {
    const [rows, cols] = logits.shape;
    const loss = empty([rows], dtype);
    const logSumExp = empty([rows], dtype);
    const weights = weight?.pointer ?? 0;
    k.crossEntropy(
      logits.pointer, targets.pointer, weights, loss.pointer, logSumExp.pointer, rows, cols, ignore, on,
      off, excluded,
    );
    return {
      outputs: [loss],
      // d loss[r] / d x[r,j] = softmax(x[r])[j] sum(q) - q[j]
      backward: ([g]) => {
        const dx = empty(logits.shape, dtype);
        k.crossEntropyGrad(
          logits.pointer, targets.pointer, weights, logSumExp.pointer, (g as Tensor).pointer, dx.pointer,
          rows, cols, ignore, on, off, excluded,
        );
        return [dx];
      },
    };
  },
);

/**
 * Cross-entropy in nats of `targets` under softmax(`logits`), without storing the probabilities.
 *
 * @param logits `[..., classes]`
 * @param targets ids of shape `[...]`
 * @returns a scalar, or `[...]` for reduction `none`
 * @throws {IndexError} for a target outside 0..classes-1 that is not `ignoreIndex`.
 * @example
 * crossEntropy(tensor([[0, 0]]), [1]).item(); // 0.6931472
 */
export function crossEntropy(logits: Tensor, targets: Indices, options: CrossEntropyOptions = {}): Tensor {
  const {
    ignoreIndex = -100,
    labelSmoothing = 0,
    smoothingForm = "uniform",
    weight,
    reduction = "mean",
  } = options;
  rejectUnknownKeys("crossEntropy", options, [
    "ignoreIndex", "labelSmoothing", "smoothingForm", "weight", "reduction",
  ]);
  const [rows, classes] = rowsOf("crossEntropy", logits);
  checkNumber("labelSmoothing", labelSmoothing, { min: 0, max: 1 });
  checkChoice("smoothingForm", smoothingForm, ["uniform", "others", "others-kl"]);
  checkChoice("reduction", reduction, ["mean", "sum", "none"]);
  commonType("crossEntropy", [logits, weight ?? null]);
  if (weight !== undefined && !sameShape(weight.shape, [classes])) {
    throw new ShapeError({
      what: "crossEntropy weight",
      expected: formatShape([classes]),
      got: formatShape(weight.shape),
    });
  }
  if (labelSmoothing > 0) checkSmoothing(smoothingForm, classes, ignoreIndex, weight);
  const ids = indices("crossEntropy target", targets, classes, ignoreIndex);
  const outer = logits.shape.slice(0, -1);
  if (!sameShape(ids.shape, outer)) {
    throw new ShapeError({
      what: "crossEntropy targets",
      expected: formatShape(outer),
      got: formatShape(ids.shape),
    });
  }
  const form = smoothing(smoothingForm, labelSmoothing, classes, ignoreIndex);
  const flat = logits.rank === 2 ? logits : reshape(logits, [rows, classes]);
  const [loss] = crossEntropyRows([flat], ids, weight ?? null, ignoreIndex, form);
  const shares = targetShares(ids, ignoreIndex, weight);
  const constant = form.entropy === 0 ? 0 : -form.entropy * shares.count;
  if (reduction === "sum") return add(sum(loss), constant);
  if (reduction === "mean") return mul(add(sum(loss), constant), shares.total === 0 ? 0 : 1 / shares.total);
  if (form.entropy === 0) return reshape(loss, outer);
  const entropies = ids.view().map((id) => (id === ignoreIndex ? 0 : -1));
  return reshape(
    add(loss, mul(tensor(new Float64Array(entropies), [rows], loss.dtype), form.entropy)),
    outer,
  );
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
