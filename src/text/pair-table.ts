const FREE = -1;

/** Numbers under pairs of symbol ids: an open-addressing hash table of integers. */
export class PairTable {
  #size = 0;
  #mask: number;
  #lefts: Int32Array;
  #rights: Int32Array;
  #values: Int32Array;

  /** @param expected about how many pairs will come. */
  constructor(expected = 0) {
    const slots = 2 ** Math.ceil(Math.log2(2 * expected + 64));
    this.#mask = slots - 1;
    this.#lefts = new Int32Array(slots).fill(FREE);
    this.#rights = new Int32Array(slots);
    this.#values = new Int32Array(slots);
  }

  /** The number of a pair of ids, or -1. */
  get(left: number, right: number): number {
    const slot = this.#seek(left, right);
    return this.#lefts[slot] === FREE ? -1 : this.#values[slot];
  }

  /** Sets the number of a pair of ids, at least 0. */
  set(left: number, right: number, value: number): void {
    const slot = this.#seek(left, right);
    if (this.#lefts[slot] === FREE) this.#size++;
    this.#lefts[slot] = left;
    this.#rights[slot] = right;
    this.#values[slot] = value;
    if (2 * this.#size > this.#mask) this.#grow();
  }

  #seek(left: number, right: number): number {
    const lefts = this.#lefts;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & this.#mask;
    while (lefts[slot] !== FREE && (lefts[slot] !== left || this.#rights[slot] !== right)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #grow(): void {
    const larger = new PairTable(this.#mask - 31);
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#lefts[slot] !== FREE) larger.set(this.#lefts[slot], this.#rights[slot], this.#values[slot]);
    }
    this.#mask = larger.#mask;
    this.#lefts = larger.#lefts;
    this.#rights = larger.#rights;
    this.#values = larger.#values;
  }
}
