/** Looking inside a network: the attention of all its layers and heads for one text. */
import type { HeadAttention } from "../base/head-attention.ts";
import type { Module } from "../nn/module.ts";
import { noGrad, scoped, type Tensor } from "../tensor/index.ts";
import { evaluating } from "./evaluating.ts";

/** Gets the weights `[B, H, T, S]` of each layer in turn. */
export type OnHeads = (weights: Tensor, kind: HeadAttention["kind"]) => void;

/** The tokens on both sides of one kind of attention. */
type AttentionTokens = Omit<HeadAttention, "layers">;

/**
 * The attention that `run` makes `network` compute for one text, without dropout and gradients.
 *
 * @param tokens one entry for each kind of attention, in the order of the result
 * @param run calls the network on a batch of this text alone
 */
export function observeHeads(
  network: Module,
  tokens: readonly AttentionTokens[],
  run: (onHeads: OnHeads) => void,
): HeadAttention[] {
  const found = tokens.map((each) => ({ ...each, layers: [] as Float32Array[][][] }));
  const keep: OnHeads = (weights, kind) => {
    found.find((each) => each.kind === kind)?.layers.push(matrices(weights));
  };
  evaluating(network, () => scoped(() => noGrad(() => run(keep))));
  return found;
}

/** `[1, H, T, S]` as H lists of T rows. */
function matrices(weights: Tensor): Float32Array[][] {
  const [, heads, queries, keys] = weights.shape;
  const values = weights.data() as Float32Array;
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: queries }, (_, query) => {
      const start = (head * queries + query) * keys;
      return values.subarray(start, start + keys);
    }),
  );
}
