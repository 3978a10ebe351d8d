/** Training a translator: batches, loss and validation, in the form that `train` drives. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { crc32 } from "../formats/crc32.ts";
import {
  type CrossEntropyOptions,
  noGrad,
  ops,
  type SmoothingForm,
  scoped,
  type Tensor,
  tensor,
} from "../tensor/index.ts";
import { type IdPair, type PairBatch, PairBatches } from "../text/batching.ts";
import { collectReferences, type ReferenceSet } from "../text/corpus-split.ts";
import type { EncodeOptions } from "../text/tokenizer.ts";
import type { TranslateOptions, Translation, TranslatorParts } from "./translation.ts";
import { hasHeads } from "./translation-attention.ts";
import type { TranslationNetwork } from "./translation-network.ts";
import { tokenizerFiles, translatorConfig } from "./translator-files.ts";

type Pair = { readonly source: string; readonly target: string };

export interface TranslationData {
  readonly train: readonly Pair[];
  /** For validation loss and BLEU. Several pairs with the same source count as references of one sentence. */
  readonly valid?: readonly Pair[];
}

export interface TranslationTaskOptions {
  /** Sentence pairs in a batch. Default 64, unless `maxTokens` is given. */
  readonly batchSize?: number;
  /** Instead: the most cells of a batch's source and target matrices. */
  readonly maxTokens?: number;
  /** Default 0. */
  readonly labelSmoothing?: number;
  readonly smoothingForm?: SmoothingForm;
  /** Sentences translated to measure BLEU in validation. Default: all. */
  readonly validSentences?: number;
  /**
   * Cuts the training sentences anew for each epoch, with this chance of passing over a merge, for tokenizers that have
   * merges (`dropout` of `Tokenizer.encode`). Default 0.
   */
  readonly bpeDropout?: number;
}

/** The loss of one batch. */
export interface BatchLoss {
  /** Mean nats per target token; what is minimised. */
  readonly loss: Tensor;
  readonly tokens: number;
}

export interface ValidationLoss {
  /** Mean nats per target token, without label smoothing, end of sentence included. */
  readonly loss: number;
  readonly tokens: number;
}

/** Translations of the validation sources beside their references. */
export interface ValidationTranslations {
  readonly hypotheses: string[];
  readonly references: string[][];
}

/** A translator as far as its training needs it. */
interface Trainee extends TranslatorParts {
  translate(texts: readonly string[], options?: TranslateOptions): string[];
  translateDetailed(texts: readonly string[], options?: TranslateOptions): Translation[];
  attentionOf(source: string): HeadAttention[];
}

const SAMPLES = 5;

/** A translation for a report. */
export type TranslationSample = Translation & {
  readonly reference: string;
  readonly heads?: HeadAttention[];
};

/** The first of these sentences translated, with the attention of all heads where there are any. */
export function sampleTranslations(
  translator: Omit<Trainee, "translate">,
  sentences: readonly ReferenceSet[],
): TranslationSample[] {
  const chosen = sentences.slice(0, SAMPLES);
  const translations = translator.translateDetailed(chosen.map(({ source }) => source));
  return translations.map((translation, i) => ({
    ...translation,
    reference: chosen[i].references[0],
    ...(hasHeads(translator.network) ? { heads: translator.attentionOf(translation.source) } : {}),
  }));
}

export class TranslationTask {
  readonly module: TranslationNetwork;
  readonly random: Random;
  readonly batches: PairBatches;
  /** Of all token ids, so that a resumed run meets the same data. */
  readonly dataHash: string;
  readonly #translator: Trainee;
  readonly #valid: readonly IdPair[];
  readonly #validTexts: { source: string; references: string[] }[];
  readonly #validSentences: number;
  readonly #loss: CrossEntropyOptions;

  constructor(translator: Trainee, data: TranslationData, options: TranslationTaskOptions) {
    rejectUnknownKeys("translation task", options, [
      "batchSize",
      "maxTokens",
      "labelSmoothing",
      "smoothingForm",
      "validSentences",
      "bpeDropout",
    ]);
    const { batchSize, maxTokens, labelSmoothing = 0, smoothingForm = "uniform" } = options;
    const { validSentences, bpeDropout = 0 } = options;
    if (data.train.length === 0) {
      throw new OptionError({ what: "training data", expected: "at least one sentence pair", got: "none" });
    }
    this.#translator = translator;
    this.module = translator.network;
    this.random = translator.random;
    this.#loss = { labelSmoothing, smoothingForm };
    const size = maxTokens === undefined ? { batchSize: batchSize ?? 64 } : { maxTokens };
    const ids = data.train.map((pair) => this.#encode(pair));
    checkNumber("bpeDropout", bpeDropout, { min: 0, max: 1 });
    const lacking = [translator.source, translator.target].find(({ hasMerges }) => !hasMerges);
    if (bpeDropout > 0 && lacking !== undefined) {
      const got = `one of type ${lacking.type}`;
      throw new OptionError({ what: "bpeDropout", expected: "a tokenizer of type bpe or byte-bpe", got });
    }
    const redraw = (random: Random) =>
      data.train.map((pair, i) => {
        const drawn = this.#encode(pair, { dropout: bpeDropout, random });
        // More pieces than a batch may hold are as rare as they are useless.
        return Math.max(drawn.source.length, drawn.target.length) > (maxTokens ?? Infinity) ? ids[i] : drawn;
      });
    this.batches = new PairBatches(ids, {
      ...size,
      padId: translator.target.padId,
      random: translator.random.fork(),
      ...(bpeDropout === 0 ? {} : { redraw }),
    });
    const valid = data.valid ?? [];
    this.#valid = valid.map((pair) => this.#encode(pair));
    this.dataHash = hashOf([...ids, ...this.#valid]);
    this.#validTexts = collectReferences(valid);
    this.#validSentences = checkNumber("validSentences", validSentences ?? this.#validTexts.length, {
      integer: true,
      min: 0,
    });
  }

  /** Source ids with the end of sentence; target ids between begin and end of sentence. */
  #encode({ source, target }: Pair, options?: EncodeOptions): IdPair {
    const { source: from, target: to } = this.#translator;
    return {
      source: [...from.encode(source, options), from.eosId],
      target: [to.bosId, ...to.encode(target, options), to.eosId],
    };
  }

  get hasValidation(): boolean {
    return this.#valid.length > 0;
  }

  /** How much label smoothing is in {@link loss}; validation goes without. */
  get labelSmoothing(): number {
    return this.#loss.labelSmoothing ?? 0;
  }

  loss(batch: PairBatch): BatchLoss {
    return this.#crossEntropy(batch, this.#loss);
  }

  /** Teacher forcing: from each target word, the next. */
  #crossEntropy({ source, target }: PairBatch, options: CrossEntropyOptions): BatchLoss {
    const { padId } = this.#translator.target;
    const [batch, time] = target.shape;
    const previous = new Int32Array(batch * (time - 1));
    const next = new Int32Array(batch * (time - 1));
    let tokens = 0;
    for (let b = 0; b < batch; b++) {
      const row = target.ids.subarray(b * time, (b + 1) * time);
      previous.set(row.subarray(0, time - 1), b * (time - 1));
      next.set(row.subarray(1), b * (time - 1));
      tokens += target.lengths[b] - 1;
    }
    const shape = [batch, time - 1];
    const hidden = this.module.hidden(
      tensor(source.ids, source.shape, "i32"),
      tensor(source.lengths, [batch], "i32"),
      tensor(previous, shape, "i32"),
    );
    const targets = tensor(next, shape, "i32");
    const { weight, bias } = this.module.output;
    const loss = ops.linearCrossEntropy(hidden, weight, bias, targets, { ...options, ignoreIndex: padId });
    return { loss, tokens };
  }

  validate(): ValidationLoss {
    const batches = new PairBatches(this.#valid, { batchSize: 64, padId: this.#translator.target.padId });
    let [nats, tokens] = [0, 0];
    this.module.eval();
    try {
      for (let i = batches.batchesPerEpoch; i > 0; i--) {
        scoped(() => {
          const part = noGrad(() => this.#crossEntropy(batches.next(), {}));
          nats += part.loss.item() * part.tokens;
          tokens += part.tokens;
        });
      }
    } finally {
      this.module.train();
    }
    return { loss: nats / tokens, tokens };
  }

  /** Greedy translations of the validation sources, for BLEU. */
  translateValidation(): ValidationTranslations {
    const chosen = this.#validTexts.slice(0, this.#validSentences);
    const sources = chosen.map(({ source }) => source);
    return {
      hypotheses: this.#translator.translate(sources, { beamSize: 1, batchSize: 64 }),
      references: chosen.map(({ references }) => references),
    };
  }

  /** A few validation sentences with translation, reference and attention, of all heads where there are any. */
  samples(): TranslationSample[] {
    return sampleTranslations(this.#translator, this.#validTexts);
  }

  /** What config.json says of the model. */
  config(): Record<string, unknown> {
    return translatorConfig(this.#translator);
  }

  /** Further files that a run directory needs, by name. */
  files(): Map<string, string> {
    return tokenizerFiles(this.#translator);
  }
}

function hashOf(pairs: readonly IdPair[]): string {
  let crc = 0;
  for (const { source, target } of pairs) {
    const ids = Int32Array.of(source.length, ...Array.from(source), ...Array.from(target));
    crc = crc32(new Uint8Array(ids.buffer), crc);
  }
  return `${pairs.length}:${crc.toString(16)}`;
}
