/** The transformer of encoder and decoder, without embeddings. */
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Indices, Tensor } from "../tensor/index.ts";
import { defaultRandom, xavierUniform } from "./init.ts";
import { Module } from "./module.ts";
import { TransformerDecoder, type TransformerDecoderMasks } from "./transformer-decoder.ts";
import { TransformerEncoder } from "./transformer-encoder.ts";
import { LAYER_KEYS, type TransformerLayerOptions } from "./transformer-layer.ts";

export interface TransformerOptions extends Omit<TransformerLayerOptions, "dModel" | "nhead"> {
  /** Default 512. */
  readonly dModel?: number;
  /** Default 8. */
  readonly nhead?: number;
  /** Default 6. */
  readonly numEncoderLayers?: number;
  /** Default 6. */
  readonly numDecoderLayers?: number;
  /** A last normalisation in both stacks, which PyTorch always has and Vaswani et al. have not. Default true. */
  readonly norm?: boolean;
}

export interface TransformerForwardOptions extends TransformerDecoderMasks {
  /** 0/1, 1 = may be attended, among source positions: `[S, S]` and the other shapes of the attention's mask. */
  readonly sourceMask?: Tensor;
  /** Valid source positions of each row, `[B]`: in the encoder and for the decoder. */
  readonly memoryLengths?: Indices;
}

/**
 * Encoder and decoder (Vaswani et al. 2017, section 3), with PyTorch's names and defaults: vectors in, vectors out.
 * All matrices start Xavier uniform.
 *
 * @example
 * const model = new Transformer({ dModel: 8, nhead: 2, dimFeedforward: 16, numEncoderLayers: 1, numDecoderLayers: 1 });
 * model.forward(ones([1, 7, 8]), ones([1, 5, 8]), { causal: true }).shape; // [1, 5, 8]
 */
export class Transformer extends Module {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(options: TransformerOptions = {}) {
    super();
    const own = ["numEncoderLayers", "numDecoderLayers", "norm"];
    rejectUnknownKeys("Transformer", options, [...LAYER_KEYS, ...own]);
    const { numEncoderLayers = 6, numDecoderLayers = 6, ...rest } = options;
    const stack = { dModel: 512, nhead: 8, norm: true, ...rest };
    const count = { integer: true, min: 1 };
    const encoderLayers = checkNumber("numEncoderLayers", numEncoderLayers, count);
    const decoderLayers = checkNumber("numDecoderLayers", numDecoderLayers, count);
    this.encoder = new TransformerEncoder({ ...stack, numLayers: encoderLayers });
    this.decoder = new TransformerDecoder({ ...stack, numLayers: decoderLayers });
    for (const parameter of this.parameters()) {
      if (parameter.rank > 1) xavierUniform(parameter, options.random ?? defaultRandom);
    }
  }

  /**
   * Source `[B, S, D]` and target `[B, T, D]` to `[B, T, D]`. `lengths`, `mask`, `bias` and `causal` are about the
   * target.
   */
  forward(source: Tensor, target: Tensor, options: TransformerForwardOptions = {}): Tensor {
    const { sourceMask, ...rest } = options;
    const { memoryLengths } = options;
    const memory = this.encoder.forward(source, {
      ...(memoryLengths && { lengths: memoryLengths }),
      ...(sourceMask && { mask: sourceMask }),
    });
    return this.decoder.forward(target, memory, rest);
  }
}
