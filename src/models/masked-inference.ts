/** What a masked language model computes without learning: vectors and probabilities for many sequences. */
import type { HeadAttention } from "../base/head-attention.ts";
import { type CrossEntropyOptions, noGrad, ops, scoped, type Tensor, tensor } from "../tensor/index.ts";
import { type PaddedIds, padSequences } from "../text/batching.ts";
import { type MaskedBatch, padMasked } from "../text/batching-masked.ts";
import type { MaskedSequence } from "../text/masking.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { observeHeads } from "./attention-heads.ts";
import { evaluating } from "./evaluating.ts";
import type { TransformerMaskedLanguageModel } from "./transformer-masked-language-model.ts";

type Network = TransformerMaskedLanguageModel;

const matrix = ({ ids, shape }: PaddedIds): Tensor => tensor(ids, shape, "i32");
const vector = (values: Int32Array): Tensor => tensor(values, [values.length], "i32");

/** The loss of the tokens hidden in a batch. */
export function maskedLoss(network: Network, batch: MaskedBatch, options: CrossEntropyOptions): Tensor {
  const hidden = network.hidden(matrix(batch), vector(batch.lengths), vector(batch.positions));
  const { weight, bias } = network.output;
  return ops.linearCrossEntropy(hidden, weight, bias, vector(batch.targets), options);
}

/**
 * Log probabilities, in nats, of the tokens hidden in each sequence, as many as it has targets.
 *
 * @param batchSize sequences computed together; they are taken in order of length
 */
export function hiddenLogProbs(
  network: Network,
  sequences: readonly MaskedSequence[],
  batchSize: number,
): Float64Array[] {
  const results = sequences.map(({ targets }) => new Float64Array(targets.length));
  const lengths = sequences.map(({ ids }) => ids.length);
  inBatches(network, lengths, batchSize, (rows) => {
    const batch = padMasked(
      rows.map((row) => sequences[row]),
      network.options.padId,
    );
    const values = maskedLoss(network, batch, { reduction: "none" }).view();
    let at = 0;
    for (const row of rows) for (let i = 0; i < results[row].length; i++) results[row][i] = -values[at++];
  });
  return results;
}

/** Log probabilities `[N, V]` of all tokens at the hidden positions of a sequence. */
export function distributions(network: Network, sequence: MaskedSequence): Float32Array {
  let result = new Float32Array();
  inBatches(network, [sequence.ids.length], 1, () => {
    const batch = padMasked([sequence], network.options.padId);
    const logits = network.forward(matrix(batch), vector(batch.lengths), vector(batch.positions));
    result = ops.logSoftmax(logits).data() as Float32Array<ArrayBuffer>;
  });
  return result;
}

/**
 * Calls `use` with the vectors `[T, D]`, flat, of each sequence.
 *
 * @param batchSize as in {@link hiddenLogProbs}
 */
export function eachEncoding(
  network: Network,
  sequences: readonly ArrayLike<number>[],
  batchSize: number,
  use: (sequence: number, vectors: Float32Array) => void,
): void {
  const lengths = sequences.map(({ length }) => length);
  inBatches(network, lengths, batchSize, (rows) => {
    const padded = padSequences(
      rows.map((row) => sequences[row]),
      network.options.padId,
    );
    const hidden = network.encode(matrix(padded), vector(padded.lengths)); // [B, T, D]
    const values = hidden.view() as Float32Array;
    const [, time, width] = hidden.shape;
    rows.forEach((row, b) => {
      use(row, values.subarray(b * time * width, (b * time + lengths[row]) * width));
    });
  });
}

/** What every head of every layer looks at in a sequence. */
export function maskedAttention(network: Network, tokenizer: Tokenizer, ids: Int32Array): HeadAttention[] {
  const tokens = Array.from(ids, (id) => tokenizer.label(id));
  const padded = padSequences([ids], network.options.padId);
  return observeHeads(network, [{ kind: "encoder", queries: tokens, keys: tokens }], (onHeads) => {
    network.encode(matrix(padded), vector(padded.lengths), onHeads);
  });
}

/** Computes on rows of similar length together, with dropout off and without gradients. */
function inBatches(
  network: Network,
  lengths: readonly number[],
  batchSize: number,
  compute: (rows: readonly number[]) => void,
): void {
  const order = [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b] || a - b);
  evaluating(network, () => {
    for (let start = 0; start < order.length; start += batchSize) {
      scoped(() => noGrad(() => compute(order.slice(start, start + batchSize))));
    }
  });
}
