import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { empty, ops, type Tensor } from "../tensor/index.ts";
import { defaultRandom, uniform } from "./init.ts";
import { Module, Parameter } from "./module.ts";

export interface LinearOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly random?: Random;
}

/**
 * `y = x W^T + b` over the last axis: `[..., inFeatures] -> [..., outFeatures]`. Weights start uniform in
 * +-1/sqrt(inFeatures), as PyTorch's.
 *
 * @example
 * new Linear({ inFeatures: 3, outFeatures: 2 }).forward(ones([5, 3])).shape; // [5, 2]
 */
export class Linear extends Module {
  /** `[outFeatures, inFeatures]` */
  weight: Parameter;
  /** `[outFeatures]` */
  bias: Parameter | null;

  constructor(options: LinearOptions) {
    super();
    rejectUnknownKeys("Linear", options, ["inFeatures", "outFeatures", "bias", "random"]);
    const { bias = true, random = defaultRandom } = options;
    const inFeatures = checkNumber("inFeatures", options.inFeatures, { integer: true, min: 1 });
    const outFeatures = checkNumber("outFeatures", options.outFeatures, { integer: true, min: 1 });
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = new Parameter(uniform(empty([outFeatures, inFeatures]), -bound, bound, random));
    this.bias = bias ? new Parameter(uniform(empty([outFeatures]), -bound, bound, random)) : null;
  }

  forward(x: Tensor): Tensor {
    return ops.linear(x, this.weight, this.bias);
  }
}
