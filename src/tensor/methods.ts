/**
 * Every op that takes a tensor first, as a method too: `x.matmul(w).relu()` is `relu(matmul(x, w))`. This table is
 * the one list of ops; the methods' types and implementations follow from it.
 */
import { type BackwardOptions, backward } from "./graph.ts";
import { additiveScores } from "./ops/attention.ts";
import { crossEntropy } from "./ops/cross-entropy.ts";
import { add, div, equal, greater, maximum, minimum, mul, neg, sub } from "./ops/elementwise.ts";
import { gather, pick, scatterAdd } from "./ops/gather.ts";
import { linearCrossEntropy } from "./ops/linear-cross-entropy.ts";
import { linear, matmul } from "./ops/matmul.ts";
import { dropout, layerNorm } from "./ops/norm.ts";
import { argmax, max, mean, norm, sum, variance } from "./ops/reduce.ts";
import { rotary } from "./ops/rotary.ts";
import { attentionWeights, scaledDotProductAttention } from "./ops/scaled-dot-product.ts";
import {
  broadcastTo,
  clone,
  detach,
  flip,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  transpose,
  unsqueeze,
} from "./ops/shape.ts";
import { keepWhere, logSoftmax, maskedSoftmax, softmax } from "./ops/softmax.ts";
import {
  abs,
  clamp,
  cos,
  erf,
  exp,
  gelu,
  log,
  pow,
  relu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  step,
  tanh,
} from "./ops/unary.ts";
import { Tensor } from "./tensor.ts";

/** All ops on a first tensor, by name. */
export const ops = {
  abs,
  add,
  additiveScores,
  argmax,
  attentionWeights,
  broadcastTo,
  clamp,
  clone,
  cos,
  crossEntropy,
  detach,
  div,
  dropout,
  equal,
  erf,
  exp,
  flip,
  gather,
  gelu,
  greater,
  keepWhere,
  layerNorm,
  linear,
  linearCrossEntropy,
  log,
  logSoftmax,
  maskedSoftmax,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  norm,
  permute,
  pick,
  pow,
  relu,
  reshape,
  rotary,
  scaledDotProductAttention,
  scatterAdd,
  select,
  sigmoid,
  sign,
  silu,
  sin,
  slice,
  softmax,
  softplus,
  sqrt,
  squeeze,
  step,
  sub,
  sum,
  tanh,
  transpose,
  unsqueeze,
  variance,
};

export type OpName = keyof typeof ops;

type Method<F> = F extends (x: Tensor, ...rest: infer R) => infer T ? (...rest: R) => T : never;
type OpMethods = { [K in OpName]: Method<(typeof ops)[K]> };

declare module "./tensor.ts" {
  interface Tensor extends OpMethods {
    backward(options?: BackwardOptions): void;
  }
}

for (const [name, op] of Object.entries(ops)) {
  const call = op as (x: Tensor, ...rest: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return call(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

Object.defineProperty(Tensor.prototype, "backward", {
  value(this: Tensor, options?: BackwardOptions) {
    backward(this, options);
  },
  writable: true,
  configurable: true,
});
