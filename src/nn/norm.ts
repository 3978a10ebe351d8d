import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Shape } from "../base/shape.ts";
import { checkShape } from "../base/shape.ts";
import { ones, ops, type Tensor, zeros } from "../tensor/index.ts";
import { Module, Parameter } from "./module.ts";

export interface LayerNormOptions {
  /** Trailing axes to normalise over. */
  readonly normalizedShape: number | Shape;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a scale and a shift. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Learn the shift too, where there is a scale. Default true. */
  readonly bias?: boolean;
}

/**
 * Layer normalisation over the trailing axes (Ba, Kiros and Hinton 2016): zero mean, unit biased variance, then scale
 * and shift.
 *
 * @example
 * new LayerNorm({ normalizedShape: 2, eps: 0 }).forward(tensor([[1, 3]])).toArray(); // [[-1, 1]]
 */
export class LayerNorm extends Module {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number;

  constructor(options: LayerNormOptions) {
    super();
    rejectUnknownKeys("LayerNorm", options, ["normalizedShape", "eps", "elementwiseAffine", "bias"]);
    const { normalizedShape, eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
    checkShape("normalizedShape", this.normalizedShape);
    for (const extent of this.normalizedShape)
      checkNumber("normalizedShape", extent, { integer: true, min: 1 });
    this.eps = checkNumber("eps", eps, { min: 0 });
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(this.normalizedShape)) : null;
  }

  forward(x: Tensor): Tensor {
    const gamma = this.weight ?? ones(this.normalizedShape, x.dtype);
    const beta = this.bias ?? zeros(this.normalizedShape, x.dtype);
    return ops.layerNorm(x, gamma, beta, this.eps);
  }
}
