/** Every optimizer in every variant that keeps state of its own, and steps by given gradients. */
import { Adagrad } from "../../src/optim/adagrad.ts";
import { Adam, AdamW } from "../../src/optim/adam.ts";
import type { Optimizer, Parameters } from "../../src/optim/optimizer.ts";
import { RMSprop } from "../../src/optim/rmsprop.ts";
import { SGD } from "../../src/optim/sgd.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import type { Nested } from "./fixture.ts";
import { array } from "./golden.ts";

/** Every kind of state an optimizer can have. */
export const OPTIMIZERS: Record<string, (parameters: Parameters, lr?: number) => Optimizer> = {
  SGD: (p, lr = 0.1) => new SGD(p, { lr }),
  "SGD with momentum": (p, lr = 0.1) => new SGD(p, { lr, momentum: 0.9, weightDecay: 0.1 }),
  "SGD with Nesterov momentum": (p, lr = 0.1) => new SGD(p, { lr, momentum: 0.9, nesterov: true }),
  Adagrad: (p, lr = 0.1) => new Adagrad(p, { lr, lrDecay: 0.1 }),
  RMSprop: (p, lr = 0.1) => new RMSprop(p, { lr }),
  "centered RMSprop with momentum": (p, lr = 0.1) => new RMSprop(p, { lr, centered: true, momentum: 0.9 }),
  Adam: (p, lr = 0.1) => new Adam(p, { lr, weightDecay: 0.1 }),
  "Adam with amsgrad": (p, lr = 0.1) => new Adam(p, { lr, amsgrad: true }),
  AdamW: (p, lr = 0.1) => new AdamW(p, { lr }),
};

/** The numbers of each. */
export const values = (tensors: readonly Tensor[]): number[][] => tensors.map((x) => Array.from(x.data()));

/** One step by gradients that are given, not computed. */
export function stepBy(optimizer: Optimizer, gradients: readonly (Nested | null)[]): void {
  optimizer.parameters.forEach((parameter, i) => {
    const gradient = gradients[i];
    parameter.grad = gradient === null ? null : array(gradient, parameter.dtype);
  });
  optimizer.step();
  optimizer.zeroGrad();
}
