/** N-gram models: the probability of a word after the n-1 words before it, from a table of n-grams and backoffs. */
import { IndexError, OptionError } from "../base/errors.ts";
import { checkInstance, checkIterable, checkText, describe } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import { type SampleOptions, sample } from "../decode/sample.ts";
import { NgramDecoding } from "./decoding.ts";
import { wordsOf } from "./scanner.ts";
import { NgramState } from "./state.ts";
import { chain, EXTENDS_LEFT, EXTENDS_RIGHT, type NgramTable } from "./table.ts";
import { BEGIN_ID, END_ID, UNKNOWN_ID, type Words } from "./words.ts";

/** A sentence as a string, cut at white space, or as its words. Neither holds `<s>` or `</s>`. */
export type Sentence = string | readonly string[];

/** How one word was predicted. */
export interface WordScore {
  readonly word: string;
  /** log10 P(word | words before it in the sentence). */
  readonly logProb: number;
  /** The length of the longest n-gram of the model that ends here. */
  readonly matched: number;
  /** Whether the model lacks the word. */
  readonly unknown: boolean;
}

/** The log10 probability of a sentence or a text. */
export interface NgramLikelihood {
  /** log10 P. */
  readonly logProb: number;
  /** The part of it that comes from words the model knows. */
  readonly knownLogProb: number;
  /** Predicted words, with each sentence's `</s>`. */
  readonly tokens: number;
  /** How many of them the model lacks. */
  readonly unknown: number;
}

export interface SentenceScore extends NgramLikelihood {
  readonly words: readonly WordScore[];
}

export interface NgramEvaluation extends NgramLikelihood {
  readonly sentences: number;
  /** 10^(-logProb / tokens): over all words and each `</s>`. */
  readonly perplexity: number;
  /** The same without the unknown words, neither their probabilities nor their number; NaN when all are unknown. */
  readonly perplexityOfKnown: number;
}

export interface NgramSampleOptions
  extends Pick<SampleOptions, "temperature" | "topK" | "topP" | "minLength"> {
  readonly random: Random;
  /** How many sentences. @defaultValue 1 */
  readonly count?: number;
  /** How each begins. @defaultValue nothing */
  readonly prompt?: Sentence;
  /** The most words to add. @defaultValue 100 */
  readonly maxLength?: number;
  /** Whether `<unk>` may be drawn. @defaultValue false */
  readonly allowUnknown?: boolean;
}

/** What is unusual about how a model uses its tables. */
export interface NgramKind {
  /**
   * `sentence`: each begins after `<s>` and ends with `</s>`, which is predicted. `none`: nothing is added, each begins
   * with nothing known. @defaultValue "sentence"
   */
  readonly padding?: "sentence" | "none";
  /** log10 of what each step back costs from a context that the model lacks: stupid backoff's factor. @defaultValue 0 */
  readonly unseenBackoff?: number;
  /**
   * Additive smoothing: the log10 probability of every n-gram whose context the model lacks. Then the context always
   * has all its words, and a backoff is the probability of each word not listed after that context.
   */
  readonly uniform?: number;
}

/** The tables of a model. */
export interface NgramParts {
  readonly order: number;
  readonly words: Words;
  /** `[2 V]`: log10 probability and backoff of each word. */
  readonly unigrams: Float64Array;
  /** `[V]`: {@link EXTENDS_LEFT} and {@link EXTENDS_RIGHT} of each word. */
  readonly flags: Int32Array;
  /** Those of 2, 3, ... words. */
  readonly tables: readonly NgramTable[];
  readonly kind?: NgramKind;
}

/**
 * A model with backoff (Katz 1987): P(w | h) is the probability listed for `h w`, where there is one, else
 *
 *     P(w | h) = backoff(h) · P(w | h without its first word)
 *
 * with backoff(h) = 1 for contexts that are not listed. All smoothing methods here take this form, interpolated ones
 * too, except additive smoothing ({@link NgramKind.uniform}). Logarithms are to base 10, as in ARPA files.
 *
 * @example
 * const model = trainNgram(["a b a", "a c"], { order: 2, smoothing: "mle" });
 * (10 ** model.logProb("b", ["a"])).toFixed(4); // "0.3333"
 * model.score("a b").words.map(({ matched }) => matched); // [2, 2, 1]
 */
export class NgramModel {
  readonly order: number;
  readonly parts: NgramParts;
  readonly #padding: "sentence" | "none";
  readonly #unseenBackoff: number;
  readonly #uniform: number | undefined;

  constructor(parts: NgramParts) {
    this.parts = parts;
    this.order = parts.order;
    const { padding = "sentence", unseenBackoff = 0, uniform } = parts.kind ?? {};
    this.#padding = padding;
    this.#unseenBackoff = unseenBackoff;
    this.#uniform = uniform;
  }

  /** V: ids of words are 0..V-1; 0 is `<unk>`, 1 `<s>` and 2 `</s>`. */
  get vocabularySize(): number {
    return this.parts.words.size;
  }

  /** How many n-grams there are of 1, 2, ... words. */
  get counts(): number[] {
    return [this.vocabularySize, ...this.parts.tables.map(({ size }) => size)];
  }

  /** The id of the word that ends sentences; undefined where nothing does. */
  get endId(): number | undefined {
    return this.#padding === "sentence" ? END_ID : undefined;
  }

  /** The id of a word, that of `<unk>` where the model lacks it. */
  id(word: string): number {
    checkText("word", word);
    return Math.max(UNKNOWN_ID, this.parts.words.find(word));
  }

  /** Whether the model knows a word. */
  has(word: string): boolean {
    return this.parts.words.find(word) > UNKNOWN_ID;
  }

  /** @throws {IndexError} for an id outside 0..V-1. */
  word(id: number): string {
    return this.parts.words.word(this.#checkId(id));
  }

  /** The state before a sentence: after `<s>`, or after nothing where the model has no padding. */
  start(): NgramState {
    const state = this.nothing();
    return this.#padding === "none" ? state : this.extend(state, BEGIN_ID);
  }

  /** The state in which nothing is known of the words before. */
  nothing(): NgramState {
    return new NgramState(this.order);
  }

  /**
   * Predicts a word: the state after it, which holds its log10 probability (`logProb`) and the length of the
   * longest n-gram that matched (`matched`). The words before are `from`'s, which stays as it is, so that
   * one state can be extended in several ways.
   *
   * @param word its id
   * @param into a state to fill instead of a new one; not `from`
   * @throws {IndexError} for an id outside 0..V-1.
   * @example
   * const model = trainNgram(["to be or not to be"], { order: 3, smoothing: "witten-bell" });
   * let state = model.start();
   * for (const word of ["to", "be"]) state = model.extend(state, model.id(word));
   * model.extend(state, model.id("or")).matched; // 3
   */
  extend(from: NgramState, word: number, into: NgramState = new NgramState(this.order)): NgramState {
    this.#checkId(word);
    if (!(from instanceof NgramState)) checkInstance("extend", from, NgramState);
    const { unigrams, flags, tables, order } = this.parts;
    const { words, backoffs } = into;
    let logProb = unigrams[2 * word];
    let flag = flags[word];
    let node = word;
    let hash = word;
    let matched = 1;
    let length = 0;
    if (order > 1) backoffs[0] = unigrams[2 * word + 1];
    if (flag & EXTENDS_RIGHT) length = 1;
    while (matched <= from.length && flag & EXTENDS_LEFT) {
      const table = tables[matched - 1];
      const before = from.words[matched - 1];
      hash = chain(hash, before);
      node = table.find(hash, node, before);
      if (node < 0) break;
      logProb = table.logProb(node);
      matched++;
      if (matched === order) break;
      flag = table.flags(node);
      backoffs[matched - 1] = table.backoff(node);
      if (flag & EXTENDS_RIGHT) length = matched;
    }
    if (this.#uniform !== undefined) logProb = this.#additive(from, matched, logProb);
    else {
      for (let i = matched - 1; i < from.length; i++) logProb += from.backoffs[i];
      if (this.#unseenBackoff !== 0) {
        logProb += this.#unseenBackoff * (from.depth - Math.max(from.length, matched - 1));
      }
    }
    into.logProb = logProb;
    into.matched = matched;
    into.length = length;
    into.depth = Math.min(from.depth + 1, order - 1);
    if (length > 0) words[0] = word;
    for (let i = 1; i < length; i++) words[i] = from.words[i - 1];
    return into;
  }

  #additive(from: NgramState, matched: number, logProb: number): number {
    if (matched === from.depth + 1) return logProb;
    return from.length === from.depth ? from.backoffs[from.depth - 1] : (this.#uniform as number);
  }

  /**
   * log10 P(word | context).
   *
   * @param context the words before, the nearest last; only the last n-1 matter. A sentence begins with `<s>`.
   */
  logProb(word: string, context: readonly string[] = []): number {
    let state = this.nothing();
    for (const before of context.slice(-(this.order - 1) || context.length)) {
      state = this.extend(state, this.id(before));
    }
    return this.extend(state, this.id(word)).logProb;
  }

  /** Predicts every word of a sentence and its `</s>`. */
  score(sentence: Sentence): SentenceScore {
    const words: WordScore[] = [];
    let state = this.start();
    for (const word of this.#wordsOf(sentence)) {
      const id = word === undefined ? END_ID : this.id(word);
      state = this.extend(state, id);
      const { logProb, matched } = state;
      words.push({ word: word ?? this.word(END_ID), logProb, matched, unknown: id === UNKNOWN_ID });
    }
    let [logProb, knownLogProb, unknown] = [0, 0, 0];
    for (const one of words) {
      logProb += one.logProb;
      if (one.unknown) unknown++;
      else knownLogProb += one.logProb;
    }
    return { logProb, knownLogProb, tokens: words.length, unknown, words };
  }

  /** The probability of a text, and its perplexity with and without unknown words. */
  evaluate(sentences: Iterable<Sentence>): NgramEvaluation {
    checkIterable("evaluate", sentences, "sentences");
    const total = { logProb: 0, knownLogProb: 0, tokens: 0, unknown: 0, sentences: 0 };
    for (const sentence of sentences) {
      const { logProb, knownLogProb, tokens, unknown } = this.score(sentence);
      total.logProb += logProb;
      total.knownLogProb += knownLogProb;
      total.tokens += tokens;
      total.unknown += unknown;
      total.sentences++;
    }
    return { ...total, ...perplexities(total) };
  }

  /**
   * 10^(-log10 P / tokens), the exponential of the mean negative log-likelihood of all words and each `</s>`
   * (KenLM's "perplexity including OOVs").
   *
   * @throws {OptionError} when there are no words.
   */
  perplexity(sentences: Iterable<Sentence>): number {
    return this.evaluate(sentences).perplexity;
  }

  /**
   * Makes up sentences, word by word from the model's distribution without `<s>` and, unless allowed, `<unk>`.
   *
   * @returns the words of each, prompt included, joined by blanks
   * @throws {OptionError} for wrong options.
   * @example
   * const model = trainNgram(["a b c"], { order: 2, smoothing: "mle" });
   * model.sample({ random: new Random(1), count: 2 }); // ["a b c", "a b c"]
   */
  sample({
    count = 1,
    prompt = [],
    allowUnknown = false,
    maxLength = 100,
    ...how
  }: NgramSampleOptions): string[] {
    const words = wordsOf(prompt);
    const ids = words.map((word) => this.id(word));
    if (this.#padding === "sentence") this.#checkPrompt(words, ids);
    const isPadded = this.#padding === "sentence";
    // One at a time: the probabilities of all words, for all sentences, would fill the memory.
    return Array.from({ length: count }, () => {
      const decoding = new NgramDecoding(this, [ids], { isPadded, allowUnknown });
      const [{ tokens }] = sample(decoding, { ...how, maxLength });
      return [...words, ...Array.from(tokens, (id) => this.word(id))].join(" ");
    });
  }

  #checkPrompt(words: readonly string[], ids: readonly number[]): void {
    const marker = ids.findIndex((id) => id === BEGIN_ID || id === END_ID);
    if (marker < 0) return;
    throw new OptionError({
      what: "prompt",
      expected: "words of one sentence, without <s> and </s>",
      got: describe(words[marker]),
    });
  }

  /** The words of a sentence, and undefined for its end where that is predicted. */
  #wordsOf(sentence: Sentence): readonly (string | undefined)[] {
    const words = wordsOf(sentence);
    return this.#padding === "none" ? words : [...words, undefined];
  }

  #checkId(id: number): number {
    if (id >= 0 && id < this.parts.words.size && Number.isInteger(id)) return id;
    throw new IndexError({
      what: "word id",
      expected: `a whole number in 0..${this.parts.words.size - 1}`,
      got: describe(id),
    });
  }
}

/** Both perplexities of a text. @throws {OptionError} when there are no words. */
export function perplexities({ logProb, knownLogProb, tokens, unknown }: NgramLikelihood): {
  readonly perplexity: number;
  readonly perplexityOfKnown: number;
} {
  if (tokens === 0) {
    throw new OptionError({
      what: "text",
      expected: "at least one word or sentence",
      got: "none",
      hint: "The mean over an empty text is not defined.",
    });
  }
  return {
    perplexity: 10 ** (-logProb / tokens),
    perplexityOfKnown: 10 ** (-knownLogProb / (tokens - unknown)),
  };
}
