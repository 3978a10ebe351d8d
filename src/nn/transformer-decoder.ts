/** The transformer's decoder, which attends to a memory. */
import { OptionError } from "../base/errors.ts";
import { rejectUnknownKeys } from "../base/options.ts";
import type { Indices, Tensor } from "../tensor/index.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import type { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { AttendOptions, MultiheadAttention, MultiheadForwardOptions } from "./multihead-attention.ts";
import type { LayerNorm } from "./norm.ts";
import { checkCaches, splitStackOptions, type TransformerStackOptions } from "./transformer-encoder.ts";
import { makeNorm, TransformerLayer, type TransformerLayerOptions } from "./transformer-layer.ts";

/** What a decoder layer keeps between steps: keys and values of the target so far, and of the memory. */
export interface DecoderCache {
  readonly self: KeyValueCache;
  readonly memory: KeyValueCache;
}

/** Which of a decoder layer's two attentions: to the target itself, or to the memory. */
export type AttentionKind = "self" | "memory";

export interface TransformerDecoderMasks {
  /** Position t of the target attends positions 0 to t alone. Default false. */
  readonly causal?: boolean;
  /** Valid target positions of each row, `[B]`. */
  readonly lengths?: Indices;
  /** 0/1, 1 = may be attended, among target positions: `[T, T]` and the other shapes of the attention's mask. */
  readonly mask?: Tensor;
  /** Added to the scores among target positions. */
  readonly bias?: Tensor;
  /** Valid memory positions of each row, `[B]`. */
  readonly memoryLengths?: Indices;
  /** 0/1, 1 = may be attended, from target to memory: `[T, S]` and the other shapes of the attention's mask. */
  readonly memoryMask?: Tensor;
}

export interface TransformerDecoderLayerForwardOptions extends TransformerDecoderMasks {
  /** Makes x the continuation of what went through before; the memory is in it. */
  readonly cache?: DecoderCache;
  /** Gets the weights `[B, H, T, S]` of both attentions. */
  readonly onAttention?: (weights: Tensor, kind: AttentionKind) => void;
}

const FORWARD_KEYS = [
  "causal",
  "lengths",
  "mask",
  "bias",
  "memoryLengths",
  "memoryMask",
  "cache",
  "onAttention",
] as const satisfies readonly (keyof TransformerDecoderLayerForwardOptions)[];

/**
 * Self-attention, attention to a memory and a feed-forward sublayer (Vaswani et al. 2017, section 3.1), with PyTorch's
 * names and defaults.
 *
 * @example
 * const layer = new TransformerDecoderLayer({ dModel: 8, nhead: 2, dimFeedforward: 16 });
 * layer.forward(ones([3, 5, 8]), ones([3, 7, 8]), { causal: true, memoryLengths: [7, 3, 5] }).shape; // [3, 5, 8]
 */
export class TransformerDecoderLayer extends TransformerLayer {
  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;

  constructor(options: TransformerLayerOptions) {
    super("TransformerDecoderLayer", options);
    this.self_attn = this.makeAttention("self");
    this.multihead_attn = this.makeAttention("memory");
    [this.linear1, this.linear2] = this.makeFeedForward();
    this.norm1 = this.makeNorm();
    this.norm2 = this.makeNorm();
    this.norm3 = this.makeNorm();
  }

  /** An empty cache for the target and the projected memory `[B, S, D]`. Call it inside `noGrad`. */
  startCache(memory: Tensor): DecoderCache {
    return { self: new KeyValueCache(), memory: this.multihead_attn.memoryCache(memory) };
  }

  /**
   * x `[B, T, D]` and memory `[B, S, D]` (null with a cache, which has it) to `[B, T, D]`.
   *
   * @throws {OptionError} unless there is either a memory or a cache.
   */
  forward(x: Tensor, memory: Tensor | null, options: TransformerDecoderLayerForwardOptions = {}): Tensor {
    rejectUnknownKeys("TransformerDecoderLayer.forward", options, FORWARD_KEYS);
    const { cache } = options;
    const [selfOptions, memoryOptions] = splitOptions(options);
    const attendMemory = (y: Tensor): Tensor => {
      if (memory !== null && cache === undefined) {
        return this.multihead_attn.forward(y, memory, memory, memoryOptions);
      }
      if (memory === null && cache !== undefined) {
        return this.multihead_attn.attend(y, cache.memory, memoryOptions);
      }
      throw new OptionError({
        what: "decoder memory",
        expected: "either a memory or a cache that holds it",
        got: cache === undefined ? "neither" : "both",
      });
    };
    const attended = this.residual(x, this.norm1, (y) => this.self_attn.forward(y, null, null, selfOptions));
    return this.feedForward(this.residual(attended, this.norm2, attendMemory), this.norm3);
  }
}

/** The options of the attention to the target and of that to the memory. */
function splitOptions({
  memoryLengths,
  memoryMask,
  cache,
  onAttention,
  ...target
}: TransformerDecoderLayerForwardOptions): [MultiheadForwardOptions, AttendOptions] {
  const seen = (kind: AttentionKind) =>
    onAttention && { onAttention: (weights: Tensor) => onAttention(weights, kind) };
  return [
    { ...target, ...(cache && { cache: cache.self }), ...seen("self") },
    {
      ...(memoryLengths && { lengths: memoryLengths }),
      ...(memoryMask && { mask: memoryMask }),
      ...seen("memory"),
    },
  ];
}

export interface TransformerDecoderForwardOptions extends TransformerDecoderMasks {
  /** A cache for each layer. */
  readonly caches?: readonly DecoderCache[];
  /** Gets the weights `[B, H, T, S]` of both attentions of each layer, in order. */
  readonly onAttention?: (weights: Tensor, kind: AttentionKind, layer: number) => void;
}

/**
 * A stack of decoder layers.
 *
 * @example
 * const decoder = new TransformerDecoder({ numLayers: 2, dModel: 8, nhead: 2, dimFeedforward: 16 });
 * decoder.forward(ones([1, 5, 8]), ones([1, 7, 8]), { causal: true }).shape; // [1, 5, 8]
 */
export class TransformerDecoder extends Module {
  layers: TransformerDecoderLayer[];
  norm: LayerNorm | null;

  constructor(options: TransformerStackOptions) {
    super();
    const { layer, count, norm } = splitStackOptions("TransformerDecoder", options);
    this.layers = Array.from({ length: count }, () => new TransformerDecoderLayer(layer));
    this.norm = norm ? makeNorm(layer) : null;
  }

  /** Caches for {@link forward}, one for each layer, that hold the projected memory. Call it inside `noGrad`. */
  startCaches(memory: Tensor): DecoderCache[] {
    return this.layers.map((layer) => layer.startCache(memory));
  }

  /** x `[B, T, D]` and memory `[B, S, D]` (null with caches, which have it) to `[B, T, D]`. */
  forward(x: Tensor, memory: Tensor | null, options: TransformerDecoderForwardOptions = {}): Tensor {
    const { caches, onAttention, ...rest } = options;
    checkCaches(this.layers.length, caches);
    const out = this.layers.reduce(
      (y, layer, i) =>
        layer.forward(y, memory, {
          ...rest,
          ...(caches && { cache: caches[i] }),
          ...(onAttention && { onAttention: (weights, kind) => onAttention(weights, kind, i) }),
        }),
      x,
    );
    return this.norm?.forward(out) ?? out;
  }
}
