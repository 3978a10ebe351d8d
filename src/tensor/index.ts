/** What the tensor core offers to the folders above it. */
export { full, type Indices, indices, ones, randn, tensor, uniform, zeros } from "./create.ts";
export { type GradcheckOptions, type GradcheckReport, gradcheck } from "./gradcheck.ts";
export {
  dropGradient,
  factorOf,
  gradientOf,
  keptValues,
  type LeafGradient,
  RowGradient,
  scaleGradient,
} from "./gradient.ts";
export { type BackwardOptions, backward, noGrad } from "./graph.ts";
export { type OpName, ops } from "./methods.ts";
export { defineFusedOp, defineOp, type Fused, type Op, type OpDefinition } from "./op.ts";
export { positionAngles } from "./ops/angles.ts";
export { attentionDecoder } from "./ops/attention-decoder.ts";
export type { Columns, ColumnsLike } from "./ops/columns.ts";
export type { CrossEntropyOptions, SmoothingForm } from "./ops/cross-entropy.ts";
export { gruSequence, lstmSequence, rnnSequence } from "./ops/recurrent.ts";
export { type RotaryOptions, rotary } from "./ops/rotary.ts";
export {
  type AttentionOptions,
  attentionWeights,
  scaledDotProductAttention,
} from "./ops/scaled-dot-product.ts";
export type { RecurrentWeights } from "./ops/sequence.ts";
export { concat, stack } from "./ops/shape.ts";
export type { SequenceOptions } from "./ops/walk.ts";
export { configure, type DType, kernelsFor, memoryInfo, type RuntimeOptions } from "./runtime.ts";
export { keep, Scope, scoped } from "./scope.ts";
export { empty, type NestedArray, Tensor, type TypedArray } from "./tensor.ts";
