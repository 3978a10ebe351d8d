/** The words of an n-gram model: UTF-8 bytes numbered in order of appearance, found without making strings. */
import { FormatError, OptionError } from "../base/errors.ts";
import { describe } from "../base/options.ts";

/** The word that stands for all that a model does not know. */
export const UNKNOWN = "<unk>";
/** What every sentence begins with: a context, never predicted. */
export const BEGIN = "<s>";
/** What every sentence ends with: predicted like a word. */
export const END = "</s>";

/** The ids of {@link UNKNOWN}, {@link BEGIN} and {@link END} in every model, as in KenLM. */
export const UNKNOWN_ID = 0;
export const BEGIN_ID = 1;
export const END_ID = 2;

/** Ids share their 32 bits with two flags. */
export const MOST_WORDS = 2 ** 30;

/** What a hash begins with. */
export const HASH_START = 0x811c9dc5 | 0;

/** One step of the hash that {@link Words} uses, so that a reader can hash a word while it looks for its end. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/**
 * Numbers words 0, 1, 2, ... in the order in which they are added: an open-addressing hash table over bytes. `<unk>`,
 * `<s>` and `</s>` are there from the start, as 0, 1 and 2.
 *
 * @example
 * const words = new Words();
 * words.add("tea"); // 3
 * words.find("tea"); // 3
 * words.find("coffee"); // -1
 * words.word(3); // "tea"
 */
export class Words {
  /** How many there are. */
  size = 0;
  /** The bytes of all words, one after the other. */
  bytes = new Uint8Array(4096);
  /** By id: where its bytes begin; the next entry is their end. */
  starts = new Uint32Array(1025);
  /** Each slot is two elements: the id + 1 of its word, 0 where the slot is free, and the hash. */
  #slots = new Int32Array(4096);
  #mask = 4094;
  readonly #strings: (string | undefined)[] = [];
  #scratch = new Uint8Array(256);

  constructor() {
    for (const special of [UNKNOWN, BEGIN, END]) this.add(special);
  }

  /** The id of a word, a new one when it has none. Lone surrogates become U+FFFD. */
  add(word: string): number {
    const length = this.#encode(word);
    return this.addBytes(this.#scratch, 0, length, hashOf(this.#scratch, 0, length));
  }

  /** The id of a word, or -1. */
  find(word: string): number {
    const length = this.#encode(word);
    return this.findBytes(this.#scratch, 0, length, hashOf(this.#scratch, 0, length));
  }

  /** {@link find} for `bytes[start..end)`, whose hash is known. */
  findBytes(bytes: Uint8Array, start: number, end: number, hash: number): number {
    return this.#slots[this.#seek(bytes, start, end, hash)] - 1;
  }

  /** {@link add} for `bytes[start..end)`, whose hash is known. @throws {FormatError} when a new word is not UTF-8. */
  addBytes(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slot = this.#seek(bytes, start, end, hash);
    const known = this.#slots[slot] - 1;
    return known >= 0 ? known : this.#append(bytes, start, end, hash, slot);
  }

  /** The word with an id. */
  word(id: number): string {
    let word = this.#strings[id];
    if (word === undefined) {
      word = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        this.bytes.subarray(this.starts[id], this.starts[id + 1]),
      );
      this.#strings[id] = word;
    }
    return word;
  }

  /** All words, by id. */
  toArray(): string[] {
    return Array.from({ length: this.size }, (_, id) => this.word(id));
  }

  #encode(word: string): number {
    if (3 * word.length > this.#scratch.length) this.#scratch = new Uint8Array(6 * word.length);
    return new TextEncoder().encodeInto(word, this.#scratch).written;
  }

  /** The slot of a word, or the free one where it belongs. */
  #seek(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = (2 * spread(hash)) & mask;
    for (let taken = slots[slot]; taken !== 0; taken = slots[slot]) {
      if (slots[slot + 1] === hash && this.#equals(taken - 1, bytes, start, end)) break;
      slot = (slot + 2) & mask;
    }
    return slot;
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.starts[id];
    if (this.starts[id + 1] - own !== end - start) return false;
    const known = this.bytes;
    for (let i = start; i < end; i++) if (known[own + i - start] !== bytes[i]) return false;
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const id = this.size;
    if (id === MOST_WORDS) {
      throw new OptionError({ what: "vocabulary", expected: `at most ${MOST_WORDS} words`, got: "more" });
    }
    checkUtf8(bytes, start, end);
    const from = this.starts[id];
    const to = from + end - start;
    if (to > this.bytes.length) {
      const larger = new Uint8Array(2 * to);
      larger.set(this.bytes.subarray(0, from));
      this.bytes = larger;
    }
    this.bytes.set(bytes.subarray(start, end), from);
    this.starts[id + 1] = to;
    this.#slots[slot] = id + 1;
    this.#slots[slot + 1] = hash;
    this.size = id + 1;
    if (id + 2 === this.starts.length) this.#grow();
    return id;
  }

  #grow(): void {
    const { starts } = this;
    const slots = this.#slots;
    this.starts = new Uint32Array(2 * starts.length - 1);
    this.starts.set(starts);
    this.#slots = new Int32Array(2 * slots.length);
    this.#mask = 2 * slots.length - 2;
    for (let old = 0; old < slots.length; old += 2) {
      if (slots[old] === 0) continue;
      let slot = (2 * spread(slots[old + 1])) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 2) & this.#mask;
      this.#slots[slot] = slots[old];
      this.#slots[slot + 1] = slots[old + 1];
    }
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let i = start; i < end; i++) hash = hashByte(hash, bytes[i]);
  return hash;
}

/** Brings the upper bits of a hash, which are the better ones, to where slots are chosen. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** @throws {FormatError} when `bytes[start..end)` are not UTF-8. */
export function checkUtf8(bytes: Uint8Array, start: number, end: number): void {
  let ascii = true;
  for (let i = start; i < end; i++) if (bytes[i] > 127) ascii = false;
  if (ascii) return;
  try {
    decoder.decode(bytes.subarray(start, end));
  } catch (cause) {
    const got = `bytes that are not (${describe(new TextDecoder().decode(bytes.subarray(start, end)))})`;
    const hint = "Convert the text to UTF-8, for instance with iconv.";
    throw new FormatError({ what: "word", expected: "UTF-8", got, hint }, {}, { cause });
  }
}
