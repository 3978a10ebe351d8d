import type { Recurrent } from "../kernels.ts";
import { sigmoid } from "./scalar.ts";
import type { FloatView } from "./view.ts";

export function recurrent(view: FloatView): Recurrent {
  const { shift } = view;
  /** Whether sequence `row` still runs at `time`. */
  const active = (lengths: number, row: number, time: number): boolean =>
    lengths === 0 || time < view.heap.i32[(lengths >>> 2) + row];

  return {
    rnnCell(pre, h0, h1, rows, hidden, preStride, h0Stride, h1Stride, lengths, time, relu) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const p = (pre >>> shift) + r * preStride;
        const from = (h0 >>> shift) + r * h0Stride;
        const to = (h1 >>> shift) + r * h1Stride;
        const runs = active(lengths, r, time);
        for (let j = 0; j < hidden; j++) {
          const value = data[p + j];
          data[to + j] = !runs ? data[from + j] : relu ? Math.max(value, 0) : Math.tanh(value);
        }
      }
    },
    rnnCellGrad(h1, dy, dh, dpre, rows, hidden, h1Stride, dyStride, dpreStride, lengths, time, relu) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const ph = (h1 >>> shift) + r * h1Stride;
        const pdy = (dy >>> shift) + r * dyStride;
        const pdh = (dh >>> shift) + r * hidden;
        const pd = (dpre >>> shift) + r * dpreStride;
        if (!active(lengths, r, time)) {
          data.fill(0, pd, pd + hidden);
          continue;
        }
        for (let j = 0; j < hidden; j++) {
          const h = data[ph + j];
          const d = data[pdh + j] + data[pdy + j];
          data[pd + j] = relu ? (h > 0 ? d : 0) : d * (1 - h * h);
          data[pdh + j] = 0;
        }
      }
    },
    lstmCell(
      gates, c0, h0, c1, h1, rows, hidden, gatesStride, c0Stride, h0Stride, c1Stride, h1Stride, lengths,
      time,
    ) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const pg = (gates >>> shift) + r * gatesStride;
        const pc0 = (c0 >>> shift) + r * c0Stride;
        const ph0 = (h0 >>> shift) + r * h0Stride;
        const pc1 = (c1 >>> shift) + r * c1Stride;
        const ph1 = (h1 >>> shift) + r * h1Stride;
        const runs = active(lengths, r, time);
        for (let j = 0; j < hidden; j++) {
          if (!runs) {
            data[pc1 + j] = data[pc0 + j];
            data[ph1 + j] = data[ph0 + j];
            continue;
          }
          const i = (data[pg + j] = sigmoid(data[pg + j]));
          const f = (data[pg + hidden + j] = sigmoid(data[pg + hidden + j]));
          const g = (data[pg + 2 * hidden + j] = Math.tanh(data[pg + 2 * hidden + j]));
          const o = (data[pg + 3 * hidden + j] = sigmoid(data[pg + 3 * hidden + j]));
          const c = f * data[pc0 + j] + i * g;
          data[pc1 + j] = c;
          data[ph1 + j] = o * Math.tanh(c);
        }
      }
    },
    lstmCellGrad(
      gates, c0, c1, dy, dh, dc, dgates, rows, hidden, gatesStride, c0Stride, c1Stride, dyStride,
      dgatesStride, lengths, time,
    ) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const pg = (gates >>> shift) + r * gatesStride;
        const pc0 = (c0 >>> shift) + r * c0Stride;
        const pc1 = (c1 >>> shift) + r * c1Stride;
        const pdy = (dy >>> shift) + r * dyStride;
        const pdh = (dh >>> shift) + r * hidden;
        const pdc = (dc >>> shift) + r * hidden;
        const pd = (dgates >>> shift) + r * dgatesStride;
        if (!active(lengths, r, time)) {
          data.fill(0, pd, pd + 4 * hidden);
          continue;
        }
        for (let j = 0; j < hidden; j++) {
          const [i, f] = [data[pg + j], data[pg + hidden + j]];
          const [g, o] = [data[pg + 2 * hidden + j], data[pg + 3 * hidden + j]];
          const tanhC = Math.tanh(data[pc1 + j]);
          const d = data[pdh + j] + data[pdy + j];
          const cellGrad = data[pdc + j] + d * o * (1 - tanhC * tanhC);
          data[pd + j] = cellGrad * g * i * (1 - i);
          data[pd + hidden + j] = cellGrad * data[pc0 + j] * f * (1 - f);
          data[pd + 2 * hidden + j] = cellGrad * i * (1 - g * g);
          data[pd + 3 * hidden + j] = d * tanhC * o * (1 - o);
          data[pdc + j] = cellGrad * f;
          data[pdh + j] = 0;
        }
      }
    },
    gruCell(gx, gh, h0, h1, rows, hidden, gxStride, ghStride, h0Stride, h1Stride, lengths, time) {
      const data = view.floats();
      for (let row = 0; row < rows; row++) {
        const px = (gx >>> shift) + row * gxStride;
        const ph = (gh >>> shift) + row * ghStride;
        const from = (h0 >>> shift) + row * h0Stride;
        const to = (h1 >>> shift) + row * h1Stride;
        const runs = active(lengths, row, time);
        for (let j = 0; j < hidden; j++) {
          if (!runs) {
            data[to + j] = data[from + j];
            continue;
          }
          const r = (data[px + j] = sigmoid(data[px + j] + data[ph + j]));
          const z = (data[px + hidden + j] = sigmoid(data[px + hidden + j] + data[ph + hidden + j]));
          const n = Math.tanh(data[px + 2 * hidden + j] + r * data[ph + 2 * hidden + j]);
          data[px + 2 * hidden + j] = n;
          data[to + j] = (1 - z) * n + z * data[from + j];
        }
      }
    },
    gruCellGrad(
      gates, gh, h0, dy, dh, dgx, dgh, rows, hidden, gatesStride, ghStride, h0Stride, dyStride, dgStride,
      lengths, time,
    ) {
      const data = view.floats();
      for (let row = 0; row < rows; row++) {
        const pg = (gates >>> shift) + row * gatesStride;
        const ph = (gh >>> shift) + row * ghStride;
        const ph0 = (h0 >>> shift) + row * h0Stride;
        const pdy = (dy >>> shift) + row * dyStride;
        const pdh = (dh >>> shift) + row * hidden;
        const pdx = (dgx >>> shift) + row * dgStride;
        const pdg = (dgh >>> shift) + row * dgStride;
        if (!active(lengths, row, time)) {
          data.fill(0, pdx, pdx + 3 * hidden);
          data.fill(0, pdg, pdg + 3 * hidden);
          continue;
        }
        for (let j = 0; j < hidden; j++) {
          const [r, z, n] = [data[pg + j], data[pg + hidden + j], data[pg + 2 * hidden + j]];
          const d = data[pdh + j] + data[pdy + j];
          const dn = d * (1 - z) * (1 - n * n);
          const dr = dn * data[ph + 2 * hidden + j] * r * (1 - r);
          const dz = d * (data[ph0 + j] - n) * z * (1 - z);
          data[pdx + j] = data[pdg + j] = dr;
          data[pdx + hidden + j] = data[pdg + hidden + j] = dz;
          data[pdx + 2 * hidden + j] = dn;
          data[pdg + 2 * hidden + j] = dn * r;
          data[pdh + j] = d * z;
        }
      }
    },
  };
}
