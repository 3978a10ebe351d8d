import type { Reductions } from "../kernels.ts";
import type { FloatView } from "./view.ts";

export function reductions(view: FloatView): Reductions {
  const { shift } = view;
  return {
    sum(x, out, outer, extent, inner, stride) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      for (let i = 0; i < outer; i++) {
        for (let k = 0; k < inner; k++) {
          let total = 0;
          for (let j = 0; j < extent; j++) total += data[px + (i * extent + j) * stride + k];
          data[po + i * inner + k] = total;
        }
      }
    },
    max(x, out, outer, extent, inner) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      for (let i = 0; i < outer; i++) {
        for (let k = 0; k < inner; k++) {
          let best = Number.NEGATIVE_INFINITY;
          for (let j = 0; j < extent; j++) best = Math.max(best, data[px + (i * extent + j) * inner + k]);
          data[po + i * inner + k] = best;
        }
      }
    },
    argmax(x, out, outer, extent, inner) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> 2];
      for (let i = 0; i < outer; i++) {
        for (let k = 0; k < inner; k++) {
          let best = 0;
          for (let j = 1; j < extent; j++) {
            const at = px + i * extent * inner + k;
            if (data[at + j * inner] > data[at + best * inner]) best = j;
          }
          view.heap.i32[po + i * inner + k] = best;
        }
      }
    },
    sumSquares(x, n) {
      const data = view.floats();
      const px = x >>> shift;
      let total = 0;
      for (let i = 0; i < n; i++) total += data[px + i] * data[px + i];
      return total;
    },
    maxAbs(x, n) {
      const data = view.floats();
      const px = x >>> shift;
      let best = 0;
      for (let i = 0; i < n; i++) best = Math.max(best, Math.abs(data[px + i]));
      return best;
    },
  };
}
