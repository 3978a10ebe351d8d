/** Remembers what frequent words become, within bounded memory. */

const MAX_WORDS = 100_000;
const MAX_WORD_LENGTH = 64;

export class WordCache<T> {
  readonly #known = new Map<string, T>();
  readonly #compute: (word: string) => T;

  constructor(compute: (word: string) => T) {
    this.#compute = compute;
  }

  get(word: string): T {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const computed = this.#compute(word);
    if (word.length <= MAX_WORD_LENGTH) {
      // Starting over is rare, and natural text refills the cache quickly.
      if (this.#known.size >= MAX_WORDS) this.#known.clear();
      this.#known.set(word, computed);
    }
    return computed;
  }
}
