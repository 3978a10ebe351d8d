import type { Rows } from "../kernels.ts";
import type { FloatArray, FloatView } from "./view.ts";

export function rows(view: FloatView): Rows {
  const { shift } = view;

  return {
    softmax(x, out, rows, cols) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const px = (x >>> shift) + r * cols;
        const po = (out >>> shift) + r * cols;
        const top = rowMax(data, px, cols);
        if (top === Number.NEGATIVE_INFINITY) {
          data.fill(0, po, po + cols);
          continue;
        }
        let total = 0;
        for (let j = 0; j < cols; j++) total += data[po + j] = Math.exp(data[px + j] - top);
        for (let j = 0; j < cols; j++) data[po + j] /= total;
      }
    },
    softmaxGrad(y, g, out, rows, cols) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const [py, pg, po] = [(y >>> shift) + r * cols, (g >>> shift) + r * cols, (out >>> shift) + r * cols];
        let dot = 0;
        for (let j = 0; j < cols; j++) dot += data[py + j] * data[pg + j];
        for (let j = 0; j < cols; j++) data[po + j] = data[py + j] * (data[pg + j] - dot);
      }
    },
    logSoftmax(x, out, rows, cols) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const px = (x >>> shift) + r * cols;
        const po = (out >>> shift) + r * cols;
        const lse = logSumExp(data, px, cols);
        for (let j = 0; j < cols; j++) data[po + j] = data[px + j] - lse;
      }
    },
    logSoftmaxGrad(y, g, out, rows, cols) {
      const data = view.floats();
      for (let r = 0; r < rows; r++) {
        const [py, pg, po] = [(y >>> shift) + r * cols, (g >>> shift) + r * cols, (out >>> shift) + r * cols];
        let total = 0;
        for (let j = 0; j < cols; j++) total += data[pg + j];
        for (let j = 0; j < cols; j++) data[po + j] = data[pg + j] - Math.exp(data[py + j]) * total;
      }
    },
    layerNorm(x, gamma, beta, out, mean, rstd, rows, cols, eps) {
      const data = view.floats();
      const [pgamma, pbeta] = [gamma >>> shift, beta >>> shift];
      for (let r = 0; r < rows; r++) {
        const [px, po] = [(x >>> shift) + r * cols, (out >>> shift) + r * cols];
        let sum = 0;
        for (let j = 0; j < cols; j++) sum += data[px + j];
        const m = sum / cols;
        let squares = 0;
        for (let j = 0; j < cols; j++) squares += (data[px + j] - m) ** 2;
        const s = 1 / Math.sqrt(squares / cols + eps);
        data[(mean >>> shift) + r] = m;
        data[(rstd >>> shift) + r] = s;
        for (let j = 0; j < cols; j++) {
          data[po + j] = (data[px + j] - m) * s * data[pgamma + j] + data[pbeta + j];
        }
      }
    },
    layerNormGrad(x, gamma, mean, rstd, g, dx, rows, cols) {
      const data = view.floats();
      const pgamma = gamma >>> shift;
      for (let r = 0; r < rows; r++) {
        const [px, pg, pd] = [(x >>> shift) + r * cols, (g >>> shift) + r * cols, (dx >>> shift) + r * cols];
        const m = data[(mean >>> shift) + r];
        const s = data[(rstd >>> shift) + r];
        let meanH = 0;
        let meanHU = 0;
        for (let j = 0; j < cols; j++) {
          const u = (data[px + j] - m) * s;
          const h = data[pg + j] * data[pgamma + j];
          meanH += h / cols;
          meanHU += (h * u) / cols;
        }
        for (let j = 0; j < cols; j++) {
          const u = (data[px + j] - m) * s;
          data[pd + j] = s * (data[pg + j] * data[pgamma + j] - meanH - u * meanHU);
        }
      }
    },
    layerNormScaleGrad(x, mean, rstd, g, dgamma, dbeta, rows, cols, width) {
      const data = view.floats();
      for (let j = 0; j < width; j++) {
        let [scale, shifted] = [0, 0];
        for (let r = 0; r < rows; r++) {
          const upstream = data[(g >>> shift) + r * cols + j];
          const centered = data[(x >>> shift) + r * cols + j] - data[(mean >>> shift) + r];
          scale += upstream * centered * data[(rstd >>> shift) + r];
          shifted += upstream;
        }
        data[(dgamma >>> shift) + j] = scale;
        data[(dbeta >>> shift) + j] = shifted;
      }
    },
  };
}

/** The largest of a row; NaN when any is NaN. */
function rowMax(data: FloatArray, start: number, cols: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < cols; j++) top = Math.max(top, data[start + j]);
  return top;
}

/** Of a row; -Infinity for a row of -Infinity. */
export function logSumExp(data: FloatArray, start: number, cols: number): number {
  const top = rowMax(data, start, cols);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let total = 0;
  for (let j = 0; j < cols; j++) total += Math.exp(data[start + j] - top);
  return top + Math.log(total);
}
