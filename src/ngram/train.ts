/** Estimating n-gram models from text. */
import { FormatError, OptionError, StateError } from "../base/errors.ts";
import { type FileSystem, nodeFileSystem } from "../base/file-system.ts";
import { replaceFile } from "../base/files.ts";
import { checkChoice, checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";
import { ArpaWriter, writeArpa } from "./arpa-write.ts";
import { CountedText } from "./counted-text.ts";
import { NgramCounter } from "./counter.ts";
import { estimate, type NgramSink } from "./estimate.ts";
import type { NgramKind, NgramModel, Sentence } from "./model.ts";
import { countOrders } from "./orders.ts";
import { RecordSpace } from "./records.ts";
import { ArpaSink, ModelSink } from "./sinks.ts";
import {
  type Discounts,
  discountsOf,
  hasDiscounts,
  isAdditive,
  type NgramSmoothing,
  SMOOTHINGS,
  usesContinuation,
} from "./smoothing.ts";
import { BEGIN_ID, END_ID, UNKNOWN_ID, Words } from "./words.ts";

export interface NgramOptions {
  /** The longest n-grams. @defaultValue 3 */
  readonly order?: number;
  /** @defaultValue "modified-kneser-ney" */
  readonly smoothing?: NgramSmoothing;
  /** What lidstone adds to every count. @defaultValue 0.1 */
  readonly additive?: number;
  /** Stupid backoff's factor. @defaultValue 0.4 */
  readonly factor?: number;
  /** Instead of estimated discounts: one, or those of counts 1, 2, and 3 or more. */
  readonly discount?: number | Discounts;
  /**
   * What to take where discounts cannot be estimated. Without, 0.5, 1 and 1.5 (methods with one discount: 0.75) with a
   * warning; `false` throws instead.
   */
  readonly discountFallback?: Discounts | false;
  /**
   * For n-grams of 1, 2, ... words, the last number also for all longer ones: those that occur so often or less are
   * left out. It begins with 0 and never falls. @defaultValue nothing is left out
   */
  readonly prune?: readonly number[];
  /** The words that can be predicted; all others are `<unk>`. Default: those of the text, and `<unk>`, which has not occurred. */
  readonly vocabulary?: Iterable<string>;
  /** Gives `<unk>` no probability; words outside `vocabulary` are an error. @defaultValue false */
  readonly closed?: boolean;
  /**
   * `<unk>`, `<s>` and `</s>` in the text are an error, skipped, or (`unknown`) `<unk>` counts as an unknown
   * word and the others are an error. @defaultValue "error"
   */
  readonly specials?: "error" | "skip" | "unknown";
  /** `none` adds no `<s>` and `</s>`; then they are words like any other. @defaultValue "sentence" */
  readonly padding?: "sentence" | "none";
  /** Whether unigrams are smoothed and interpolated with the uniform distribution, or relative frequencies. @defaultValue true */
  readonly smoothUnigrams?: boolean;
  /** Bytes for counting and sorting; what does not fit goes to files next to `scratch`. @defaultValue no limit */
  readonly memory?: number;
  /** What the names of those files begin with. */
  readonly scratch?: string;
  readonly fileSystem?: FileSystem;
  /** Called with what is odd about the text. @defaultValue console.warn */
  readonly onWarning?: (message: string) => void;
}

const KEYS = [
  "order",
  "smoothing",
  "additive",
  "factor",
  "discount",
  "discountFallback",
  "prune",
  "vocabulary",
  "closed",
  "specials",
  "padding",
  "smoothUnigrams",
  "memory",
  "scratch",
  "fileSystem",
  "onWarning",
] as const satisfies readonly (keyof NgramOptions)[];

const MOST_ORDER = 64;
const LEAST_MEMORY = 2 ** 20;

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
    const { order, smoothing, memory, scratch, fileSystem } = checkOptions(options);
    this.#options = options;
    this.#order = order;
    this.#smoothing = smoothing;
    this.#memory = memory;
    this.#isPadded = (options.padding ?? "sentence") === "sentence";
    this.#space = new RecordSpace(scratch, fileSystem);
    this.#counter = new NgramCounter(order, this.#isPadded, this.#space, memory / 2);
    for (const word of options.vocabulary ?? []) this.#words.add(word);
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

function checkOptions(options: NgramOptions) {
  rejectUnknownKeys("trainNgram", options, KEYS);
  const { memory, scratch, fileSystem = nodeFileSystem, vocabulary, closed } = options;
  const order = checkNumber("order", options.order ?? 3, { integer: true, min: 1, max: MOST_ORDER });
  const smoothing = checkChoice("smoothing", options.smoothing ?? "modified-kneser-ney", SMOOTHINGS);
  checkChoice("padding", options.padding ?? "sentence", ["sentence", "none"]);
  const specials = checkChoice("specials", options.specials ?? "error", ["error", "skip", "unknown"]);
  if (options.additive !== undefined) checkNumber("additive", options.additive, { above: 0 });
  if (options.factor !== undefined) checkNumber("factor", options.factor, { above: 0, max: 1 });
  checkDiscounts("discount", options.discount);
  if (options.discountFallback !== false) checkDiscounts("discountFallback", options.discountFallback);
  checkPrune(options.prune, order, smoothing);
  const refuse = (what: string, expected: string, got: string): never => {
    throw new OptionError({ what, expected, got });
  };
  if ((memory === undefined) !== (scratch === undefined)) {
    refuse("memory", "a path for scratch with it", "one without the other");
  }
  if (memory !== undefined) checkNumber("memory", memory, { min: LEAST_MEMORY });
  if (closed && specials === "unknown") refuse("specials", "no unknown words where closed", "unknown");
  if (closed && vocabulary === undefined) refuse("closed", "a vocabulary with it", "none");
  return { order, smoothing, memory: memory ?? Number.POSITIVE_INFINITY, scratch, fileSystem };
}

function checkDiscounts(what: string, given: number | Discounts | undefined): void {
  if (given === undefined) return;
  const all = typeof given === "number" ? [given] : given;
  for (const [i, value] of all.entries()) checkNumber(what, value, { min: 0, max: i + 1 });
  if (typeof given === "number" || given.length === 3) return;
  throw new OptionError({ what, expected: "a number or three", got: describe(given) });
}

function checkPrune(prune: readonly number[] | undefined, order: number, smoothing: NgramSmoothing): void {
  if (prune === undefined) return;
  for (const one of prune) checkNumber("prune", one, { integer: true, min: 0 });
  const falls = prune.findIndex((one, i) => i > 0 && one < prune[i - 1]);
  if (prune[0] !== 0 || falls > 0 || prune.length > order) {
    const expected = `0 and then at most ${order - 1} numbers that never fall`;
    throw new OptionError({ what: "prune", expected, got: prune.join(" ") || "nothing" });
  }
  if (isAdditive(smoothing) && prune.some((one) => one > 0)) {
    throw new OptionError({ what: "prune", expected: `none with ${smoothing}`, got: prune.join(" ") });
  }
}
