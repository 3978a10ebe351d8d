/** Counts the n-grams of a text: every word with the n-1 words before it, sorted by suffix. */
import type { ScratchFile } from "../base/files.ts";
import { merge, type RecordSpace, type Records, sortedOrder, writeRun } from "./records.ts";
import { BEGIN_ID, MOST_WORDS } from "./words.ts";

/** Stands before the first word where sentences are not padded. */
export const NO_WORD = MOST_WORDS - 1;

const FIRST_TOKENS = 2 ** 12;

/**
 * Takes sentences as ids and gives the distinct n-grams, each with its count: records of n ids, the last word first, so
 * that their order is that of suffixes, and the count. Words are kept as they come until they fill the memory; then
 * they are sorted as n-grams, which leaves each once, and go to disk.
 */
export class NgramCounter {
  sentences = 0;
  readonly #order: number;
  readonly #space: RecordSpace;
  readonly #bytes: number;
  readonly #most: number;
  /** What stands before a sentence, order - 1 times. */
  readonly #pad: number;
  #ids: Uint32Array;
  #length = 0;
  /** How many of the ids are to be counted, and how many were. */
  #events = 0;
  #counted = 0;
  readonly #runs: ScratchFile[] = [];

  /** @param isPadded whether sentences begin after `<s>` */
  constructor(order: number, isPadded: boolean, space: RecordSpace, bytes: number) {
    this.#order = order;
    this.#space = space;
    this.#bytes = bytes;
    this.#pad = isPadded ? BEGIN_ID : NO_WORD;
    // Each word is kept, and sorted with three orders.
    const fitting = Math.floor(bytes / (4 * 4));
    this.#most = space.canSpill ? Math.max(16 * order, fitting) : Number.POSITIVE_INFINITY;
    this.#ids = new Uint32Array(Math.min(FIRST_TOKENS, this.#most) + order);
    this.#beginSentence();
  }

  /** Predicted words so far. */
  get tokens(): number {
    return this.#counted + this.#events;
  }

  /** Takes the next word of a sentence. */
  add(id: number): void {
    if (this.#length === this.#ids.length) this.#makeRoom();
    this.#ids[this.#length++] = id;
    this.#events++;
  }

  /** Ends a sentence; its `</s>`, if it has one, was added as a word. */
  endSentence(): void {
    this.sentences++;
    if (this.#length + this.#order > this.#ids.length) this.#makeRoom();
    this.#beginSentence();
  }

  /** The n-grams in the order of suffixes. One may come several times in a row, with a part of its count each time. */
  finish(): Records {
    if (this.#runs.length > 0) {
      this.#spill();
      this.#ids = new Uint32Array(0);
      const keys = Array.from({ length: this.#order }, (_, k) => k);
      return merge(this.#runs, this.#order + 1, keys, this.#space, this.#bytes / 2);
    }
    return new DistinctNgrams(this.#ids, this.#sorted(), this.#order);
  }

  #beginSentence(): void {
    for (let k = 1; k < this.#order; k++) this.#ids[this.#length++] = this.#pad;
  }

  #makeRoom(): void {
    if (this.#length < this.#most) {
      const larger = new Uint32Array(Math.min(2 * this.#length, this.#most) + this.#order);
      larger.set(this.#ids.subarray(0, this.#length));
      this.#ids = larger;
    } else this.#spill();
  }

  #spill(): void {
    const run = this.#space.file();
    writeRun(run, new DistinctNgrams(this.#ids, this.#sorted(), this.#order), this.#order + 1);
    this.#runs.push(run);
    this.#counted += this.#events;
    this.#events = 0;
    // The last words are the context of the next, and their own n-grams are counted.
    const context = this.#order - 1;
    this.#ids.copyWithin(0, this.#length - context, this.#length);
    this.#length = context;
    this.#firstEvent = context;
  }

  /** Where the words begin that are not counted yet. */
  #firstEvent = 0;

  /** The places of all words to count, by their n-grams. */
  #sorted(): Uint32Array {
    const ids = this.#ids;
    const pad = this.#pad;
    const places = new Uint32Array(this.#events);
    let count = 0;
    for (let i = this.#firstEvent; i < this.#length; i++) if (ids[i] !== pad) places[count++] = i;
    const columns = Array.from({ length: this.#order }, (_, k) => -k);
    return sortedOrder(ids, places, 1, columns);
  }
}

/** Makes one record of places that are neighbours in the order of their n-grams and equal. */
class DistinctNgrams implements Records {
  readonly block: Uint32Array;
  readonly at = 0;
  readonly #ids: Uint32Array;
  readonly #places: Uint32Array;
  readonly #order: number;
  #position = 0;

  constructor(ids: Uint32Array, places: Uint32Array, order: number) {
    this.#ids = ids;
    this.#places = places;
    this.#order = order;
    this.block = new Uint32Array(order + 1);
  }

  next(): boolean {
    const { block } = this;
    const ids = this.#ids;
    const places = this.#places;
    const order = this.#order;
    let position = this.#position;
    if (position === places.length) return false;
    const first = places[position];
    for (let k = 0; k < order; k++) block[k] = ids[first - k];
    const start = position;
    for (position++; position < places.length; position++) {
      const place = places[position];
      let k = 0;
      while (k < order && ids[place - k] === block[k]) k++;
      if (k < order) break;
    }
    block[order] = position - start;
    this.#position = position;
    return true;
  }
}
