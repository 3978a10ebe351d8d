/** The encoder of a masked language model. */
import type { Random } from "../base/random.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { normal } from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module, Parameter } from "../nn/module.ts";
import { LayerNorm } from "../nn/norm.ts";
import { Positions } from "../nn/positions.ts";
import { TransformerEncoder } from "../nn/transformer-encoder.ts";
import { type Indices, ops, type Tensor, zeros } from "../tensor/index.ts";
import type { OnHeads } from "./attention-heads.ts";
import type { OutputLayer } from "./output-layer.ts";
import {
  type ModelPositions,
  resolveStack,
  TRANSFORMER_STACK_DEFAULTS,
  type TransformerStackOptions,
} from "./transformer-options.ts";

/** Sizes and variants of a {@link TransformerMaskedLanguageModel}; all plain values, so that a run directory can hold them. */
export interface TransformerMaskedLanguageModelOptions extends TransformerStackOptions {
  /** Default `rotary`. */
  readonly positions?: ModelPositions;
  /** The most tokens of a sequence, its begin and end included. Default 64. */
  readonly blockSize?: number;
  /**
   * Whether a linear map, GELU and a normalisation stand before the output weights, as in BERT. Without them small
   * models learn faster. Default true.
   */
  readonly transform?: boolean;
  /** Id of padding. Default 0. */
  readonly padId?: number;
}

/** All but the vocabulary; those that are undefined follow from others. */
export const TRANSFORMER_MASKED_LANGUAGE_MODEL_DEFAULTS = {
  ...TRANSFORMER_STACK_DEFAULTS,
  positions: "rotary",
  blockSize: 64,
  transform: true,
  padId: 0,
} as const satisfies Record<Exclude<keyof TransformerMaskedLanguageModelOptions, "vocabularySize">, unknown>;

/** A token between begin and end. */
const SHORTEST_BLOCK = 3;

/**
 * Encoder that sees the words on both sides and predicts the ones that were hidden from it (Devlin et al. 2019,
 * section 3; without the prediction of next sentences, as Liu et al. 2019, section 4.2):
 *
 *     h = encoder(sqrt(D) E x + positions)
 *     p(x_t) = softmax(E norm(gelu(W h_t + c)) + b)      at the hidden positions t only
 */
export class TransformerMaskedLanguageModel extends Module {
  readonly options: Required<TransformerMaskedLanguageModelOptions>;
  /** Its weight `[V, D]` also gives the logits. */
  embedding: Embedding;
  positions: Positions;
  /** After the embedding; null with `normFirst`. */
  embeddingNorm: LayerNorm | null;
  dropout: Dropout;
  encoder: TransformerEncoder;
  transform: Linear | null;
  transformNorm: LayerNorm | null;
  outputBias: Parameter;

  constructor(options: TransformerMaskedLanguageModelOptions, random: Random) {
    super();
    this.options = resolveStack(
      "TransformerMaskedLanguageModel",
      options,
      TRANSFORMER_MASKED_LANGUAGE_MODEL_DEFAULTS,
      SHORTEST_BLOCK,
    );
    const { vocabularySize, dModel, normFirst, positions, blockSize, dropout, padId } = this.options;
    const { transform, nhead, numLayers, dimFeedforward, activation, attentionDropout, activationDropout } =
      this.options;
    this.embedding = new Embedding({
      numEmbeddings: vocabularySize,
      embeddingDim: dModel,
      paddingIdx: padId,
      random,
    });
    // Scaled by sqrt(D) on the way in, unit variance; as output weights, logits of unit variance.
    normal(this.embedding.weight, 0, 1 / Math.sqrt(dModel), random);
    this.embedding.weight.view().fill(0, padId * dModel, (padId + 1) * dModel);
    const type = positions === "rotary" ? "none" : positions;
    this.positions = new Positions({ type, dModel, maxLength: blockSize, random });
    this.embeddingNorm = normFirst ? null : new LayerNorm({ normalizedShape: dModel });
    this.dropout = new Dropout({ p: dropout, random });
    this.encoder = new TransformerEncoder({
      ...{ dModel, nhead, numLayers, dimFeedforward, activation, normFirst, norm: normFirst },
      ...{ dropout, attentionDropout, activationDropout, random },
      ...(positions === "rotary" ? { rotary: {} } : {}),
    });
    this.transform = transform ? new Linear({ inFeatures: dModel, outFeatures: dModel, random }) : null;
    this.transformNorm = transform ? new LayerNorm({ normalizedShape: dModel }) : null;
    this.outputBias = new Parameter(zeros([vocabularySize]));
  }

  /**
   * The vectors `[B, T, D]` of ids `[B, T]`, each of which depends on its whole sequence of the given length.
   *
   * @param onHeads gets the weights of each layer in turn, `[B, nhead, T, T]`
   */
  encode(ids: Indices, lengths: Indices, onHeads?: OnHeads): Tensor {
    const scaled = ops.mul(this.embedding.forward(ids), Math.sqrt(this.options.dModel));
    const placed = this.positions.forward(scaled);
    const embedded = this.dropout.forward(this.embeddingNorm?.forward(placed) ?? placed);
    const seen = onHeads && { onAttention: (weights: Tensor) => onHeads(weights, "encoder") };
    return this.encoder.forward(embedded, { lengths, ...seen });
  }

  get output(): OutputLayer {
    return { weight: this.embedding.weight, bias: this.outputBias };
  }

  /**
   * Vectors `[N, D]` for the tokens that are hidden at `positions`. The product with the vocabulary, most of the work,
   * is needed for these alone.
   *
   * @param ids `[B, T]`, the mask included
   * @param lengths number of tokens of each sequence, `[B]`
   * @param positions row times T plus position in the row, `[N]`
   */
  hidden(ids: Indices, lengths: Indices, positions: Indices): Tensor {
    const hidden = this.encode(ids, lengths);
    const { dModel } = this.options;
    const chosen = ops.gather(hidden.reshape([hidden.size / dModel, dModel]), positions); // [N, D]
    return this.#transformed(chosen);
  }

  /** The logits `[N, V]` of {@link hidden}. */
  forward(ids: Indices, lengths: Indices, positions: Indices): Tensor {
    return ops.linear(this.hidden(ids, lengths, positions), this.embedding.weight, this.outputBias);
  }

  #transformed(hidden: Tensor): Tensor {
    if (this.transform === null || this.transformNorm === null) return hidden;
    return this.transformNorm.forward(ops.gelu(this.transform.forward(hidden)));
  }
}
