/** Keys below this index the table directly; it needs 64 kB. */
const DIRECT = 2 ** 14;

/**
 * Counts the n-grams of a hypothesis that occur in its references, each clipped at its largest count in one reference.
 *
 * Order by order: each n-gram of the hypothesis gets a number, 1, 2, ..., found under that of its first n-1 symbols and
 * its last symbol; 0 stands for all that match nothing. So one probe serves each n-gram, none is ever built, an n-gram
 * whose beginning does not match costs no search, and memory is linear in the length of the texts.
 */
export class NgramMatcher {
  /** The symbols of all texts, the hypothesis first, and where each text ends. */
  #symbols = new Int32Array(256);
  #ends: number[] = [];
  /** By position: a symbol as a 1-gram's number, and the number of the n-gram that starts there. */
  #dense = new Int32Array(256);
  #ngrams = new Int32Array(256);

  /** The numbers of n-grams; all 0 between orders. */
  #slots = new Int32Array(DIRECT);
  #direct = true;
  #shift = 0;
  #alphabet = 0;
  #size = 0;
  // By number; counts, seen and limit are 0 between orders.
  #slotOf = new Int32Array(256);
  #prefix = new Int32Array(256);
  #last = new Int32Array(256);
  #count = new Int32Array(256); // in the hypothesis
  #seen = new Int32Array(256); // in the reference at hand
  #limit = new Int32Array(256); // the largest count in one reference
  /** New numbers of the n-grams that match, 0 for the others. */
  #kept = new Int32Array(256);

  /** Starts over with a hypothesis: `symbols[0..length)`, none negative. */
  hypothesis(symbols: Int32Array, length: number): void {
    this.#ends.length = 0;
    this.reference(symbols, length);
  }

  /** Adds a reference. */
  reference(symbols: Int32Array, length: number): void {
    const texts = this.#ends.length;
    const start = texts === 0 ? 0 : this.#ends[texts - 1];
    const end = start + length;
    if (end > this.#symbols.length) {
      const larger = new Int32Array(2 * end);
      larger.set(this.#symbols.subarray(0, start));
      this.#symbols = larger;
      this.#dense = new Int32Array(2 * end);
      this.#ngrams = new Int32Array(2 * end);
    }
    const own = this.#symbols;
    for (let i = 0; i < length; i++) own[start + i] = symbols[i];
    this.#ends.push(end);
  }

  /** Takes a reference in place of all others. */
  soleReference(symbols: Int32Array, length: number): void {
    while (this.#ends.length > 1) this.#ends.pop();
    this.reference(symbols, length);
  }

  /** Writes the matches of n-grams, n = 1..`order`, to `row[at]`, `row[at + step]`, ... */
  match(order: number, row: number[], at: number, step: number): void {
    const total = this.#ends[this.#ends.length - 1];
    const dense = this.#dense;
    const ngrams = this.#ngrams;
    const symbols = this.#symbols;
    for (let i = 0; i < total; i++) {
      dense[i] = symbols[i] + 1;
      ngrams[i] = 1;
    }
    this.#kept[1] = 1;
    this.#alphabet = DIRECT; // too many to be looked up directly
    let kept = 1;
    for (let n = 1; n <= order; n++) {
      let matches = 0;
      if (kept > 0) {
        this.#open(this.#ends[0], (kept + 1) * this.#alphabet);
        this.#number(n);
        for (let text = 1; text < this.#ends.length; text++) this.#look(text, n);
        matches = this.#settle();
        kept = this.#size;
      }
      row[at + (n - 1) * step] = matches;
      if (n > 1) continue;
      for (let i = 0; i < total; i++) dense[i] = this.#kept[ngrams[i]];
      this.#alphabet = kept + 1;
    }
  }

  /** Prepares for at most `most` n-grams whose keys are below `keys`. */
  #open(most: number, keys: number): void {
    this.#direct = keys <= DIRECT;
    this.#size = 0;
    this.#shift = Math.clz32(Math.max(most, 32)) - 1; // at most half full
    if (most > this.#slots.length / 2) this.#slots = new Int32Array(2 ** (32 - this.#shift));
    if (most < this.#limit.length) return;
    const room = 2 * most;
    this.#slotOf = new Int32Array(room);
    this.#prefix = new Int32Array(room);
    this.#last = new Int32Array(room);
    this.#count = new Int32Array(room);
    this.#seen = new Int32Array(room);
    this.#limit = new Int32Array(room);
    const kept = this.#kept;
    this.#kept = new Int32Array(room);
    this.#kept.set(kept);
  }

  /** Numbers and counts the n-grams of the hypothesis. */
  #number(n: number): void {
    const dense = this.#dense;
    const ngrams = this.#ngrams;
    const kept = this.#kept;
    const slots = this.#slots;
    const count = this.#count;
    const end = this.#ends[0] - n + 1;
    for (let i = 0; i < end; i++) {
      const prefix = kept[ngrams[i]];
      const symbol = dense[i + n - 1];
      let ngram = 0;
      if (prefix > 0 && symbol > 0) {
        const slot = this.#seek(prefix, symbol);
        ngram = slots[slot];
        if (ngram === 0) {
          ngram = ++this.#size;
          slots[slot] = ngram;
          this.#slotOf[ngram] = slot;
          this.#prefix[ngram] = prefix;
          this.#last[ngram] = symbol;
        }
        count[ngram]++;
      }
      ngrams[i] = ngram;
    }
  }

  /** Finds the n-grams of a reference. */
  #look(text: number, n: number): void {
    const dense = this.#dense;
    const ngrams = this.#ngrams;
    const kept = this.#kept;
    const slots = this.#slots;
    const seen = this.#seen;
    const limit = this.#limit;
    const last = this.#ends[text] - n;
    for (let i = this.#ends[text - 1]; i <= last; i++) {
      const ngram = slots[this.#seek(kept[ngrams[i]], dense[i + n - 1])];
      ngrams[i] = ngram;
      seen[ngram]++;
    }
    for (let ngram = 0; ngram <= this.#size; ngram++) {
      limit[ngram] = Math.max(limit[ngram], seen[ngram]);
      seen[ngram] = 0;
    }
  }

  /** Adds the matches up, numbers what matched and clears the table. */
  #settle(): number {
    const slots = this.#slots;
    const slotOf = this.#slotOf;
    const count = this.#count;
    const limit = this.#limit;
    const kept = this.#kept;
    const size = this.#size;
    let matches = 0;
    let matching = 0;
    for (let ngram = 1; ngram <= size; ngram++) {
      matches += Math.min(count[ngram], limit[ngram]);
      kept[ngram] = limit[ngram] > 0 ? ++matching : 0;
      slots[slotOf[ngram]] = 0;
      count[ngram] = 0;
      limit[ngram] = 0;
    }
    this.#size = matching;
    return matches;
  }

  /** The slot of an n-gram, or the free one where it belongs. */
  #seek(prefix: number, symbol: number): number {
    const key = Math.imul(prefix, this.#alphabet) + symbol;
    if (this.#direct) return key;
    const slots = this.#slots;
    const mask = -1 >>> this.#shift;
    let slot = Math.imul(key, 0x9e3779b1) >>> this.#shift;
    for (let taken = slots[slot]; taken !== 0; taken = slots[slot]) {
      if (this.#prefix[taken] === prefix && this.#last[taken] === symbol) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}

/** Number of n-grams in a text of `length` symbols. */
export function ngramTotal(length: number, n: number): number {
  return Math.max(0, length - n + 1);
}
