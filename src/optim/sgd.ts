/** Stochastic gradient descent. */
import { OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import {
  checkFlag,
  type DecayOptions,
  Optimizer,
  type Parameters,
  type Slot,
  type UpdateKernels,
} from "./optimizer.ts";

export interface SGDOptions extends DecayOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** Share of the velocity that is kept from step to step. Default 0. */
  readonly momentum?: number;
  /** Look ahead along the velocity; needs momentum. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with momentum (Sutskever et al. 2013, section 2, in PyTorch's form, with the learning rate
 * outside the velocity):
 *
 *     g' = g + weightDecay p;  v = momentum v + g'  (at first v = g');  p -= lr v
 *
 * With `nesterov`, `p -= lr (g' + momentum v)`.
 *
 * @example
 * const w = tensor([1, 2]);
 * w.requiresGrad = true;
 * const optimizer = new SGD([w], { lr: 0.25 });
 * w.mul(w).sum().backward();
 * optimizer.step();
 * w.toArray(); // [0.5, 1]
 */
export class SGD extends Optimizer {
  readonly #momentum: number;
  readonly #nesterov: number;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(parameters: Parameters, options: SGDOptions = {}) {
    rejectUnknownKeys("SGD", options, ["lr", "momentum", "nesterov", "weightDecay", "decay"]);
    const { lr = 1e-3, momentum = 0, nesterov = false } = options;
    checkNumber("SGD momentum", momentum, { min: 0 });
    if (checkFlag("SGD nesterov", nesterov) && momentum === 0) {
      throw new OptionError({ what: "SGD nesterov", expected: "momentum above 0", got: "momentum 0" });
    }
    super(parameters, { ...options, lr }, momentum > 0 ? { momentum_buffer: 0 } : {});
    this.#momentum = momentum;
    this.#nesterov = Number(nesterov);
  }

  protected override update(
    k: UpdateKernels,
    parameter: number,
    gradient: number,
    size: number,
    factor: number,
    { steps, weightDecay, state: [velocity] }: Slot,
  ): void {
    k.sgd(
      parameter,
      gradient,
      velocity?.pointer ?? 0,
      size,
      factor,
      this.learningRate,
      this.#momentum,
      this.#nesterov,
      weightDecay,
      Number(steps === 1),
    );
  }
  protected override sparesRows({ weightDecay }: Slot): boolean {
    return this.#momentum === 0 && weightDecay === 0;
  }
}
