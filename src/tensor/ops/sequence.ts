/**
 * The walk over time that all recurrent cells share: the input product for all time steps at once, then one product
 * and one cell kernel a step, in place inside `[B, T, ...]` arrays; backwards likewise.
 */
import { ShapeError } from "../../base/errors.ts";
import { formatShape, type Shape, sameShape } from "../../base/shape.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { indices } from "../create.ts";
import type { DType } from "../runtime.ts";
import { empty, type Gradients, type Tensor } from "../tensor.ts";
import type { Cell } from "./cells.ts";
import type { SequenceOptions, Walk } from "./walk.ts";

/** Weights with PyTorch's shapes, G gates: `[G H, D]`, `[G H, H]`, `[G H]`, `[G H]`. */
export type RecurrentWeights = readonly [weightIh: Tensor, weightHh: Tensor, biasIh: Tensor, biasHh: Tensor];

/** Fills every row of `out` `[rows, n]` with the vector `bias`. */
export function fillRows(k: Kernels, out: Tensor, bias: Tensor): void {
  const n = bias.size;
  k.copyStrided(bias.pointer, out.pointer, 1, 1, n === 0 ? 0 : out.size / n, n, 0, 0, 0, 1, 0, 0, n, 1);
}

/** gx = `W_ih x + bias` for all steps at once; W_ih's columns beyond the width of x are left out. */
export function inputProduct(
  k: Kernels,
  walk: Walk,
  x: Tensor,
  weightIh: Tensor,
  bias: Tensor,
  gates: number,
): Tensor {
  const gx = walk.array(gates);
  fillRows(k, gx, bias);
  const [width, columns] = weightIh.shape;
  const inputs = x.shape[2];
  const rows = walk.batch * walk.steps;
  k.matmul(
    x.pointer, weightIh.pointer, gx.pointer, rows, width, inputs, inputs, columns, width, 0, 1, 1, 1, 0, 0,
    0,
  );
  return gx;
}

/** A copy of time `t` of `states`, `[B, H]`. */
function copyStep(k: Kernels, walk: Walk, states: Tensor, t: number): Tensor {
  const out = empty([walk.batch, walk.hidden], walk.dtype);
  const { batch, hidden } = walk;
  k.copyStrided(
    walk.at(states, t), out.pointer, 1, 1, batch, hidden, 0, 0, walk.stride(), 1, 0, 0, hidden, 1,
  );
  return out;
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

/** The last state walked to; the initial one when there are no steps. */
export const finalState = (k: Kernels, walk: Walk, states: Tensor, initial: Tensor): Tensor =>
  walk.steps === 0 ? cloneOf(k, initial) : copyStep(k, walk, states, walk.time(walk.steps - 1));

/** states with zeros past the end of each sequence. */
export function maskedOutput(k: Kernels, walk: Walk, states: Tensor): Tensor {
  const { lengths } = walk.options;
  if (lengths === null) return states;
  const out = cloneOf(k, states);
  lengths.data().forEach((length, b) => {
    const start = walk.at(out, b * walk.steps + length);
    k.fill(start, 0, (walk.steps - length) * walk.hidden);
  });
  return out;
}

export function forwardSteps(
  k: Kernels,
  walk: Walk,
  weightHh: Tensor,
  cell: Cell,
  states: Tensor,
  h0: Tensor,
): void {
  const { batch, hidden } = walk;
  const width = cell.gates * hidden;
  for (let i = 0; i < walk.steps; i++) {
    const step = walk.step(i, states, h0);
    k.matmul(
      step.h0, weightHh.pointer, walk.at(cell.gh, step.time, cell.gates), batch, width, hidden,
      step.h0Stride, hidden, walk.stride(cell.gates), 0, 1, 1, 1, 0, 0, 0,
    );
    cell.forward(i, step);
  }
}

/** Gradients to x, h0 and the weights; the walk back through time. */
export function backwardSteps(
  k: Kernels, walk: Walk, x: Tensor, h0: Tensor, weights: RecurrentWeights, cell: Cell, states: Tensor,
  dy: Tensor | null, dhFinal: Tensor | null, needsX: boolean,
): { dx: Tensor | null; dh0: Tensor; dweights: Gradients } {
  const { batch, hidden, dtype, steps } = walk;
  const [weightIh, weightHh] = weights;
  const [width, inputs] = weightIh.shape;
  const rows = batch * steps;
  const dgx = walk.array(cell.gates);
  const dgh = cell.gh === cell.gx ? dgx : walk.array(cell.gates);
  const dout = dy ?? zerosLike(k, states.shape, dtype);
  const dh = dhFinal ? cloneOf(k, dhFinal) : zerosLike(k, h0.shape, dtype);

  for (let i = steps - 1; i >= 0; i--) {
    const step = walk.step(i, states, h0);
    cell.backward(i, step, walk.at(dout, step.time), dh.pointer, dgx, dgh);
    k.matmul(
      walk.at(dgh, step.time, cell.gates), weightHh.pointer, dh.pointer, batch, hidden, width,
      walk.stride(cell.gates), hidden, hidden, 0, 0, 1, 1, 0, 0, 0,
    );
  }
  const dWeightIh = empty(weightIh.shape, dtype);
  k.matmul(
    dgx.pointer, x.pointer, dWeightIh.pointer, width, inputs, rows, width, inputs, inputs, 1, 0, 0, 1, 0, 0,
    0,
  );
  const dWeightHh = empty(weightHh.shape, dtype);
  const previous = previousStates(k, walk, states, h0);
  k.matmul(
    dgh.pointer, previous.pointer, dWeightHh.pointer, width, hidden, rows, width, hidden, hidden, 1, 0, 0,
    1, 0, 0, 0,
  );
  const dBiasIh = empty([width], dtype);
  k.sum(dgx.pointer, dBiasIh.pointer, 1, rows, width, width);
  const dBiasHh = recurrentBias(k, dgx, dgh, dBiasIh);
  let dx: Tensor | null = null;
  if (needsX) {
    dx = empty(x.shape, dtype);
    k.matmul(
      dgx.pointer, weightIh.pointer, dx.pointer, rows, inputs, width, width, inputs, inputs, 0, 0, 0, 1, 0,
      0, 0,
    );
  }
  return { dx, dh0: dh, dweights: [dWeightIh, dWeightHh, dBiasIh, dBiasHh] };
}

/** The gradient to b_hh: that to b_ih, where both are added to the same gates. A copy, since both may be added to. */
export function recurrentBias(k: Kernels, dgx: Tensor, dgh: Tensor, dBiasIh: Tensor): Tensor {
  if (dgh === dgx) return cloneOf(k, dBiasIh);
  const width = dBiasIh.size;
  const out = empty([width], dgh.dtype);
  k.sum(dgh.pointer, out.pointer, 1, width === 0 ? 0 : dgh.size / width, width, width);
  return out;
}

/** The state before every step, `[B, T, H]`: the states shifted by one along the walk, h0 first. */
function previousStates(k: Kernels, walk: Walk, states: Tensor, h0: Tensor): Tensor {
  const out = walk.array();
  const { batch, hidden, steps } = walk;
  if (steps === 0) return out;
  const stride = walk.stride();
  const [from, to] = walk.options.reverse ? [1, 0] : [0, 1];
  k.copyStrided(
    walk.at(states, from), walk.at(out, to), 1, 1, batch, (steps - 1) * hidden, 0, 0, stride, 1, 0, 0,
    stride, 1,
  );
  k.copyStrided(
    h0.pointer, walk.at(out, walk.time(0)), 1, 1, batch, hidden, 0, 0, hidden, 1, 0, 0, stride, 1,
  );
  return out;
}

export function checkInputs(
  what: string,
  gates: number,
  x: Tensor,
  states: readonly Tensor[],
  weights: RecurrentWeights,
  { lengths }: SequenceOptions,
): void {
  const [weightIh, weightHh, biasIh, biasHh] = weights;
  const [width, inputs] = weightIh.shape;
  const hidden = width / gates;
  const good =
    x.rank === 3 &&
    x.shape[2] === inputs &&
    sameShape(weightHh.shape, [width, hidden]) &&
    sameShape(biasIh.shape, [width]) &&
    sameShape(biasHh.shape, [width]) &&
    states.every((state) => sameShape(state.shape, [x.shape[0], hidden])) &&
    (lengths === null || sameShape(lengths.shape, [x.shape[0]]));
  if (good) {
    if (lengths !== null) indices(`${what} lengths`, lengths, x.shape[1] + 1);
    return;
  }
  throw new ShapeError({
    what,
    expected: `input [B, T, ${inputs}], states [B, ${hidden}], weights of ${gates} gates and lengths [B]`,
    got: [x, ...states, ...weights, ...(lengths ? [lengths] : [])].map((part) => formatShape(part.shape)).join(", "),
  });
}

/** a + b for vectors of one size. */
export function sumOf(k: Kernels, a: Tensor, b: Tensor): Tensor {
  const out = empty(a.shape, a.dtype);
  k.add(a.pointer, b.pointer, out.pointer, 1, 1, a.size, 0, 0, 1, 0, 0, 1);
  return out;
}
