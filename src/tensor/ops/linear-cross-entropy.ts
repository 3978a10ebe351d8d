/**
 * The output layer of a network over a large vocabulary, and its loss, in one op: the logits of the whole batch, which
 * would be the largest array of a training step, never exist.
 */

import { ShapeError } from "../../base/errors.ts";
import { checkObject } from "../../base/options.ts";
import { formatShape, sameShape, sizeOf } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { type Indices, tensor } from "../create.ts";
import { isWatched } from "../graph.ts";
import { checkTensor, commonType, defineFusedOp } from "../op.ts";
import { currentScope } from "../scope.ts";
import { empty, type Tensor } from "../tensor.ts";
import { type CrossEntropyOptions, eachLoss, type LossPlan, lessEntropy, planLoss } from "./cross-entropy.ts";
import { gather, scatterAdd } from "./gather.ts";
import { reshape } from "./shape.ts";

/** Hidden states `[N, D]`, weight `[V, D]`, bias `[V]`. */
type Inputs = readonly [hidden: Tensor, weight: Tensor, bias: Tensor | null];
type Gradients = [hidden: Tensor | null, weight: Tensor | null, bias: Tensor | null];

/**
 * Logits held at a time: 16 MiB, which fit a shared cache. For vocabularies of any size at least {@link LEAST_ROWS}
 * rows, below which matrix products lose speed.
 */
const MOST_LOGITS = 2 ** 22;
const LEAST_ROWS = 256;

/** Rows of each block: equal parts of `rows`, in whole tiles of matrix products. It depends on nothing else. */
function blockRows(rows: number, classes: number): number {
  const most = Math.max(LEAST_ROWS, Math.floor(MOST_LOGITS / classes));
  const blocks = Math.ceil(rows / most);
  return blocks <= 1 ? rows : Math.ceil(rows / blocks / 16) * 16;
}

/** Calls `use` with the logits `[count, V]` of rows `start` to `start + count`, block by block; once where N is 0. */
function eachBlock(
  k: Kernels,
  [hidden, weight, bias]: Inputs,
  use: (logits: number, start: number, count: number) => void,
): void {
  const [rows, width] = hidden.shape;
  const classes = weight.shape[0];
  const most = blockRows(rows, classes);
  const scratch = empty([most, classes], hidden.dtype);
  const { pointer } = scratch;
  let start = 0;
  do {
    const count = Math.min(most, rows - start);
    if (bias) k.copyStrided(bias.pointer, pointer, 1, 1, count, classes, 0, 0, 0, 1, 0, 0, classes, 1);
    k.matmul(
      hidden.pointerAt(start * width), weight.pointer, pointer, count, classes, width, width, width, classes, 0, 1,
      Number(bias !== null), 1, 0, 0, 0,
    );
    use(pointer, start, count);
    start += count;
  } while (start < rows);
  scratch.dispose();
}

/** The gradients to the layer's inputs, summed up from those to blocks of logits. */
class LayerGradients {
  readonly gradients: Gradients;
  readonly #k: Kernels;
  readonly #inputs: Inputs;

  constructor(k: Kernels, inputs: Inputs, needs: readonly boolean[]) {
    this.#k = k;
    this.#inputs = inputs;
    this.gradients = inputs.map((x, i) => (x && needs[i] ? empty(x.shape, x.dtype) : null)) as Gradients;
  }

  /** With G `[count, V]`, the gradient to the logits H W^T + b: dH = G W, dW += G^T H, db += the sum of G's rows. */
  take(g: number, start: number, count: number): void {
    const k = this.#k;
    const [hidden, weight] = this.#inputs;
    const [classes, width] = weight.shape;
    const [dhidden, dweight, dbias] = this.gradients;
    const later = Number(start > 0);
    if (dhidden) {
      k.matmul(
        g, weight.pointer, dhidden.pointerAt(start * width), count, width, classes, classes, width, width, 0, 0, 0, 1,
        0, 0, 0,
      );
    }
    if (dweight) {
      k.matmul(
        g, hidden.pointerAt(start * width), dweight.pointer, classes, width, count, classes, width, width, 1, 0, later,
        1, 0, 0, 0,
      );
    }
    if (dbias && !later) k.sum(g, dbias.pointer, 1, count, classes, classes);
    else if (dbias) {
      const part = empty(dbias.shape, dbias.dtype);
      k.sum(g, part.pointer, 1, count, classes, classes);
      k.axpy(1, part.pointer, dbias.pointer, classes);
      part.dispose();
    }
  }
}

/** The losses `[N]`. The way back computes the logits anew. */
const lossOfEach = defineFusedOp<Inputs, [Tensor, LossPlan], [Tensor]>(
  "linearCrossEntropy",
  (k, dtype, inputs, ids, { ignore, weight, smoothing: { on, off, excluded } }) => {
    const [rows, classes] = [inputs[0].shape[0], inputs[1].shape[0]];
    const weights = () => weight?.pointer ?? 0;
    const losses = empty([rows], dtype);
    const logSumExp = empty([rows], dtype);
    eachBlock(k, inputs, (logits, start, count) =>
      k.crossEntropy(
        logits, ids.pointerAt(start), weights(), losses.pointerAt(start), logSumExp.pointerAt(start),
        count, classes, ignore, on, off, excluded,
      ),
    );
    return {
      outputs: [losses],
      backward: ([upstream], needs) => {
        const g = upstream as Tensor;
        const sums = new LayerGradients(k, inputs, needs);
        eachBlock(k, inputs, (logits, start, count) => {
          k.crossEntropyGrad(
            logits, ids.pointerAt(start), weights(), logSumExp.pointerAt(start), g.pointerAt(start),
            logits, count, classes, ignore, on, off, excluded,
          );
          sums.take(logits, start, count);
        });
        return sums.gradients;
      },
    };
  },
);

/**
 * The sum of the losses times `plan.scale`. The gradients for an upstream gradient of 1 are computed along with it,
 * while a block's logits are at hand: the way back has only to scale them.
 */
const totalLoss = defineFusedOp<Inputs, [Tensor, LossPlan], [Tensor]>(
  "linearCrossEntropy",
  (k, dtype, inputs, ids, { ignore, weight, scale, smoothing: { on, off, excluded } }) => {
    const [rows, classes] = [inputs[0].shape[0], inputs[1].shape[0]];
    const weights = () => weight?.pointer ?? 0;
    /** Writes the losses. */
    const compute = (losses: Tensor, needs: readonly boolean[]): Gradients => {
      const sums = new LayerGradients(k, inputs, needs);
      eachBlock(k, inputs, (logits, start, count) => {
        k.crossEntropyWithGrad(
          logits, ids.pointerAt(start), weights(), losses.pointerAt(start), count, classes, scale, ignore, on,
          off, excluded,
        );
        sums.take(logits, start, count);
      });
      return sums.gradients;
    };
    const total = empty([], dtype);
    const losses = empty([rows], dtype);
    let ready: Gradients | null = compute(losses, inputs.map(isWatched));
    k.sum(losses.pointer, total.pointer, 1, rows, 1, 1);
    k.mulScalar(total.pointer, scale, total.pointer, 1);
    return {
      outputs: [total],
      backward: ([upstream], needs) => {
        // The first way back takes the gradients, into its own scope; a further one has to compute them again.
        const gradients = ready ?? compute(losses, needs);
        ready = null;
        const factor = (upstream as Tensor).item();
        for (const gradient of gradients) {
          if (gradient === null) continue;
          gradient.storage.moveTo(currentScope());
          if (factor !== 1) k.mulScalar(gradient.pointer, factor, gradient.pointer, gradient.size);
        }
        return gradients;
      },
    };
  },
);

function checkLayer(hidden: Tensor, weight: Tensor, bias: Tensor | null): void {
  const fits =
    hidden.rank > 0 && weight.rank === 2 && weight.shape[1] === hidden.shape[hidden.rank - 1] &&
    (bias === null || sameShape(bias.shape, [weight.shape[0]]));
  if (fits) return;
  throw new ShapeError({
    what: "linearCrossEntropy",
    expected: "hidden [..., D], weight [V, D] and bias [V] or null",
    got: [hidden, weight, bias].map((x) => (x === null ? "null" : formatShape(x.shape))).join(", "),
  });
}

/**
 * `crossEntropy(linear(hidden, weight, bias), targets, options)` without the array of all logits: they are computed a
 * block of rows at a time, turned into losses and, where gradients are wanted, at once into gradients (with reduction
 * `none`, on the way back and from new logits). Rows whose target is ignored are not computed at all. As wide as the
 * vocabulary are only the weights, their gradient and one block. (Hsu et al. 2024, "Liger Kernel".)
 *
 * @param hidden states `[..., D]`
 * @param weight `[V, D]`
 * @param bias `[V]`, or null
 * @param targets ids of shape `[...]`
 * @returns nats: a scalar, or `[...]` for reduction `none`
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {IndexError} for a target outside 0..V-1 that is not `ignoreIndex`.
 * @example
 * linearCrossEntropy(tensor([[1, 2]]), zeros([4, 2]), null, [3]).item(); // 1.3862944
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  targets: Indices,
  options: CrossEntropyOptions = {},
): Tensor {
  checkTensor("linearCrossEntropy", hidden);
  checkTensor("linearCrossEntropy weight", weight);
  checkObject("linearCrossEntropy options", options);
  commonType("linearCrossEntropy", [hidden, weight, bias, options.weight ?? null]);
  checkLayer(hidden, weight, bias);
  const outer = hidden.shape.slice(0, -1);
  const plan = planLoss("linearCrossEntropy", outer, weight.shape[0], targets, options);
  const rows = reshape(hidden, [sizeOf(outer), weight.shape[1]]);
  const kept = plan.count === plan.ids.size ? null : keptRows(plan);
  const used = kept ? gather(rows, kept) : rows;
  const ids = kept ? tensor(kept.view().map((row) => plan.ids.view()[row]), kept.shape, "i32") : plan.ids;
  if (plan.reduction !== "none") return lessEntropy(totalLoss([used, weight, bias], ids, plan)[0], plan);
  const [losses] = lossOfEach([used, weight, bias], ids, plan);
  return eachLoss(kept ? scatterAdd(reshape(losses, [plan.count, 1]), kept, plan.ids.size) : losses, plan);
}

/** The rows whose target is not ignored. */
function keptRows({ ids, ignore, count }: LossPlan): Tensor {
  const kept = new Int32Array(count);
  let at = 0;
  ids.view().forEach((id, row) => {
    if (id !== ignore) kept[at++] = row;
  });
  return tensor(kept, [count], "i32");
}
