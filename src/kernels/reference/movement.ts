import type { Movement } from "../kernels.ts";
import type { FloatView } from "./view.ts";

export function movement(view: FloatView): Movement {
  const { shift } = view;
  return {
    copyStrided(x, out, d0, d1, d2, d3, x0, x1, x2, x3, o0, o1, o2, o3) {
      const data = view.floats();
      for (let a = 0; a < d0; a++) {
        for (let b = 0; b < d1; b++) {
          for (let c = 0; c < d2; c++) {
            const px = (x >>> shift) + a * x0 + b * x1 + c * x2;
            const po = (out >>> shift) + a * o0 + b * o1 + c * o2;
            for (let d = 0; d < d3; d++) data[po + d * o3] = data[px + d * x3];
          }
        }
      }
    },
    addStrided(x, out, d0, d1, d2, d3, x0, x1, x2, x3, o0, o1, o2, o3) {
      const data = view.floats();
      for (let a = 0; a < d0; a++) {
        for (let b = 0; b < d1; b++) {
          for (let c = 0; c < d2; c++) {
            const px = (x >>> shift) + a * x0 + b * x1 + c * x2;
            const po = (out >>> shift) + a * o0 + b * o1 + c * o2;
            for (let d = 0; d < d3; d++) data[po + d * o3] += data[px + d * x3];
          }
        }
      }
    },
    gatherRows(table, index, out, rows, width) {
      const data = view.floats();
      const { i32 } = view.heap;
      const [pt, pi, po] = [table >>> shift, index >>> 2, out >>> shift];
      for (let i = 0; i < rows; i++) {
        const from = pt + i32[pi + i] * width;
        data.copyWithin(po + i * width, from, from + width);
      }
    },
    scatterAddRows(g, index, table, rows, width, stride) {
      const data = view.floats();
      const { i32 } = view.heap;
      const [pg, pi, pt] = [g >>> shift, index >>> 2, table >>> shift];
      for (let i = 0; i < rows; i++) {
        const to = pt + i32[pi + i] * stride;
        for (let j = 0; j < width; j++) data[to + j] += data[pg + i * stride + j];
      }
    },
    pick(x, index, out, rows, cols) {
      const data = view.floats();
      const { i32 } = view.heap;
      const [px, pi, po] = [x >>> shift, index >>> 2, out >>> shift];
      for (let i = 0; i < rows; i++) data[po + i] = data[px + i * cols + i32[pi + i]];
    },
    scatterAddPick(g, index, out, rows, cols) {
      const data = view.floats();
      const { i32 } = view.heap;
      const [pg, pi, po] = [g >>> shift, index >>> 2, out >>> shift];
      for (let i = 0; i < rows; i++) data[po + i * cols + i32[pi + i]] += data[pg + i];
    },
  };
}
