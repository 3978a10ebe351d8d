import { unitsToString } from "./spans.ts";

const NOT_FOUND = -1;

/**
 * Numbers stretches of text 0, 1, 2, ... in the order in which they are first added; equal ones, and only they, have
 * equal numbers. An open-addressing hash table over UTF-16 units: looking a stretch up makes no string.
 *
 * @example
 * const table = new SpanTable();
 * const units = Uint16Array.from("abab", (unit) => unit.charCodeAt(0));
 * table.add(units, 0, 2); // 0
 * table.find(units, 2, 4); // 0
 * table.find(units, 1, 3); // -1
 */
export class SpanTable {
  /** How many there are. */
  size = 0;
  #units = new Uint16Array(256); // those of all stretches, one after the other
  #ends = new Int32Array(32); // by number, in #units
  #slotOf = new Int32Array(32); // by number
  /** Each slot is two elements: the number + 1 of its stretch, 0 where the slot is free, and the hash. */
  #slots = new Int32Array(128);
  #mask = 126;

  /** Forgets all of them. */
  clear(): void {
    // Few are taken out one by one, which spares filling a table that was large once.
    if (this.size < this.#slots.length / 32) {
      for (let number = 0; number < this.size; number++) this.#slots[this.#slotOf[number]] = 0;
    } else {
      this.#slots.fill(0);
    }
    this.size = 0;
  }

  /** The number of `units[start..end)`, or -1. */
  find(units: Uint16Array, start: number, end: number): number {
    return this.#slots[this.#seek(units, start, end, hashOf(units, start, end))] - 1;
  }

  /** The number of `units[start..end)`, a new one when it has none. */
  add(units: Uint16Array, start: number, end: number): number {
    const hash = hashOf(units, start, end);
    const slot = this.#seek(units, start, end, hash);
    const known = this.#slots[slot] - 1;
    return known === NOT_FOUND ? this.#append(units, start, end, hash, slot) : known;
  }

  /** The stretch with a number. */
  string(number: number): string {
    return unitsToString(this.#units, this.#start(number), this.#ends[number]);
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1];
  }

  /** The slot of a stretch, or the free one where it belongs. */
  #seek(units: Uint16Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    let slot = (2 * hash) & this.#mask;
    for (let taken = slots[slot]; taken !== 0; taken = slots[slot]) {
      if (slots[slot + 1] === hash && this.#equals(taken - 1, units, start, end)) break;
      slot = (slot + 2) & this.#mask;
    }
    return slot;
  }

  #equals(number: number, units: Uint16Array, start: number, end: number): boolean {
    const own = this.#start(number);
    if (this.#ends[number] - own !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#units[own + i - start] !== units[i]) return false;
    return true;
  }

  #append(units: Uint16Array, start: number, end: number, hash: number, slot: number): number {
    const number = this.size++;
    const from = this.#start(number);
    const to = from + end - start;
    if (to > this.#units.length) {
      const larger = new Uint16Array(2 * to);
      larger.set(this.#units.subarray(0, from));
      this.#units = larger;
    }
    for (let i = start; i < end; i++) this.#units[from + i - start] = units[i];
    this.#ends[number] = to;
    this.#slotOf[number] = slot;
    this.#slots[slot] = number + 1;
    this.#slots[slot + 1] = hash;
    if (this.size === this.#ends.length) this.#grow();
    return number;
  }

  #grow(): void {
    const ends = this.#ends;
    const slots = this.#slots;
    const slotOf = this.#slotOf;
    const room = 2 * ends.length;
    this.#ends = new Int32Array(room);
    this.#ends.set(ends);
    this.#slotOf = new Int32Array(room);
    this.#slots = new Int32Array(4 * room);
    this.#mask = 4 * room - 2;
    for (let number = 0; number < this.size; number++) {
      const hash = slots[slotOf[number] + 1];
      let slot = (2 * hash) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 2) & this.#mask;
      this.#slotOf[number] = slot;
      this.#slots[slot] = number + 1;
      this.#slots[slot + 1] = hash;
    }
  }
}

function hashOf(units: Uint16Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i], 0x9e3779b1) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
