import type { BinaryKernel, Elementwise, UnaryKernel } from "../kernels.ts";
import { erf, normalCdf, normalDensity, randomBits, sigmoid } from "./scalar.ts";
import type { FloatView } from "./view.ts";

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

export function elementwise(view: FloatView): Elementwise {
  const { shift } = view;

  const unary =
    (f: (x: number) => number): UnaryKernel =>
    (x, out, n) => {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      for (let i = 0; i < n; i++) data[po + i] = f(data[px + i]);
    };

  const withGradient =
    (f: (x: number, g: number) => number) =>
    (x: number, g: number, out: number, n: number): void => {
      const data = view.floats();
      const [px, pg, po] = [x >>> shift, g >>> shift, out >>> shift];
      for (let i = 0; i < n; i++) data[po + i] = f(data[px + i], data[pg + i]);
    };

  const withScalar =
    (f: (x: number, value: number) => number) =>
    (x: number, value: number, out: number, n: number): void => {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      for (let i = 0; i < n; i++) data[po + i] = f(data[px + i], value);
    };

  const binary =
    (f: (x: number, y: number) => number): BinaryKernel =>
    (x, y, out, d0, d1, d2, x0, x1, x2, y0, y1, y2) => {
      const data = view.floats();
      let po = out >>> shift;
      for (let i = 0; i < d0; i++) {
        for (let j = 0; j < d1; j++) {
          const px = (x >>> shift) + i * x0 + j * x1;
          const py = (y >>> shift) + i * y0 + j * y1;
          for (let k = 0; k < d2; k++) data[po++] = f(data[px + k * x2], data[py + k * y2]);
        }
      }
    };

  return {
    neg: unary((x) => -x),
    exp: unary(Math.exp),
    log: unary(Math.log),
    sqrt: unary(Math.sqrt),
    abs: unary(Math.abs),
    sign: unary(Math.sign),
    step: unary((x) => (x > 0 ? 1 : Math.max(x, 0))),
    sin: unary(Math.sin),
    cos: unary(Math.cos),
    tanh: unary(Math.tanh),
    sigmoid: unary(sigmoid),
    relu: unary((x) => Math.max(x, 0)),
    softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
    erf: unary(erf),
    gelu: unary((x) => x * normalCdf(x)),
    geluGrad: withGradient((x, g) => g * (normalCdf(x) + x * normalDensity(x))),
    geluTanh: unary((x) => 0.5 * x * (1 + Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x)))),
    geluTanhGrad: withGradient((x, g) => {
      const t = Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x));
      const slope = GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x);
      return g * 0.5 * (1 + t + x * (1 - t * t) * slope);
    }),
    addScalar: withScalar((x, value) => x + value),
    mulScalar: withScalar((x, value) => x * value),
    powScalar: withScalar((x, exponent) => x ** exponent),
    clamp(x, low, high, out, n) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      for (let i = 0; i < n; i++) data[po + i] = Math.min(Math.max(data[px + i], low), high);
    },
    add: binary((x, y) => x + y),
    sub: binary((x, y) => x - y),
    mul: binary((x, y) => x * y),
    div: binary((x, y) => x / y),
    maximum: binary(Math.max),
    minimum: binary(Math.min),
    greater: binary((x, y) => (x > y ? 1 : 0)),
    equal: binary((x, y) => (x === y ? 1 : 0)),
    select(condition, x, y, out, n) {
      const data = view.floats();
      const [pc, px, py, po] = [condition >>> shift, x >>> shift, y >>> shift, out >>> shift];
      for (let i = 0; i < n; i++) data[po + i] = data[pc + i] !== 0 ? data[px + i] : data[py + i];
    },
    fill(out, value, n) {
      const po = out >>> shift;
      view.floats().fill(value, po, po + n);
    },
    axpy(alpha, x, out, n) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      for (let i = 0; i < n; i++) data[po + i] += alpha * data[px + i];
    },
    dropout(x, out, n, p, seed0, seed1) {
      const data = view.floats();
      const [px, po] = [x >>> shift, out >>> shift];
      const threshold = Math.round(p * 4294967296);
      const scale = 1 / (1 - p);
      for (let i = 0; i < n; i++) {
        data[po + i] = randomBits(i, seed0, seed1) >= threshold ? data[px + i] * scale : 0;
      }
    },
  };
}
