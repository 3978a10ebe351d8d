/** RMSprop. */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import {
  checkFlag,
  type DecayOptions,
  Optimizer,
  type Parameters,
  type Slot,
  type UpdateKernels,
} from "./optimizer.ts";

export interface RMSpropOptions extends DecayOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number;
  /** Share of the mean square that is kept from step to step. Default 0.99. */
  readonly alpha?: number;
  /** Keeps the divisor above 0. Default 1e-8. */
  readonly eps?: number;
  /** Share of the velocity that is kept from step to step. Default 0. */
  readonly momentum?: number;
  /** Divide by the standard deviation in place of the root mean square. Default false. */
  readonly centered?: boolean;
}

/**
 * RMSprop (Tieleman and Hinton 2012, lecture 6.5; centered as in Graves 2013, eq. 38 to 41):
 *
 *     square = alpha square + (1 - alpha) g'^2;  step = g' / (sqrt(square) + eps);  p -= lr step
 *
 * with g' = g + weightDecay p. `centered` takes the square of a running mean gradient off `square`; with `momentum`,
 * `v = momentum v + step; p -= lr v`.
 *
 * @example
 * const w = tensor([1, 2]);
 * w.requiresGrad = true;
 * const optimizer = new RMSprop([w], { lr: 0.05, alpha: 0.75 });
 * w.mul(w).sum().backward();
 * optimizer.step(); // by lr / sqrt(1 - alpha), whatever the size of the gradient
 * w.toArray().map((value) => value.toFixed(3)); // ["0.900", "1.900"]
 */
export class RMSprop extends Optimizer {
  readonly #alpha: number;
  readonly #eps: number;
  readonly #momentum: number;
  readonly #centered: boolean;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(parameters: Parameters, options: RMSpropOptions = {}) {
    rejectUnknownKeys("RMSprop", options, [
      "lr",
      "alpha",
      "eps",
      "weightDecay",
      "decay",
      "momentum",
      "centered",
    ]);
    const { lr = 1e-2, alpha = 0.99, eps = 1e-8, momentum = 0, centered = false } = options;
    checkNumber("RMSprop momentum", momentum, { min: 0 });
    super(
      parameters,
      { ...options, lr },
      {
        square_avg: 0,
        ...(checkFlag("RMSprop centered", centered) ? { grad_avg: 0 } : {}),
        ...(momentum > 0 ? { momentum_buffer: 0 } : {}),
      },
    );
    this.#alpha = checkNumber("RMSprop alpha", alpha, { min: 0, max: 1 });
    this.#eps = checkNumber("RMSprop eps", eps, { min: 0 });
    this.#momentum = momentum;
    this.#centered = centered;
  }

  protected override update(
    k: UpdateKernels,
    parameter: number,
    gradient: number,
    size: number,
    factor: number,
    { weightDecay, state: [square, ...others] }: Slot,
  ): void {
    const average = this.#centered ? others[0].pointer : 0;
    const velocity = this.#momentum > 0 ? others[others.length - 1].pointer : 0;
    k.rmsprop(
      parameter,
      gradient,
      square.pointer,
      average,
      velocity,
      size,
      factor,
      this.learningRate,
      this.#alpha,
      this.#eps,
      weightDecay,
      this.#momentum,
      Number(this.#centered),
    );
  }
}
