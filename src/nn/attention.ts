/** Attention of a decoder over an encoder's outputs: additive, dot-product and bilinear. */
import { OptionError, ShapeError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { formatShape, sameShape } from "../base/shape.ts";
import { empty, type Indices, indices, ops, type Tensor, tensor } from "../tensor/index.ts";
import { defaultRandom, uniform } from "./init.ts";
import { Module, Parameter } from "./module.ts";

/** What can be attended to, prepared once for all queries. */
export interface AttentionMemory {
  /** `[B, S, K]`: what is averaged. */
  readonly values: Tensor;
  /** What queries are compared with. */
  readonly keys: Tensor;
  /** 1 where a position may be attended, `[B, 1, S]` or `[B, T, S]`; null when all may. */
  readonly mask: Tensor | null;
}

export interface MemoryOptions {
  /** True (or 1) where a position may be attended, `[B, S]` or `[B, T, S]`. */
  readonly mask?: Tensor;
  /** Number of valid positions of each member of the batch, `[B]`: another way to give the mask. */
  readonly lengths?: Indices;
}

/**
 * Weights every position of a memory `[B, S, K]` for each query `[B, T, Q]` and averages the values:
 * `weights = softmax(score(query, key))`, `context = weights values`. A query that may attend nowhere gets zeros.
 */
export abstract class Attention extends Module {
  /** Keys to compare queries with, from the values `[B, S, K]`. */
  protected abstract keysOf(values: Tensor): Tensor;
  /** Scores `[B, T, S]`. */
  protected abstract scores(query: Tensor, keys: Tensor): Tensor;

  /** Does the part of the work that does not depend on the query. */
  memory(values: Tensor, options: MemoryOptions = {}): AttentionMemory {
    if (values.rank !== 3) {
      throw new ShapeError({
        what: "attention memory",
        expected: "[B, S, K]",
        got: formatShape(values.shape),
      });
    }
    const mask = maskOf(values, options);
    // A weight of 0 does not take away a NaN: what no query may attend has to go itself.
    const visible = mask?.shape[1] === 1 ? ops.keepWhere(values, ops.transpose(mask)) : values;
    return { values: visible, keys: this.keysOf(visible), mask };
  }

  /** The context `[B, T, K]` and weights `[B, T, S]` for queries `[B, T, Q]`. */
  attend(query: Tensor, { values, keys, mask }: AttentionMemory): { context: Tensor; weights: Tensor } {
    const scores = this.scores(query, keys);
    const weights = mask === null ? ops.softmax(scores) : ops.maskedSoftmax(scores, mask);
    return { context: ops.matmul(weights, values), weights };
  }

  forward(query: Tensor, values: Tensor, options: MemoryOptions = {}): { context: Tensor; weights: Tensor } {
    return this.attend(query, this.memory(values, options));
  }
}

function maskOf(values: Tensor, { mask, lengths }: MemoryOptions): Tensor | null {
  const [batch, positions] = values.shape;
  if (mask !== undefined && lengths !== undefined) {
    throw new OptionError({ what: "attention memory", expected: "either mask or lengths", got: "both" });
  }
  if (mask !== undefined) return mask.rank === 2 ? ops.unsqueeze(mask, 1) : mask;
  if (lengths === undefined) return null;
  const checked = indices("lengths", lengths, positions + 1);
  if (!sameShape(checked.shape, [batch])) {
    throw new ShapeError({ what: "lengths", expected: `[${batch}]`, got: formatShape(checked.shape) });
  }
  const counts = checked.view();
  const flags = new Float64Array(batch * positions);
  counts.forEach((count, b) => {
    flags.fill(1, b * positions, b * positions + count);
  });
  return tensor(flags, [batch, 1, positions], values.dtype);
}

const weightMatrix = (rows: number, cols: number, random: Random): Parameter => {
  const bound = 1 / Math.sqrt(cols);
  return new Parameter(uniform(empty([rows, cols]), -bound, bound, random));
};

export interface AdditiveAttentionOptions {
  readonly queryDim: number;
  readonly keyDim: number;
  readonly attentionDim: number;
  readonly random?: Random;
}

/** `score = v . tanh(W_q q + W_k k)` (Bahdanau, Cho and Bengio 2015, appendix A.1.2). */
export class AdditiveAttention extends Attention {
  /** `[attentionDim, queryDim]` */
  queryWeight: Parameter;
  /** `[attentionDim, keyDim]` */
  keyWeight: Parameter;
  /** `[attentionDim]` */
  v: Parameter;

  constructor(options: AdditiveAttentionOptions) {
    super();
    rejectUnknownKeys("AdditiveAttention", options, ["queryDim", "keyDim", "attentionDim", "random"]);
    const { random = defaultRandom } = options;
    const size = { integer: true, min: 1 };
    const width = checkNumber("attentionDim", options.attentionDim, size);
    this.queryWeight = weightMatrix(width, checkNumber("queryDim", options.queryDim, size), random);
    this.keyWeight = weightMatrix(width, checkNumber("keyDim", options.keyDim, size), random);
    const bound = 1 / Math.sqrt(width);
    this.v = new Parameter(uniform(empty([width]), -bound, bound, random));
  }

  protected override keysOf(values: Tensor): Tensor {
    return ops.linear(values, this.keyWeight);
  }

  protected override scores(query: Tensor, keys: Tensor): Tensor {
    return ops.additiveScores(ops.linear(query, this.queryWeight), keys, this.v);
  }
}

export interface DotAttentionOptions {
  /** Divide the scores by sqrt(K) (Vaswani et al. 2017, eq. 1). Default false. */
  readonly scaled?: boolean;
}

/** `score = q . k` (Luong, Pham and Manning 2015, eq. 8, "dot"); queries and memory have the same width. */
export class DotAttention extends Attention {
  readonly scaled: boolean;

  constructor(options: DotAttentionOptions = {}) {
    super();
    rejectUnknownKeys("DotAttention", options, ["scaled"]);
    this.scaled = options.scaled ?? false;
  }

  protected override keysOf(values: Tensor): Tensor {
    return values;
  }

  protected override scores(query: Tensor, keys: Tensor): Tensor {
    const scores = ops.matmul(query, keys, { transposeB: true });
    return this.scaled ? ops.mul(scores, 1 / Math.sqrt(keys.shape[2])) : scores;
  }
}

export interface BilinearAttentionOptions {
  readonly queryDim: number;
  readonly keyDim: number;
  readonly random?: Random;
}

/** `score = q W k` (Luong, Pham and Manning 2015, eq. 8, "general"). */
export class BilinearAttention extends Attention {
  /** `[queryDim, keyDim]` */
  weight: Parameter;

  constructor(options: BilinearAttentionOptions) {
    super();
    rejectUnknownKeys("BilinearAttention", options, ["queryDim", "keyDim", "random"]);
    const { random = defaultRandom } = options;
    const size = { integer: true, min: 1 };
    this.weight = weightMatrix(
      checkNumber("queryDim", options.queryDim, size),
      checkNumber("keyDim", options.keyDim, size),
      random,
    );
  }

  /** W k for every position, so that a query costs one dot product a position. */
  protected override keysOf(values: Tensor): Tensor {
    return ops.linear(values, this.weight);
  }

  protected override scores(query: Tensor, keys: Tensor): Tensor {
    return ops.matmul(query, keys, { transposeB: true });
  }
}
