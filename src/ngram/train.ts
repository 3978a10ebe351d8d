/** Estimating n-gram models from text. */
import { FormatError, OptionError, StateError } from "../base/errors.ts";
import { replaceFile } from "../base/files.ts";
import { checkIterable } from "../base/options.ts";
import { ArpaWriter, writeArpa } from "./arpa-write.ts";
import { CountedText } from "./counted-text.ts";
import { NgramCounter } from "./counter.ts";
import { estimate, type NgramSink } from "./estimate.ts";
import type { NgramKind, NgramModel, Sentence } from "./model.ts";
import { checkNgramOptions, type NgramOptions } from "./options.ts";
import { countOrders } from "./orders.ts";
import { RecordSpace } from "./records.ts";
import { ArpaSink, ModelSink } from "./sinks.ts";
import {
  type Discounts,
  discountsOf,
  hasDiscounts,
  isAdditive,
  type NgramSmoothing,
  usesContinuation,
} from "./smoothing.ts";
import { BEGIN_ID, END_ID, UNKNOWN_ID, Words } from "./words.ts";

/** What came out of a training. */
export interface NgramTraining {
  readonly tokens: number;
  readonly sentences: number;
  /** N-grams of 1, 2, ... words. */
  readonly counts: readonly number[];
  /** Those of each order, where the smoothing has discounts. */
  readonly discounts: readonly Discounts[];
  /** Files that did not fit into memory. */
  readonly spilled: number;
}

/**
 * Estimates an n-gram model.
 *
 * @param sentences strings, cut at white space, or lists of words
 * @throws {OptionError} for wrong options.
 * @throws {FormatError} when there are no words, or special ones in the text.
 * @example
 * const model = trainNgram(["to be or not to be"], { order: 2, smoothing: "witten-bell" });
 * (10 ** model.logProb("be", ["to"])).toFixed(4); // "0.7454"
 */
export function trainNgram(sentences: Iterable<Sentence>, options: NgramOptions = {}): NgramModel {
  checkIterable("trainNgram", sentences, "sentences");
  const trainer = new NgramTrainer(options);
  for (const sentence of sentences) trainer.addSentence(sentence);
  return trainer.model();
}

/** {@link trainNgram} in steps, for text that comes in pieces. */
export class NgramTrainer {
  readonly #options: NgramOptions;
  readonly #order: number;
  readonly #smoothing: NgramSmoothing;
  readonly #isPadded: boolean;
  readonly #memory: number;
  readonly #words = new Words();
  readonly #space: RecordSpace;
  readonly #counter: NgramCounter;
  readonly #text: CountedText;
  #result: NgramTraining | undefined;

  constructor(options: NgramOptions = {}) {
    const { order, smoothing, memory, scratch, fileSystem } = checkNgramOptions(options);
    this.#options = options;
    this.#order = order;
    this.#smoothing = smoothing;
    this.#memory = memory;
    this.#isPadded = (options.padding ?? "sentence") === "sentence";
    this.#space = new RecordSpace(scratch, fileSystem);
    this.#counter = new NgramCounter(order, this.#isPadded, this.#space, memory / 2);
    for (const word of options.vocabulary ?? []) this.#words.add(word);
    if (options.vocabulary !== undefined && this.#words.size === END_ID + 1) {
      throw new OptionError({ what: "vocabulary", expected: "at least one word", got: "none" });
    }
    this.#text = new CountedText(this.#words, this.#counter, {
      isPadded: this.#isPadded,
      isFixed: options.vocabulary !== undefined,
      isClosed: options.closed ?? false,
      specials: options.specials ?? "error",
    });
  }

  /** Words and line ends so far. */
  get tokens(): number {
    return this.#counter.tokens;
  }

  /** Takes one sentence. @throws {FormatError} for special words. */
  addSentence(sentence: Sentence): void {
    this.#text.addSentence(sentence);
  }

  /**
   * Takes a piece of a UTF-8 text in which each line is a sentence, blank ones too, and white space ends words.
   *
   * @param file named in errors
   * @throws {FormatError} when it is something else, with the line.
   */
  addBytes(bytes: Uint8Array, file?: string): void {
    this.#text.addBytes(bytes, file);
  }

  /** Ends a text, whose last line may lack its end. */
  endText(file?: string): void {
    this.#text.endText(file);
  }

  /** The model. Nothing can be added any more. @throws {FormatError} when there were no words. */
  model(): NgramModel {
    let sink: ModelSink | undefined;
    this.#finish((kind) => {
      sink = new ModelSink(this.#words, kind);
      return sink;
    });
    return (sink as unknown as ModelSink).model();
  }

  /**
   * Writes the model into an ARPA file, which takes less memory than having it.
   *
   * @throws {IoError} when a file cannot be written; an older one is then unchanged.
   */
  writeArpa(path: string): void {
    if (isAdditive(this.#smoothing)) {
      writeArpa(this.model(), path);
      return;
    }
    replaceFile(
      path,
      (write) => this.#finish((kind) => new ArpaSink(new ArpaWriter(write, this.#words, this.#order), kind)),
      this.#options.fileSystem,
    );
  }

  /** What came out. @throws {StateError} before there is a model. */
  get result(): NgramTraining {
    if (this.#result) return this.#result;
    throw new StateError({ what: "result of a training", expected: "a model made", got: "none yet" });
  }

  /** Removes scratch files; needed where a training is given up. */
  close(): void {
    this.#space.close();
  }

  #finish(makeSink: (kind: NgramKind) => NgramSink): void {
    if (!this.#text.hasWords) {
      const got = this.#counter.sentences === 0 ? "no line" : `${this.#counter.sentences} blank lines`;
      throw new FormatError({ what: "empty corpus", expected: "at least one word", got });
    }
    try {
      this.#estimate(makeSink);
    } finally {
      this.#space.close();
    }
  }

  #estimate(makeSink: (kind: NgramKind) => NgramSink): void {
    const { additive = 0.1, factor = 0.4, prune = [], closed = false, smoothUnigrams = true } = this.#options;
    const { discount, discountFallback, onWarning = console.warn } = this.#options;
    const [order, smoothing, space] = [this.#order, this.#smoothing, this.#space];
    const bytes = this.#memory / 2;
    const vocabularySize = this.#words.size;
    const records = this.#counter.finish();
    const counts = countOrders(records, {
      order,
      vocabularySize,
      isPadded: this.#isPadded,
      continuation: usesContinuation(smoothing),
      prune: Array.from({ length: order }, (_, i) => prune[Math.min(i, prune.length - 1)] ?? 0),
      tokens: this.#counter.tokens,
      space,
      bytes,
    });
    const given = typeof discount === "number" ? ([discount, discount, discount] as const) : discount;
    const { discounts, warnings } = discountsOf(smoothing, counts.statistics, given, discountFallback);
    for (const warning of warnings) onWarning(warning);
    const isPredicted = (id: number): boolean => {
      if (id === UNKNOWN_ID) return !closed;
      if (this.#isPadded) return id !== BEGIN_ID;
      return id > END_ID || counts.unigrams[id] > 0;
    };
    let predicted = 0;
    for (let id = 0; id < vocabularySize; id++) if (isPredicted(id)) predicted++;
    const added = smoothing === "laplace" ? 1 : smoothing === "lidstone" ? additive : 0;
    const rule = { smoothing, additive: added, vocabularySize: predicted, factor };
    const effective = added > 0 ? discounts.map((): Discounts => [-added, -added, -added]) : discounts;
    const kind: NgramKind = {
      ...(this.#isPadded ? {} : { padding: "none" }),
      ...(smoothing === "stupid-backoff" ? { unseenBackoff: Math.log10(factor) } : {}),
      ...(added > 0 ? { uniform: -Math.log10(predicted) } : {}),
    };
    const estimation = { order, rule, discounts: effective, smoothUnigrams, isPredicted, space, bytes };
    estimate(counts, estimation, makeSink(kind));
    this.#result = {
      tokens: this.#counter.tokens,
      sentences: this.#counter.sentences,
      counts: [vocabularySize, ...counts.statistics.slice(1).map(({ kept }) => kept)],
      discounts: hasDiscounts(smoothing) ? discounts : [],
      spilled: space.spilled,
    };
  }
}
