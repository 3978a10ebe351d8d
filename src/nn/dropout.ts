import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { ops, type Tensor } from "../tensor/index.ts";
import { defaultRandom } from "./init.ts";
import { Module } from "./module.ts";

export interface DropoutOptions {
  /** Probability of zeroing an element. */
  readonly p: number;
  readonly random?: Random;
}

/**
 * Inverted dropout while training (Srivastava et al. 2014), the identity otherwise.
 *
 * @example
 * new Dropout({ p: 0.5 }).eval().forward(ones([3])).toArray(); // [1, 1, 1]
 */
export class Dropout extends Module {
  readonly p: number;
  readonly #random: Random;

  constructor(options: DropoutOptions) {
    super();
    rejectUnknownKeys("Dropout", options, ["p", "random"]);
    this.p = checkNumber("dropout", options.p, { min: 0, max: 1 });
    this.#random = options.random ?? defaultRandom;
  }

  /** What a fused op needs to drop out by itself; null when nothing is dropped. */
  active(): { readonly p: number; readonly random: Random } | null {
    return this.training && this.p > 0 ? { p: this.p, random: this.#random } : null;
  }

  forward(x: Tensor): Tensor {
    return this.training ? ops.dropout(x, this.p, this.#random) : x;
  }
}
