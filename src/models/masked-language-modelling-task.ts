/** Training a masked language model: batches, loss and validation, in the form that `train` drives. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { crc32 } from "../formats/crc32.ts";
import type { CrossEntropyOptions, SmoothingForm, Tensor } from "../tensor/index.ts";
import { type MaskedBatch, MaskedBatches } from "../text/batching-masked.ts";
import { MASKING_KEYS, type MaskedSequence, Masking, type MaskingOptions } from "../text/masking.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { onlyMasks } from "./masked-evaluation.ts";
import { maskedAttention, maskedLoss } from "./masked-inference.ts";
import { maskedLanguageModelConfig, maskedLanguageModelFiles } from "./masked-language-model-files.ts";
import type { TransformerMaskedLanguageModel } from "./transformer-masked-language-model.ts";

export interface MaskedLanguageModellingData {
  readonly train: readonly string[];
  readonly valid?: readonly string[];
}

/** More than 15 % of the tokens may be hidden while training; 40 % often learns faster (Wettig et al. 2023). */
export interface MaskedLanguageModellingTaskOptions extends MaskingOptions {
  /** Sequences in a batch. Default 32, unless `maxTokens` is given. */
  readonly batchSize?: number;
  /** Instead: the most cells of a batch's matrix. */
  readonly maxTokens?: number;
  /** Default 0. */
  readonly labelSmoothing?: number;
  readonly smoothingForm?: SmoothingForm;
}

const TASK_KEYS = ["batchSize", "maxTokens", "labelSmoothing", "smoothingForm", ...MASKING_KEYS];

/** The loss of one batch. */
export interface BatchLoss {
  /** Mean nats per hidden token; what is minimised. */
  readonly loss: Tensor;
  /** Hidden tokens. */
  readonly tokens: number;
}

/** A validation text with hidden tokens, and what the model puts there. */
export interface FilledSample {
  readonly source: string;
  readonly text: string;
  readonly reference: string;
  /** Of every layer and head, to the text with its hidden tokens. */
  readonly heads: HeadAttention[];
}

/** A masked language model as far as its training needs it. */
interface Trainee {
  readonly tokenizer: Tokenizer;
  readonly network: TransformerMaskedLanguageModel;
  readonly random: Random;
  sequences(text: string): number[][];
  evaluate(texts: readonly string[]): { readonly loss: number; readonly tokens: number };
  candidates(sequence: MaskedSequence, topK: number): { readonly id: number }[][];
}

const SAMPLES = 5;

/** The beginnings of a few texts, with hidden tokens, filled in. Always the same tokens are hidden. */
export function sampleFilled(model: Trainee, texts: readonly string[]): FilledSample[] {
  const { tokenizer, network } = model;
  const masking = onlyMasks(tokenizer);
  const random = new Random(1);
  const decode = (ids: Iterable<number>) =>
    tokenizer.decode(Array.from(ids).slice(1, -1), { keepSpecials: true });
  return texts.slice(0, SAMPLES).map((text) => {
    const [ids] = model.sequences(text);
    const hidden = masking.draw(ids, random);
    const filled = hidden.ids.slice();
    model.candidates(hidden, 1).forEach(([{ id }], i) => {
      filled[hidden.positions[i]] = id;
    });
    const heads = maskedAttention(network, tokenizer, hidden.ids);
    return { source: decode(hidden.ids), text: decode(filled), reference: decode(ids), heads };
  });
}

export class MaskedLanguageModellingTask {
  readonly module: TransformerMaskedLanguageModel;
  readonly random: Random;
  readonly batches: MaskedBatches;
  /** Of all token ids, so that a resumed run meets the same data. */
  readonly dataHash: string;
  readonly hasValidation: boolean;
  readonly #model: Trainee;
  readonly #valid: readonly string[];
  readonly #loss: CrossEntropyOptions;

  /** @throws {OptionError} for options out of range, and when no training text has a token to hide. */
  constructor(
    model: Trainee,
    data: MaskedLanguageModellingData,
    options: MaskedLanguageModellingTaskOptions,
  ) {
    rejectUnknownKeys("masked language modelling task", options, TASK_KEYS);
    const { batchSize, maxTokens, labelSmoothing = 0, smoothingForm = "uniform", ...rates } = options;
    const { tokenizer, random } = model;
    const masking = new Masking(tokenizer, rates);
    const sequencesOf = (what: string, texts: readonly string[]): number[][] => {
      const found = texts.flatMap((text) => model.sequences(text));
      const useful = found.filter((ids) => masking.candidates(ids).length > 0);
      if (useful.length > 0) return useful;
      throw new OptionError({ what, expected: "at least one token to hide", got: "none" });
    };
    const sequences = sequencesOf("training data", data.train);
    const valid = data.valid?.length ? sequencesOf("validation data", data.valid) : [];
    this.#model = model;
    this.module = model.network;
    this.random = random;
    this.#loss = { labelSmoothing, smoothingForm };
    const size = maxTokens === undefined ? { batchSize: batchSize ?? 32 } : { maxTokens };
    const { padId } = tokenizer;
    this.batches = new MaskedBatches(sequences, masking, { ...size, padId, random: random.fork() });
    this.#valid = data.valid ?? [];
    this.hasValidation = this.#valid.length > 0;
    this.dataHash = hashOf([...sequences, ...valid]);
  }

  /** How much label smoothing is in {@link loss}; validation goes without. */
  get labelSmoothing(): number {
    return this.#loss.labelSmoothing ?? 0;
  }

  loss(batch: MaskedBatch): BatchLoss {
    return { loss: maskedLoss(this.module, batch, this.#loss), tokens: batch.targets.length };
  }

  /** On the same hidden tokens each time. */
  validate(): { readonly loss: number; readonly tokens: number } {
    return this.#model.evaluate(this.#valid);
  }

  /** {@link sampleFilled} of validation texts. */
  samples(): FilledSample[] {
    return sampleFilled(this.#model, this.#valid);
  }

  /** What config.json says of the model. */
  config(): Record<string, unknown> {
    return maskedLanguageModelConfig(this.#model);
  }

  /** Further files that a run directory needs, by name. */
  files(): Map<string, string> {
    return maskedLanguageModelFiles(this.#model);
  }
}

function hashOf(sequences: readonly (readonly number[])[]): string {
  let crc = 0;
  for (const ids of sequences) crc = crc32(new Uint8Array(Int32Array.of(ids.length, ...ids).buffer), crc);
  return `${sequences.length}:${crc.toString(16)}`;
}
