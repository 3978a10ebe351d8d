/** Adagrad. */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { type DecayOptions, Optimizer, type Parameters, type Slot, type UpdateKernels } from "./optimizer.ts";

export interface AdagradOptions extends DecayOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number;
  /** The rate of step t, from 1, is lr / (1 + (t - 1) lrDecay). Default 0. */
  readonly lrDecay?: number;
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Keeps the divisor above 0. Default 1e-10. */
  readonly eps?: number;
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011, diagonal form): steps shrink with the squares seen so far.
 *
 *     g' = g + weightDecay p;  sum += g'^2;  p -= lr g' / (sqrt(sum) + eps)
 *
 * @example
 * const w = tensor([1, 2]);
 * w.requiresGrad = true;
 * const optimizer = new Adagrad([w], { lr: 0.5 });
 * w.mul(w).sum().backward();
 * optimizer.step();
 * w.toArray(); // [0.5, 1.5]
 */
export class Adagrad extends Optimizer {
  readonly #lrDecay: number;
  readonly #eps: number;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(parameters: Parameters, options: AdagradOptions = {}) {
    rejectUnknownKeys("Adagrad", options, [
      "lr",
      "lrDecay",
      "weightDecay",
      "decay",
      "initialAccumulatorValue",
      "eps",
    ]);
    const { lr = 1e-2, lrDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 } = options;
    const sum = checkNumber("Adagrad initialAccumulatorValue", initialAccumulatorValue, { min: 0 });
    super(parameters, { ...options, lr }, { sum });
    this.#lrDecay = checkNumber("Adagrad lrDecay", lrDecay, { min: 0 });
    this.#eps = checkNumber("Adagrad eps", eps, { min: 0 });
  }

  protected override update(
    k: UpdateKernels,
    parameter: number,
    gradient: number,
    size: number,
    factor: number,
    { steps, weightDecay, state: [sum] }: Slot,
  ): void {
    const rate = this.learningRate / (1 + (steps - 1) * this.#lrDecay);
    k.adagrad(parameter, gradient, sum.pointer, size, factor, rate, this.#eps, weightDecay);
  }
}
