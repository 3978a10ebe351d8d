/** Mini-batches of one long text: parallel streams read in contiguous windows, and windows from anywhere. */
import { OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random, RandomState } from "../base/random.ts";
import { type BatchPosition, type BatchSeries, epochRandom } from "./batching.ts";

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

export interface WindowBatchOptions {
  /** Windows B in a batch. */
  readonly batchSize: number;
  /** Tokens T in a window. */
  readonly time: number;
  readonly random: Random;
}

/**
 * Batches of windows that each begin anywhere in a long text, drawn with replacement, as for language models that carry
 * no state from window to window. An epoch is as many batches as hold the text's tokens once.
 *
 * @throws {OptionError} when there are fewer than `time` + 1 tokens.
 * @example
 * const windows = new WindowBatches([1, 2, 3, 4, 5], { batchSize: 1, time: 2, random: new Random(1) });
 * const { inputs, targets } = windows.next();
 * targets[0] - inputs[0]; // 1
 */
export class WindowBatches implements BatchSeries<StreamBatch> {
  readonly batchesPerEpoch: number;
  readonly #tokens: Int32Array;
  readonly #batchSize: number;
  readonly #time: number;
  readonly #base: RandomState;
  #position: BatchPosition = { epoch: 0, batch: 0 };
  /** Where the windows of this epoch begin, batch by batch. */
  #starts: Int32Array;

  constructor(tokens: ArrayLike<number>, options: WindowBatchOptions) {
    rejectUnknownKeys("WindowBatches", options, ["batchSize", "time", "random"]);
    this.#batchSize = checkNumber("batchSize", options.batchSize, { integer: true, min: 1 });
    this.#time = checkNumber("time", options.time, { integer: true, min: 1 });
    this.#tokens = Int32Array.from(tokens);
    if (tokens.length <= this.#time) {
      throw new OptionError({
        what: "WindowBatches",
        expected: `at least ${this.#time + 1} tokens for a window of ${this.#time} and their successors`,
        got: `${tokens.length}`,
        hint: "Give more text or a smaller window.",
      });
    }
    this.batchesPerEpoch = Math.ceil(tokens.length / (this.#batchSize * this.#time));
    this.#base = options.random.fork().state;
    this.#starts = this.#drawStarts(0);
  }

  get position(): BatchPosition {
    return this.#position;
  }

  set position({ epoch, batch }: BatchPosition) {
    checkNumber("epoch", epoch, { integer: true, min: 0 });
    checkNumber("batch", batch, { integer: true, min: 0, max: this.batchesPerEpoch - 1 });
    this.#starts = this.#drawStarts(epoch);
    this.#position = { epoch, batch };
  }

  next(): StreamBatch {
    const { epoch, batch } = this.#position;
    const [rows, time] = [this.#batchSize, this.#time];
    const inputs = new Int32Array(rows * time);
    const targets = new Int32Array(rows * time);
    for (let row = 0; row < rows; row++) {
      const from = this.#starts[batch * rows + row];
      inputs.set(this.#tokens.subarray(from, from + time), row * time);
      targets.set(this.#tokens.subarray(from + 1, from + 1 + time), row * time);
    }
    if (batch + 1 < this.batchesPerEpoch) this.#position = { epoch, batch: batch + 1 };
    else this.position = { epoch: epoch + 1, batch: 0 };
    return { inputs, targets, shape: [rows, time], first: true };
  }

  #drawStarts(epoch: number): Int32Array {
    const random = epochRandom(this.#base, epoch);
    const places = this.#tokens.length - this.#time;
    return new Int32Array(this.batchesPerEpoch * this.#batchSize).map(() => random.integer(places));
  }
}
