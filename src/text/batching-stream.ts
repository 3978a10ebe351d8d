/** Mini-batches of one long text: parallel streams read in contiguous windows. */
import { OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { BatchPosition, BatchSeries } from "./batching.ts";

/** A window of B parallel streams. */
export interface StreamBatch {
  /** Token ids [B, T], row-major. */
  readonly inputs: Int32Array;
  /** The token after each input, [B, T]. */
  readonly targets: Int32Array;
  /** [B, T]; the last window of an epoch may be shorter. */
  readonly shape: readonly [batch: number, time: number];
  /** Whether the streams begin here: recurrent state is carried from one window to the next, except into these. */
  readonly first: boolean;
}

export interface ContiguousBatchOptions {
  /** Parallel streams B. */
  readonly batchSize: number;
  /** Tokens T in a window, the horizon of truncated back-propagation through time. */
  readonly time: number;
}

/**
 * A long text cut into B streams of equal length, read in step in windows of T
 * tokens, for truncated back-propagation through time (Mikolov et al.,
 * "Extensions of recurrent neural network language model", 2011). Row b of a
 * window continues row b of the window before.
 *
 * @throws {OptionError} when there are fewer than `batchSize` + 1 tokens.
 * @example
 * const windows = new ContiguousBatches([1, 2, 3, 4, 5, 6, 7], { batchSize: 2, time: 2 });
 * Array.from(windows.next().inputs); // [1, 2, 4, 5]
 */
export class ContiguousBatches implements BatchSeries<StreamBatch> {
  readonly batchesPerEpoch: number;
  /** Tokens at the end that are no target, because the streams have equal lengths. */
  readonly dropped: number;
  readonly #tokens: Int32Array;
  readonly #batchSize: number;
  readonly #time: number;
  readonly #streamLength: number;
  #position: BatchPosition = { epoch: 0, batch: 0 };

  constructor(tokens: ArrayLike<number>, options: ContiguousBatchOptions) {
    rejectUnknownKeys("ContiguousBatches", options, ["batchSize", "time"]);
    this.#batchSize = checkNumber("batchSize", options.batchSize, { integer: true, min: 1 });
    this.#time = checkNumber("time", options.time, { integer: true, min: 1 });
    this.#tokens = Int32Array.from(tokens);
    this.#streamLength = Math.floor((tokens.length - 1) / this.#batchSize);
    if (this.#streamLength < 1) {
      throw new OptionError({
        what: "ContiguousBatches",
        expected: `at least ${this.#batchSize + 1} tokens for ${this.#batchSize} streams`,
        got: `${tokens.length}`,
        hint: "Give more text or a smaller batchSize.",
      });
    }
    this.dropped = tokens.length - 1 - this.#streamLength * this.#batchSize;
    this.batchesPerEpoch = Math.ceil(this.#streamLength / this.#time);
  }

  get position(): BatchPosition {
    return this.#position;
  }

  set position({ epoch, batch }: BatchPosition) {
    checkNumber("epoch", epoch, { integer: true, min: 0 });
    checkNumber("batch", batch, { integer: true, min: 0, max: this.batchesPerEpoch - 1 });
    this.#position = { epoch, batch };
  }

  next(): StreamBatch {
    const { epoch, batch } = this.#position;
    const start = batch * this.#time;
    const time = Math.min(this.#time, this.#streamLength - start);
    const inputs = new Int32Array(this.#batchSize * time);
    const targets = new Int32Array(this.#batchSize * time);
    for (let row = 0; row < this.#batchSize; row++) {
      const from = row * this.#streamLength + start;
      inputs.set(this.#tokens.subarray(from, from + time), row * time);
      targets.set(this.#tokens.subarray(from + 1, from + 1 + time), row * time);
    }
    const isLast = batch + 1 === this.batchesPerEpoch;
    this.#position = isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
    return { inputs, targets, shape: [this.#batchSize, time], first: batch === 0 };
  }
}
