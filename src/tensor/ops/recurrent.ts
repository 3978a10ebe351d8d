/**
 * One direction of one recurrent layer over a whole sequence, as one op for each kind of cell.
 *
 * Time-major: x `[T, B, D]`, h0 and c0 `[B, H]`, lengths i32 `[B]` or null.
 * x may also be the rows of a table that an array of ids names ({@link SequenceOptions}). A sequence past its end carries its state over, so
 * that the final state is that of its last step, and its outputs are 0.
 */
import type { Kernels } from "../../kernels/kernels.ts";
import { defineFusedOp, type Fused } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { type Cell, gruCell, lstmCell, rnnCell } from "./cells.ts";
import {
  backwardSteps, checkInputs, cloneOf, fillRows, finalState, forwardSteps, inputProduct, maskedOutput,
  type RecurrentWeights, sumOf, zerosLike,
} from "./sequence.ts";
import { type SequenceOptions, Walk } from "./walk.ts";

type SimpleInputs = readonly [x: Tensor, h0: Tensor, ...RecurrentWeights];
type SimpleOutputs = readonly [y: Tensor, hFinal: Tensor];

/** The whole run for a cell whose only state is h. */
function simpleSequence(
  k: Kernels, walk: Walk, x: Tensor, h0: Tensor, weights: RecurrentWeights, cell: Cell,
): Fused<SimpleOutputs> {
  const states = walk.array();
  forwardSteps(walk, weights[1], cell, states, h0);
  return {
    outputs: [maskedOutput(k, walk, states), finalState(k, walk, states, h0)],
    backward: ([dy, dhFinal], needs) => {
      const { dx, dh0, dweights } = backwardSteps(
        k, walk, x, h0, weights, cell, states, dy, dhFinal, needs[0],
      );
      return [dx, dh0, ...dweights];
    },
  };
}

/** Elman network: `h = f(W_ih x + b_ih + W_hh h + b_hh)`, f = tanh or relu. Gives y `[T, B, H]` and the final h. */
export const rnnSequence = defineFusedOp<SimpleInputs, [SequenceOptions, "tanh" | "relu"], SimpleOutputs>(
  "rnn",
  (k, _dtype, [x, h0, ...weights], options, nonlinearity) => {
    checkInputs("rnn", 1, x, [h0], weights, options);
    const [weightIh, weightHh, biasIh, biasHh] = weights;
    const walk = new Walk((options.rows ?? x).shape, weightHh.shape[1], x.dtype, options);
    const gx = inputProduct(k, walk, x, weightIh, sumOf(k, biasIh, biasHh), 1);
    const cell = rnnCell(gx, nonlinearity === "relu");
    return simpleSequence(k, walk, x, h0, weights, cell);
  },
);

/** GRU, gates r, z, n (PyTorch's form, with the reset gate after the product). Gives y `[T, B, H]` and the final h. */
export const gruSequence = defineFusedOp<SimpleInputs, [SequenceOptions], SimpleOutputs>(
  "gru",
  (k, _dtype, [x, h0, ...weights], options) => {
    checkInputs("gru", 3, x, [h0], weights, options);
    const [weightIh, weightHh, biasIh, biasHh] = weights;
    const walk = new Walk((options.rows ?? x).shape, weightHh.shape[1], x.dtype, options);
    const gh = walk.array(3);
    fillRows(k, gh, biasHh);
    const cell = gruCell(inputProduct(k, walk, x, weightIh, biasIh, 3), gh);
    return simpleSequence(k, walk, x, h0, weights, cell);
  },
);

type LstmInputs = readonly [x: Tensor, h0: Tensor, c0: Tensor, ...RecurrentWeights];
type LstmOutputs = readonly [y: Tensor, hFinal: Tensor, cFinal: Tensor];

/** LSTM, gates i, f, g, o. Gives y `[T, B, H]`, the final h and the final c. */
export const lstmSequence = defineFusedOp<LstmInputs, [SequenceOptions], LstmOutputs>(
  "lstm",
  (k, dtype, [x, h0, c0, ...weights], options) => {
    checkInputs("lstm", 4, x, [h0, c0], weights, options);
    const [weightIh, weightHh, biasIh, biasHh] = weights;
    const walk = new Walk((options.rows ?? x).shape, weightHh.shape[1], x.dtype, options);
    const states = walk.array();
    const cells = walk.array();
    const gates = inputProduct(k, walk, x, weightIh, sumOf(k, biasIh, biasHh), 4);
    const cell = lstmCell(gates, cells, c0);
    forwardSteps(walk, weightHh, cell, states, h0);
    return {
      outputs: [
        maskedOutput(k, walk, states),
        finalState(k, walk, states, h0),
        finalState(k, walk, cells, c0),
      ],
      backward: ([dy, dhFinal, dcFinal], needs) => {
        const dc = dcFinal ? cloneOf(k, dcFinal) : zerosLike(k, c0.shape, dtype);
        cell.dc = dc;
        const { dx, dh0, dweights } = backwardSteps(
          k, walk, x, h0, weights, cell, states, dy, dhFinal, needs[0],
        );
        return [dx, dh0, dc, ...dweights];
      },
    };
  },
);
