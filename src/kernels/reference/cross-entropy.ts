import type { CrossEntropy } from "../kernels.ts";
import { logSumExp } from "./rows.ts";
import type { FloatArray, FloatView } from "./view.ts";

/** Cross-entropy, written from the smoothed target q of each row. */
export function crossEntropies(view: FloatView): CrossEntropy {
  const { shift } = view;

  /** q[j] of a row. */
  const q = (
    data: FloatArray, j: number, target: number, weights: number, on: number, off: number, excluded: number,
  ): number => {
    const share = j === target ? on : j === excluded ? 0 : off;
    return weights === 0 ? share : share * data[(weights >>> shift) + j];
  };
  const targetOf = (targets: number, r: number) => view.heap.i32[(targets >>> 2) + r];

  return {
    crossEntropy(x, targets, weights, loss, lse, rows, cols, ignore, on, off, excluded) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const px = (x >>> shift) + r * cols;
        const target = targetOf(targets, r);
        const norm = logSumExp(data, px, cols);
        let total = 0;
        if (target !== ignore) {
          for (let j = 0; j < cols; j++) {
            const share = q(data, j, target, weights, on, off, excluded);
            if (share !== 0) total += share * (norm - data[px + j]);
          }
        }
        data[(lse >>> shift) + r] = norm;
        data[(loss >>> shift) + r] = total;
      }
    },
    crossEntropyGrad(x, targets, weights, lse, g, out, rows, cols, ignore, on, off, excluded) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const [px, po] = [(x >>> shift) + r * cols, (out >>> shift) + r * cols];
        const target = targetOf(targets, r);
        if (target === ignore) {
          data.fill(0, po, po + cols);
          continue;
        }
        const norm = data[(lse >>> shift) + r];
        const upstream = data[(g >>> shift) + r];
        let mass = 0;
        for (let j = 0; j < cols; j++) mass += q(data, j, target, weights, on, off, excluded);
        for (let j = 0; j < cols; j++) {
          const share = q(data, j, target, weights, on, off, excluded);
          data[po + j] = upstream * (Math.exp(data[px + j] - norm) * mass - share);
        }
      }
    },
    crossEntropyWithGrad(x, targets, weights, loss, rows, cols, g, ignore, on, off, excluded) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const px = (x >>> shift) + r * cols;
        const target = targetOf(targets, r);
        if (target === ignore) {
          data[(loss >>> shift) + r] = 0;
          data.fill(0, px, px + cols);
          continue;
        }
        const norm = logSumExp(data, px, cols);
        let [total, mass] = [0, 0];
        for (let j = 0; j < cols; j++) {
          const share = q(data, j, target, weights, on, off, excluded);
          mass += share;
          if (share !== 0) total += share * (norm - data[px + j]);
        }
        for (let j = 0; j < cols; j++) {
          const share = q(data, j, target, weights, on, off, excluded);
          data[px + j] = g * (Math.exp(data[px + j] - norm) * mass - share);
        }
        data[(loss >>> shift) + r] = total;
      }
    },
  };
}
