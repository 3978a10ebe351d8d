/** The transformer encoder-decoder. */
import { checkChoice, checkNumber } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import type { Activation } from "../nn/feed-forward.ts";
import { normal } from "../nn/init.ts";
import { Module, Parameter } from "../nn/module.ts";
import { Positions } from "../nn/positions.ts";
import { Transformer } from "../nn/transformer.ts";
import type { AttentionKind, DecoderCache } from "../nn/transformer-decoder.ts";
import { type Indices, ops, type Tensor, zeros } from "../tensor/index.ts";
import type { OnHeads } from "./attention-heads.ts";
import type { OutputLayer } from "./output-layer.ts";
import { MODEL_POSITIONS, type ModelPositions, type TransformerModelOptions } from "./transformer-options.ts";
import {
  resolveNetwork,
  type TranslationNetwork,
  type TranslationNetworkOptions,
} from "./translation-network.ts";

/** Sizes and variants of a {@link TransformerSeq2Seq}; all plain values, so that a run directory can hold them. */
export interface TransformerSeq2SeqOptions extends TranslationNetworkOptions, TransformerModelOptions {
  /** Default 256. */
  readonly dimFeedforward?: number;
  /** Default 4. */
  readonly numEncoderLayers?: number;
  /** Default 4. */
  readonly numDecoderLayers?: number;
  /** Default `relu`. */
  readonly activation?: Activation;
  /** Default `sinusoidal`. */
  readonly positions?: ModelPositions;
  /** The most positions of learned vectors. Default 512. */
  readonly maxLength?: number;
  /** Of attention weights. Default 0. */
  readonly attentionDropout?: number;
}

export const TRANSFORMER_SEQ2SEQ_DEFAULTS = {
  dModel: 128,
  nhead: 4,
  dimFeedforward: 256,
  numEncoderLayers: 4,
  numDecoderLayers: 4,
  activation: "relu",
  normFirst: true,
  positions: "sinusoidal",
  maxLength: 512,
  tieEmbeddings: "none",
  dropout: 0,
  attentionDropout: 0,
  activationDropout: 0,
  padId: 0,
} as const satisfies Omit<Required<TransformerSeq2SeqOptions>, "sourceVocabulary" | "targetVocabulary">;

/**
 * Encoder-decoder of self-attention and attention to the source (Vaswani et al. 2017, section 3):
 *
 *     memory = encoder(sqrt(D) E_src source + positions)
 *     h = decoder(sqrt(D) E_tgt y_(<t) + positions, memory)      p(y_t) = softmax(W_out h_t + b)
 *
 * With `normFirst` both stacks end in a normalisation (Wang et al. 2019, section 2.2).
 */
export class TransformerSeq2Seq extends Module implements TranslationNetwork {
  readonly options: Required<TransformerSeq2SeqOptions>;
  sourceEmbedding: Embedding;
  targetEmbedding: Embedding;
  sourcePositions: Positions;
  targetPositions: Positions;
  transformer: Transformer;
  /** `[V, D]`; the target embedding when tied. */
  outputWeight: Parameter;
  outputBias: Parameter;
  dropout: Dropout;

  constructor(options: TransformerSeq2SeqOptions, random: Random) {
    super();
    this.options = resolve(options);
    const { sourceVocabulary, targetVocabulary, dModel, padId, dropout, positions, maxLength } = this.options;
    const { numEncoderLayers, numDecoderLayers, normFirst, tieEmbeddings } = this.options;
    const { nhead, dimFeedforward, activation, attentionDropout, activationDropout } = this.options;

    // Scaled by sqrt(D) on the way in, unit variance; as tied output weights, logits of unit variance.
    const table = (rows: number) => normal(zeros([rows, dModel]), 0, 1 / Math.sqrt(dModel), random);
    const embedding = (numEmbeddings: number) => {
      const made = new Embedding({ numEmbeddings, embeddingDim: dModel, paddingIdx: padId, random });
      const weights = made.weight.view();
      weights.set(table(numEmbeddings).view());
      weights.fill(0, padId * dModel, (padId + 1) * dModel);
      return made;
    };
    this.targetEmbedding = embedding(targetVocabulary);
    this.sourceEmbedding = tieEmbeddings === "all" ? this.targetEmbedding : embedding(sourceVocabulary);
    const type = positions === "rotary" ? "none" : positions;
    this.sourcePositions = new Positions({ type, dModel, maxLength, random });
    this.targetPositions = new Positions({ type, dModel, maxLength, random });
    const layers = { dModel, nhead, dimFeedforward, activation, normFirst, norm: normFirst };
    const dropouts = { dropout, attentionDropout, activationDropout };
    const rotary = positions === "rotary" ? { rotary: {} } : {};
    const depth = { numEncoderLayers, numDecoderLayers };
    this.transformer = new Transformer({ ...layers, ...dropouts, ...rotary, ...depth, random });
    this.outputWeight =
      tieEmbeddings === "none" ? new Parameter(table(targetVocabulary)) : this.targetEmbedding.weight;
    this.outputBias = new Parameter(zeros([targetVocabulary]));
    this.dropout = new Dropout({ p: dropout, random });
  }

  #embed(ids: Indices, embedding: Embedding, positions: Positions, offset = 0): Tensor {
    const scaled = ops.mul(embedding.forward(ids), Math.sqrt(this.options.dModel));
    return this.dropout.forward(positions.forward(scaled, offset));
  }

  /**
   * Encodes ids `[B, S]` of the given lengths to what the decoder attends to, `[B, S, D]`.
   *
   * @param onHeads gets the weights of each layer in turn, `[B, nhead, S, S]`
   */
  encode(source: Indices, lengths: Indices, onHeads?: OnHeads): Tensor {
    const embedded = this.#embed(source, this.sourceEmbedding, this.sourcePositions);
    const seen = onHeads && { onAttention: (weights: Tensor) => onHeads(weights, "encoder") };
    return this.transformer.encoder.forward(embedded, { lengths, ...seen });
  }

  get maxLength(): number {
    return this.options.positions === "learned" ? this.options.maxLength : Number.POSITIVE_INFINITY;
  }

  get output(): OutputLayer {
    return { weight: this.outputWeight, bias: this.outputBias };
  }

  /** Vectors `[..., D]` to logits `[..., V]`. */
  #logits(hidden: Tensor): Tensor {
    return ops.linear(hidden, this.outputWeight, this.outputBias);
  }

  /**
   * Teacher forcing: vectors `[B, T, D]`, from ids `[B, S]`, lengths `[B]` and the shifted target `[B, T]`.
   *
   * @param onHeads gets the weights of all layers of encoder and decoder, `[B, nhead, S or T, S or T]`
   */
  hidden(source: Indices, lengths: Indices, previous: Indices, onHeads?: OnHeads): Tensor {
    const memory = this.encode(source, lengths, onHeads);
    const seen = onHeads && {
      onAttention: (weights: Tensor, kind: AttentionKind) =>
        onHeads(weights, kind === "self" ? "decoder" : "memory"),
    };
    const embedded = this.#embed(previous, this.targetEmbedding, this.targetPositions);
    return this.transformer.decoder.forward(embedded, memory, {
      causal: true,
      memoryLengths: lengths,
      ...seen,
    });
  }

  /** Teacher forcing: the logits `[B, T, V]` of {@link hidden}. */
  forward(source: Indices, lengths: Indices, previous: Indices, onHeads?: OnHeads): Tensor {
    return this.#logits(this.hidden(source, lengths, previous, onHeads));
  }

  /**
   * One step: the previous ids `[B, 1]` to logits `[B, 1, V]`. The caches, one for each layer, take up the new keys
   * and values.
   *
   * @param onAttention gets the weights over the source of each layer in turn, `[B, nhead, 1, S]`
   */
  step(
    previous: Indices,
    caches: readonly DecoderCache[],
    memoryLengths: Indices,
    onAttention?: (weights: Tensor, kind: AttentionKind) => void,
  ): Tensor {
    const offset = caches[0].self.length;
    const embedded = this.#embed(previous, this.targetEmbedding, this.targetPositions, offset);
    const seen = onAttention === undefined ? {} : { onAttention };
    const hidden = this.transformer.decoder.forward(embedded, null, {
      caches,
      memoryLengths,
      causal: true,
      ...seen,
    });
    return this.#logits(hidden);
  }
}

function resolve(options: TransformerSeq2SeqOptions): Required<TransformerSeq2SeqOptions> {
  const all = resolveNetwork("TransformerSeq2Seq", options, TRANSFORMER_SEQ2SEQ_DEFAULTS);
  // The layers check their own sizes.
  checkNumber("dModel", all.dModel, { integer: true, min: 1 });
  checkChoice("positions", all.positions, MODEL_POSITIONS);
  return all;
}
