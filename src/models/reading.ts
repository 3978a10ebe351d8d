/** How training reads a text: in which batches, and what the network remembers from one to the next. */
import type { Random } from "../base/random.ts";
import type { SavedTensor } from "../formats/safetensors-dtype.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import type { BatchSeries } from "../text/batching.ts";
import { ContiguousBatches, type StreamBatch, WindowBatches } from "../text/batching-stream.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import { RecurrentLanguageModel, type RecurrentState } from "./recurrent-language-model.ts";

/** The state of a recurrent network as plain numbers, by name. */
export type CarriedState = ReadonlyMap<string, SavedTensor>;

export interface Reading {
  readonly batches: BatchSeries<StreamBatch>;
  /** What the next batch goes on from; undefined where nothing is carried. */
  carried: CarriedState | undefined;
  /** The vectors `[B, T, D]` that predict the targets of a batch. */
  hidden(batch: StreamBatch): Tensor;
}

export interface ReadingOptions {
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Tokens of a row. */
  readonly time: number;
  readonly random: Random;
}

/** Windows from anywhere for a network that looks back on a block, parallel streams for one with a state. */
export function readingOf(
  network: LanguageModelNetwork,
  ids: Int32Array,
  { batchSize, time, random }: ReadingOptions,
): Reading {
  if (network instanceof RecurrentLanguageModel) {
    return new StreamReading(network, new ContiguousBatches(ids, { batchSize, time }));
  }
  return {
    batches: new WindowBatches(ids, { batchSize, time, random }),
    carried: undefined,
    hidden: ({ inputs, shape }) => network.hidden(tensor(inputs, shape, "i32")),
  };
}

/** The names of a recurrent state's tensors, in order. */
const STATES = ["h", "c"];

/**
 * Truncated back-propagation through time (Williams and Peng 1990; over parallel streams as in Mikolov et al. 2011): each
 * window starts from the state in which the one before ended, as numbers that no gradient passes.
 */
class StreamReading implements Reading {
  readonly batches: ContiguousBatches;
  /** Empty before the first batch. */
  carried: CarriedState = new Map();
  readonly #network: RecurrentLanguageModel;

  constructor(network: RecurrentLanguageModel, batches: ContiguousBatches) {
    this.#network = network;
    this.batches = batches;
  }

  hidden({ inputs, shape, first }: StreamBatch): Tensor {
    const before = first ? undefined : this.#state();
    const [hidden, after] = this.#network.forward(tensor(inputs, shape, "i32"), before);
    this.carried = new Map(after.map((x, i) => [STATES[i], numbersOf(x)]));
    return hidden;
  }

  #state(): RecurrentState {
    return STATES.flatMap((name) => this.carried.get(name) ?? []).map(({ data, shape }) =>
      tensor(data as Float32Array, shape),
    );
  }
}

const numbersOf = (x: Tensor): SavedTensor => ({
  dtype: "F32",
  shape: x.shape,
  data: x.data() as Float32Array<ArrayBuffer>,
});
