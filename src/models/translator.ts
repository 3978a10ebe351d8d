/** A translator: two tokenizers and a network, with translating, saving and loading. */
import type { HeadAttention } from "../base/head-attention.ts";
import { checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { type BeamSearchOptions, beamSearch } from "../decode/beam-search.ts";
import type { Hypothesis } from "../decode/hypothesis.ts";
import type { StepModel } from "../decode/step-model.ts";
import { padSequences } from "../text/batching.ts";
import { checkTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import type { ModelWeights } from "./model-files.ts";
import { checkKind, makeNetwork, networkKeys } from "./networks.ts";
import type { TranslateOptions, Translation, TranslatorOptions, TranslatorParts } from "./translation.ts";
import { checkHasHeads, translationAttention } from "./translation-attention.ts";
import type { TranslationNetwork } from "./translation-network.ts";
import { type TranslationData, TranslationTask, type TranslationTaskOptions } from "./translation-task.ts";
import { searchTogether } from "./translator-ensemble.ts";
import { loadTranslator, saveTranslator } from "./translator-files.ts";

/**
 * Translates sentences with a recurrent encoder-decoder, or with a transformer (`model: "transformer"`).
 *
 * @example
 * const words = trainTokenizer(["a b c"], { type: "word" });
 * const translator = new Translator({ source: words, target: words, hiddenSize: 8, embeddingSize: 8 });
 * translator.translate(["a b", ""], { beamSize: 2 }).length; // 2
 */
export class Translator implements TranslatorParts {
  readonly source: Tokenizer;
  readonly target: Tokenizer;
  readonly network: TranslationNetwork;
  readonly random: Random;

  constructor(options: TranslatorOptions) {
    checkObject("Translator options", options);
    checkTokenizer("Translator source", options.source);
    checkTokenizer("Translator target", options.target);
    const { source, target, random = new Random(1), ...network } = options;
    const { model = "rnn" } = network;
    const known = networkKeys(checkKind(model));
    rejectUnknownKeys("Translator", options, ["source", "target", "random", "model", ...known]);
    this.source = source;
    this.target = target;
    this.random = random;
    const sizes = { sourceVocabulary: source.tokens.length, targetVocabulary: target.tokens.length };
    this.network = makeNetwork(network, { ...sizes, padId: target.padId }, random);
  }

  /**
   * The best translation of each text, in order. A blank text gives an empty one.
   *
   * @throws {OptionError} for decoding options out of range.
   */
  translate(texts: readonly string[], options: TranslateOptions = {}): string[] {
    const needed = options.coveragePenalty !== undefined;
    return this.#translate(texts, options, needed).map(({ text }) => text);
  }

  /** Translations with scores, tokens, attention weights and n-best lists. */
  translateDetailed(texts: readonly string[], options: TranslateOptions = {}): Translation[] {
    return this.#translate(texts, options, true);
  }

  #translate(texts: readonly string[], options: TranslateOptions, attention: boolean): Translation[] {
    const { batchSize = 32, ...search } = options;
    const sources = texts.map((text) => this.#read(text, options));
    const results = texts.map((text) => blankTranslation(text));
    // Sentences of one length together: less padding to compute.
    const order = sources
      .map((_, i) => i)
      .filter((i) => sources[i].length > 1)
      .sort((a, b) => sources[a].length - sources[b].length || a - b);
    for (let start = 0; start < order.length; start += batchSize) {
      const chunk = order.slice(start, start + batchSize);
      const found = this.#search(
        chunk.map((i) => sources[i]),
        search,
        attention,
      );
      chunk.forEach((i, row) => {
        results[i] = this.#describe(texts[i], sources[i], found[row]);
      });
    }
    return results;
  }

  /**
   * What every head of every layer looked at: self-attention of the encoder and of the decoder, and the decoder's
   * attention to the source. Rows of the latter are the tokens of the translation, as they are predicted; rows and
   * columns of self-attention are tokens that are read. A blank source gives nothing.
   *
   * @param target Default: the best translation, found with `options`, by an ensemble too.
   * @throws {OptionError} for a recurrent translator, which has no heads.
   * @example
   * const words = trainTokenizer(["a b c"], { type: "word" });
   * const sizes = { dModel: 8, nhead: 2, dimFeedforward: 16, numEncoderLayers: 1, numDecoderLayers: 3 };
   * const translator = new Translator({ source: words, target: words, model: "transformer", ...sizes });
   * translator.attentionOf("a b", "b a c").map(({ kind, layers }) => [kind, layers.length]); // [["encoder", 1], ["decoder", 3], ["memory", 3]]
   */
  attentionOf(source: string, target?: string, options: TranslateOptions = {}): HeadAttention[] {
    checkHasHeads(this.network);
    const ids = this.#read(source, options);
    if (ids.length === 1) return [];
    const generated =
      target === undefined ? this.#best(ids, options) : [...this.target.encode(target), this.target.eosId];
    return translationAttention(this, ids, generated);
  }

  /** The ids of a source, cut where it is too long, and the end of sentence. */
  #read(text: string, { maxSourceLength }: TranslateOptions): number[] {
    if (maxSourceLength !== undefined) {
      checkNumber("maxSourceLength", maxSourceLength, { integer: true, min: 1 });
    }
    return [...this.source.encode(text).slice(0, maxSourceLength), this.source.eosId];
  }

  /** The ids of the best translation, the end of sentence last when it was reached. */
  #best(source: readonly number[], { batchSize: _, ...options }: TranslateOptions): number[] {
    const attention = options.coveragePenalty !== undefined;
    const [[best]] = this.#search([source], options, attention);
    return best.finished ? [...best.tokens, this.target.eosId] : [...best.tokens];
  }

  /** N-best lists for sources given as ids that end in the end of sentence. */
  #search(
    sources: readonly (readonly number[])[],
    { ensemble = [], combine, maxSourceLength: _, ...options }: Omit<TranslateOptions, "batchSize">,
    attention: boolean,
  ): Hypothesis[][] {
    const { bosId, eosId, padId, unkId } = this.target;
    const ids = { bosId, eosId, forbiddenIds: [padId, bosId, unkId] };
    const longest = Math.min(...[this, ...ensemble].map(({ network }) => network.maxLength));
    const maxLength = (sourceLength: number) => Math.min(2 * sourceLength + 10, longest);
    const defaults: BeamSearchOptions = { maxLength, lengthPenalty: { type: "fairseq", lenpen: 1 } };
    const batch = { source: padSequences(sources, padId), ids, attention };
    const search = (steps: StepModel) => beamSearch(steps, { ...defaults, ...options });
    return searchTogether([this, ...ensemble], combine, batch, search);
  }

  #describe(source: string, ids: readonly number[], hypotheses: readonly Hypothesis[]): Translation {
    const nBest = hypotheses.map(({ tokens, logProb, score, finished, attention = [] }) => ({
      text: this.target.decode(tokens),
      logProb,
      score,
      finished,
      tokens: [...tokens, ...(finished ? [this.target.eosId] : [])].map((id) => this.target.label(id)),
      attention: attention.map((row) => row.slice(0, ids.length)),
    }));
    return { source, sourceTokens: ids.map((id) => this.source.label(id)), ...nBest[0], nBest };
  }

  /** What `train` needs to train this translator on sentence pairs. */
  task(data: TranslationData, options: TranslationTaskOptions = {}): TranslationTask {
    return new TranslationTask(this, data, options);
  }

  /**
   * Writes config.json, the tokenizers and model.safetensors into a folder, which is made when missing.
   *
   * @throws {IoError} when it cannot be written.
   */
  save(directory: string): void {
    saveTranslator(this, directory);
  }

  /**
   * Reads what {@link save} or a training run wrote.
   *
   * @param options.weights `best`: best.safetensors; `average`: average.safetensors; `last`: model.safetensors. Default:
   *   the first of these that there is.
   * @throws {IoError} for a missing file, {@link FormatError} for a damaged or foreign one, and {@link StateError}
   *   for tokenizers other than those it was trained with.
   */
  static load(directory: string, options: { readonly weights?: ModelWeights } = {}): Translator {
    return loadTranslator(directory, options.weights, (made) => new Translator(made));
  }
}

const blankTranslation = (source: string): Translation => {
  const empty = { text: "", logProb: 0, score: 0, finished: true, tokens: [], attention: [] };
  return { source, sourceTokens: [], ...empty, nBest: [empty] };
};
