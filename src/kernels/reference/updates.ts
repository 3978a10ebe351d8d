import type { Updates } from "../kernels.ts";
import type { FloatView } from "./view.ts";

export function updates(view: FloatView): Updates {
  const { shift } = view;
  return {
    sgd(p, g, buffer, n, scale, lr, momentum, nesterov, decay, first) {
      const data = view.floats();
      const [pp, pg, pb] = [p >>> shift, g >>> shift, buffer >>> shift];
      for (let i = 0; i < n; i++) {
        let step = scale * data[pg + i] + decay * data[pp + i];
        if (momentum !== 0) {
          const velocity = first ? step : momentum * data[pb + i] + step;
          data[pb + i] = velocity;
          step = nesterov ? step + momentum * velocity : velocity;
        }
        data[pp + i] -= lr * step;
      }
    },
    adagrad(p, g, sum, n, scale, lr, eps, decay) {
      const data = view.floats();
      const [pp, pg, ps] = [p >>> shift, g >>> shift, sum >>> shift];
      for (let i = 0; i < n; i++) {
        const grad = scale * data[pg + i] + decay * data[pp + i];
        data[ps + i] += grad * grad;
        data[pp + i] -= (lr * grad) / (Math.sqrt(data[ps + i]) + eps);
      }
    },
    rmsprop(p, g, square, average, buffer, n, scale, lr, alpha, eps, decay, momentum, centered) {
      const data = view.floats();
      const [pp, pg, ps] = [p >>> shift, g >>> shift, square >>> shift];
      const [pa, pb] = [average >>> shift, buffer >>> shift];
      for (let i = 0; i < n; i++) {
        const grad = scale * data[pg + i] + decay * data[pp + i];
        let variance = alpha * data[ps + i] + (1 - alpha) * grad * grad;
        data[ps + i] = variance;
        if (centered) {
          const mean = alpha * data[pa + i] + (1 - alpha) * grad;
          data[pa + i] = mean;
          variance -= mean * mean;
        }
        let step = grad / (Math.sqrt(Math.max(variance, 0)) + eps);
        if (momentum > 0) step = data[pb + i] = momentum * data[pb + i] + step;
        data[pp + i] -= lr * step;
      }
    },
    adam(p, g, m, v, vmax, n, scale, lr, beta1, beta2, eps, decay, decoupled, correction1, correction2) {
      const data = view.floats();
      const [pp, pg, pm, pv, px] = [p >>> shift, g >>> shift, m >>> shift, v >>> shift, vmax >>> shift];
      const rootCorrection2 = Math.sqrt(correction2);
      for (let i = 0; i < n; i++) {
        if (decoupled) data[pp + i] *= 1 - lr * decay;
        const grad = scale * data[pg + i] + (decoupled ? 0 : decay * data[pp + i]);
        const mean = beta1 * data[pm + i] + (1 - beta1) * grad;
        let square = beta2 * data[pv + i] + (1 - beta2) * grad * grad;
        data[pm + i] = mean;
        data[pv + i] = square;
        if (vmax !== 0) square = data[px + i] = Math.max(data[px + i], square);
        data[pp + i] -= ((lr / correction1) * mean) / (Math.sqrt(square) / rootCorrection2 + eps);
      }
    },
  };
}
