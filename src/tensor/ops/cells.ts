/** What the cells of recurrent layers compute at one step of a {@link Walk}, besides the products. */
import type { LaneKernels } from "../../kernels/lanes.ts";
import type { Tensor } from "../tensor.ts";
import type { Step, Walk } from "./walk.ts";

/** What distinguishes the cells; the walk over time is the same. */
export interface Cell {
  readonly gates: number;
  /** `W_ih x + b_ih` of all steps, `[T, B, gates H]`. */
  readonly gx: Tensor;
  /** Where `W_hh h` is added: gx itself, or an array of its own that starts as b_hh. */
  readonly gh: Tensor;
  /** The i-th step of the rows that `walk` walks. */
  forward(k: LaneKernels, walk: Walk, i: number, step: Step): void;
  /** Fills dgx and dgh (the same array when gx and gh are) at this step from dh + dy, each dense. */
  backward(
    k: LaneKernels, walk: Walk, i: number, step: Step, dy: number, dh: number, dgx: Tensor, dgh: Tensor,
  ): void;
}

/** Elman's cell, of pre-activations in place of gates. */
export const rnnCell = (gx: Tensor, relu: boolean): Cell => ({
  gates: 1,
  gx,
  gh: gx,
  forward: (k, walk, _i, { time, h0, h1 }) => {
    const { batch, hidden, lengths } = walk;
    k.rnnCell(walk.at(gx, time), h0, h1, batch, hidden, hidden, hidden, hidden, lengths, time, Number(relu));
  },
  backward: (k, walk, _i, { time, h1 }, dy, dh, dgx) => {
    const { batch, hidden, lengths } = walk;
    k.rnnCellGrad(
      h1, dy, dh, walk.at(dgx, time), batch, hidden, hidden, hidden, hidden, lengths, time, Number(relu),
    );
  },
});

/** The GRU's. */
export const gruCell = (gx: Tensor, gh: Tensor): Cell => ({
  gates: 3,
  gx,
  gh,
  forward: (k, walk, _i, { time, h0, h1 }) => {
    const { batch, hidden, lengths } = walk;
    const wide = 3 * hidden;
    k.gruCell(
      walk.at(gx, time), walk.at(gh, time), h0, h1, batch, hidden, wide, wide, hidden, hidden, lengths, time,
    );
  },
  backward: (k, walk, _i, { time, h0 }, dy, dh, dgx, dgh) => {
    const { batch, hidden, lengths } = walk;
    const wide = 3 * hidden;
    k.gruCellGrad(
      walk.at(gx, time), walk.at(gh, time), h0, dy, dh, walk.at(dgx, time), walk.at(dgh, time), batch, hidden, wide,
      wide, hidden, hidden, wide, lengths, time,
    );
  },
});

/** The LSTM's. The walk back begins when `dc` holds the gradient to the final c, and leaves there that to c0. */
export function lstmCell(gates: Tensor, cells: Tensor, c0: Tensor): Cell & { dc: Tensor | null } {
  const cell: Cell & { dc: Tensor | null } = {
    gates: 4,
    gx: gates,
    gh: gates,
    dc: null,
    forward: (k, walk, i, { time, h0, h1 }) => {
      const { batch, hidden, lengths } = walk;
      k.lstmCell(
        walk.at(gates, time), walk.before(i, cells, c0), h0, walk.at(cells, time), h1, batch, hidden, 4 * hidden,
        hidden, hidden, hidden, hidden, lengths, time,
      );
    },
    backward: (k, walk, i, { time }, dy, dh, dgates) => {
      const { batch, hidden, lengths } = walk;
      k.lstmCellGrad(
        walk.at(gates, time), walk.before(i, cells, c0), walk.at(cells, time), dy, dh,
        walk.at(cell.dc as Tensor, 0), walk.at(dgates, time), batch, hidden, 4 * hidden, hidden, hidden, hidden,
        4 * hidden, lengths, time,
      );
    },
  };
  return cell;
}
