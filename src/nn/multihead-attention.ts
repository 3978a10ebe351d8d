/** Multi-head attention with PyTorch's weights. */
import { OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";

import type { Random } from "../base/random.ts";
import {
  type AttentionOptions,
  attentionWeights,
  type Columns,
  type ColumnsLike,
  empty,
  type Indices,
  indices,
  ops,
  type RotaryOptions,
  rotary,
  scaledDotProductAttention,
  type Tensor,
  zeros,
} from "../tensor/index.ts";
import { defaultRandom, xavierUniform } from "./init.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import { Linear } from "./linear.ts";
import { Module, Parameter } from "./module.ts";

export interface MultiheadAttentionOptions {
  /** Width E of queries and results. */
  readonly embedDim: number;
  /** Number of heads H, each E / H wide. */
  readonly numHeads: number;
  /** Probability of dropping an attention weight while training. Default 0. */
  readonly dropout?: number;
  /** Biases on all four maps. Default true. */
  readonly bias?: boolean;
  /** Width of the keys' input. Default E. */
  readonly kdim?: number;
  /** Width of the values' input. Default E. */
  readonly vdim?: number;
  /** Turn queries and keys by their positions. For self-attention, where they share positions. Default: do not. */
  readonly rotary?: RotaryForm;
  readonly random?: Random;
}

/** Which rotary positions (Su et al. 2021, section 3.2.2). */
export type RotaryForm = Pick<RotaryOptions, "base" | "layout">;

/** Who may attend to what. Everything may, where nothing is said. */
export interface AttendOptions {
  /**
   * Number of valid keys of each row, `[B]`. What the others hold changes nothing, but must be finite when training:
   * times a gradient of zero it is part of the sums that give the weights' gradients.
   */
  readonly lengths?: Indices;
  /** 0/1, 1 = may be attended: `[T, S]`, `[B or 1, T or 1, S]` or `[B or 1, H or 1, T or 1, S]`. */
  readonly mask?: Tensor;
  /** Added to the scores, in the shapes of `mask`; may hold -Infinity. Differentiable. */
  readonly bias?: Tensor;
  /** Gets the weights `[B, H, T, S]` before dropout, without gradients. */
  readonly onAttention?: (weights: Tensor) => void;
}

export interface MultiheadForwardOptions extends AttendOptions {
  /** Query t attends keys 0 to t alone; behind a cache of n positions, keys 0 to n + t. Default false. */
  readonly causal?: boolean;
  /** The keys and values are added to it, and everything in it is attended. */
  readonly cache?: KeyValueCache;
}

/** The keys and values that queries meet, with their place among the keys. */
interface Meeting extends AttendOptions {
  readonly causal?: boolean;
  readonly offset?: number;
}

/**
 * Multi-head attention (Vaswani et al. 2017, section 3.2.2), batch-first: with heads i of width d = E / H,
 *
 *     head_i = softmax(Q_i K_i^T / sqrt(d)) V_i,    y = concat(head_1 .. head_H) W_o^T + b_o
 *
 * where Q, K and V are linear maps of query, key and value. A query that may attend nowhere gets heads of zeros.
 * Parameters are PyTorch's: `in_proj_weight [3E, E]` (rows of Q, K, V; three matrices `q_proj_weight`,
 * `k_proj_weight`, `v_proj_weight` when kdim or vdim differ from E), `in_proj_bias [3E]`, `out_proj.weight [E, E]`,
 * `out_proj.bias [E]`. Input weights start Xavier uniform and biases at zero.
 *
 * @example
 * const attention = new MultiheadAttention({ embedDim: 8, numHeads: 2 });
 * attention.forward(ones([1, 5, 8]), null, null, { causal: true }).shape; // [1, 5, 8]
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly rotary: RotaryForm | null;
  in_proj_weight: Parameter | null = null;
  q_proj_weight: Parameter | null = null;
  k_proj_weight: Parameter | null = null;
  v_proj_weight: Parameter | null = null;
  in_proj_bias: Parameter | null;
  out_proj: Linear;
  readonly #random: Random;

  constructor(options: MultiheadAttentionOptions) {
    super();
    const known = ["embedDim", "numHeads", "dropout", "bias", "kdim", "vdim", "rotary", "random"];
    rejectUnknownKeys("MultiheadAttention", options, known);
    const { dropout = 0, bias = true, random = defaultRandom } = options;
    const size = { integer: true, min: 1 };
    const width = checkNumber("embedDim", options.embedDim, size);
    this.embedDim = width;
    this.numHeads = checkNumber("numHeads", options.numHeads, size);
    if (width % this.numHeads !== 0) {
      const expected = `a multiple of the ${this.numHeads} heads`;
      throw new OptionError({ what: "embedDim", expected, got: String(width) });
    }
    this.dropout = checkNumber("dropout", dropout, { min: 0, max: 1 });
    this.#random = random;
    this.rotary = checkRotary(options.rotary, width / this.numHeads);
    const matrix = (rows: number, cols: number) => new Parameter(xavierUniform(empty([rows, cols]), random));
    const kdim = checkNumber("kdim", options.kdim ?? width, size);
    const vdim = checkNumber("vdim", options.vdim ?? width, size);
    if (kdim === width && vdim === width) this.in_proj_weight = matrix(3 * width, width);
    else {
      this.q_proj_weight = matrix(width, width);
      this.k_proj_weight = matrix(width, kdim);
      this.v_proj_weight = matrix(width, vdim);
    }
    this.in_proj_bias = bias ? new Parameter(zeros([3 * width])) : null;
    this.out_proj = new Linear({ inFeatures: width, outFeatures: width, bias, random });
    this.out_proj.bias?.view().fill(0);
  }

  /**
   * Queries `[B, T, E]` attend keys `[B, S, kdim]` with values `[B, S, vdim]`, giving `[B, T, E]`. Without key, the
   * query attends to itself; without value, the key is the value too.
   *
   * @throws {ShapeError} for shapes that do not fit.
   * @throws {StateError} for a cache outside `noGrad`.
   */
  forward(
    query: Tensor,
    key: Tensor | null = null,
    value: Tensor | null = null,
    options: MultiheadForwardOptions = {},
  ): Tensor {
    rejectUnknownKeys("MultiheadAttention.forward", options, FORWARD_KEYS);
    const { cache, ...rest } = options;
    const offset = cache?.length ?? 0;
    const [q, k, v] = this.#project(query, key ?? query, value ?? key ?? query, offset);
    if (cache === undefined) return this.#meet(q, k, v, rest);
    cache.append(k, v);
    return this.#meetCache(q, cache, { ...rest, offset });
  }

  /** The keys and values of a memory `[B, S, kdim]` that many queries will {@link attend} to, projected once. */
  memoryCache(memory: Tensor): KeyValueCache {
    const [k, v] = this.#projectMemory(memory, memory);
    const cache = new KeyValueCache();
    cache.append(k, v);
    return cache;
  }

  /** Queries `[B, T, E]` attend all of `cache`, giving `[B, T, E]`. */
  attend(query: Tensor, cache: KeyValueCache, options: AttendOptions = {}): Tensor {
    rejectUnknownKeys("MultiheadAttention.attend", options, ATTEND_KEYS);
    return this.#meetCache(this.#mapQuery(query), cache, options);
  }

  /** Query, key and value in the heads' space, as columns of as few products as possible. */
  #project(query: Tensor, key: Tensor, value: Tensor, offset: number): readonly ColumnsLike[] {
    if (this.in_proj_weight === null || key !== query || value !== query) {
      return [this.#mapQuery(query), ...this.#projectMemory(key, value)];
    }
    const packed = this.#map(query, 0, 3);
    const [heads, width] = [2 * this.numHeads, this.embedDim / this.numHeads];
    // Queries and keys are the first 2H heads' columns.
    const turned = this.rotary ? rotary(packed, { ...this.rotary, heads, width, offset }) : packed;
    return [0, 1, 2].map((index) => this.#column(turned, index));
  }

  /** Queries of an attention to something else. */
  #mapQuery(query: Tensor): Tensor {
    if (this.rotary === null) return this.#map(query, 0, 1);
    throw new OptionError({
      what: "attention with rotary positions",
      expected: "no key and value but the query",
      got: "others",
      hint: "Positions of different sequences cannot be compared.",
    });
  }

  #projectMemory(key: Tensor, value: Tensor): readonly [k: ColumnsLike, v: ColumnsLike] {
    if (this.in_proj_weight === null || key !== value) return [this.#map(key, 1, 2), this.#map(value, 2, 3)];
    const packed = this.#map(key, 1, 3);
    return [this.#column(packed, 0), this.#column(packed, 1)];
  }

  #column(of: Tensor, index: number): Columns {
    return { of, start: index * this.embedDim, width: this.embedDim };
  }

  /** x through the maps `first` to `last - 1` of Q, K, V; several only where they are packed in one matrix. */
  #map(x: Tensor, first: number, last: number): Tensor {
    const rows = (w: Tensor) => ops.slice(w, 0, first * this.embedDim, last * this.embedDim);
    const own = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight][first];
    const weight = this.in_proj_weight === null ? (own as Tensor) : rows(this.in_proj_weight);
    return ops.linear(x, weight, this.in_proj_bias === null ? null : rows(this.in_proj_bias));
  }

  #meetCache(query: ColumnsLike, cache: KeyValueCache, options: Meeting): Tensor {
    const { length, capacity } = cache;
    const { mask, bias, onAttention, causal } = options;
    if (options.lengths !== undefined) indices("lengths", options.lengths, length + 1);
    if (length < capacity && (mask ?? bias ?? onAttention) !== undefined) {
      // These speak of the filled positions alone.
      const [k, v] = [cache.keys, cache.values].map((x) => ops.slice(x, 1, 0, length));
      return this.#meet(query, k, v, options);
    }
    // Causal queries do not see beyond the filled positions; others have to be told where they end.
    const told = options.lengths !== undefined || causal === true || length === capacity;
    const lengths = told ? {} : { lengths: new Int32Array(cache.keys.shape[0]).fill(length) };
    return this.#meet(query, cache.keys, cache.values, { ...options, ...lengths });
  }

  #meet(query: ColumnsLike, key: ColumnsLike, value: ColumnsLike, { onAttention, ...rest }: Meeting): Tensor {
    const options: AttentionOptions = { ...rest, heads: this.numHeads };
    onAttention?.(attentionWeights(query, key, options));
    const dropout = this.training && this.dropout > 0 ? { dropout: this.dropout, random: this.#random } : {};
    return this.out_proj.forward(scaledDotProductAttention(query, key, value, { ...options, ...dropout }));
  }
}

function checkRotary(rotary: RotaryForm | undefined, width: number): RotaryForm | null {
  if (rotary === undefined) return null;
  rejectUnknownKeys("rotary", rotary, ["base", "layout"]);
  if (width % 2 === 0) return rotary;
  throw new OptionError({ what: "rotary", expected: "heads of an even width", got: String(width) });
}

const ATTEND_KEYS = ["lengths", "mask", "bias", "onAttention"];
const FORWARD_KEYS = [...ATTEND_KEYS, "causal", "cache"];
