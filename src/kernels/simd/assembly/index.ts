/** Everything the module exports: the methods of the `Kernels` contract, by name. */
export * from "./additive-attention";
export { attention, attentionWeights } from "./attention";
export { attentionGrad } from "./attention-grad";
export { add, div, equal, greater, maximum, minimum, mul, sub } from "./binary";
export { crossEntropy, crossEntropyGrad, crossEntropyWithGrad } from "./cross-entropy";
export { addScalar, axpy, clamp, dropout, fill, mulScalar, powScalar, select } from "./elementwise";
export { layerNorm, layerNormGrad, layerNormScaleGrad } from "./layer-norm";
export { matmul } from "./matmul";
export { addStrided, copyStrided, gatherRows, pick, scatterAddPick, scatterAddRows } from "./movement";
export { negativeSampling } from "./negative-sampling";
export * from "./recurrent";
export { argmax, max, maxAbs, sum, sumSquares } from "./reductions";
export { rotary } from "./rotary";
export * from "./rows";
export * from "./unary";
export * from "./updates";
