/**
 * Learning byte-pair merges from counted words.
 *
 * Every position of every distinct word is a node of three linked lists: the
 * symbols of its word, and the occurrences of the pair that starts there. A
 * merge then visits only the occurrences of its pair, and pair counts stay
 * exact at all times; a heap with lazy updates finds the most frequent pair.
 *
 * Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
 * Subword Units", 2016, algorithm 1.
 */
import { codePointKey } from "./code-point-order.ts";
import type { SymbolMerge } from "./merge-table.ts";
import { PairTable } from "./pair-table.ts";

/** Distinct words as symbol ids, one after the other. */
export interface CountedWords {
  /** The text of each symbol, by id; all different. */
  readonly symbols: readonly string[];
  /** The symbols of all words. */
  readonly ids: Int32Array;
  /** Where each word starts in `ids`, and at the end `ids.length`. */
  readonly starts: Int32Array;
  /** How often each word occurs. */
  readonly counts: Float64Array;
}

export interface LearnMergesOptions {
  readonly maxMerges: number;
  /** The most symbols, given ones included. */
  readonly maxSymbols: number;
  /** Learning stops at pairs that are less frequent. */
  readonly minFrequency: number;
  /**
   * Which of two equally frequent pairs goes first: the one with the larger
   * strings by code point (subword-nmt), or with the smaller ids (HuggingFace).
   */
  readonly ties: "largest-strings" | "smallest-ids";
  /** Pairs that must not merge. */
  readonly forbidden: (left: string, right: string) => boolean;
}

/**
 * Learns merges, the most frequent pair first. Pair counts include overlapping
 * occurrences, as in subword-nmt and HuggingFace tokenizers.
 *
 * @returns the merges with, in `symbols`, the given symbols followed by new
 *   ones. Two merges may give the same symbol.
 */
export function learnMerges(
  words: CountedWords,
  options: LearnMergesOptions,
): { symbols: string[]; merges: SymbolMerge[] } {
  return new Learner(words, options).learn();
}

class Learner {
  readonly #options: LearnMergesOptions;
  readonly #symbols: string[];
  readonly #symbolIds: Map<string, number>;
  /** The symbols as strings that `<` orders by code point. */
  readonly #keys: string[];

  // By position; -1 stands for none.
  readonly #symbolAt: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #weight: Float64Array;
  readonly #pairAt: Int32Array;
  readonly #nextSame: Int32Array;
  readonly #previousSame: Int32Array;

  /** Where the pair at hand occurs. */
  readonly #places: Int32Array;

  // By pair.
  readonly #pairIds = new PairTable();
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #count: number[] = [];
  readonly #head: number[] = [];

  /** A binary heap of pairs, each with the count it had when it went in. */
  readonly #heapPairs: number[] = [];
  readonly #heapCounts: number[] = [];

  constructor(words: CountedWords, options: LearnMergesOptions) {
    const { ids, starts, counts } = words;
    this.#options = options;
    this.#symbols = [...words.symbols];
    this.#symbolIds = new Map(this.#symbols.map((symbol, id) => [symbol, id]));
    this.#keys = this.#symbols.map(codePointKey);
    this.#symbolAt = ids.slice();
    this.#next = new Int32Array(ids.length);
    this.#previous = new Int32Array(ids.length);
    this.#weight = new Float64Array(ids.length);
    this.#pairAt = new Int32Array(ids.length).fill(-1);
    this.#nextSame = new Int32Array(ids.length);
    this.#places = new Int32Array(ids.length);
    this.#previousSame = new Int32Array(ids.length);
    for (let word = 0; word < counts.length; word++) {
      const end = starts[word + 1];
      for (let i = starts[word]; i < end; i++) {
        this.#weight[i] = counts[word];
        this.#previous[i] = i > starts[word] ? i - 1 : -1;
        this.#next[i] = i + 1 < end ? i + 1 : -1;
      }
    }
    for (let i = 0; i < ids.length; i++) if (this.#next[i] !== -1) this.#link(i);
  }

  learn(): { symbols: string[]; merges: SymbolMerge[] } {
    const merges: SymbolMerge[] = [];
    for (let pair = 0; pair < this.#count.length; pair++) this.#push(pair);
    const { maxMerges, maxSymbols } = this.#options;
    while (merges.length < maxMerges && this.#symbols.length < maxSymbols) {
      const pair = this.#popMostFrequent();
      if (pair === -1) break;
      const left = this.#left[pair];
      const right = this.#right[pair];
      if (this.#options.forbidden(this.#symbols[left], this.#symbols[right])) continue;
      const whole = this.#intern(this.#symbols[left] + this.#symbols[right]);
      merges.push({ left, right, whole });
      this.#merge(pair, whole);
    }
    return { symbols: this.#symbols, merges };
  }

  #intern(symbol: string): number {
    const known = this.#symbolIds.get(symbol);
    if (known !== undefined) return known;
    this.#symbolIds.set(symbol, this.#symbols.length);
    this.#keys.push(codePointKey(symbol));
    return this.#symbols.push(symbol) - 1;
  }

  #merge(pair: number, whole: number): void {
    let size = 0;
    for (let at = this.#head[pair]; at !== -1; at = this.#nextSame[at]) this.#places[size++] = at;
    const places = this.#places.subarray(0, size);
    // Occurrences of two equal symbols overlap: in aaa the first one counts.
    if (this.#left[pair] === this.#right[pair]) places.sort();
    const grown = new Set<number>();
    for (let i = 0; i < size; i++) {
      const at = places[i];
      if (this.#pairAt[at] !== pair) continue;
      const gone = this.#next[at];
      const before = this.#previous[at];
      const after = this.#next[gone];
      this.#unlink(at);
      if (before !== -1) this.#unlink(before);
      if (after !== -1) this.#unlink(gone);
      this.#symbolAt[at] = whole;
      this.#next[at] = after;
      if (after !== -1) {
        this.#previous[after] = at;
        grown.add(this.#link(at));
      }
      if (before !== -1) grown.add(this.#link(before));
    }
    for (const other of grown) this.#push(other);
  }

  /** Enters the pair that starts at `at` and returns it. */
  #link(at: number): number {
    const left = this.#symbolAt[at];
    const right = this.#symbolAt[this.#next[at]];
    let pair = this.#pairIds.get(left, right);
    if (pair === -1) {
      pair = this.#count.length;
      this.#pairIds.set(left, right, pair);
      this.#left.push(left);
      this.#right.push(right);
      this.#count.push(0);
      this.#head.push(-1);
    }
    const head = this.#head[pair];
    this.#pairAt[at] = pair;
    this.#nextSame[at] = head;
    this.#previousSame[at] = -1;
    if (head !== -1) this.#previousSame[head] = at;
    this.#head[pair] = at;
    this.#count[pair] += this.#weight[at];
    return pair;
  }

  /** Removes the pair that starts at `at` from its list. */
  #unlink(at: number): void {
    const pair = this.#pairAt[at];
    const next = this.#nextSame[at];
    const previous = this.#previousSame[at];
    if (next !== -1) this.#previousSame[next] = previous;
    if (previous !== -1) this.#nextSame[previous] = next;
    else this.#head[pair] = next;
    this.#pairAt[at] = -1;
    this.#count[pair] -= this.#weight[at];
  }

  /** The pair to merge next, or -1 when all are too rare. */
  #popMostFrequent(): number {
    while (this.#heapPairs.length > 0) {
      const pair = this.#heapPairs[0];
      const stale = this.#heapCounts[0] !== this.#count[pair];
      this.#pop();
      if (!stale) return this.#count[pair] >= this.#options.minFrequency ? pair : -1;
      if (this.#count[pair] > 0) this.#push(pair);
    }
    return -1;
  }

  /** Whether pair `a` with count `countA` goes before pair `b`. */
  #before(a: number, countA: number, b: number, countB: number): boolean {
    if (countA !== countB) return countA > countB;
    if (this.#options.ties === "smallest-ids") {
      return this.#left[a] !== this.#left[b]
        ? this.#left[a] < this.#left[b]
        : this.#right[a] < this.#right[b];
    }
    const left = this.#keys[this.#left[a]];
    const otherLeft = this.#keys[this.#left[b]];
    return left !== otherLeft ? left > otherLeft : this.#keys[this.#right[a]] > this.#keys[this.#right[b]];
  }

  #push(pair: number): void {
    const pairs = this.#heapPairs;
    const counts = this.#heapCounts;
    const count = this.#count[pair];
    let at = pairs.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(pair, count, pairs[parent], counts[parent])) break;
      pairs[at] = pairs[parent];
      counts[at] = counts[parent];
      at = parent;
    }
    pairs[at] = pair;
    counts[at] = count;
  }

  #pop(): void {
    const pairs = this.#heapPairs;
    const counts = this.#heapCounts;
    const pair = pairs.pop() as number;
    const count = counts.pop() as number;
    const size = pairs.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const other = child + 1;
      if (other < size && this.#before(pairs[other], counts[other], pairs[child], counts[child]))
        child = other;
      if (!this.#before(pairs[child], counts[child], pair, count)) break;
      pairs[at] = pairs[child];
      counts[at] = counts[child];
      at = child;
    }
    pairs[at] = pair;
    counts[at] = count;
  }
}
