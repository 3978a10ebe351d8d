/**
 * Mini-batches of token ids: padded batches of sequence pairs of similar
 * length. They are endless, know their position, and continue from a saved
 * position with the same batches as if they had never stopped.
 */
import { OptionError } from "../base/errors.ts";
import { checkList, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { Random, type RandomState } from "../base/random.ts";

/** Where a series of batches stands: the next batch to come. */
export interface BatchPosition {
  /** 0-based pass over the data. */
  readonly epoch: number;
  /** 0-based batch within the epoch. */
  readonly batch: number;
}

/** An endless, resumable series of batches. */
export interface BatchSeries<Batch> {
  /** The next batch; after the last of an epoch comes the first of the next. */
  next(): Batch;
  /** Readable for checkpoints, settable to resume. */
  position: BatchPosition;
  /** Number of batches in the current epoch. */
  readonly batchesPerEpoch: number;
}

/** Sequences of different lengths in one matrix. */
export interface PaddedIds {
  /** Token ids [B, T], row-major, padded at the end of each row. */
  readonly ids: Int32Array;
  /** [B, T]. */
  readonly shape: readonly [batch: number, time: number];
  /** Unpadded length of each row, [B]. */
  readonly lengths: Int32Array;
}

/** Token ids of a sentence and its translation. */
export interface IdPair {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

export interface PairBatch {
  readonly source: PaddedIds;
  readonly target: PaddedIds;
  /** Which example each row is, [B]. */
  readonly examples: Int32Array;
}

export interface PairBatchOptions {
  /** Sentences in a batch. Give this or `maxTokens`. */
  readonly batchSize?: number;
  /** Largest number of cells, padding included, in a batch's source and in its target matrix. */
  readonly maxTokens?: number;
  /** Id that fills the rows. @defaultValue 0 */
  readonly padId?: number;
  /** Shuffles anew for each epoch. Without it, batches come in order of length, the same in each epoch. */
  readonly random?: Random;
  /**
   * Examples sorted by length together. More waste less on padding; fewer mix
   * the batches better.
   *
   * @defaultValue 8192
   */
  readonly bucketSize?: number;
  /**
   * Draws other forms of the same pairs for each epoch, in the same order, such as with BPE dropout. Needs `random`.
   */
  readonly redraw?: (random: Random) => readonly IdPair[];
}

/** The pairs of one pass over the data, and which of them make up each batch. */
interface Epoch {
  readonly pairs: readonly IdPair[];
  readonly plan: readonly Int32Array[];
}

/**
 * Writes sequences as rows of one matrix.
 *
 * @example
 * Array.from(padSequences([[5, 6], [7]], 0).ids); // [5, 6, 7, 0]
 */
export function padSequences(sequences: readonly ArrayLike<number>[], padId = 0): PaddedIds {
  checkList("padSequences", sequences, "sequences", (one) => typeof one === "object" && one !== null);
  const lengths = Int32Array.from(sequences, (sequence) => sequence.length);
  const time = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  const ids = new Int32Array(sequences.length * time).fill(padId);
  sequences.forEach((sequence, row) => {
    ids.set(sequence, row * time);
  });
  return { ids, shape: [sequences.length, time], lengths };
}

/**
 * Padded batches of sequence pairs. An epoch shuffles the examples, cuts them
 * into buckets, sorts each bucket by length, cuts the buckets into batches and
 * shuffles those: every example comes exactly once an epoch.
 *
 * @throws {OptionError} when there are no examples, when not exactly one of
 *   `batchSize` and `maxTokens` is given, or when a sequence is longer than `maxTokens`.
 * @example
 * const pairs = [
 *   { source: [5, 6], target: [7] },
 *   { source: [8], target: [9, 9] },
 * ];
 * const batches = new PairBatches(pairs, { batchSize: 2, random: new Random(1) });
 * batches.next().source.shape; // [2, 2]
 */
export class PairBatches implements BatchSeries<PairBatch> {
  readonly #pairs: readonly IdPair[];
  readonly #batchSize: number;
  readonly #maxTokens: number;
  readonly #bucketSize: number;
  readonly #padId: number;
  readonly #base: RandomState | undefined;
  readonly #redraw: PairBatchOptions["redraw"];
  #position: BatchPosition = { epoch: 0, batch: 0 };
  #epoch: Epoch;

  constructor(pairs: readonly IdPair[], options: PairBatchOptions) {
    const known = ["batchSize", "maxTokens", "padId", "random", "bucketSize", "redraw"];
    rejectUnknownKeys("PairBatches", options, known);
    const { batchSize, maxTokens, padId = 0, random, bucketSize = 8192, redraw } = options;
    if ((batchSize === undefined) === (maxTokens === undefined)) {
      const got = batchSize === undefined ? "neither" : "both";
      throw new OptionError({ what: "PairBatches", expected: "either batchSize or maxTokens", got });
    }
    const count = { integer: true, min: 1 };
    this.#batchSize = batchSize === undefined ? Infinity : checkNumber("batchSize", batchSize, count);
    this.#maxTokens = maxTokens === undefined ? Infinity : checkNumber("maxTokens", maxTokens, count);
    checkNumber("bucketSize", bucketSize, count);
    // Whole batches in a bucket, so that only the last of an epoch can be smaller.
    this.#bucketSize = batchSize === undefined ? bucketSize : Math.ceil(bucketSize / batchSize) * batchSize;
    this.#padId = checkNumber("padId", padId, { integer: true, min: 0 });
    if (redraw !== undefined && random === undefined) {
      throw new OptionError({ what: "PairBatches redraw", expected: "random with it", got: "none" });
    }
    this.#base = random?.fork().state;
    this.#redraw = redraw;
    this.#pairs = pairs;
    this.#epoch = this.#planEpoch(0);
  }

  get batchesPerEpoch(): number {
    return this.#epoch.plan.length;
  }

  get position(): BatchPosition {
    return this.#position;
  }

  set position({ epoch, batch }: BatchPosition) {
    checkNumber("epoch", epoch, { integer: true, min: 0 });
    const planned = this.#planEpoch(epoch);
    checkNumber("batch", batch, { integer: true, min: 0, max: planned.plan.length - 1 });
    this.#epoch = planned;
    this.#position = { epoch, batch };
  }

  next(): PairBatch {
    const { epoch, batch } = this.#position;
    const { pairs, plan } = this.#epoch;
    const examples = plan[batch];
    if (batch + 1 < plan.length) this.#position = { epoch, batch: batch + 1 };
    else this.position = { epoch: epoch + 1, batch: 0 };
    const rows = Array.from(examples, (i) => pairs[i]);
    return {
      source: padSequences(
        rows.map((pair) => pair.source),
        this.#padId,
      ),
      target: padSequences(
        rows.map((pair) => pair.target),
        this.#padId,
      ),
      examples,
    };
  }

  /** The share of the current epoch's cells that hold padding, in [0, 1). */
  get paddingShare(): number {
    let cells = 0;
    let tokens = 0;
    const { pairs, plan } = this.#epoch;
    for (const batch of plan) {
      let longestSource = 0;
      let longestTarget = 0;
      for (const i of batch) {
        const { source, target } = pairs[i];
        longestSource = Math.max(longestSource, source.length);
        longestTarget = Math.max(longestTarget, target.length);
        tokens += source.length + target.length;
      }
      cells += batch.length * (longestSource + longestTarget);
    }
    return cells === 0 ? 0 : 1 - tokens / cells;
  }

  #planEpoch(epoch: number): Epoch {
    const random = this.#base && epochRandom(this.#base, epoch);
    const pairs = this.#redraw && random ? this.#redraw(random.fork()) : this.#pairs;
    checkPairs(pairs, this.#maxTokens);
    const order = Int32Array.from(pairs, (_, i) => i);
    random?.shuffle(order);
    const plan: Int32Array[] = [];
    const bucketSize = random ? this.#bucketSize : order.length;
    for (let start = 0; start < order.length; start += bucketSize) {
      const bucket = order.subarray(start, start + bucketSize);
      // Stable, so that examples of equal lengths stay shuffled.
      bucket.sort((a, b) => {
        const [x, y] = [pairs[a], pairs[b]];
        return x.target.length - y.target.length || x.source.length - y.source.length;
      });
      this.#cut(bucket, pairs, plan);
    }
    random?.shuffle(plan);
    return { pairs, plan };
  }

  /** Cuts a sorted bucket into batches as large as the limits allow. */
  #cut(bucket: Int32Array, pairs: readonly IdPair[], plan: Int32Array[]): void {
    let start = 0;
    let longest = 0;
    for (let i = 0; i < bucket.length; i++) {
      const { source, target } = pairs[bucket[i]];
      const length = Math.max(source.length, target.length);
      const rows = i - start + 1;
      if (rows > this.#batchSize || rows * Math.max(longest, length) > this.#maxTokens) {
        plan.push(bucket.subarray(start, i));
        start = i;
        longest = 0;
      }
      longest = Math.max(longest, length);
    }
    plan.push(bucket.subarray(start));
  }
}

/** Each epoch has a generator of its own, so that resuming needs no replay of batches. */
export function epochRandom(base: RandomState, epoch: number): Random {
  const parent = new Random();
  parent.state = base;
  let random = parent.fork();
  for (let i = 0; i < epoch; i++) random = parent.fork();
  return random;
}

function checkPairs(pairs: readonly IdPair[], maxTokens: number): void {
  if (pairs.length === 0) {
    throw new OptionError({ what: "PairBatches", expected: "at least one example", got: "none" });
  }
  pairs.forEach(({ source, target }, i) => {
    const length = Math.max(source.length, target.length);
    if (length <= maxTokens) return;
    throw new OptionError({
      what: `PairBatches example ${i}`,
      expected: `at most ${maxTokens} tokens (maxTokens) a side`,
      got: `${length}`,
      hint: "Leave it out or raise maxTokens.",
    });
  });
}
