/**
 * Applying byte-pair merges to one word, however long it is.
 *
 * Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
 * Subword Units", 2016, section 3.2; with dropout: Provilkov, Emelianenko and
 * Voita, "BPE-Dropout: Simple and Effective Subword Regularization", 2020, section 3.
 */
import type { Random } from "../base/random.ts";
import { PairTable } from "./pair-table.ts";

/** How often a merge is passed over, and what decides. */
export interface MergeDropout {
  /** In [0, 1]; with 1, nothing is merged. */
  readonly probability: number;
  readonly random: Random;
}

/** A merge of two symbols, by id, into the symbol `whole`. */
export interface SymbolMerge {
  readonly left: number;
  readonly right: number;
  readonly whole: number;
}

/**
 * The ranked merges of a tokenizer.
 *
 * While a word is merged, the places where each rank applies wait in a list of
 * their own, and a heap holds the ranks that have places. So the work is linear
 * in the length of the word, apart from ordering the ranks.
 */
export class MergeTable {
  readonly #rankOf: PairTable;
  readonly #wholes: Int32Array;
  /** Whether both sides of a rank's pair are equal, so that its places can overlap. */
  readonly #twins: Uint8Array;

  // By position in the word; -1 stands for none.
  #previous = new Int32Array(0);
  #next = new Int32Array(0);
  /** The rank of the pair that starts here. */
  #rankAt = new Int32Array(0);

  // By rank: its list of places, by entry.
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  #placeOf = new Int32Array(0);
  #following = new Int32Array(0);
  #entries = 0;
  #batch = new Int32Array(0);
  /** Places passed over since the last merge, and the ranks they would have had. */
  readonly #skipped: { at: number; rank: number }[] = [];

  /** A binary heap of the ranks whose lists are not empty. */
  readonly #ranks: Int32Array;
  #rankCount = 0;

  /** @param merges lowest rank first, each pair once. */
  constructor(merges: readonly SymbolMerge[]) {
    this.#rankOf = new PairTable(merges.length);
    this.#wholes = Int32Array.from(merges, ({ whole }) => whole);
    this.#twins = Uint8Array.from(merges, ({ left, right }) => (left === right ? 1 : 0));
    this.#first = new Int32Array(merges.length).fill(-1);
    this.#last = new Int32Array(merges.length);
    this.#ranks = new Int32Array(merges.length);
    merges.forEach(({ left, right }, rank) => {
      this.#rankOf.set(left, right, rank);
    });
  }

  /**
   * Merges the word `symbols[0..length)` in place and returns its new length:
   * again and again, every occurrence of the pair of lowest rank, from left to
   * right. Negative symbols are unknown and never merge.
   *
   * With dropout, each time each occurrence is passed over with the given
   * probability, as in subword-nmt; when all are, the word stays as it is.
   */
  apply(symbols: Int32Array, length: number, dropout?: MergeDropout): number {
    if (length < 2) return length;
    this.#reserve(length);
    this.#entries = 0;
    for (let i = 0; i < length; i++) {
      this.#previous[i] = i - 1;
      this.#next[i] = i + 1 < length ? i + 1 : -1;
    }
    for (let i = 0; i < length; i++) this.#rate(symbols, i);
    while (this.#rankCount > 0) {
      const merged = this.#mergeAll(symbols, this.#popLowest(), dropout);
      if (merged && this.#skipped.length > 0) this.#queueSkipped();
    }
    this.#skipped.length = 0;

    let size = 0;
    for (let i = 0; i !== -1; i = this.#next[i]) symbols[size++] = symbols[i];
    return size;
  }

  /**
   * Merges every pair of a rank that is not passed over; pairs that this creates wait, even those of lower rank.
   *
   * @returns whether there was any
   */
  #mergeAll(symbols: Int32Array, rank: number, dropout: MergeDropout | undefined): boolean {
    let size = 0;
    for (let entry = this.#first[rank]; entry !== -1; entry = this.#following[entry]) {
      this.#batch[size++] = this.#placeOf[entry];
    }
    this.#first[rank] = -1;
    // Places that cannot overlap may come in any order.
    if (this.#twins[rank]) this.#batch.subarray(0, size).sort();
    const whole = this.#wholes[rank];
    let merged = false;
    for (let k = 0; k < size; k++) {
      const at = this.#batch[k];
      // The pair may have gone since: merged into a neighbour, or changed by one.
      if (this.#rankAt[at] !== rank) continue;
      if (dropout !== undefined && dropout.random.uniform() < dropout.probability) {
        this.#skipped.push({ at, rank });
      } else {
        this.#merge(symbols, at, whole);
        merged = true;
      }
    }
    return merged;
  }

  /** Gives the places passed over another chance. */
  #queueSkipped(): void {
    for (const { at, rank } of this.#skipped) {
      // A place that a merge has changed waits in its new rank's list already.
      if (this.#rankAt[at] === rank) this.#queue(at, rank);
    }
    this.#skipped.length = 0;
  }

  #merge(symbols: Int32Array, at: number, whole: number): void {
    const gone = this.#next[at];
    const before = this.#previous[at];
    const after = this.#next[gone];
    symbols[at] = whole;
    this.#next[at] = after;
    this.#rankAt[gone] = -1;
    if (after !== -1) this.#previous[after] = at;
    if (before !== -1) this.#rate(symbols, before);
    this.#rate(symbols, at);
  }

  /** Looks up the pair that starts at `at`, and queues it if it merges. */
  #rate(symbols: Int32Array, at: number): void {
    const next = this.#next[at];
    const left = symbols[at];
    const right = next === -1 ? -1 : symbols[next];
    const rank = left < 0 || right < 0 ? -1 : this.#rankOf.get(left, right);
    this.#rankAt[at] = rank;
    if (rank !== -1) this.#queue(at, rank);
  }

  #queue(at: number, rank: number): void {
    const entry = this.#entries++;
    if (entry === this.#placeOf.length) {
      // Only dropout queues a place so often.
      this.#placeOf = doubled(this.#placeOf);
      this.#following = doubled(this.#following);
    }
    this.#placeOf[entry] = at;
    this.#following[entry] = -1;
    if (this.#first[rank] === -1) {
      this.#first[rank] = entry;
      this.#pushRank(rank);
    } else {
      this.#following[this.#last[rank]] = entry;
    }
    this.#last[rank] = entry;
  }

  #reserve(length: number): void {
    if (this.#next.length >= length) return;
    const capacity = 2 * length;
    this.#previous = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#rankAt = new Int32Array(capacity);
    // One entry for each first pair, and two for each of the fewer merges.
    this.#placeOf = new Int32Array(3 * capacity);
    this.#following = new Int32Array(3 * capacity);
    this.#batch = new Int32Array(3 * capacity);
  }

  #pushRank(rank: number): void {
    const heap = this.#ranks;
    let at = this.#rankCount++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent] <= rank) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = rank;
  }

  #popLowest(): number {
    const heap = this.#ranks;
    const lowest = heap[0];
    const last = heap[--this.#rankCount];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#rankCount) break;
      if (child + 1 < this.#rankCount && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= last) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return lowest;
  }
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}
