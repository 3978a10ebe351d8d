/** Elementwise functions of one tensor. */
import type { Shape } from "../../base/shape.ts";
import type { Kernels, UnaryKernel } from "../../kernels/kernels.ts";
import { defineFusedOp, defineOp, type Op, type Unary } from "../op.ts";
import { empty, type Tensor } from "../tensor.ts";
import { add, div, equal, mul, neg } from "./elementwise.ts";

const sameAsInput = (_name: string, [x]: Unary): Shape => x.shape;

type UnaryName = { [K in keyof Kernels]: Kernels[K] extends UnaryKernel ? K : never }[keyof Kernels];

/** An op on the kernel of the same name. `derivative` gives dx from g, y = f(x) and x. */
function elementwise(
  name: UnaryName & string,
  derivative: (g: Tensor, y: Tensor, x: Tensor) => Tensor | null,
): Op<Unary, []> {
  return defineOp<Unary>(name, {
    shape: sameAsInput,
    forward: (k, out, [x]) => k[name](x.pointer, out.pointer, x.size),
    backward: (g, y, [x]) => [derivative(g, y, x)],
  });
}

/** e^x. */
export const exp: Op<Unary, []> = elementwise("exp", (g, y) => mul(g, y));

/** Natural logarithm; -Infinity at 0, NaN below. */
export const log: Op<Unary, []> = elementwise("log", (g, _y, x) => div(g, x));

export const sqrt: Op<Unary, []> = elementwise("sqrt", (g, y) => div(mul(g, 0.5), y));

/** |x|; the gradient at 0 is 0. */
export const abs: Op<Unary, []> = elementwise("abs", (g, _y, x) => mul(g, sign(x)));

/** -1, 0 or 1. No gradient flows. */
export const sign: Op<Unary, []> = elementwise("sign", () => null);

/** 1 where x > 0, else 0. No gradient flows. */
export const step: Op<Unary, []> = elementwise("step", () => null);

export const sin: Op<Unary, []> = elementwise("sin", (g, _y, x) => mul(g, cos(x)));

export const cos: Op<Unary, []> = elementwise("cos", (g, _y, x) => neg(mul(g, sin(x))));

export const tanh: Op<Unary, []> = elementwise("tanh", (g, y) => mul(g, add(neg(mul(y, y)), 1)));

/** 1 / (1 + e^-x). */
export const sigmoid: Op<Unary, []> = elementwise("sigmoid", (g, y) => mul(g, mul(y, add(neg(y), 1))));

/** max(x, 0); the gradient at 0 is 0. */
export const relu: Op<Unary, []> = elementwise("relu", (g, _y, x) => mul(g, step(x)));

/** log(1 + e^x), without overflow. */
export const softplus: Op<Unary, []> = elementwise("softplus", (g, _y, x) => mul(g, sigmoid(x)));

/** The error function. */
export const erf: Op<Unary, []> = elementwise("erf", (g, _y, x) =>
  mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
);

/** x to the power `exponent`. */
export const pow: Op<Unary, [number]> = defineOp<Unary, [number]>("pow", {
  shape: sameAsInput,
  forward: (k, out, [x], exponent) => k.powScalar(x.pointer, exponent, out.pointer, x.size),
  backward: (g, _y, [x], _needs, exponent) => [
    exponent === 0 ? mul(g, 0) : mul(g, mul(pow(x, exponent - 1), exponent)),
  ],
});

/** min(max(x, low), high). The gradient passes where x was not changed. */
export const clamp: Op<Unary, [number, number]> = defineOp<Unary, [number, number]>("clamp", {
  shape: sameAsInput,
  forward: (k, out, [x], low, high) => k.clamp(x.pointer, low, high, out.pointer, x.size),
  backward: (g, y, [x]) => [mul(g, equal(x, y))],
});

/** x Phi(x) with a gradient kernel of its own. */
function fusedGelu(forward: "gelu" | "geluTanh", gradient: "geluGrad" | "geluTanhGrad") {
  return defineFusedOp<Unary, [], [Tensor]>(forward, (k, dtype, [x]) => {
    const out = empty(x.shape, dtype);
    k[forward](x.pointer, out.pointer, x.size);
    return {
      outputs: [out],
      backward: ([g]) => {
        const dx = empty(x.shape, dtype);
        k[gradient](x.pointer, (g as Tensor).pointer, dx.pointer, x.size);
        return [dx];
      },
    };
  });
}

const exactGelu = fusedGelu("gelu", "geluGrad");
const tanhGelu = fusedGelu("geluTanh", "geluTanhGrad");

/**
 * The Gaussian error linear unit x Phi(x) (Hendrycks and Gimpel 2016), exact or by its tanh approximation.
 * Differentiable once.
 */
export const gelu = (x: Tensor, approximate: "none" | "tanh" = "none"): Tensor =>
  (approximate === "tanh" ? tanhGelu : exactGelu)([x])[0];

/** x sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));
