import { SpanTable } from "../base/span-table.ts";

/**
 * Numbers for words that are stretches of a text, given one by one: what `Interner` does, without strings and arrays for
 * each text.
 */
export class WordNumbers {
  /** The numbers of the text's words, and behind them what is left of longer texts. */
  ids = new Int32Array(64);
  /** Words in the text. */
  count = 0;
  readonly #table = new SpanTable();

  /** Forgets all words. */
  reset(): void {
    this.#table.clear();
  }

  /** Begins the next text. */
  begin(): void {
    this.count = 0;
  }

  /** Writes the number of the word `units[start..end)`: equal words, and only they, have equal numbers. */
  add(units: Uint16Array, start: number, end: number): void {
    if (this.count === this.ids.length) {
      const larger = new Int32Array(2 * this.count);
      larger.set(this.ids);
      this.ids = larger;
    }
    this.ids[this.count++] = this.#table.add(units, start, end);
  }
}
