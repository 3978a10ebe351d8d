/** Adam, AMSGrad and AdamW. */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import {
  checkBetas,
  checkFlag,
  type DecayOptions,
  Optimizer,
  type Parameters,
  type Slot,
  type UpdateKernels,
} from "./optimizer.ts";
import { power } from "./power.ts";

export interface AdamOptions extends DecayOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** Shares of the mean and of the mean square that are kept from step to step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the divisor above 0. Default 1e-8. */
  readonly eps?: number;
  /** Adam: L2 penalty, added to the gradient; default 0. AdamW: share of p taken off, times lr; default 0.01. */
  readonly weightDecay?: number;
  /** Divide by the largest mean square so far (Reddi, Kale and Kumar 2018, algorithm 2). Default false. */
  readonly amsgrad?: boolean;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1), with g' = g + weightDecay p:
 *
 *     m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'^2
 *     p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * @example
 * const w = tensor([1, 2]);
 * w.requiresGrad = true;
 * const optimizer = new Adam([w], { lr: 0.5 });
 * w.mul(w).sum().backward();
 * optimizer.step(); // the first step has the size of the learning rate
 * w.toArray(); // [0.5, 1.5]
 */
export class Adam extends Optimizer {
  readonly #betas: readonly [number, number];
  readonly #eps: number;
  /** Whether weight decay is a step of its own instead of a part of the gradient. */
  protected readonly decoupled: boolean = false;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(parameters: Parameters, options: AdamOptions = {}) {
    const { name } = new.target;
    rejectUnknownKeys(name, options, ["lr", "betas", "eps", "weightDecay", "decay", "amsgrad"]);
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, amsgrad = false } = options;
    const maximum = checkFlag(`${name} amsgrad`, amsgrad) ? { max_exp_avg_sq: 0 } : {};
    super(parameters, { ...options, lr }, { exp_avg: 0, exp_avg_sq: 0, ...maximum });
    this.#betas = checkBetas(`${name} betas`, betas);
    this.#eps = checkNumber(`${name} eps`, eps, { min: 0 });
  }

  protected override update(
    k: UpdateKernels,
    parameter: number,
    gradient: number,
    size: number,
    factor: number,
    { steps, weightDecay, state: [mean, square, maximum] }: Slot,
  ): void {
    const [beta1, beta2] = this.#betas;
    k.adam(
      parameter,
      gradient,
      mean.pointer,
      square.pointer,
      maximum?.pointer ?? 0,
      size,
      factor,
      this.learningRate,
      beta1,
      beta2,
      this.#eps,
      weightDecay,
      Number(this.decoupled),
      1 - power(beta1, steps),
      1 - power(beta2, steps),
    );
  }
}

/**
 * {@link Adam} with weight decay decoupled from the gradient (Loshchilov and Hutter 2019, algorithm 2):
 * `p *= 1 - lr weightDecay` before each step.
 *
 * @example
 * const w = tensor([2]);
 * w.requiresGrad = true;
 * const optimizer = new AdamW([w], { lr: 0.5, weightDecay: 0.5 });
 * w.mul(w).sum().backward();
 * optimizer.step();
 * w.toArray(); // [1]
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(parameters: Parameters, { weightDecay = 0.01, ...options }: AdamOptions = {}) {
    super(parameters, { weightDecay, ...options });
  }
}
