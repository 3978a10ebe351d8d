const NOT_FOUND = -1;

/**
 * The n-grams of reference texts and how often each may be matched: a trie
 * whose edges (node, symbol) -> node lie in one open-addressing hash table, so
 * that all orders together cost one probe per n-gram and no n-gram is ever
 * built as a string. Time and memory are linear in text length times order.
 */
export class NgramTrie {
  #slots = new Int32Array(256); // node of the edge in this slot; 0, the root, marks a free slot
  #mask = 255;
  #nodes = 1;
  #parent = new Int32Array(128);
  #symbol = new Int32Array(128);
  #limit = new Int32Array(128); // the largest count in one reference
  #seen = new Int32Array(128); // count in text number #text[node]
  #text = new Int32Array(128);
  #texts = 0;

  /** Forgets everything and takes up the n-grams of `texts`, n = 1..`order`. */
  reset(texts: readonly Int32Array[], order: number): void {
    let ngrams = 0;
    for (const text of texts) ngrams += text.length * Math.min(order, text.length);
    let slots = 256;
    while (slots < 2 * (ngrams + 1)) slots *= 2;
    if (slots > this.#slots.length) {
      this.#slots = new Int32Array(slots);
      this.#parent = new Int32Array(slots / 2);
      this.#symbol = new Int32Array(slots / 2);
      this.#limit = new Int32Array(slots / 2);
      this.#seen = new Int32Array(slots / 2);
      this.#text = new Int32Array(slots / 2);
    } else {
      this.#slots.fill(0, 0, slots);
    }
    this.#mask = slots - 1;
    this.#nodes = 1;
    this.#texts = 0;
    for (const text of texts) this.#add(text, order);
  }

  #add(text: Int32Array, order: number): void {
    const number = ++this.#texts;
    for (let start = 0; start < text.length; start++) {
      const end = Math.min(start + order, text.length);
      let node = 0;
      for (let i = start; i < end; i++) {
        node = this.#child(node, text[i], true);
        if (this.#text[node] !== number) {
          this.#text[node] = number;
          this.#seen[node] = 0;
        }
        if (++this.#seen[node] > this.#limit[node]) this.#limit[node] = this.#seen[node];
      }
    }
  }

  /**
   * Matches of the n-grams of `text`, each clipped at its limit.
   *
   * @returns one count for each n = 1..`order`
   */
  match(text: Int32Array, order: number): Float64Array {
    const matches = new Float64Array(order);
    const number = ++this.#texts;
    for (let start = 0; start < text.length; start++) {
      const end = Math.min(start + order, text.length);
      let node = 0;
      for (let i = start; i < end; i++) {
        node = this.#child(node, text[i], false);
        if (node === NOT_FOUND) break;
        if (this.#text[node] !== number) {
          this.#text[node] = number;
          this.#seen[node] = 0;
        }
        if (++this.#seen[node] <= this.#limit[node]) matches[i - start]++;
      }
    }
    return matches;
  }

  #child(node: number, symbol: number, insert: boolean): number {
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(symbol + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & this.#mask;
    for (;;) {
      const child = this.#slots[slot];
      if (child === 0) break;
      if (this.#parent[child] === node && this.#symbol[child] === symbol) return child;
      slot = (slot + 1) & this.#mask;
    }
    if (!insert) return NOT_FOUND;
    const child = this.#nodes++;
    this.#slots[slot] = child;
    this.#parent[child] = node;
    this.#symbol[child] = symbol;
    this.#limit[child] = 0;
    this.#text[child] = 0;
    return child;
  }
}

/** Number of n-grams in a text of `length` symbols. */
export function ngramTotal(length: number, n: number): number {
  return Math.max(0, length - n + 1);
}
