/**
 * Which parts of a linear memory are taken: allocation and release in constant time.
 *
 * The memory is counted in lines of 64 bytes. A block is a line of its own, the header, and the lines that the caller
 * gets. Free blocks hang in doubly linked lists, one for each class of sizes, whose links lie in the headers; a bit for
 * each class says whether there are any. Released blocks are merged with free neighbours at once, so that what is free
 * depends on what is live alone, and a training step finds the memory as the step before found it.
 */

/** Bytes. Every block starts on a cache line, which also suits any SIMD width. */
export const LINE = 64;

/** Words of a header. Sizes count lines, the header among them; places are numbers of lines. */
const SIZE = 0;
/** Size of the block in front; 0 for the first. */
const FRONT = 1;
const FREE = 2;
const NEXT = 3;
const PREVIOUS = 4;
const WORDS = LINE / 4;

/** Line 0 is never that of a header. */
const NONE = 0;
/** Sizes below 16 have a class each, larger ones share one with those of the same leading four bits. */
const CLASSES = 224;
/** How many blocks that may be too small are looked at before those are that are not. */
const LOOKS = 8;

function classOf(size: number): number {
  const spare = Math.max(0, 28 - Math.clz32(size));
  return (spare << 3) + (size >>> spare);
}

export class Blocks {
  /** The memory as i32, to be replaced when it grows. */
  words: Int32Array;
  /** Everything from this line on was never allocated, or is free again. */
  top: number;
  #last = 0;
  readonly #first = new Int32Array(CLASSES);
  readonly #filled = new Int32Array(CLASSES / 32);

  constructor(words: Int32Array, base: number) {
    this.words = words;
    this.top = base;
  }

  /** The header of a free block, now live, of `size` lines; 0 when there is none before the top. */
  take(size: number): number {
    const { words } = this;
    const own = classOf(size);
    let place = this.#first[own];
    for (let looks = LOOKS; place !== NONE && words[place * WORDS + SIZE] < size; looks--) {
      place = looks === 0 ? NONE : words[place * WORDS + NEXT];
    }
    if (place === NONE) {
      const larger = this.#filledFrom(own + 1);
      if (larger < 0) return NONE;
      place = this.#first[larger];
    }
    this.#unlink(place);
    const rest = words[place * WORDS + SIZE] - size;
    if (rest > 0) {
      this.#link(place + size, rest, size);
      words[(place + size + rest) * WORDS + FRONT] = rest;
    }
    words[place * WORDS + SIZE] = size;
    return place;
  }

  /** The header of a new block at the top, which the memory must have room for. */
  extend(size: number): number {
    const place = this.top;
    const at = place * WORDS;
    this.words[at + SIZE] = size;
    this.words[at + FRONT] = this.#last;
    this.words[at + FREE] = 0;
    this.#last = size;
    this.top += size;
    return place;
  }

  /** Releases the block with this header and returns its size. */
  release(place: number): number {
    const { words } = this;
    const released = words[place * WORDS + SIZE];
    let start = place;
    let size = released;
    const behind = (start + size) * WORDS;
    if (start + size < this.top && words[behind + FREE] === 1) {
      this.#unlink(start + size);
      size += words[behind + SIZE];
    }
    let front = words[start * WORDS + FRONT];
    if (front > 0 && words[(start - front) * WORDS + FREE] === 1) {
      start -= front;
      size += front;
      this.#unlink(start);
      front = words[start * WORDS + FRONT];
    }
    if (start + size === this.top) {
      this.top = start;
      this.#last = front;
    } else {
      this.#link(start, size, front);
      words[(start + size) * WORDS + FRONT] = size;
    }
    return released;
  }

  #link(place: number, size: number, front: number): void {
    const { words } = this;
    const at = place * WORDS;
    const own = classOf(size);
    const next = this.#first[own];
    words[at + SIZE] = size;
    words[at + FRONT] = front;
    words[at + FREE] = 1;
    words[at + NEXT] = next;
    words[at + PREVIOUS] = NONE;
    if (next !== NONE) words[next * WORDS + PREVIOUS] = place;
    this.#first[own] = place;
    this.#filled[own >> 5] |= 1 << (own & 31);
  }

  #unlink(place: number): void {
    const { words } = this;
    const at = place * WORDS;
    const next = words[at + NEXT];
    const previous = words[at + PREVIOUS];
    words[at + FREE] = 0;
    if (next !== NONE) words[next * WORDS + PREVIOUS] = previous;
    if (previous !== NONE) words[previous * WORDS + NEXT] = next;
    else {
      const own = classOf(words[at + SIZE]);
      this.#first[own] = next;
      if (next === NONE) this.#filled[own >> 5] &= ~(1 << (own & 31));
    }
  }

  /** The first class from `start` on that has blocks; -1 when none has. */
  #filledFrom(start: number): number {
    let index = start >> 5;
    let bits = this.#filled[index] & (-1 << (start & 31));
    while (bits === 0) {
      if (++index === this.#filled.length) return -1;
      bits = this.#filled[index];
    }
    return index * 32 + 31 - Math.clz32(bits & -bits);
  }
}
