/**
 * The reference backend: every kernel as plain loops, the specification that faster backends are held to and, in
 * f64, the ground that gradients are checked on.
 */
import type { Kernels } from "../kernels.ts";
import type { Heap } from "../memory.ts";
import { additiveAttention } from "./additive-attention.ts";
import { attention } from "./attention.ts";
import { crossEntropies } from "./cross-entropy.ts";
import { elementwise } from "./elementwise.ts";
import { matrixProduct } from "./matmul.ts";
import { movement } from "./movement.ts";
import { negativeSampling } from "./negative-sampling.ts";
import { recurrent } from "./recurrent.ts";
import { reductions } from "./reductions.ts";
import { rows } from "./rows.ts";
import { updates } from "./updates.ts";
import { type FloatType, floatView } from "./view.ts";

/** Kernels on `heap` whose float arrays hold `type`. */
export function createReference(heap: Heap, type: FloatType): Kernels {
  const view = floatView(heap, type);
  return {
    ...elementwise(view),
    ...reductions(view),
    ...movement(view),
    ...matrixProduct(view),
    ...rows(view),
    ...crossEntropies(view),
    ...attention(view),
    ...additiveAttention(view),
    ...recurrent(view),
    ...updates(view),
    ...negativeSampling(view),
  };
}
