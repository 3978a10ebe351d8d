/** A masked language model: a tokenizer and an encoder, with filling in, sentence vectors, saving and loading. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { checkChoice, checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { Candidates } from "../decode/candidates.ts";
import type { MaskedSequence } from "../text/masking.ts";
import { checkTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import {
  checkBatchSize,
  evaluateMasked,
  type MaskedEvaluation,
  type MaskedEvaluationOptions,
  pseudoLogLikelihood,
} from "./masked-evaluation.ts";
import { distributions, eachEncoding, maskedAttention } from "./masked-inference.ts";
import {
  loadMaskedLanguageModel,
  MASKED_LANGUAGE_MODEL_KEYS,
  saveMaskedLanguageModel,
} from "./masked-language-model-files.ts";
import type {
  MaskCandidate,
  MaskedLanguageModelOptions,
  SentenceVectorOptions,
} from "./masked-language-modelling.ts";
import {
  type MaskedLanguageModellingData,
  MaskedLanguageModellingTask,
  type MaskedLanguageModellingTaskOptions,
} from "./masked-language-modelling-task.ts";
import type { ModelWeights } from "./model-files.ts";
import { TransformerMaskedLanguageModel } from "./transformer-masked-language-model.ts";

const MASK = "<mask>";

/**
 * Predicts words from those on both sides (Devlin et al. 2019).
 *
 * @example
 * const tokenizer = trainTokenizer(["a b c"], { type: "word", specials: MASKED_SPECIALS });
 * const model = new MaskedLanguageModel({ tokenizer, dModel: 8, nhead: 2, numLayers: 1, dimFeedforward: 16 });
 * model.fill("a [MASK] c", { topK: 2 })[0].length; // 2
 */
export class MaskedLanguageModel {
  readonly tokenizer: Tokenizer;
  readonly network: TransformerMaskedLanguageModel;
  readonly random: Random;

  /** @throws {StateError} when the tokenizer has no `<mask>`. */
  constructor(options: MaskedLanguageModelOptions) {
    checkObject("MaskedLanguageModel options", options);
    checkTokenizer("MaskedLanguageModel tokenizer", options.tokenizer);
    const { tokenizer, random = new Random(1), ...network } = options;
    rejectUnknownKeys("MaskedLanguageModel", options, ["tokenizer", "random", ...MASKED_LANGUAGE_MODEL_KEYS]);
    this.tokenizer = tokenizer;
    this.random = random;
    const { padId, maskId: _ } = tokenizer;
    const sizes = { vocabularySize: tokenizer.tokens.length, padId };
    this.network = new TransformerMaskedLanguageModel({ ...network, ...sizes }, random);
  }

  /**
   * The ids of a text between begin and end of sentence. A text longer than the model's `blockSize` makes several
   * sequences of nearly equal length.
   */
  sequences(text: string): number[][] {
    const { bosId, eosId } = this.tokenizer;
    const ids = this.tokenizer.encode(text);
    const count = Math.max(1, Math.ceil(ids.length / (this.network.options.blockSize - 2)));
    const cut = (i: number) => Math.floor((ids.length * i) / count);
    return Array.from({ length: count }, (_, i) => [bosId, ...ids.slice(cut(i), cut(i + 1)), eosId]);
  }

  /**
   * What could stand in place of each `[MASK]` or `<mask>` of a text, most probable first. The probabilities are
   * those among all tokens, special ones included, although these are left out.
   *
   * @throws {OptionError} for a text without a mask, or longer than the model's `blockSize`.
   */
  fill(text: string, options: { readonly topK?: number } = {}): MaskCandidate[][] {
    rejectUnknownKeys("fill", options, ["topK"]);
    const topK = checkNumber("topK", options.topK ?? 5, { integer: true, min: 1 });
    return this.candidates(this.#prompt(text), topK);
  }

  /** The most probable ordinary tokens at each hidden position of a sequence. */
  candidates(sequence: MaskedSequence, topK: number): MaskCandidate[][] {
    const { tokenizer, network } = this;
    const logProbs = distributions(network, sequence);
    const blocked = new Uint8Array(tokenizer.tokens.length);
    for (const special of tokenizer.data.specials) blocked[tokenizer.specialId(special)] = 1;
    const best = new Candidates(blocked.length, blocked);
    return Array.from(sequence.positions, (_, row) => {
      best.reset(topK);
      best.offer(logProbs, row);
      best.sort();
      return Array.from({ length: best.size }, (_, i) => {
        const id = best.token(i);
        return { token: tokenizer.label(id), id, probability: Math.exp(best.score(i)) };
      });
    });
  }

  #prompt(text: string): MaskedSequence {
    const ids = this.#encodeMasked("text to fill in", text);
    const positions = Int32Array.from(ids.keys()).filter((i) => ids[i] === this.tokenizer.maskId);
    if (positions.length === 0) {
      throw new OptionError({ what: "text to fill in", expected: "a [MASK] or <mask>", got: "none" });
    }
    return { ids, positions, targets: positions };
  }

  /** The ids of a text that may hold masks and has to fit into one sequence. */
  #encodeMasked(what: string, text: string): Int32Array {
    const { tokenizer } = this;
    const { blockSize } = this.network.options;
    // Tokens of bytes carry the space before them.
    const mask = tokenizer.type === "byte-bpe" ? / ?(?:\[MASK\]|<mask>)/g : /\[MASK\]|<mask>/g;
    const plain = tokenizer.encode(text.replace(mask, MASK), { allowSpecials: [MASK] });
    const ids = Int32Array.of(tokenizer.bosId, ...plain, tokenizer.eosId);
    if (ids.length > blockSize) {
      const expected = `at most ${blockSize - 2} tokens`;
      throw new OptionError({ what, expected, got: String(plain.length) });
    }
    return ids;
  }

  /**
   * What every head of every layer looks at in a text, which may hold `[MASK]` or `<mask>`.
   *
   * @throws {OptionError} for a text longer than the model's `blockSize`.
   */
  attentionOf(text: string): HeadAttention[] {
    const ids = this.#encodeMasked("text to look into", text);
    return maskedAttention(this.network, this.tokenizer, ids);
  }

  /**
   * A vector of D numbers for each text. A text longer than the model's `blockSize` is read in several parts.
   *
   * @throws {OptionError} for another pooling.
   */
  sentenceVectors(texts: readonly string[], options: SentenceVectorOptions = {}): number[][] {
    rejectUnknownKeys("sentenceVectors", options, ["pooling", "batchSize"]);
    const pooling = checkChoice("pooling", options.pooling ?? "mean", ["mean", "first"]);
    const parts = texts.map((text) =>
      pooling === "mean" ? this.sequences(text) : this.sequences(text).slice(0, 1),
    );
    const owners = parts.flatMap((sequences, text) => sequences.map(() => text));
    const { dModel } = this.network.options;
    const sums = texts.map(() => new Float64Array(dModel));
    const counts = new Float64Array(texts.length);
    eachEncoding(this.network, parts.flat(), checkBatchSize(options.batchSize), (sequence, vectors) => {
      const size = pooling === "mean" ? vectors.length : dModel;
      const sum = sums[owners[sequence]];
      for (let i = 0; i < size; i++) sum[i % dModel] += vectors[i];
      counts[owners[sequence]] += size / dModel;
    });
    return sums.map((sum, text) => Array.from(sum, (value) => value / counts[text]));
  }

  /** The cosine of the {@link sentenceVectors} of two texts, in -1..1. */
  similarity(a: string, b: string, options: SentenceVectorOptions = {}): number {
    const [x, y] = this.sentenceVectors([a, b], options);
    const dot = (u: readonly number[], v: readonly number[]) =>
      u.reduce((sum, value, i) => sum + value * v[i], 0);
    return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
  }

  /**
   * How well hidden tokens are predicted. They are always shown as the mask.
   *
   * @throws {OptionError} when there is nothing to hide in the texts.
   */
  evaluate(texts: readonly string[], options: MaskedEvaluationOptions = {}): MaskedEvaluation {
    return evaluateMasked(
      this,
      texts.flatMap((text) => this.sequences(text)),
      options,
    );
  }

  /**
   * For each text the sum of the log probabilities, in nats, of its tokens, each hidden in turn while all others are
   * seen: its pseudo-log-likelihood (Salazar et al. 2020, eq. 1). Special tokens do not count.
   */
  pseudoLogLikelihoods(texts: readonly string[], options: { readonly batchSize?: number } = {}): number[] {
    rejectUnknownKeys("pseudoLogLikelihoods", options, ["batchSize"]);
    const batchSize = checkBatchSize(options.batchSize);
    return texts.map((text) => pseudoLogLikelihood(this, this.sequences(text), batchSize));
  }

  /** What `train` needs to train this model on texts. */
  task(
    data: MaskedLanguageModellingData,
    options: MaskedLanguageModellingTaskOptions = {},
  ): MaskedLanguageModellingTask {
    return new MaskedLanguageModellingTask(this, data, options);
  }

  /**
   * Writes config.json, tokenizer.json and model.safetensors into a folder, which is made when missing.
   *
   * @throws {IoError} when it cannot be written.
   */
  save(directory: string): void {
    saveMaskedLanguageModel(this, directory);
  }

  /**
   * Reads what {@link save} or a training run wrote.
   *
   * @param options.weights `best`: best.safetensors; `average`: average.safetensors; `last`: model.safetensors. Default:
   *   the first of these that there is.
   * @throws {IoError} for a missing file, {@link FormatError} for a damaged or foreign one, and {@link StateError}
   *   for a tokenizer other than the one it was trained with.
   */
  static load(directory: string, options: { readonly weights?: ModelWeights } = {}): MaskedLanguageModel {
    return loadMaskedLanguageModel(directory, options.weights, (made) => new MaskedLanguageModel(made));
  }
}
