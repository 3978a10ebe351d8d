/**
 * One direction of one recurrent layer over a whole sequence, as one op for each kind of cell.
 *
 * x `[B, T, D]`, h0 and c0 `[B, H]`, lengths i32 `[B]` or null. A sequence past its end carries its state over, so
 * that the final state is that of its last step, and its outputs are 0.
 */
import type { Kernels } from "../../kernels/kernels.ts";
import { defineFusedOp, type Fused } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import {
  backwardSteps, type Cell, checkInputs, cloneOf, fillRows, finalState, forwardSteps, inputProduct, maskedOutput,
  type RecurrentWeights, type SequenceOptions, sumOf, Walk, zerosLike,
} from "./sequence.ts";

type SimpleInputs = readonly [x: Tensor, h0: Tensor, ...RecurrentWeights];
type SimpleOutputs = readonly [y: Tensor, hFinal: Tensor];

/** The whole run for a cell whose only state is h. */
function simpleSequence(
  k: Kernels, walk: Walk, x: Tensor, h0: Tensor, weights: RecurrentWeights, cell: Cell, states: Tensor,
): Fused<SimpleOutputs> {
  forwardSteps(k, walk, weights[1], cell, states, h0);
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

/** Elman network: `h = f(W_ih x + b_ih + W_hh h + b_hh)`, f = tanh or relu. Gives y `[B, T, H]` and the final h. */
export const rnnSequence = defineFusedOp<SimpleInputs, [SequenceOptions, "tanh" | "relu"], SimpleOutputs>(
  "rnn",
  (k, _dtype, [x, h0, ...weights], options, nonlinearity) => {
    checkInputs("rnn", 1, x, [h0], weights, options);
    const [weightIh, weightHh, biasIh, biasHh] = weights;
    const walk = new Walk(x, weightHh.shape[1], options);
    const { batch, hidden } = walk;
    const relu = Number(nonlinearity === "relu");
    const states = walk.array();
    const gx = inputProduct(k, walk, x, weightIh, sumOf(k, biasIh, biasHh), 1);
    const cell: Cell = {
      gates: 1,
      gx,
      gh: gx,
      forward: (_i, { time, h0: before, h0Stride, h1 }) =>
        k.rnnCell(
          walk.at(gx, time), before, h1, batch, hidden, walk.stride(), h0Stride, walk.stride(),
          walk.lengths, time, relu,
        ),
      backward: (_i, { time, h1 }, dy, dh, dgx) =>
        k.rnnCellGrad(
          h1, dy, dh, walk.at(dgx, time), batch, hidden, walk.stride(), walk.stride(), walk.stride(),
          walk.lengths, time, relu,
        ),
    };
    return simpleSequence(k, walk, x, h0, weights, cell, states);
  },
);

/** GRU, gates r, z, n (PyTorch's form, with the reset gate after the product). Gives y `[B, T, H]` and the final h. */
export const gruSequence = defineFusedOp<SimpleInputs, [SequenceOptions], SimpleOutputs>(
  "gru",
  (k, _dtype, [x, h0, ...weights], options) => {
    checkInputs("gru", 3, x, [h0], weights, options);
    const [weightIh, weightHh, biasIh, biasHh] = weights;
    const walk = new Walk(x, weightHh.shape[1], options);
    const { batch, hidden } = walk;
    const states = walk.array();
    const gx = inputProduct(k, walk, x, weightIh, biasIh, 3);
    const gh = walk.array(3);
    fillRows(k, gh, biasHh);
    const cell: Cell = {
      gates: 3,
      gx,
      gh,
      forward: (_i, { time, h0: before, h0Stride, h1 }) =>
        k.gruCell(
          walk.at(gx, time, 3), walk.at(gh, time, 3), before, h1, batch, hidden, walk.stride(3),
          walk.stride(3), h0Stride, walk.stride(), walk.lengths, time,
        ),
      backward: (_i, { time, h0: before, h0Stride }, dy, dh, dgx, dgh) =>
        k.gruCellGrad(
          walk.at(gx, time, 3), walk.at(gh, time, 3), before, dy, dh, walk.at(dgx, time, 3),
          walk.at(dgh, time, 3), batch, hidden, walk.stride(3), walk.stride(3), h0Stride, walk.stride(),
          walk.stride(3), walk.lengths, time,
        ),
    };
    return simpleSequence(k, walk, x, h0, weights, cell, states);
  },
);

type LstmInputs = readonly [x: Tensor, h0: Tensor, c0: Tensor, ...RecurrentWeights];
type LstmOutputs = readonly [y: Tensor, hFinal: Tensor, cFinal: Tensor];

/** LSTM, gates i, f, g, o. Gives y `[B, T, H]`, the final h and the final c. */
export const lstmSequence = defineFusedOp<LstmInputs, [SequenceOptions], LstmOutputs>(
  "lstm",
  (k, dtype, [x, h0, c0, ...weights], options) => {
    checkInputs("lstm", 4, x, [h0, c0], weights, options);
    const [weightIh, weightHh, biasIh, biasHh] = weights;
    const walk = new Walk(x, weightHh.shape[1], options);
    const { batch, hidden } = walk;
    const states = walk.array();
    const cells = walk.array();
    const gates = inputProduct(k, walk, x, weightIh, sumOf(k, biasIh, biasHh), 4);
    let dc: Tensor;
    const cell: Cell = {
      gates: 4,
      gx: gates,
      gh: gates,
      forward: (i, { time, h0: before, h0Stride, h1 }) => {
        const [cBefore, cStride] = walk.before(i, cells, c0);
        k.lstmCell(
          walk.at(gates, time, 4), cBefore, before, walk.at(cells, time), h1, batch, hidden, walk.stride(4),
          cStride, h0Stride, walk.stride(), walk.stride(), walk.lengths, time,
        );
      },
      backward: (i, { time }, dy, dh, dgates) => {
        const [cBefore, cStride] = walk.before(i, cells, c0);
        k.lstmCellGrad(
          walk.at(gates, time, 4), cBefore, walk.at(cells, time), dy, dh, dc.pointer,
          walk.at(dgates, time, 4), batch, hidden, walk.stride(4), cStride, walk.stride(), walk.stride(),
          walk.stride(4), walk.lengths, time,
        );
      },
    };
    forwardSteps(k, walk, weightHh, cell, states, h0);
    return {
      outputs: [
        maskedOutput(k, walk, states),
        finalState(k, walk, states, h0),
        finalState(k, walk, cells, c0),
      ],
      backward: ([dy, dhFinal, dcFinal], needs) => {
        dc = dcFinal ? cloneOf(k, dcFinal) : zerosLike(k, c0.shape, dtype);
        const { dx, dh0, dweights } = backwardSteps(
          k, walk, x, h0, weights, cell, states, dy, dhFinal, needs[0],
        );
        return [dx, dh0, dc, ...dweights];
      },
    };
  },
);
