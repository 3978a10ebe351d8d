/**
 * Gives the words of one segment numbers, so that all counting works on
 * integers. Forgetting between segments keeps the map small, hence fast.
 */
export class Interner {
  #ids = new Map<string, number>();

  /** Forgets all words. */
  reset(): void {
    this.#ids.clear();
  }

  /** One number per word; equal words, and only they, have equal numbers. */
  encode(words: readonly string[]): Int32Array {
    const ids = new Int32Array(words.length);
    for (let i = 0; i < words.length; i++) {
      let id = this.#ids.get(words[i]);
      if (id === undefined) {
        id = this.#ids.size;
        this.#ids.set(words[i], id);
      }
      ids[i] = id;
    }
    return ids;
  }
}
