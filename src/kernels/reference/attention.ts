import type { Attention } from "../kernels.ts";
import { randomBits } from "./scalar.ts";
import type { FloatView } from "./view.ts";

export function attention(view: FloatView): Attention {
  const { shift } = view;

  /** Keys that query t of batch row b may attend at most: those below this. */
  const keysOf = (
    lengths: number, b: number, t: number, positions: number, causal: number, offset: number,
  ): number => {
    const valid = lengths === 0 ? positions : view.heap.i32[(lengths >>> 2) + b];
    return causal ? Math.min(valid, t + offset + 1) : valid;
  };

  /** Fills `row` with the scores of one query; -Infinity for keys that may not be attended. `pmask` -1: no mask. */
  const fillScores = (
    row: Float64Array, keys: number, pq: number, pk: number, kRow: number, pmask: number, width: number,
    scale: number,
  ): void => {
    const data = view.floats();
    row.fill(Number.NEGATIVE_INFINITY);
    for (let s = 0; s < keys; s++) {
      const bias = pmask < 0 ? 0 : data[pmask + s];
      if (bias === Number.NEGATIVE_INFINITY) continue;
      let dot = 0;
      for (let j = 0; j < width; j++) dot += data[pq + j] * data[pk + s * kRow + j];
      row[s] = scale * dot + bias;
    }
  };

  return {
    attention(
      q, k, v, mask, lengths, out, lse, batch, heads, queries, positions, width, qBatch, qRow, kBatch, kRow,
      vBatch, vRow, maskBatch, maskHead, maskRow, scale, causal, offset, p, seed0, seed1,
    ) {
      const data = view.floats();
      const row = new Float64Array(positions);
      const threshold = Math.round(p * 4294967296);
      for (let b = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          for (let t = 0; t < queries; t++) {
            const keys = keysOf(lengths, b, t, positions, causal, offset);
            const pq = (q >>> shift) + b * qBatch + t * qRow + h * width;
            const pk = (k >>> shift) + b * kBatch + h * width;
            const pv = (v >>> shift) + b * vBatch + h * width;
            const pmask = mask === 0 ? -1 : (mask >>> shift) + b * maskBatch + h * maskHead + t * maskRow;
            const po = (out >>> shift) + ((b * queries + t) * heads + h) * width;
            const index = (b * heads + h) * queries + t;
            fillScores(row, keys, pq, pk, kRow, pmask, width, scale);
            const norm = softmax(row);
            data[(lse >>> shift) + index] = norm;
            for (let s = 0; s < keys; s++) {
              row[s] = dropped(row[s], index * positions + s, p, threshold, seed0, seed1);
            }
            for (let j = 0; j < width; j++) {
              let total = 0;
              for (let s = 0; s < keys; s++) if (row[s] !== 0) total += row[s] * data[pv + s * vRow + j];
              data[po + j] = total;
            }
          }
        }
      }
    },
    attentionGrad(
      q, k, v, mask, lengths, out, lse, g, dq, dk, dv, dmask, batch, heads, queries, positions, width, qBatch,
      qRow, kBatch, kRow, vBatch, vRow, maskBatch, maskHead, maskRow, scale, causal, offset, p, seed0, seed1,
    ) {
      // With w the weights, d the dropped ones, c[s] = g . v[s] and D = g . out = sum_s d[s] c[s]:
      //   d loss / d v[s] = d[s] g;   d loss / d score[s] = d[s] c[s] - w[s] D.
      const data = view.floats();
      const row = new Float64Array(positions);
      const threshold = Math.round(p * 4294967296);
      for (let b = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          const [headK, headV] = [b * kBatch + h * width, b * vBatch + h * width];
          const [pk, pv] = [(k >>> shift) + headK, (v >>> shift) + headV];
          const [pdk, pdv] = [(dk >>> shift) + headK, (dv >>> shift) + headV];
          for (let s = 0; s < positions; s++) {
            data.fill(0, pdk + s * kRow, pdk + s * kRow + width);
            data.fill(0, pdv + s * vRow, pdv + s * vRow + width);
          }
          for (let t = 0; t < queries; t++) {
            const keys = keysOf(lengths, b, t, positions, causal, offset);
            const headQ = b * qBatch + t * qRow + h * width;
            const [pq, pdq] = [(q >>> shift) + headQ, (dq >>> shift) + headQ];
            const headMask = b * maskBatch + h * maskHead + t * maskRow;
            const headOut = ((b * queries + t) * heads + h) * width;
            const [po, pg] = [(out >>> shift) + headOut, (g >>> shift) + headOut];
            const index = (b * heads + h) * queries + t;
            const norm = data[(lse >>> shift) + index];
            let outDot = 0;
            for (let j = 0; j < width; j++) outDot += data[pg + j] * data[po + j];
            data.fill(0, pdq, pdq + width);
            fillScores(row, keys, pq, pk, kRow, mask === 0 ? -1 : (mask >>> shift) + headMask, width, scale);
            for (let s = 0; s < keys; s++) {
              const weight = row[s] === Number.NEGATIVE_INFINITY ? 0 : Math.exp(row[s] - norm);
              if (weight === 0) continue;
              const drop = dropped(weight, index * positions + s, p, threshold, seed0, seed1);
              let dscore = -weight * outDot;
              if (drop !== 0) {
                let product = 0;
                for (let j = 0; j < width; j++) {
                  product += data[pg + j] * data[pv + s * vRow + j];
                  data[pdv + s * vRow + j] += drop * data[pg + j];
                }
                dscore += drop * product;
              }
              if (dmask !== 0) data[(dmask >>> shift) + headMask + s] += dscore;
              for (let j = 0; j < width; j++) {
                data[pdq + j] += dscore * scale * data[pk + s * kRow + j];
                data[pdk + s * kRow + j] += dscore * scale * data[pq + j];
              }
            }
          }
        }
      }
    },
    attentionWeights(
      q, k, mask, lengths, out, batch, heads, queries, positions, width, qBatch, qRow, kBatch, kRow, maskBatch,
      maskHead, maskRow, scale, causal, offset,
    ) {
      const data = view.floats();
      const row = new Float64Array(positions);
      for (let b = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          for (let t = 0; t < queries; t++) {
            const keys = keysOf(lengths, b, t, positions, causal, offset);
            const pq = (q >>> shift) + b * qBatch + t * qRow + h * width;
            const pk = (k >>> shift) + b * kBatch + h * width;
            const pmask = mask === 0 ? -1 : (mask >>> shift) + b * maskBatch + h * maskHead + t * maskRow;
            fillScores(row, keys, pq, pk, kRow, pmask, width, scale);
            softmax(row);
            data.set(row, (out >>> shift) + ((b * heads + h) * queries + t) * positions);
          }
        }
      }
    },
    rotary(x, cos, sin, out, batch, time, cols, heads, width, halves) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      const half = width / 2;
      const [next, step] = halves ? [half, 1] : [1, 2];
      for (let r = 0; r < batch * time; r++) {
        for (let h = 0; h < heads; h++) {
          for (let i = 0; i < half; i++) {
            const at = r * cols + h * width + i * step;
            const [a, b] = [data[px + at], data[px + at + next]];
            const c = data[(cos >>> shift) + (r % time) * half + i];
            const s = data[(sin >>> shift) + (r % time) * half + i];
            data[po + at] = a * c - b * s;
            data[po + at + next] = a * s + b * c;
          }
        }
        for (let j = heads * width; j < cols; j++) data[po + r * cols + j] = data[px + r * cols + j];
      }
    },
  };
}

/** Replaces the scores by their softmax and returns log sum exp; 0 for what is -Infinity, even beside NaN. */
function softmax(row: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const score of row) top = Math.max(top, score);
  let total = 0;
  for (let s = 0; s < row.length; s++) {
    total += row[s] = row[s] === Number.NEGATIVE_INFINITY ? 0 : Math.exp(row[s] - top);
  }
  if (top !== Number.NEGATIVE_INFINITY) for (let s = 0; s < row.length; s++) row[s] = row[s] === 0 ? 0 : row[s] / total;
  return top + Math.log(total);
}

/** A weight after dropout. */
function dropped(
  weight: number, i: number, p: number, threshold: number, seed0: number, seed1: number,
): number {
  if (p === 0) return weight;
  return randomBits(i, seed0, seed1) >= threshold ? weight / (1 - p) : 0;
}
