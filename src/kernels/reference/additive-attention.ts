import type { AdditiveAttention } from "../kernels.ts";
import type { FloatView } from "./view.ts";

export function additiveAttention(view: FloatView): AdditiveAttention {
  const { shift } = view;
  return {
    additiveScores(query, keys, v, out, batch, queries, positions, width) {
      const data = view.floats();
      const pv = v >>> shift;
      for (let b = 0; b < batch; b++) {
        for (let t = 0; t < queries; t++) {
          const pq = (query >>> shift) + (b * queries + t) * width;
          for (let s = 0; s < positions; s++) {
            const pk = (keys >>> shift) + (b * positions + s) * width;
            let score = 0;
            for (let a = 0; a < width; a++) score += data[pv + a] * Math.tanh(data[pq + a] + data[pk + a]);
            data[(out >>> shift) + (b * queries + t) * positions + s] = score;
          }
        }
      }
    },
    additiveScoresGrad(query, keys, v, g, dquery, dkeys, dv, batch, queries, positions, width) {
      const data = view.floats();
      const [pv, pdv] = [v >>> shift, dv >>> shift];
      for (let b = 0; b < batch; b++) {
        for (let t = 0; t < queries; t++) {
          const q = (b * queries + t) * width;
          for (let s = 0; s < positions; s++) {
            const k = (b * positions + s) * width;
            const upstream = data[(g >>> shift) + (b * queries + t) * positions + s];
            for (let a = 0; a < width; a++) {
              const y = Math.tanh(data[(query >>> shift) + q + a] + data[(keys >>> shift) + k + a]);
              const slope = upstream * data[pv + a] * (1 - y * y);
              data[pdv + a] += upstream * y;
              data[(dquery >>> shift) + q + a] += slope;
              data[(dkeys >>> shift) + k + a] += slope;
            }
          }
        }
      }
    },
    additiveAttention(query, keys, v, values, mask, weights, context, batch, positions, width, memory) {
      const data = view.floats();
      const pv = v >>> shift;
      for (let b = 0; b < batch; b++) {
        const [pq, pw] = [(query >>> shift) + b * width, (weights >>> shift) + b * positions];
        const open = (s: number) => mask === 0 || data[(mask >>> shift) + b * positions + s] !== 0;
        const scores: number[] = [];
        for (let s = 0; s < positions; s++) {
          const pk = (keys >>> shift) + (b * positions + s) * width;
          let score = 0;
          for (let a = 0; a < width; a++) score += data[pv + a] * Math.tanh(data[pq + a] + data[pk + a]);
          scores.push(open(s) ? score : Number.NEGATIVE_INFINITY);
        }
        const top = Math.max(...scores);
        const exponentials = scores.map((score) => (top === Number.NEGATIVE_INFINITY ? 0 : Math.exp(score - top)));
        const total = exponentials.reduce((sum, each) => sum + each, 0);
        for (let s = 0; s < positions; s++) data[pw + s] = total === 0 ? 0 : exponentials[s] / total;
        for (let j = 0; j < memory; j++) {
          let sum = 0;
          for (let s = 0; s < positions; s++) {
            if (data[pw + s] !== 0) sum += data[pw + s] * data[(values >>> shift) + (b * positions + s) * memory + j];
          }
          data[(context >>> shift) + b * memory + j] = sum;
        }
      }
    },
    additiveAttentionGrad(
      query, keys, v, values, weights, g, dscores, dquery, dkeys, dv, batch, positions, width, memory,
    ) {
      const data = view.floats();
      for (let b = 0; b < batch; b++) {
        const [pw, pd] = [(weights >>> shift) + b * positions, (dscores >>> shift) + b * positions];
        let mean = 0;
        for (let s = 0; s < positions; s++) {
          const px = (values >>> shift) + (b * positions + s) * memory;
          let dot = 0;
          if (data[pw + s] !== 0) {
            for (let j = 0; j < memory; j++) dot += data[(g >>> shift) + b * memory + j] * data[px + j];
          }
          data[pd + s] = dot;
          mean += data[pw + s] * dot;
        }
        for (let s = 0; s < positions; s++) data[pd + s] = data[pw + s] * (data[pd + s] - mean);
        for (let a = 0; a < width; a++) {
          let sum = 0;
          for (let s = 0; s < positions; s++) {
            if (data[pw + s] === 0) continue;
            const at = (b * positions + s) * width + a;
            const y = Math.tanh(data[(query >>> shift) + b * width + a] + data[(keys >>> shift) + at]);
            const slope = data[pd + s] * data[(v >>> shift) + a] * (1 - y * y);
            sum += slope;
            data[(dkeys >>> shift) + at] += slope;
            data[(dv >>> shift) + b * width + a] += data[pd + s] * y;
          }
          data[(dquery >>> shift) + b * width + a] = sum;
        }
      }
    },
  };
}
