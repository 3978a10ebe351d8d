/**
 * The n-grams of all orders from those of the highest one, in one pass in the order of suffixes: what has the same
 * last words stands together, so the n-grams of lower orders are where the last words change.
 */

import { NO_WORD } from "./counter.ts";
import { RecordSorter, type RecordSpace, type Records } from "./records.ts";
import { BEGIN_ID } from "./words.ts";

/** Set in the count of an n-gram that is left out of the model, but not out of the sums. */
export const PRUNED = 0x80000000;

/** Numbers of n-grams of one order by their count. */
export interface CountsOfCounts {
  /** All of them. */
  total: number;
  /** Those that stay in the model. */
  kept: number;
  /** `n[k]`: those with count k, for k = 1, 2, 3, 4. */
  readonly n: number[];
}

export interface OrderCounts {
  /** By order - 1. */
  readonly statistics: readonly CountsOfCounts[];
  /** `[V]` */
  readonly unigrams: Float64Array;
  /**
   * By order - 2: records of the words, the last one first, the count with {@link PRUNED}, and the place of the
   * n-gram without its first word among those of its order that stay (the id of the word for bigrams). Sorted by
   * context and, for equal ones, by the last word.
   */
  readonly sorters: readonly RecordSorter[];
}

export interface OrderOptions {
  readonly order: number;
  readonly vocabularySize: number;
  /** Whether `<s>` stands before every sentence; without, it is a word like any other. */
  readonly isPadded: boolean;
  /**
   * Count for lower orders how many different words come before (Kneser and Ney 1995), not how often they occur.
   * N-grams that begin with `<s>` have nothing before them and keep their frequencies.
   */
  readonly continuation: boolean;
  /** By order - 1: n-grams that occur so often or less are left out. Never falls from order to order. */
  readonly prune: readonly number[];
  /** How many words were counted: there are no more n-grams of any order. */
  readonly tokens: number;
  readonly space: RecordSpace;
  /** For all orders together. */
  readonly bytes: number;
}

/**
 * @param records distinct n-grams of the highest order with their counts, as `NgramCounter` gives them
 */
export function countOrders(records: Records, options: OrderOptions): OrderCounts {
  return new OrderCounting(options).run(records);
}

class OrderCounting {
  readonly #order: number;
  readonly #options: OrderOptions;
  readonly #statistics: CountsOfCounts[];
  readonly #unigrams: Float64Array;
  readonly #sorters: RecordSorter[] = [];
  /** The n-grams of lower orders that end as the last record does: how many, their words, and by order their counts. */
  #open = 0;
  readonly #path: Uint32Array;
  readonly #counts: Float64Array;
  readonly #frequencies: Float64Array;

  constructor(options: OrderOptions) {
    const { order, vocabularySize, tokens, space, bytes } = options;
    this.#order = order;
    this.#options = options;
    this.#statistics = Array.from({ length: order }, () => ({ total: 0, kept: 0, n: [0, 0, 0, 0, 0] }));
    this.#unigrams = new Float64Array(vocabularySize);
    for (let n = 2; n <= order; n++) {
      // Those with the same context come in the order of their last words, and sorting keeps it.
      const context = Array.from({ length: n - 1 }, (_, k) => k + 1);
      this.#sorters.push(new RecordSorter(n + 2, context, space, bytes / (order - 1), tokens));
    }
    this.#path = new Uint32Array(order);
    this.#counts = new Float64Array(order + 1);
    this.#frequencies = new Float64Array(order + 1);
  }

  run(records: Records): OrderCounts {
    const order = this.#order;
    const current = new Uint32Array(order);
    let count = 0;
    while (records.next()) {
      const { block, at } = records;
      let same = 0;
      while (same < order && block[at + same] === current[same]) same++;
      if (same === order && count > 0) {
        count += block[at + order];
        continue;
      }
      if (count > 0) this.#take(current, count);
      for (let k = 0; k < order; k++) current[k] = block[at + k];
      count = block[at + order];
    }
    if (count > 0) this.#take(current, count);
    // KenLM's discounts see the frequencies of the last n-grams instead of their adjusted counts.
    while (this.#open > 0) this.#close(this.#frequencies[this.#open]);
    return { statistics: this.#statistics, unigrams: this.#unigrams, sorters: this.#sorters };
  }

  #take(words: Uint32Array, count: number): void {
    const order = this.#order;
    const path = this.#path;
    let same = 0;
    while (same < this.#open && words[same] === path[same]) same++;
    while (this.#open > same) this.#close(this.#countOf(this.#open));
    for (let n = 1; n <= same; n++) this.#frequencies[n] += count;
    // One more word that comes before.
    if (same > 0 && words[same] !== NO_WORD) this.#counts[same]++;
    let n = same + 1;
    for (; n < order; n++) {
      const first = words[n - 1];
      if (first === NO_WORD) return;
      path[n - 1] = first;
      this.#open = n;
      this.#frequencies[n] = count;
      const isStart = first === BEGIN_ID && this.#options.isPadded;
      this.#counts[n] = isStart ? count : 1;
      if (isStart) return;
    }
    if (words[order - 1] !== NO_WORD) this.#emit(words, order, count, count, count);
  }

  #countOf(n: number): number {
    return this.#options.continuation ? this.#counts[n] : this.#frequencies[n];
  }

  /** @param listed the count as the discounts see it */
  #close(listed: number): void {
    const n = this.#open--;
    this.#emit(this.#path, n, this.#countOf(n), this.#frequencies[n], listed);
  }

  #emit(words: Uint32Array, n: number, count: number, frequency: number, listed: number): void {
    const statistics = this.#statistics[n - 1];
    statistics.total++;
    if (listed < 5) statistics.n[listed]++;
    const isPruned = frequency <= this.#options.prune[n - 1];
    if (n === 1) this.#unigrams[words[0]] = count;
    else {
      const sorter = this.#sorters[n - 2];
      const at = sorter.add();
      const { block } = sorter;
      for (let k = 0; k < n; k++) block[at + k] = words[k];
      block[at + n] = isPruned ? count | PRUNED : count;
      block[at + n + 1] = n === 2 ? words[0] : this.#statistics[n - 2].kept;
    }
    if (!isPruned) statistics.kept++;
  }
}
