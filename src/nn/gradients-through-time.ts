/** How far gradients reach back through time: the derivative of a late state with respect to each earlier one. */
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkInstance, describe } from "../base/options.ts";
import { formatShape } from "../base/shape.ts";
import { backward, noGrad, ops, Scope, Tensor, zeros } from "../tensor/index.ts";
import { GRU, LSTM, type LSTMState, RNN } from "./recurrent.ts";

/**
 * Norms of the derivative of the state after the last step with respect to the state after each step before, as a
 * recurrent layer reads x:
 *
 *     norms[t] = || ds_T / ds_t ||_F / sqrt(size of s),   t = 0..T,   so that norms[T] = 1
 *
 * with s the hidden state, and for an LSTM the cells too, of all layers. The Frobenius norm in these units is the root mean
 * square of the singular values: 1 for what keeps every direction as it is, below 1 for what forgets on the whole. Where it
 * shrinks with T - t the gradient vanishes, where it grows it explodes (Bengio, Simard and Frasconi 1994; Pascanu, Mikolov
 * and Bengio 2013, section 2.1).
 *
 * @param x `[T, inputSize]`
 * @throws {OptionError} for a bidirectional layer, which has no state that all later steps follow from.
 * @throws {ShapeError} for another x.
 * @example
 * const layer = new RNN({ inputSize: 1, hiddenSize: 1 });
 * for (const weights of layer.parameters()) weights.view().fill(0.5);
 * for (const bias of [layer.weights(0)[2], layer.weights(0)[3]]) bias.view().fill(0);
 * [...gradientsThroughTime(layer, zeros([3, 1]))]; // [0.125, 0.25, 0.5, 1]
 */
export function gradientsThroughTime(layer: RNN | LSTM | GRU, x: Tensor): Float64Array {
  if (![RNN, LSTM, GRU].some((type) => layer instanceof type)) {
    throw new OptionError({
      what: "gradients through time",
      expected: "a RNN, LSTM or GRU",
      got: describe(layer),
    });
  }
  checkInstance("gradients through time", x, Tensor);
  if (layer.bidirectional) {
    throw new OptionError({
      what: "gradients through time",
      expected: "a layer of one direction",
      got: "two",
    });
  }
  if (x.rank !== 2 || x.shape[1] !== layer.inputSize) {
    const expected = `x of shape [T, ${layer.inputSize}]`;
    throw new ShapeError({ what: "gradients through time", expected, got: formatShape(x.shape) });
  }
  using _scope = new Scope();
  const [time] = x.shape;
  const states = statesOf(layer, x);
  const width = states[0].reduce((sum, { size }) => sum + size, 0);
  const norms = new Float64Array(time + 1).fill(1);
  // The derivative of the last state, as rows [size of s, size of s] that each step back multiplies by its own.
  let rows = identity(states[0], width);
  const trained = layer.parameters().filter(({ requiresGrad }) => requiresGrad);
  for (const parameter of trained) parameter.requiresGrad = false;
  try {
    for (let t = time; t > 0; t--) {
      rows = backwardStep(layer, ops.slice(x, 0, t - 1, t), states[t - 1], rows);
      norms[t - 1] = Math.sqrt(squaresOf(rows) / width);
    }
  } finally {
    for (const parameter of trained) parameter.requiresGrad = true;
  }
  return norms;
}

function squaresOf(parts: readonly Tensor[]): number {
  let squares = 0;
  for (const part of parts) for (const value of part.view()) squares += value * value;
  return squares;
}

/** h, and of an LSTM also c, each `[L, B, H]`. */
type State = readonly Tensor[];

/** One step of x `[B, 1, inputSize]`. */
function step(layer: RNN | LSTM | GRU, x: Tensor, state: State): State {
  if (layer instanceof LSTM) return layer.forward(x, state as LSTMState)[1];
  return [layer.forward(x, state[0])[1]];
}

/** The states `[L, 1, H]` after 0, 1, ..., T steps. */
function statesOf(layer: RNN | LSTM | GRU, x: Tensor): State[] {
  const first = () => zeros([layer.numLayers, 1, layer.hiddenSize], x.dtype);
  const states: State[] = [layer instanceof LSTM ? [first(), first()] : [first()]];
  for (let t = 0; t < x.shape[0]; t++) {
    states.push(
      noGrad(() => step(layer, ops.reshape(ops.slice(x, 0, t, t + 1), [1, 1, layer.inputSize]), states[t])),
    );
  }
  return states;
}

/** For each part `[L, 1, H]` of a state the derivatives `[L, width, H]` of all elements of the state by it. */
function identity(state: State, width: number): Tensor[] {
  let at = 0;
  return state.map(({ shape: [layers, , hidden], dtype }) => {
    const part = zeros([layers, width, hidden], dtype);
    const view = part.view();
    for (let layer = 0; layer < layers; layer++) {
      for (let i = 0; i < hidden; i++) view[(layer * width + at++) * hidden + i] = 1;
    }
    return part;
  });
}

/** From derivatives by the state after a step to those by the state before: every row a copy in one batch. */
function backwardStep(layer: RNN | LSTM | GRU, x: Tensor, before: State, rows: readonly Tensor[]): Tensor[] {
  const [, width] = rows[0].shape;
  const inputs = ops.add(
    ops.reshape(x, [1, 1, layer.inputSize]),
    zeros([width, 1, layer.inputSize], x.dtype),
  );
  const starts = before.map((part) => {
    const start = ops.add(part, zeros([layer.numLayers, width, layer.hiddenSize], x.dtype)).detach();
    start.requiresGrad = true;
    return start;
  });
  const after = step(layer, inputs, starts);
  const products = after.map((part, i) => ops.sum(ops.mul(part, rows[i])));
  backward(products.reduce((sum, product) => ops.add(sum, product)));
  return starts.map((start) => start.grad as Tensor);
}
