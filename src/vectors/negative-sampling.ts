/** The model of word vectors in the ops of the tensor core: what the training kernel computes, to be read. */

import { checkObject } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { Embedding } from "../nn/embedding.ts";
import { Module } from "../nn/module.ts";
import { ops, type Tensor, tensor } from "../tensor/index.ts";

/**
 * Skip-gram and CBOW with negative sampling (Mikolov et al. 2013, section 2.2) as a module to train with any optimizer.
 *
 * @example
 * const model = new NegativeSampling({ words: 10, dim: 4 });
 * model.forward([[1], [2]], [3, 7, 8]).shape; // []
 */
export class NegativeSampling extends Module {
  /** The vectors that are wanted: `[words, dim]`. */
  input: Embedding;
  /** Of words as what is predicted: `[words, dim]`. */
  output: Embedding;

  constructor(options: { words: number; dim: number; random?: Random }) {
    super();
    checkObject("NegativeSampling options", options);
    const { words, dim, random } = options;
    const sizes = { numEmbeddings: words, embeddingDim: dim, ...(random && { random }) };
    this.input = new Embedding(sizes);
    this.output = new Embedding(sizes);
  }

  /**
   * The sum over the inputs x of `-log s(x . y_0) - sum_k log s(-x . y_k)` in nats, s being the logistic function.
   *
   * @param inputs `[m, p]`: each x is the mean of p words. For skip-gram p is 1; for CBOW m is 1 and p the contexts
   * @param targets the predicted word, and noise words behind it
   */
  forward(inputs: readonly (readonly number[])[], targets: readonly number[]): Tensor {
    const x = ops.mean(this.input.forward(inputs as number[][]), 1); // [m, dim]
    const y = this.output.forward(targets as number[]); // [1 + k, dim]
    const signs = tensor(targets.map((_, k) => (k === 0 ? -1 : 1)));
    const scores = ops.mul(ops.matmul(x, ops.transpose(y)), signs); // [m, 1 + k]
    return ops.sum(ops.softplus(scores));
  }
}
