/**
 * The n-grams of one order above 1, in an open-addressing hash table of typed arrays.
 *
 * All orders together are a trie over reversed n-grams, as in KenLM's probing model (Heafield 2011, "KenLM: faster and
 * smaller language model queries", section 3.1): the parent of `a b c` is its suffix `b c`, and the word that leads to
 * it is its first, `a`. So one walk from a word back through its context finds the longest match and, on the way,
 * the backoff weights of all contexts of the next word. A node is its slot, which makes keys exact and small. Where a
 * node is looked for depends on its words alone ({@link chain}), not on its parent's slot: so the processor can fetch the
 * nodes of all orders at once, instead of waiting for each before it knows where the next one is.
 */

/** Set where a longer n-gram ends in this one: the walk can go on. */
export const EXTENDS_LEFT = 0x80000000 | 0;
/** Set where this n-gram is the context of something: it belongs into the state. */
export const EXTENDS_RIGHT = 0x40000000;
const WORD_BITS = 0x3fffffff;

/** How full a table is: two thirds. */
const SLOTS_PER_ENTRY = 1.5;

/** 32-bit elements of a slot: the parent's number + 1 (0 where the slot is free), word and flags, then the numbers. */
const KEY_WIDTH = 2;

/** `values[valueWidth * slot + 1]` is the log10 probability, the next one the backoff; the highest order has none. */
export class NgramTable {
  /** How many there are. */
  size = 0;
  readonly slots: number;
  readonly keys: Int32Array;
  readonly values: Float64Array;
  /** 64-bit elements of a slot: one for the key, one for the probability, and one for the backoff where there is one. */
  readonly width: 2 | 3;

  /** @param saved the bytes that `values` had; without, the table is empty. */
  constructor(slots: number, isHighest: boolean, saved?: Uint8Array<ArrayBuffer>) {
    this.slots = slots;
    this.width = isHighest ? 2 : 3;
    const { buffer, byteOffset } = saved ?? new Float64Array(this.width * slots);
    this.keys = new Int32Array(buffer, byteOffset, 2 * this.width * slots);
    this.values = new Float64Array(buffer, byteOffset, this.width * slots);
  }

  /** A table with room for so many n-grams. */
  static for(count: number, isHighest: boolean): NgramTable {
    return new NgramTable(Math.ceil(count * SLOTS_PER_ENTRY) + 1, isHighest);
  }

  /**
   * The slot of the child of `parent` by `word`, or -1.
   *
   * @param hash {@link chain} of all its words
   */
  find(hash: number, parent: number, word: number): number {
    const { keys, slots } = this;
    const step = KEY_WIDTH * this.width;
    const wanted = (parent + 1) | 0;
    for (let slot = place(hash, slots); ; ) {
      const key = keys[slot * step];
      if (key === 0) return -1;
      if (key === wanted && (keys[slot * step + 1] & WORD_BITS) === word) return slot;
      if (++slot === slots) slot = 0;
    }
  }

  /** The slot of a new child, or -1 when there is one already. The caller sees to it that there is room. */
  insert(hash: number, parent: number, word: number, logProb: number, backoff: number): number {
    const { keys, slots, values } = this;
    const step = KEY_WIDTH * this.width;
    let slot = place(hash, slots);
    for (let key = keys[slot * step]; key !== 0; key = keys[slot * step]) {
      if (key === ((parent + 1) | 0) && (keys[slot * step + 1] & WORD_BITS) === word) return -1;
      if (++slot === slots) slot = 0;
    }
    keys[slot * step] = parent + 1;
    keys[slot * step + 1] = word;
    values[slot * this.width + 1] = logProb;
    if (this.width === 3) values[slot * 3 + 2] = backoff;
    this.size++;
    return slot;
  }

  isFree(slot: number): boolean {
    return this.keys[KEY_WIDTH * this.width * slot] === 0;
  }

  /** The slot, one order below, of the n-gram without its first word; a word's id for bigrams. */
  parent(slot: number): number {
    return (this.keys[KEY_WIDTH * this.width * slot] - 1) >>> 0;
  }

  /** The first word. */
  word(slot: number): number {
    return this.keys[KEY_WIDTH * this.width * slot + 1] & WORD_BITS;
  }

  flags(slot: number): number {
    return this.keys[KEY_WIDTH * this.width * slot + 1];
  }

  mark(slot: number, flag: number): void {
    this.keys[KEY_WIDTH * this.width * slot + 1] |= flag;
  }

  logProb(slot: number): number {
    return this.values[this.width * slot + 1];
  }

  backoff(slot: number): number {
    return this.values[this.width * slot + 2];
  }
}

/** The hash of an n-gram from that of its suffix and its first word; that of a single word is its id. */
export function chain(hash: number, word: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1) ^ Math.imul(word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** {@link chain} of `ids[from..to)`, the last word first. */
export function hashOf(ids: ArrayLike<number>, from: number, to: number): number {
  let hash = ids[from];
  for (let k = from + 1; k < to; k++) hash = chain(hash, ids[k]);
  return hash;
}

function place(hash: number, slots: number): number {
  const mixed = Math.imul(hash, 0x2c1b3c6d);
  return Math.floor(((mixed ^ (mixed >>> 13)) >>> 0) * (slots / 4294967296));
}
