/** A translator: two tokenizers and a network, with translating, saving and loading. */
import { rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { type BeamSearchOptions, beamSearch } from "../decode/beam-search.ts";
import type { Hypothesis } from "../decode/hypothesis.ts";
import { padSequences } from "../text/batching.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { SEQ2SEQ_DEFAULTS, Seq2Seq } from "./seq2seq.ts";
import { Seq2SeqDecoding } from "./seq2seq-decoding.ts";
import type { TranslateOptions, Translation, TranslatorOptions, TranslatorParts } from "./translation.ts";
import { type TranslationData, TranslationTask, type TranslationTaskOptions } from "./translation-task.ts";
import { loadTranslator, saveTranslator, type TranslatorWeights } from "./translator-files.ts";

/**
 * Translates sentences with a recurrent encoder-decoder.
 *
 * @example
 * const words = trainTokenizer(["a b c"], { type: "word" });
 * const translator = new Translator({ source: words, target: words, hiddenSize: 8, embeddingSize: 8 });
 * translator.translate(["a b", ""], { beamSize: 2 }).length; // 2
 */
export class Translator implements TranslatorParts {
  readonly source: Tokenizer;
  readonly target: Tokenizer;
  readonly network: Seq2Seq;
  readonly random: Random;

  constructor(options: TranslatorOptions) {
    const { source, target, random = new Random(1), ...network } = options;
    const networkKeys = Object.keys(SEQ2SEQ_DEFAULTS).filter((key) => key !== "padId");
    rejectUnknownKeys("Translator", options, ["source", "target", "random", ...networkKeys]);
    this.source = source;
    this.target = target;
    this.random = random;
    const sizes = { sourceVocabulary: source.tokens.length, targetVocabulary: target.tokens.length };
    this.network = new Seq2Seq({ ...network, ...sizes, padId: target.padId }, random);
  }

  /**
   * The best translation of each text, in order. A blank text gives an empty one.
   *
   * @throws {OptionError} for decoding options out of range.
   */
  translate(texts: readonly string[], options: TranslateOptions = {}): string[] {
    return this.translateDetailed(texts, options).map(({ text }) => text);
  }

  /** Translations with scores, tokens, attention weights and n-best lists. */
  translateDetailed(texts: readonly string[], options: TranslateOptions = {}): Translation[] {
    const { batchSize = 32, ...search } = options;
    const sources = texts.map((text) => [...this.source.encode(text), this.source.eosId]);
    const results = texts.map((text) => blankTranslation(text));
    // Sentences of one length together: less padding to compute.
    const order = sources
      .map((_, i) => i)
      .filter((i) => sources[i].length > 1)
      .sort((a, b) => sources[a].length - sources[b].length || a - b);
    const wasTraining = this.network.training;
    this.network.eval();
    try {
      for (let start = 0; start < order.length; start += batchSize) {
        const chunk = order.slice(start, start + batchSize);
        const found = this.#search(
          chunk.map((i) => sources[i]),
          search,
        );
        chunk.forEach((i, row) => {
          results[i] = this.#describe(texts[i], sources[i], found[row]);
        });
      }
    } finally {
      this.network.train(wasTraining);
    }
    return results;
  }

  /** N-best lists for sources given as ids that end in the end of sentence. */
  #search(sources: readonly number[][], options: BeamSearchOptions): Hypothesis[][] {
    const { bosId, eosId, padId, unkId } = this.target;
    const forbiddenIds = [padId, bosId, unkId];
    const steps = new Seq2SeqDecoding(this.network, padSequences(sources, padId), {
      bosId,
      eosId,
      forbiddenIds,
    });
    const maxLength = (sourceLength: number) => 2 * sourceLength + 10;
    return beamSearch(steps, { maxLength, lengthPenalty: { type: "fairseq", lenpen: 1 }, ...options });
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
   * @param options.weights `best`: best.safetensors; `last`: model.safetensors. Default: best when there is one.
   * @throws {IoError} for a missing file, {@link FormatError} for a damaged or foreign one, and {@link StateError}
   *   for tokenizers other than those it was trained with.
   */
  static load(directory: string, options: { readonly weights?: TranslatorWeights } = {}): Translator {
    return loadTranslator(directory, options.weights, (made) => new Translator(made));
  }
}

const blankTranslation = (source: string): Translation => {
  const empty = { text: "", logProb: 0, score: 0, finished: true, tokens: [], attention: [] };
  return { source, sourceTokens: [], ...empty, nBest: [empty] };
};
