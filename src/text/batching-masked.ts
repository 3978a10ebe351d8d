/** Mini-batches of token sequences with tokens to be predicted, hidden anew in each epoch. */
import { Random } from "../base/random.ts";
import {
  type BatchPosition,
  type BatchSeries,
  type PaddedIds,
  PairBatches,
  padSequences,
} from "./batching.ts";
import type { MaskedSequence, Masking } from "./masking.ts";

/** Masked sequences in one matrix. */
export interface MaskedBatch extends PaddedIds {
  /** Where tokens are to be predicted: row times T plus position in the row, ascending, `[N]`. */
  readonly positions: Int32Array;
  /** The tokens that were there, `[N]`. */
  readonly targets: Int32Array;
}

/** Writes masked sequences as rows of one matrix. */
export function padMasked(sequences: readonly MaskedSequence[], padId: number): MaskedBatch {
  const padded = padSequences(
    sequences.map(({ ids }) => ids),
    padId,
  );
  const time = padded.shape[1];
  const positions = sequences.flatMap(({ positions }, row) => Array.from(positions, (at) => row * time + at));
  const targets = sequences.flatMap(({ targets }) => Array.from(targets));
  return { ...padded, positions: Int32Array.from(positions), targets: Int32Array.from(targets) };
}

export interface MaskedBatchOptions {
  /** Sequences in a batch. Give this or `maxTokens`. */
  readonly batchSize?: number;
  /** Instead: the most cells of a batch's matrix. */
  readonly maxTokens?: number;
  readonly padId: number;
  readonly random: Random;
}

/**
 * Padded batches of sequences of similar length. What is hidden in a sequence depends on the generator, the epoch and
 * the sequence, whatever batch it is in, so that a resumed series goes on with the same bits.
 *
 * @throws {OptionError} as {@link PairBatches}.
 */
export class MaskedBatches implements BatchSeries<MaskedBatch> {
  readonly #sequences: readonly ArrayLike<number>[];
  readonly #masking: Masking;
  readonly #padId: number;
  readonly #plan: PairBatches;
  /** Added to the number of an example among those of all epochs, the seed of its masks. */
  readonly #seed: number;

  constructor(sequences: readonly ArrayLike<number>[], masking: Masking, options: MaskedBatchOptions) {
    this.#sequences = sequences;
    this.#masking = masking;
    this.#padId = options.padId;
    this.#seed = options.random.fork().bits() * 2 ** 20;
    const pairs = sequences.map((source) => ({ source, target: [] }));
    this.#plan = new PairBatches(pairs, options);
  }

  get batchesPerEpoch(): number {
    return this.#plan.batchesPerEpoch;
  }

  get position(): BatchPosition {
    return this.#plan.position;
  }

  set position(position: BatchPosition) {
    this.#plan.position = position;
  }

  next(): MaskedBatch {
    const first = this.#seed + this.#plan.position.epoch * this.#sequences.length;
    const { examples } = this.#plan.next();
    const rows = Array.from(examples, (i) => this.#masking.draw(this.#sequences[i], new Random(first + i)));
    return padMasked(rows, this.#padId);
  }
}
