/** Training a language model: windows, loss and validation, in the form that `train` drives. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { crc32 } from "../formats/crc32.ts";
import { type CrossEntropyOptions, ops, type SmoothingForm, type Tensor, tensor } from "../tensor/index.ts";
import type { BatchSeries } from "../text/batching.ts";
import type { StreamBatch } from "../text/batching-stream.ts";
import { evaluating } from "./evaluating.ts";
import { hasHeads, languageModelAttention } from "./language-model-attention.ts";
import { measureStream } from "./language-model-evaluation.ts";
import { languageModelConfig, languageModelFiles } from "./language-model-files.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import type { GenerateOptions, Generation, LanguageModelParts } from "./language-modelling.ts";
import { type CarriedState, type Reading, readingOf } from "./reading.ts";

/** Whole texts, such as the contents of files. */
export interface LanguageModelData {
  readonly train: string;
  /** For the validation loss. */
  readonly valid?: string;
}

export interface LanguageModelTaskOptions {
  /** Windows of `blockSize` tokens in a batch, or streams of a recurrent network. Default 12, or 50. */
  readonly batchSize?: number;
  /**
   * For recurrent networks: tokens of a stream in a batch, through which gradients flow back; the state flows on to the
   * next. Default 50.
   */
  readonly bptt?: number;
  /** Default 0. */
  readonly labelSmoothing?: number;
  readonly smoothingForm?: SmoothingForm;
}

/** A language model as far as its training needs it. */
interface Trainee extends LanguageModelParts {
  generate(prompts: readonly string[], options?: GenerateOptions): Generation[];
}

/** A text that a model made up, with what its heads looked at while reading the beginning. */
export interface TextSample {
  readonly text: string;
  readonly heads?: HeadAttention[];
}

const SAMPLES = { count: 3, temperature: 0.8, maxLength: 200, looked: 32 };

/** Texts for a model's report, always from the same seed. */
export function sampleTexts(model: Trainee): TextSample[] {
  const { count, looked, ...options } = SAMPLES;
  const prompts = new Array<string>(count).fill("");
  const texts = model.generate(prompts, { ...options, random: new Random(1) });
  if (!hasHeads(model.network)) return texts.map(({ text }) => ({ text }));
  const most = Math.min(looked, model.network.blockSize);
  return texts.map(({ text }) => {
    const ids = model.stream.encodePrompt(text).slice(0, most);
    return { text, heads: languageModelAttention(model, ids) };
  });
}

export class LanguageModellingTask {
  readonly module: LanguageModelNetwork;
  readonly random: Random;
  /** Of all token ids, so that a resumed run meets the same data. */
  readonly dataHash: string;
  readonly #model: Trainee;
  readonly #reading: Reading;
  readonly #valid: Int32Array | null;
  readonly #loss: CrossEntropyOptions;

  constructor(model: Trainee, { train, valid }: LanguageModelData, options: LanguageModelTaskOptions) {
    const known = ["batchSize", "bptt", "labelSmoothing", "smoothingForm"];
    rejectUnknownKeys("language modelling task", options, known);
    const { labelSmoothing = 0, smoothingForm = "uniform" } = options;
    this.#model = model;
    this.module = model.network;
    this.random = model.random;
    this.#loss = { labelSmoothing, smoothingForm };
    const ids = this.#encode("training data", train);
    this.#valid = valid === undefined ? null : this.#encode("validation data", valid);
    const sizes = batchSizes(this.module, options);
    this.#reading = readingOf(this.module, ids, { ...sizes, random: this.random.fork() });
    const crc = [ids, this.#valid ?? new Int32Array(0)].reduce(
      (sum, { buffer }) => crc32(new Uint8Array(buffer), sum),
      0,
    );
    this.dataHash = `${ids.length}:${crc.toString(16)}`;
  }

  #encode(what: string, text: string): Int32Array {
    const ids = this.#model.stream.encode(text);
    if (ids.length > 1) return ids;
    throw new OptionError({ what, expected: "at least one token", got: "none" });
  }

  get batches(): BatchSeries<StreamBatch> {
    return this.#reading.batches;
  }

  /** The state in which the last batch left a recurrent network; undefined for other networks. */
  get carried(): CarriedState | undefined {
    return this.#reading.carried;
  }

  set carried(state: CarriedState | undefined) {
    this.#reading.carried = state;
  }

  /** How much label smoothing is in {@link loss}; validation goes without. */
  get labelSmoothing(): number {
    return this.#loss.labelSmoothing ?? 0;
  }

  get hasValidation(): boolean {
    return this.#valid !== null;
  }

  /** Each token of the windows from those before it. */
  loss(batch: StreamBatch): { readonly loss: Tensor; readonly tokens: number } {
    const { targets, shape } = batch;
    const hidden = this.#reading.hidden(batch);
    const { weight, bias } = this.module.output;
    return {
      loss: ops.linearCrossEntropy(hidden, weight, bias, tensor(targets, shape, "i32"), this.#loss),
      tokens: targets.length,
    };
  }

  /** Over the whole validation text, without label smoothing. */
  validate(): { readonly loss: number; readonly tokens: number } {
    const nats = evaluating(this.module, () => measureStream(this.module, this.#valid ?? []));
    return { loss: nats.reduce((sum, x) => sum + x, 0) / nats.length, tokens: nats.length };
  }

  /** Texts that the model makes up, with what its heads look at in their first tokens. */
  samples(): TextSample[] {
    return sampleTexts(this.#model);
  }

  /** What config.json says of the model. */
  config(): Record<string, unknown> {
    return languageModelConfig(this.#model);
  }

  /** Further files that a run directory needs, by name. */
  files(): Map<string, string> {
    return languageModelFiles(this.#model);
  }
}

/** @throws {OptionError} for a horizon of gradients where no state goes beyond it. */
function batchSizes({ blockSize }: LanguageModelNetwork, { batchSize, bptt }: LanguageModelTaskOptions) {
  if (blockSize === Number.POSITIVE_INFINITY) return { batchSize: batchSize ?? 50, time: bptt ?? 50 };
  if (bptt === undefined) return { batchSize: batchSize ?? 12, time: blockSize };
  const hint = "The blockSize of a transformer is what it is trained on.";
  throw new OptionError({ what: "bptt", expected: "a recurrent network", got: "a transformer", hint });
}
