/** The decoder-only transformer. */
import type { Random } from "../base/random.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { normal } from "../nn/init.ts";
import type { KeyValueCache } from "../nn/key-value-cache.ts";
import { Module, Parameter } from "../nn/module.ts";
import { Positions } from "../nn/positions.ts";
import { TransformerEncoder } from "../nn/transformer-encoder.ts";
import { type Indices, ops, type Tensor, zeros } from "../tensor/index.ts";
import type { OnHeads } from "./attention-heads.ts";
import type { LanguageModelNetwork, LanguageModelState } from "./language-model-network.ts";
import type { OutputLayer } from "./output-layer.ts";
import {
  type ModelPositions,
  resolveStack,
  TRANSFORMER_STACK_DEFAULTS,
  type TransformerStackOptions,
} from "./transformer-options.ts";

/** Sizes and variants of a {@link TransformerLanguageModel}; all plain values, so that a run directory can hold them. */
export interface TransformerLanguageModelOptions extends TransformerStackOptions {
  /** The most tokens to look back on. Default 64. */
  readonly blockSize?: number;
  /** Default 1e-5. */
  readonly layerNormEps?: number;
  /** Default `learned`, with `blockSize` positions. */
  readonly positions?: ModelPositions;
  /** Whether the output weights are the embedding. Default true. */
  readonly tieEmbeddings?: boolean;
  /** Biases in layers and normalisations. Default true. */
  readonly bias?: boolean;
  /** A bias for each token of the vocabulary. Default false. */
  readonly outputBias?: boolean;
}

/** All but the vocabulary; those that are undefined follow from others. */
export const TRANSFORMER_LANGUAGE_MODEL_DEFAULTS = {
  ...TRANSFORMER_STACK_DEFAULTS,
  blockSize: 64,
  layerNormEps: 1e-5,
  positions: "learned",
  tieEmbeddings: true,
  bias: true,
  outputBias: false,
} as const satisfies Record<Exclude<keyof TransformerLanguageModelOptions, "vocabularySize">, unknown>;

const INITIAL_DEVIATION = 0.02;

/** The keys and values of all layers. */
class CachedTokens implements LanguageModelState {
  readonly caches: readonly KeyValueCache[];

  constructor(caches: readonly KeyValueCache[]) {
    this.caches = caches;
  }

  get length(): number {
    return this.caches[0].length;
  }

  select(rows: Int32Array): void {
    for (const cache of this.caches) cache.select(rows);
  }

  dispose(): void {
    for (const cache of this.caches) cache.dispose();
  }
}

/**
 * Decoder-only transformer language model (Radford et al. 2018, section 3.1; the defaults are those of Radford et al.
 * 2019, section 2.3, with the exact GELU):
 *
 *     h = norm(layers(E x + P))        p(x_(t+1)) = softmax(E h_t)
 *
 * with causal self-attention. Weights start normal with deviation 0.02, those of the maps that add to the residual
 * stream divided by sqrt(2 layers), and biases at zero.
 *
 * @example
 * const network = new TransformerLanguageModel({ vocabularySize: 50, dModel: 16, numLayers: 2 }, new Random(1));
 * network.logits(network.hidden([[3, 1, 4]])).shape; // [1, 3, 50]
 */
export class TransformerLanguageModel extends Module implements LanguageModelNetwork {
  readonly options: Required<TransformerLanguageModelOptions>;
  embedding: Embedding;
  positions: Positions;
  dropout: Dropout;
  transformer: TransformerEncoder;
  /** `[V, D]`; the embedding when tied. */
  outputWeight: Parameter;
  outputBias: Parameter | null;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(options: TransformerLanguageModelOptions, random: Random) {
    super();
    this.options = resolveStack("TransformerLanguageModel", options, TRANSFORMER_LANGUAGE_MODEL_DEFAULTS, 1);
    const { vocabularySize, blockSize, dModel, positions, tieEmbeddings, dropout } = this.options;
    const { nhead, numLayers, dimFeedforward, activation, normFirst, layerNormEps, bias } = this.options;
    const { attentionDropout, activationDropout, outputBias } = this.options;
    this.embedding = new Embedding({ numEmbeddings: vocabularySize, embeddingDim: dModel, random });
    const type = positions === "rotary" ? "none" : positions;
    this.positions = new Positions({ type, dModel, maxLength: blockSize, random });
    this.dropout = new Dropout({ p: dropout, random });
    this.transformer = new TransformerEncoder({
      ...{ dModel, nhead, numLayers, dimFeedforward, activation, normFirst, norm: normFirst },
      ...{ layerNormEps, bias, dropout, attentionDropout, activationDropout, random },
      ...(positions === "rotary" ? { rotary: {} } : {}),
    });
    this.outputWeight = tieEmbeddings
      ? this.embedding.weight
      : new Parameter(zeros([vocabularySize, dModel]));
    this.outputBias = outputBias ? new Parameter(zeros([vocabularySize])) : null;
    this.#initialise(random);
  }

  #initialise(random: Random): void {
    const ends = /\.(out_proj|linear2)\.weight$/;
    const depth = Math.sqrt(2 * this.options.numLayers);
    for (const [name, parameter] of this.namedParameters()) {
      if (parameter.rank >= 2) {
        normal(parameter, 0, ends.test(name) ? INITIAL_DEVIATION / depth : INITIAL_DEVIATION, random);
      } else if (/bias$/i.test(name)) parameter.view().fill(0);
    }
  }

  get vocabularySize(): number {
    return this.options.vocabularySize;
  }

  get blockSize(): number {
    return this.options.blockSize;
  }

  get output(): OutputLayer {
    return { weight: this.outputWeight, bias: this.outputBias };
  }

  start(): CachedTokens {
    return new CachedTokens(this.transformer.startCaches());
  }

  /**
   * @param onHeads gets the weights of each layer in turn, `[B, nhead, T, S]`
   * @throws {ShapeError} for more tokens than `blockSize` with learned positions.
   */
  hidden(ids: Indices, state?: CachedTokens, onHeads?: OnHeads): Tensor {
    const placed = this.positions.forward(this.embedding.forward(ids), state?.length ?? 0);
    const caches = state === undefined ? {} : { caches: state.caches };
    const seen = onHeads && { onAttention: (weights: Tensor) => onHeads(weights, "decoder") };
    return this.transformer.forward(this.dropout.forward(placed), { causal: true, ...caches, ...seen });
  }

  logits(hidden: Tensor): Tensor {
    return ops.linear(hidden, this.outputWeight, this.outputBias);
  }
}
