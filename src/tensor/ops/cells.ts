/** What the cells of recurrent layers compute at one step of a {@link Walk}, besides the products. */
import type { Kernels } from "../../kernels/kernels.ts";
import type { Tensor } from "../tensor.ts";
import type { Step, Walk } from "./walk.ts";

/** What distinguishes the cells; the walk over time is the same. */
export interface Cell {
  readonly gates: number;
  /** `W_ih x + b_ih` of all steps, in the layout of the walk. */
  readonly gx: Tensor;
  /** Where `W_hh h` is added: gx itself, or an array of its own that starts as b_hh. */
  readonly gh: Tensor;
  forward(i: number, step: Step): void;
  /** Fills dgx and dgh (the same array when gx and gh are) at this step from dh + dy, dy in the layout of the walk. */
  backward(i: number, step: Step, dy: number, dh: number, dgx: Tensor, dgh: Tensor): void;
}

/** Elman's cell, of pre-activations in place of gates. */
export function rnnCell(k: Kernels, walk: Walk, gx: Tensor, relu: boolean): Cell {
  const { batch, hidden } = walk;
  const stride = walk.stride();
  return {
    gates: 1,
    gx,
    gh: gx,
    forward: (_i, { time, h0, h0Stride, h1 }) =>
      k.rnnCell(
        walk.at(gx, time), h0, h1, batch, hidden, stride, h0Stride, stride, walk.lengths, time, Number(relu),
      ),
    backward: (_i, { time, h1 }, dy, dh, dgx) =>
      k.rnnCellGrad(
        h1, dy, dh, walk.at(dgx, time), batch, hidden, stride, stride, stride, walk.lengths, time, Number(relu),
      ),
  };
}

/** The GRU's. */
export function gruCell(k: Kernels, walk: Walk, gx: Tensor, gh: Tensor): Cell {
  const { batch, hidden } = walk;
  const [stride, wide] = [walk.stride(), walk.stride(3)];
  return {
    gates: 3,
    gx,
    gh,
    forward: (_i, { time, h0, h0Stride, h1 }) =>
      k.gruCell(
        walk.at(gx, time, 3), walk.at(gh, time, 3), h0, h1, batch, hidden, wide, wide, h0Stride, stride,
        walk.lengths, time,
      ),
    backward: (_i, { time, h0, h0Stride }, dy, dh, dgx, dgh) =>
      k.gruCellGrad(
        walk.at(gx, time, 3), walk.at(gh, time, 3), h0, dy, dh, walk.at(dgx, time, 3), walk.at(dgh, time, 3),
        batch, hidden, wide, wide, h0Stride, stride, wide, walk.lengths, time,
      ),
  };
}

/** The LSTM's. The walk back begins when `dc` holds the gradient to the final c, and leaves there that to c0. */
export function lstmCell(
  k: Kernels, walk: Walk, gates: Tensor, cells: Tensor, c0: Tensor,
): Cell & { dc: Tensor | null } {
  const { batch, hidden } = walk;
  const [stride, wide] = [walk.stride(), walk.stride(4)];
  const cell: Cell & { dc: Tensor | null } = {
    gates: 4,
    gx: gates,
    gh: gates,
    dc: null,
    forward: (i, { time, h0, h0Stride, h1 }) => {
      const [before, beforeStride] = walk.before(i, cells, c0);
      k.lstmCell(
        walk.at(gates, time, 4), before, h0, walk.at(cells, time), h1, batch, hidden, wide, beforeStride, h0Stride,
        stride, stride, walk.lengths, time,
      );
    },
    backward: (i, { time }, dy, dh, dgates) => {
      const [before, beforeStride] = walk.before(i, cells, c0);
      k.lstmCellGrad(
        walk.at(gates, time, 4), before, walk.at(cells, time), dy, dh, (cell.dc as Tensor).pointer,
        walk.at(dgates, time, 4), batch, hidden, wide, beforeStride, stride, stride, wide, walk.lengths, time,
      );
    },
  };
  return cell;
}
