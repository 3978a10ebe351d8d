/** The feed-forward sublayer of a transformer and its activations. */
import { ops, type Tensor } from "../tensor/index.ts";
import type { Dropout } from "./dropout.ts";
import type { Linear } from "./linear.ts";

/** What {@link feedForward} computes between its two linear maps. */
export type Activation = "relu" | "gelu" | "gelu-tanh" | "glu" | "reglu" | "geglu" | "swiglu";

interface ActivationForm {
  readonly apply: (x: Tensor) => Tensor;
  /** Whether it is applied to a gate, the second half of the first map, that multiplies the first half. */
  readonly gated: boolean;
}

const FORMS: Record<Activation, ActivationForm> = {
  relu: { apply: ops.relu, gated: false },
  gelu: { apply: (x) => ops.gelu(x), gated: false },
  "gelu-tanh": { apply: (x) => ops.gelu(x, "tanh"), gated: false },
  glu: { apply: ops.sigmoid, gated: true },
  reglu: { apply: ops.relu, gated: true },
  geglu: { apply: (x) => ops.gelu(x), gated: true },
  swiglu: { apply: ops.silu, gated: true },
};

export const ACTIVATIONS = Object.keys(FORMS) as readonly Activation[];

/** How many rows of the first map one hidden unit takes: 2 with a gate. */
export const rowsPerUnit = (activation: Activation): number => (FORMS[activation].gated ? 2 : 1);

/**
 * `linear2(dropout(a(linear1 x)))` (Vaswani et al. 2017, eq. 2); with a gated activation
 * `linear2(dropout(u * a(v)))`, where u and v are the halves of `linear1 x` (Dauphin et al. 2017; Shazeer 2020, eq. 5
 * and 6, with the halves in the order of PyTorch's GLU).
 */
export function feedForward(
  x: Tensor,
  linear1: Linear,
  linear2: Linear,
  activation: Activation,
  dropout: Dropout,
): Tensor {
  const { apply, gated } = FORMS[activation];
  const hidden = gated ? gate(x, linear1, apply) : apply(linear1.forward(x));
  return linear2.forward(dropout.forward(hidden));
}

/** The halves come from halves of the weights, which are views, where halves of the result would be copies. */
function gate(x: Tensor, { weight, bias }: Linear, apply: (x: Tensor) => Tensor): Tensor {
  const [rows] = weight.shape;
  const half = (from: number, to: number): Tensor =>
    ops.linear(x, ops.slice(weight, 0, from, to), bias && ops.slice(bias, 0, from, to));
  return ops.mul(half(0, rows / 2), apply(half(rows / 2, rows)));
}
