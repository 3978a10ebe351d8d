import { SpanTable } from "../base/span-table.ts";
import type { MergeDropout } from "./merge-table.ts";

const MAX_WORDS = 100_000;
const MAX_WORD_LENGTH = 64;

/** Gives the ids of the word `units[start..end)`; they need to last until its next call only. */
type Segment = (units: Uint16Array, start: number, end: number, dropout?: MergeDropout) => Int32Array;

/** Remembers the ids of frequent words, within bounded memory. */
export class WordCache {
  readonly #segment: Segment;
  readonly #words = new SpanTable();
  /** The ids of all words, one after the other, and where those of each word end. */
  #ids = new Int32Array(1024);
  #ends = new Int32Array(256);

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /**
   * Appends the ids of the word `units[start..end)` to `ids`, and what `replace` gives for negative ones. With dropout,
   * chance decides anew each time.
   */
  append(
    units: Uint16Array,
    start: number,
    end: number,
    ids: number[],
    replace: () => number,
    dropout?: MergeDropout,
  ): void {
    if (dropout !== undefined || end - start > MAX_WORD_LENGTH) {
      for (const id of this.#segment(units, start, end, dropout)) ids.push(id < 0 ? replace() : id);
      return;
    }
    let word = this.#words.find(units, start, end);
    if (word === -1) word = this.#add(units, start, end);
    const known = this.#ids;
    const last = this.#ends[word];
    for (let i = word === 0 ? 0 : this.#ends[word - 1]; i < last; i++) {
      const id = known[i];
      ids.push(id < 0 ? replace() : id);
    }
  }

  #add(units: Uint16Array, start: number, end: number): number {
    // Starting over is rare, and natural text refills the cache quickly.
    if (this.#words.size >= MAX_WORDS) this.#words.clear();
    const ids = this.#segment(units, start, end);
    const word = this.#words.add(units, start, end);
    const from = word === 0 ? 0 : this.#ends[word - 1];
    if (from + ids.length > this.#ids.length) this.#ids = grown(this.#ids, from + ids.length);
    if (word >= this.#ends.length) this.#ends = grown(this.#ends, word);
    this.#ids.set(ids, from);
    this.#ends[word] = from + ids.length;
    return word;
  }
}

function grown(values: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * needed);
  larger.set(values);
  return larger;
}
