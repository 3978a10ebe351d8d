/** What training asks of a model: the loop knows nothing else of it. */
import type { HeadAttention } from "../base/head-attention.ts";
import type { Random } from "../base/random.ts";
import type { SavedTensor } from "../formats/safetensors-dtype.ts";
import type { Module } from "../nn/module.ts";
import type { Tensor } from "../tensor/index.ts";
import type { BatchSeries } from "../text/batching.ts";

/** A model that can be trained on `Data`. */
export interface Trainable<Data, TaskOptions extends object, Batch> {
  /** The one source of chance: batch order, dropout. Its state is part of every checkpoint. */
  readonly random: Random;
  /** Must draw the same batches whenever `random` is in the same state. */
  task(data: Data, options?: TaskOptions): TrainingTask<Batch>;
}

/** Numbers by name. */
export type Carried = ReadonlyMap<string, SavedTensor>;

/** A model together with its data. */
export interface TrainingTask<Batch> {
  readonly module: Module;
  readonly batches: BatchSeries<Batch>;
  /** Tells other data apart on resuming. */
  readonly dataHash: string;
  readonly hasValidation: boolean;
  /** How much label smoothing is in `loss`; `validate` goes without. Default 0. */
  readonly labelSmoothing?: number;
  loss(batch: Batch): BatchLoss;
  /**
   * What `loss` takes from batch to batch besides weights, such as the state of a recurrent network: new numbers at each
   * call, never changed in place. Part of every checkpoint; undefined where there is none.
   */
  carried?: Carried | undefined;
  /** Mean nats per token over the validation data. */
  validate(): { readonly loss: number; readonly tokens: number };
  /** For BLEU; absent where the model does not translate. */
  translateValidation?(): { readonly hypotheses: string[]; readonly references: string[][] };
  /** A few results for the report. */
  samples?(): TaskSample[];
  /** What config.json says of the model; plain JSON. */
  config(): Record<string, unknown>;
  /** Further text files that a run directory needs, by name. */
  files(): ReadonlyMap<string, string>;
}

/** The loss of one batch. */
export interface BatchLoss {
  /** Mean over the batch's tokens, in nats: what is minimised. */
  readonly loss: Tensor;
  readonly tokens: number;
}

/** A text, what the model made of it, and how. */
export interface TaskSample {
  /** Absent where the model made up the text. */
  readonly source?: string;
  readonly text: string;
  readonly reference?: string;
  readonly sourceTokens?: readonly string[];
  readonly tokens?: readonly string[];
  /** `[tokens, sourceTokens]` weights. */
  readonly attention?: readonly ArrayLike<number>[];
  /** Of every layer and head. */
  readonly heads?: readonly HeadAttention[];
}
