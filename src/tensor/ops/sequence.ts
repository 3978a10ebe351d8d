/**
 * The walk over time that all recurrent cells share: the input product for all time steps at once, then one product
 * and one cell kernel a step, in place inside `[T, B, ...]` arrays; backwards likewise. Sequences do not depend on each
 * other, so threads walk some of them each, from the first step to the last.
 */
import { ShapeError } from "../../base/errors.ts";
import { formatShape, type Shape, sameShape } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { indices } from "../create.ts";
import { type DType, inLanes } from "../runtime.ts";
import { empty, type Gradients, type Tensor } from "../tensor.ts";
import type { Cell } from "./cells.ts";
import { addProduct, backProduct, weightGradient, wholeOf } from "./dense.ts";
import type { SequenceOptions, Walk } from "./walk.ts";

/** Weights with PyTorch's shapes, G gates: `[G H, D]`, `[G H, H]`, `[G H]`, `[G H]`. */
export type RecurrentWeights = readonly [weightIh: Tensor, weightHh: Tensor, biasIh: Tensor, biasHh: Tensor];

/** Fills every row of `out` `[rows, n]` with the vector `bias`. */
export function fillRows(k: Kernels, out: Tensor, bias: Tensor): void {
  const n = bias.size;
  k.copyStrided(bias.pointer, out.pointer, 1, 1, n === 0 ? 0 : out.size / n, n, 0, 0, 0, 1, 0, 0, n, 1);
}

/**
 * gx = `W_ih x + bias` for all steps at once; W_ih's columns beyond the width of x are left out. Where x is a table, one
 * product of it serves all steps that read the same row.
 */
export function inputProduct(
  k: Kernels,
  walk: Walk,
  x: Tensor,
  weightIh: Tensor,
  bias: Tensor,
  gates: number,
): Tensor {
  const gx = walk.array(gates);
  const { rows } = walk.options;
  const width = bias.size;
  const inputs = x.shape[x.rank - 1];
  const products = rows ? empty([x.shape[0], width], x.dtype) : gx;
  fillRows(k, products, bias);
  addProduct(k, x.pointer, { of: weightIh, start: 0, width: inputs }, products.pointer, products.size / (width || 1));
  if (rows) {
    k.gatherRows(products.pointer, rows.pointer, gx.pointer, rows.size, width);
    products.dispose();
  }
  return gx;
}

/** The gradient to the products with x: dgx, or, where x is a table, the sums for each row of it. */
function productGradient(k: Kernels, walk: Walk, x: Tensor, dgx: Tensor): Tensor {
  const { rows } = walk.options;
  if (rows === null) return dgx;
  const width = dgx.shape[2];
  const sums = zerosLike(k, [x.shape[0], width], x.dtype);
  k.scatterAddRows(dgx.pointer, rows.pointer, sums.pointer, rows.size, width, width);
  return sums;
}

export const cloneOf = (k: Kernels, x: Tensor): Tensor => {
  const out = empty(x.shape, x.dtype);
  k.copyStrided(x.pointer, out.pointer, 1, 1, 1, x.size, 0, 0, 0, 1, 0, 0, 0, 1);
  return out;
};

export const zerosLike = (k: Kernels, shape: Shape, dtype: DType): Tensor => {
  const out = empty(shape, dtype);
  k.fill(out.pointer, 0, out.size);
  return out;
};

/** The last state walked to, `[B, H]`; the initial one when there are no steps. */
export function finalState(k: Kernels, walk: Walk, states: Tensor, initial: Tensor): Tensor {
  const out = empty(initial.shape, initial.dtype);
  k.copyStrided(walk.before(walk.steps, states, initial), out.pointer, 1, 1, 1, out.size, 0, 0, 0, 1, 0, 0, 0, 1);
  return out;
}

/** states with zeros past the end of each sequence. */
export function maskedOutput(k: Kernels, walk: Walk, states: Tensor): Tensor {
  const { lengths } = walk.options;
  if (lengths === null) return states;
  const { batch, hidden, steps } = walk;
  const out = cloneOf(k, states);
  const zero = zerosLike(k, [1], walk.dtype);
  lengths.data().forEach((length, b) => {
    const start = out.pointerAt((length * batch + b) * hidden);
    k.copyStrided(zero.pointer, start, 1, 1, steps - length, hidden, 0, 0, 0, 0, 0, 0, batch * hidden, 1);
  });
  return out;
}

export function forwardSteps(walk: Walk, weightHh: Tensor, cell: Cell, states: Tensor, h0: Tensor): void {
  const recurrent = wholeOf(weightHh);
  inLanes(walk.dtype, walk.batch, weightHh.size, (k, start, count) => {
    const part = walk.part(start, count);
    for (let i = 0; i < walk.steps; i++) {
      const step = part.step(i, states, h0);
      addProduct(k, step.h0, recurrent, part.at(cell.gh, step.time), count);
      cell.forward(k, part, i, step);
    }
  });
}

/** Gradients to x, h0 and the weights; the walk back through time. */
export function backwardSteps(
  k: Kernels, walk: Walk, x: Tensor, h0: Tensor, weights: RecurrentWeights, cell: Cell, states: Tensor,
  dy: Tensor | null, dhFinal: Tensor | null, needsX: boolean,
): { dx: Tensor | null; dh0: Tensor; dweights: Gradients } {
  const { batch, dtype, steps } = walk;
  const [weightIh, weightHh] = weights;
  const [input, recurrent] = [wholeOf(weightIh), wholeOf(weightHh)];
  const dgx = walk.array(cell.gates);
  const dgh = cell.gh === cell.gx ? dgx : walk.array(cell.gates);
  const dout = dy ?? zerosLike(k, states.shape, dtype);
  const dh = dhFinal ? cloneOf(k, dhFinal) : zerosLike(k, h0.shape, dtype);

  inLanes(dtype, batch, weightHh.size, (lane, start, count) => {
    const part = walk.part(start, count);
    const dhPart = part.at(dh, 0);
    for (let i = steps - 1; i >= 0; i--) {
      const step = part.step(i, states, h0);
      cell.backward(lane, part, i, step, part.at(dout, step.time), dhPart, dgx, dgh);
      backProduct(lane, part.at(dgh, step.time), recurrent, dhPart, count, 1);
    }
  });
  const dproducts = productGradient(k, walk, x, dgx);
  const width = weightIh.shape[0];
  const rows = dproducts.size / (width || 1);
  const dWeightIh = empty(weightIh.shape, dtype);
  weightGradient(k, dproducts.pointer, x.pointer, wholeOf(dWeightIh), rows, 0);
  const dWeightHh = empty(weightHh.shape, dtype);
  recurrentGradient(k, walk, dgh, states, h0, dWeightHh);
  const dBiasIh = empty([width], dtype);
  k.sum(dproducts.pointer, dBiasIh.pointer, 1, rows, width, width);
  const dBiasHh = recurrentBias(k, dgx, dgh, dBiasIh);
  const dx = needsX ? empty(x.shape, dtype) : null;
  if (dx) backProduct(k, dproducts.pointer, input, dx.pointer, rows, 0);
  return { dx, dh0: dh, dweights: [dWeightIh, dWeightHh, dBiasIh, dBiasHh] };
}

/** The gradient to W_hh: of each step, dgh transposed times the state before, which is h0 for the first one walked. */
export function recurrentGradient(
  k: Kernels, walk: Walk, dgh: Tensor, states: Tensor, h0: Tensor, out: Tensor,
): void {
  const { batch, steps } = walk;
  const [from, to] = walk.options.reverse ? [1, 0] : [0, 1];
  const first = walk.at(dgh, steps === 0 ? 0 : walk.time(0));
  weightGradient(k, first, h0.pointer, wholeOf(out), steps === 0 ? 0 : batch, 0);
  if (steps > 1) weightGradient(k, walk.at(dgh, to), walk.at(states, from), wholeOf(out), (steps - 1) * batch, 1);
}

/** The gradient to b_hh: that to b_ih, where both are added to the same gates. A copy, since both may be added to. */
export function recurrentBias(k: Kernels, dgx: Tensor, dgh: Tensor, dBiasIh: Tensor): Tensor {
  if (dgh === dgx) return cloneOf(k, dBiasIh);
  const width = dBiasIh.size;
  const out = empty([width], dgh.dtype);
  k.sum(dgh.pointer, out.pointer, 1, width === 0 ? 0 : dgh.size / width, width, width);
  return out;
}

export function checkInputs(
  what: string,
  gates: number,
  x: Tensor,
  states: readonly Tensor[],
  weights: RecurrentWeights,
  { lengths, rows }: SequenceOptions,
): void {
  const [weightIh, weightHh, biasIh, biasHh] = weights;
  const [width, inputs] = weightIh.shape;
  const hidden = width / gates;
  const [steps, batch] = (rows ?? x).shape;
  const good =
    (rows ? x.rank === 2 && rows.rank === 2 : x.rank === 3) &&
    x.shape[x.rank - 1] === inputs &&
    sameShape(weightHh.shape, [width, hidden]) &&
    sameShape(biasIh.shape, [width]) &&
    sameShape(biasHh.shape, [width]) &&
    states.every((state) => sameShape(state.shape, [batch, hidden])) &&
    (lengths === null || sameShape(lengths.shape, [batch]));
  if (good) {
    if (lengths !== null) indices(`${what} lengths`, lengths, steps + 1);
    if (rows !== null) indices(`${what} rows`, rows, x.shape[0]);
    return;
  }
  const input = rows ? `a table [V, ${inputs}] with rows [T, B]` : `input [T, B, ${inputs}]`;
  throw new ShapeError({
    what,
    expected: `${input}, states [B, ${hidden}], weights of ${gates} gates and lengths [B]`,
    got: [x, ...states, ...weights, ...[rows, lengths].filter((part) => part !== null)]
      .map((part) => formatShape(part.shape))
      .join(", "),
  });
}

/** a + b for vectors of one size. */
export function sumOf(k: Kernels, a: Tensor, b: Tensor): Tensor {
  const out = empty(a.shape, a.dtype);
  k.add(a.pointer, b.pointer, out.pointer, 1, 1, a.size, 0, 0, 1, 0, 0, 1);
  return out;
}
