/**
 * From counts to probabilities, order by order, without holding an order in memory: sums over the words after each
 * context while n-grams stand in the order of contexts, interpolation with the next lower order while they stand in
 * that of suffixes. The steps are those of Heafield et al. 2013, "Scalable modified Kneser-Ney language model
 * estimation", section 3.
 */
import { type OrderCounts, PRUNED } from "./orders.ts";
import { RecordSorter, type RecordSpace, type Records } from "./records.ts";
import {
  type ContextCounts,
  type ContextWeights,
  type Discounts,
  type SmoothingRule,
  weigh,
} from "./smoothing.ts";
import { BEGIN_ID } from "./words.ts";

/** Takes a model entry by entry: all of one order before the next. */
export interface NgramSink {
  /** @param counts of n-grams of 1, 2, ... words */
  begin(counts: readonly number[]): void;
  /**
   * @param ids holds the words at `at..at+n`, the last one first
   * @param suffix the place of the n-gram without its first word among those of its order; a word's id for bigrams
   * @param backoff log10; 0 where this is the context of nothing
   */
  entry(
    ids: Uint32Array,
    at: number,
    n: number,
    suffix: number,
    logProb: number,
    backoff: number,
    isContext: boolean,
  ): void;
  end(): void;
}

export interface Estimation {
  readonly order: number;
  readonly rule: SmoothingRule;
  /** By order - 1. */
  readonly discounts: readonly Discounts[];
  /** Whether unigrams are interpolated with the uniform distribution. */
  readonly smoothUnigrams: boolean;
  /** Whether a word can be predicted. */
  readonly isPredicted: (id: number) => boolean;
  readonly space: RecordSpace;
  readonly bytes: number;
}

export function estimate(counts: OrderCounts, estimation: Estimation, sink: NgramSink): void {
  const { order } = estimation;
  const { statistics, unigrams } = counts;
  sink.begin([unigrams.length, ...statistics.slice(1).map(({ kept }) => kept)]);
  // The backoffs of an order come from the next one: first all sums, then all probabilities.
  const contexts: Contexts[] = [];
  const sorted: RecordSorter[] = [];
  for (let n = 2; n <= order; n++) {
    const [lower, own] = [statistics[n - 2], statistics[n - 1]];
    const level = sumContexts(counts.sorters[n - 2], n, lower.total + 1, own.kept, estimation);
    contexts.push(level.contexts);
    sorted.push(level.ngrams);
  }
  contexts.push(new Contexts(order, estimation.space, 0, 0));
  let lower: LowerOrder = estimateUnigrams(unigrams, contexts[0], estimation, sink);
  for (let n = 2; n <= order; n++) {
    lower = interpolate(sorted[n - 2], n, lower, contexts[n - 1], estimation, sink);
  }
  sink.end();
}

/** 64-bit numbers are two numbers of a record. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

function putDouble(block: Uint32Array, at: number, value: number): void {
  double[0] = value;
  block[at] = halves[0];
  block[at + 1] = halves[1];
}

function getDouble(block: Uint32Array, at: number): number {
  halves[0] = block[at];
  halves[1] = block[at + 1];
  return double[0];
}

/** The backoffs of contexts of one length, in the order of suffixes. */
class Contexts {
  readonly #records: RecordSorter;
  readonly #length: number;
  #reader: Records | undefined;
  #isLive = false;

  constructor(length: number, space: RecordSpace, bytes: number, most: number) {
    this.#length = length;
    this.#records = new RecordSorter(length + 2, [], space, bytes, most);
  }

  /** @param at where the words are, the last one first */
  add(ids: Uint32Array, at: number, backoff: number): void {
    const to = this.#records.add();
    const { block } = this.#records;
    for (let k = 0; k < this.#length; k++) block[to + k] = ids[at + k];
    putDouble(block, to + this.#length, backoff);
  }

  /** The backoff after an n-gram, which follows all that were asked for before; NaN where it is not a context. */
  find(ids: Uint32Array, at: number): number {
    if (this.#reader === undefined) {
      this.#reader = this.#records.finish();
      this.#isLive = this.#reader.next();
    }
    const reader = this.#reader;
    const length = this.#length;
    // Contexts that were pruned themselves are passed over.
    for (; this.#isLive; this.#isLive = reader.next()) {
      let k = 0;
      while (k < length && reader.block[reader.at + k] === ids[at + k]) k++;
      if (k === length) return getDouble(reader.block, reader.at + length);
      if (reader.block[reader.at + k] > ids[at + k]) break;
    }
    return Number.NaN;
  }
}

/** Records of an n-gram for {@link interpolate}: words, place of the suffix, own part, interpolation weight. */
const ngramWidth = (n: number): number => n + 5;

function sumContexts(
  sorter: RecordSorter,
  n: number,
  mostContexts: number,
  most: number,
  { rule, discounts, space, bytes, order }: Estimation,
) {
  const share = bytes / (2 * order);
  const contexts = new Contexts(n - 1, space, share, mostContexts);
  // Sorted by context, they need only be sorted by the last word to stand in the order of suffixes.
  const ngrams = new RecordSorter(ngramWidth(n), [0], space, share, most);
  const [d1, d2, d3] = discounts[n - 1];
  const counts: ContextCounts = { total: 0, pruned: 0, types: 0, kept: [0, 0, 0] };
  const weights: ContextWeights = { denominator: 0, interpolation: 0, backoff: 0 };
  const context = new Uint32Array(n - 1);
  let words = new Uint32Array(3 * 256); // of each word after the context: its id, count and suffix
  let filled = 0;

  const flush = () => {
    weigh(rule, discounts[n - 1], counts, weights);
    const { denominator, interpolation, backoff } = weights;
    contexts.add(context, 0, backoff);
    for (let i = 0; i < filled; i += 3) {
      const count = words[i + 1];
      if (count >= PRUNED) continue;
      const at = ngrams.add();
      const { block } = ngrams;
      block[at] = words[i];
      for (let k = 1; k < n; k++) block[at + k] = context[k - 1];
      block[at + n] = words[i + 2];
      putDouble(block, at + n + 1, (count - (count === 1 ? d1 : count === 2 ? d2 : d3)) / denominator);
      putDouble(block, at + n + 3, interpolation);
    }
  };

  const records = sorter.finish();
  while (records.next()) {
    const { block, at } = records;
    let same = 0;
    while (same < n - 1 && block[at + 1 + same] === context[same]) same++;
    if (same < n - 1 || filled === 0) {
      if (filled > 0) flush();
      filled = 0;
      counts.total = counts.pruned = counts.types = 0;
      counts.kept.fill(0);
      for (let k = 0; k < n - 1; k++) context[k] = block[at + 1 + k];
    }
    if (filled === words.length) {
      const larger = new Uint32Array(2 * filled);
      larger.set(words);
      words = larger;
    }
    const marked = block[at + n];
    words[filled] = block[at];
    words[filled + 1] = marked;
    words[filled + 2] = block[at + n + 1];
    filled += 3;
    addCount(counts, marked);
  }
  if (filled > 0) flush();
  sorter.block = new Uint32Array(0);
  return { contexts, ngrams };
}

function addCount(counts: ContextCounts, marked: number): void {
  const count = marked & ~PRUNED;
  counts.total += count;
  counts.types++;
  if (marked >= PRUNED) counts.pruned += count;
  else counts.kept[count < 3 ? count - 1 : 2]++;
}

/** The probabilities of an order by the places of its n-grams, asked for in their order. */
interface LowerOrder {
  at(place: number): number;
}

function estimateUnigrams(
  frequencies: Float64Array,
  contexts: Contexts,
  { order, rule, discounts, smoothUnigrams, isPredicted }: Estimation,
  sink: NgramSink,
): LowerOrder {
  const counts: ContextCounts = { total: 0, pruned: 0, types: 0, kept: [0, 0, 0] };
  for (const count of frequencies) if (count > 0) addCount(counts, count);
  const weights: ContextWeights = { denominator: 0, interpolation: 0, backoff: 0 };
  const isSmooth = smoothUnigrams || rule.additive > 0;
  weigh(isSmooth ? rule : { ...rule, smoothing: "mle" }, discounts[0], counts, weights);
  const { denominator, interpolation } = weights;
  const [d1, d2, d3] = isSmooth ? discounts[0] : [0, 0, 0];
  const probs = new Float64Array(frequencies.length);
  const ids = new Uint32Array(1);
  for (let id = 0; id < probs.length; id++) {
    const count = frequencies[id];
    let own = rule.additive;
    if (count > 0) own = count - (count === 1 ? d1 : count === 2 ? d2 : d3);
    probs[id] = isPredicted(id) ? own / denominator + interpolation / rule.vocabularySize : 0;
    // As in KenLM, a sentence can be scored with its <s>.
    if (id === BEGIN_ID && !isPredicted(id)) probs[id] = 1;
    ids[0] = id;
    const backoff = order > 1 ? contexts.find(ids, 0) : Number.NaN;
    const isContext = !Number.isNaN(backoff);
    sink.entry(ids, 0, 1, 0, toLog(probs[id]), isContext ? Math.log10(backoff) : 0, isContext);
  }
  return { at: (id) => probs[id] };
}

function interpolate(
  sorter: RecordSorter,
  n: number,
  lower: LowerOrder,
  contexts: Contexts,
  { order, space, bytes }: Estimation,
  sink: NgramSink,
): LowerOrder {
  const probs = new Probabilities(space, n < order ? bytes / (2 * order) : 0, n < order ? sorter.size : 0);
  const records = sorter.finish();
  while (records.next()) {
    const { block, at } = records;
    const suffix = block[at + n];
    const prob = getDouble(block, at + n + 1) + getDouble(block, at + n + 3) * lower.at(suffix);
    let backoff = 0;
    let isContext = false;
    if (n < order) {
      probs.add(prob);
      const found = contexts.find(block, at);
      isContext = !Number.isNaN(found);
      if (isContext) backoff = Math.log10(found);
    }
    sink.entry(block, at, n, suffix, toLog(prob), backoff, isContext);
  }
  sorter.block = new Uint32Array(0);
  return probs;
}

/** Rounding may lead above 1. */
function toLog(prob: number): number {
  return prob >= 1 ? 0 : Math.log10(prob);
}

class Probabilities implements LowerOrder {
  readonly #records: RecordSorter;
  #reader: Records | undefined;
  #place = -1;
  #value = 0;

  constructor(space: RecordSpace, bytes: number, most: number) {
    this.#records = new RecordSorter(2, [], space, bytes, most);
  }

  add(prob: number): void {
    const at = this.#records.add();
    putDouble(this.#records.block, at, prob);
  }

  at(place: number): number {
    this.#reader ??= this.#records.finish();
    const reader = this.#reader;
    if (this.#place < place) {
      do reader.next();
      while (++this.#place < place);
      this.#value = getDouble(reader.block, reader.at);
    }
    return this.#value;
  }
}
