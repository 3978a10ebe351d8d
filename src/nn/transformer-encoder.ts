/** The transformer's encoder; with `causal`, the stack of a decoder-only language model. */
import { ShapeError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Tensor } from "../tensor/index.ts";
import { KeyValueCache, type KeyValueCacheOptions } from "./key-value-cache.ts";
import type { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { MultiheadAttention, MultiheadForwardOptions } from "./multihead-attention.ts";
import type { LayerNorm } from "./norm.ts";
import { LAYER_KEYS, makeNorm, TransformerLayer, type TransformerLayerOptions } from "./transformer-layer.ts";

/**
 * Self-attention and a feed-forward sublayer (Vaswani et al. 2017, section 3.1), with PyTorch's names and defaults.
 *
 * @example
 * const layer = new TransformerEncoderLayer({ dModel: 8, nhead: 2, dimFeedforward: 16 });
 * layer.forward(ones([3, 5, 8]), { lengths: [5, 2, 4] }).shape; // [3, 5, 8]
 */
export class TransformerEncoderLayer extends TransformerLayer {
  self_attn: MultiheadAttention;
  linear1: Linear;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;

  constructor(options: TransformerLayerOptions) {
    super("TransformerEncoderLayer", options);
    this.self_attn = this.makeAttention("self");
    [this.linear1, this.linear2] = this.makeFeedForward();
    this.norm1 = this.makeNorm();
    this.norm2 = this.makeNorm();
  }

  /** x `[B, T, D]` to `[B, T, D]`. A cache makes x the continuation of what went through before. */
  forward(x: Tensor, options: MultiheadForwardOptions = {}): Tensor {
    const attended = this.residual(x, this.norm1, (y) => this.self_attn.forward(y, null, null, options));
    return this.feedForward(attended, this.norm2);
  }
}

export interface TransformerStackOptions extends TransformerLayerOptions {
  readonly numLayers: number;
  /** A last normalisation. Default: with `normFirst`, whose sums nothing else would normalise. */
  readonly norm?: boolean;
}

export interface TransformerEncoderForwardOptions
  extends Omit<MultiheadForwardOptions, "cache" | "onAttention"> {
  /** A cache for each layer. */
  readonly caches?: readonly KeyValueCache[];
  /** Gets the weights `[B, H, T, S]` of each layer, in order. */
  readonly onAttention?: (weights: Tensor, layer: number) => void;
}

/**
 * A stack of encoder layers.
 *
 * @example
 * const encoder = new TransformerEncoder({ numLayers: 2, dModel: 8, nhead: 2, dimFeedforward: 16 });
 * encoder.forward(ones([1, 5, 8]), { causal: true }).shape; // [1, 5, 8]
 */
export class TransformerEncoder extends Module {
  layers: TransformerEncoderLayer[];
  norm: LayerNorm | null;

  constructor(options: TransformerStackOptions) {
    super();
    const { layer, count, norm } = splitStackOptions("TransformerEncoder", options);
    this.layers = Array.from({ length: count }, () => new TransformerEncoderLayer(layer));
    this.norm = norm ? makeNorm(layer) : null;
  }

  /** Empty caches for {@link forward}, one for each layer. */
  startCaches(options: KeyValueCacheOptions = {}): KeyValueCache[] {
    return this.layers.map(() => new KeyValueCache(options));
  }

  /** x `[B, T, D]` to `[B, T, D]`. */
  forward(x: Tensor, options: TransformerEncoderForwardOptions = {}): Tensor {
    const { caches, onAttention, ...rest } = options;
    checkCaches(this.layers.length, caches);
    const out = this.layers.reduce(
      (y, layer, i) =>
        layer.forward(y, {
          ...rest,
          ...(caches && { cache: caches[i] }),
          ...(onAttention && { onAttention: (weights) => onAttention(weights, i) }),
        }),
      x,
    );
    return this.norm?.forward(out) ?? out;
  }
}

/** The options of a stack, parted into those of its layers and its own. */
export function splitStackOptions(
  what: string,
  options: TransformerStackOptions,
): { layer: TransformerLayerOptions; count: number; norm: boolean } {
  rejectUnknownKeys(what, options, [...LAYER_KEYS, "numLayers", "norm"]);
  const { numLayers, norm = options.normFirst ?? false, ...layer } = options;
  return { layer, count: checkNumber("numLayers", numLayers, { integer: true, min: 1 }), norm };
}

/** Refuses a number of caches other than that of the layers. */
export function checkCaches(layers: number, caches: readonly unknown[] | undefined): void {
  if (caches === undefined || caches.length === layers) return;
  throw new ShapeError({
    what: "caches",
    expected: `one for each of ${layers} layers`,
    got: String(caches.length),
  });
}
