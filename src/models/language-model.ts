/** A language model: a tokenizer and a network, with generating, evaluating, saving and loading. */
import type { HeadAttention } from "../base/head-attention.ts";
import { checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import type { Hypothesis } from "../decode/hypothesis.ts";
import { sample } from "../decode/sample.ts";
import { type ScoredText, type TextFigures, type TextSize, textFigures } from "../metrics/scored-text.ts";
import { checkTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { evaluating } from "./evaluating.ts";
import { languageModelAttention } from "./language-model-attention.ts";
import { LanguageModelDecoding } from "./language-model-decoding.ts";
import { type EvaluateOptions, measureStream } from "./language-model-evaluation.ts";
import { loadLanguageModel, saveLanguageModel } from "./language-model-files.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import {
  checkLanguageModelKind,
  languageModelKeys,
  makeLanguageModelNetwork,
} from "./language-model-networks.ts";
import { defaultStream, TextStream } from "./language-model-text.ts";
import type {
  GenerateOptions,
  Generation,
  LanguageModelOptions,
  LanguageModelParts,
} from "./language-modelling.ts";
import {
  type LanguageModelData,
  LanguageModellingTask,
  type LanguageModelTaskOptions,
} from "./language-modelling-task.ts";
import type { ModelWeights } from "./model-files.ts";
import type { TextScorer } from "./text-scorer.ts";

/**
 * Predicts each token of a text from those before it, and so scores texts and makes up new ones. The network is a
 * decoder-only transformer or, with `model` "rnn", "lstm" or "gru", a recurrent one.
 *
 * @example
 * const tokenizer = trainTokenizer(["abc\n"], { type: "char" });
 * const model = new LanguageModel({ tokenizer, dModel: 8, nhead: 2, numLayers: 1, blockSize: 16 });
 * model.generate(["ab", ""], { maxLength: 5 }).map(({ tokens }) => tokens.length); // [5, 5]
 */
export class LanguageModel implements LanguageModelParts, TextScorer {
  readonly tokenizer: Tokenizer;
  readonly network: LanguageModelNetwork;
  readonly stream: TextStream;
  readonly random: Random;

  /** @throws {OptionError} for unknown or impossible options. */
  constructor(options: LanguageModelOptions) {
    checkObject("LanguageModel options", options);
    checkTokenizer("LanguageModel tokenizer", options.tokenizer);
    const { tokenizer, stream = defaultStream(tokenizer), random = new Random(1), ...network } = options;
    const known = languageModelKeys(checkLanguageModelKind(network.model ?? "transformer"));
    rejectUnknownKeys("LanguageModel", options, ["tokenizer", "stream", "random", "model", ...known]);
    this.tokenizer = tokenizer;
    this.stream = new TextStream(tokenizer, stream);
    this.random = random;
    this.network = makeLanguageModelNetwork(network, tokenizer.tokens.length, random);
  }

  /**
   * Goes on from each prompt, in order; an empty one is the beginning of a text. Special tokens are not generated; in a
   * model of lines, the end of the line ends the sample.
   *
   * Text may grow beyond the network's block: then the older half of what is looked back on is forgotten.
   *
   * @throws {OptionError} for options out of range.
   */
  generate(prompts: readonly string[], options: GenerateOptions = {}): Generation[] {
    rejectUnknownKeys("generate", options, GENERATE_KEYS);
    const { batchSize = 32, random = new Random(1), ...rest } = options;
    checkNumber("batchSize", batchSize, { integer: true, min: 1 });
    const ids = prompts.map((prompt) => this.stream.encodePrompt(prompt));
    const streams = prompts.map(() => random.fork());
    const found = new Array<Hypothesis>(prompts.length);
    evaluating(this.network, () => {
      for (const group of groupByLength(ids, batchSize)) {
        const rows = group.map((i) => ids[i]);
        const steps = new LanguageModelDecoding(this.network, rows, this.#ends());
        const hypotheses = sample(steps, { ...rest, random: group.map((i) => streams[i]) });
        group.forEach((i, row) => {
          found[i] = hypotheses[row];
        });
      }
    });
    return prompts.map((prompt, i) => this.#describe(prompt, ids[i], found[i]));
  }

  #ends() {
    const eosId = this.stream.endId;
    const specials = this.tokenizer.data.specials.map((token) => this.tokenizer.specialId(token));
    return { eosId, forbiddenIds: specials.filter((id) => id !== eosId) };
  }

  #describe(prompt: string, ids: readonly number[], { tokens, logProb, finished }: Hypothesis): Generation {
    const known = ids.slice(1);
    // What a prompt is tokenized to may be spelled otherwise; what comes after it is not.
    const added = this.stream.decode([...known, ...tokens]).slice(this.stream.decode(known).length);
    const labels = tokens.map((id) => this.tokenizer.label(id));
    return { prompt, text: prompt + added, tokens: labels, logProb, finished };
  }

  /**
   * Predicts every token of a text once. Neighbouring windows share context where `stride` is below the network's
   * `blockSize`.
   *
   * @throws {OptionError} for an empty text.
   */
  score(text: string, options: EvaluateOptions = {}): ScoredText {
    rejectUnknownKeys("score", options, ["stride"]);
    const ids = this.stream.encode(text);
    const logProbs = evaluating(this.network, () => measureStream(this.network, ids, options)).map((x) => -x);
    const unknownId = this.tokenizer.data.unknown === undefined ? -1 : this.tokenizer.unkId;
    const predicted = ids.subarray(1);
    return {
      tokens: Array.from(predicted, (id) => this.tokenizer.label(id)),
      logProbs,
      unknown: Uint8Array.from(predicted, (id) => Number(id === unknownId)),
    };
  }

  /**
   * How well the model predicts a text: the figures of {@link score}.
   *
   * @throws {OptionError} for an empty text.
   */
  evaluate(text: string, options: EvaluateOptions = {}): TextFigures {
    return textFigures(this.score(text, options), this.measure(text));
  }

  /** How long a text is: in words, which white space parts, and in bytes; every end of a line is one. */
  measure(text: string): TextSize {
    return this.stream.measure(text);
  }

  /**
   * What every head of every layer looked at while reading a text, and the tokens before it.
   *
   * @throws {OptionError} for a network without heads, and for more tokens than it looks back on.
   */
  attentionOf(text: string): HeadAttention[] {
    return languageModelAttention(this, this.stream.encodePrompt(text));
  }

  /** What `train` needs to train this model on text. */
  task(data: LanguageModelData, options: LanguageModelTaskOptions = {}): LanguageModellingTask {
    return new LanguageModellingTask(this, data, options);
  }

  /**
   * Writes config.json, tokenizer.json and model.safetensors into a folder, which is made when missing.
   *
   * @throws {IoError} when it cannot be written.
   */
  save(directory: string): void {
    saveLanguageModel(this, directory);
  }

  /**
   * Reads what {@link save} or a training run wrote.
   *
   * @param options.weights `best`: best.safetensors; `average`: average.safetensors; `last`: model.safetensors. Default:
   *   the first of these that there is.
   * @throws {IoError} for a missing file, {@link FormatError} for a damaged or foreign one, and {@link StateError}
   *   for a tokenizer other than the one it was trained with.
   */
  static load(directory: string, options: { readonly weights?: ModelWeights } = {}): LanguageModel {
    return loadLanguageModel(directory, options.weights, (made) => new LanguageModel(made));
  }
}

const GENERATE_KEYS = ["temperature", "topK", "topP", "maxLength", "minLength", "batchSize", "random"];

/** Indices of sequences, at most `size` together and all of one length, so that they need no padding. */
function groupByLength(sequences: readonly ArrayLike<unknown>[], size: number): number[][] {
  const groups: number[][] = [];
  const open = new Map<number, number[]>();
  sequences.forEach(({ length }, i) => {
    let group = open.get(length);
    if (group === undefined || group.length === size) {
      group = [];
      groups.push(group);
      open.set(length, group);
    }
    group.push(i);
  });
  return groups;
}
