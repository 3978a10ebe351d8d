import type { Tensor } from "../tensor/index.ts";

/**
 * The last step of a network over a vocabulary: from a vector h `[D]` to logits `W h + b` `[V]`. Training and evaluation
 * take it with their loss, as `linearCrossEntropy`, so that the logits of a whole batch are never stored.
 */
export interface OutputLayer {
  /** `[V, D]` */
  readonly weight: Tensor;
  /** `[V]` */
  readonly bias: Tensor | null;
}
