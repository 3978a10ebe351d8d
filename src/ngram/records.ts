/**
 * Sorting of more records than memory holds. Records are rows of 32-bit numbers; what fits stays in typed arrays, the
 * rest goes to disk in sorted runs that are merged while they are read. Sorting is stable, so the order in which
 * equal records were added is kept whether they met in memory or on disk.
 */
import { type FileSystem, nodeFileSystem } from "../base/file-system.ts";
import { ScratchFile } from "../base/files.ts";

/** Where runs go, and how much stays in memory. */
export class RecordSpace {
  readonly #path: string | undefined;
  readonly #fs: FileSystem;
  readonly #open = new Set<ScratchFile>();
  #made = 0;

  /** @param path what the names of scratch files begin with; without, everything stays in memory. */
  constructor(path?: string, fs: FileSystem = nodeFileSystem) {
    this.#path = path;
    this.#fs = fs;
  }

  /** Whether runs can go to disk. */
  get canSpill(): boolean {
    return this.#path !== undefined;
  }

  /** How many scratch files there were. */
  get spilled(): number {
    return this.#made;
  }

  file(): ScratchFile {
    const file = new ScratchFile(`${this.#path}.${this.#made++}.spill`, this.#fs);
    this.#open.add(file);
    return file;
  }

  release(file: ScratchFile): void {
    file.remove();
    this.#open.delete(file);
  }

  /** Removes all scratch files. */
  close(): void {
    for (const file of this.#open) this.release(file);
  }
}

/** Records one after the other: after each `next()` that is true, one begins at `block[at]`. */
export interface Records {
  readonly block: Uint32Array;
  readonly at: number;
  next(): boolean;
}

/** Files that are merged at once. */
const MOST_RUNS = 64;
const SMALLEST_BUFFER = 2 ** 14;

/** Collects records and gives them back sorted. */
export class RecordSorter {
  /** Where {@link add} makes room. */
  block: Uint32Array;
  /** How many were added. */
  size = 0;
  readonly #width: number;
  readonly #keys: readonly number[];
  readonly #space: RecordSpace;
  readonly #most: number;
  #count = 0;
  #runs: ScratchFile[] = [];

  /**
   * @param width numbers of a record
   * @param keys the columns to sort by, the most significant first; without any, the order stays
   * @param bytes what it may take in memory, as far as runs can go to disk
   * @param most records there may be, at least; memory that is not used costs nothing
   */
  constructor(width: number, keys: readonly number[], space: RecordSpace, bytes: number, most: number) {
    this.#width = width;
    this.#keys = keys;
    this.#space = space;
    // Sorting takes three more numbers for each record.
    const fitting = Math.floor(bytes / (4 * width + (keys.length > 0 ? 12 : 0)));
    this.#most = space.canSpill ? Math.max(1, fitting) : Number.POSITIVE_INFINITY;
    this.block = new Uint32Array(Math.min(Math.max(1, most), this.#most) * width);
  }

  /** Makes room for a record: its offset in {@link block}. */
  add(): number {
    if (this.#count * this.#width === this.block.length) {
      if (this.#count >= this.#most) this.#spill();
      else this.#grow();
    }
    this.size++;
    return this.#count++ * this.#width;
  }

  /** All records, sorted. Nothing can be added any more. */
  finish(): Records {
    if (this.#runs.length === 0)
      return new MemoryRecords(this.block, this.#order(), this.#count, this.#width);
    if (this.#count > 0) this.#spill();
    this.block = new Uint32Array(0);
    return merge(this.#runs, this.#width, this.#keys, this.#space, 4 * this.#width * this.#most);
  }

  #grow(): void {
    const larger = new Uint32Array(Math.min(2 * this.#count, this.#most) * this.#width);
    larger.set(this.block);
    this.block = larger;
  }

  #order(): Uint32Array | undefined {
    if (this.#keys.length === 0) return undefined;
    return sortedOrder(this.block, identity(this.#count), this.#width, this.#keys);
  }

  #spill(): void {
    const run = this.#space.file();
    const records = new MemoryRecords(this.block, this.#order(), this.#count, this.#width);
    writeRun(run, records, this.#width);
    this.#runs.push(run);
    this.#count = 0;
  }
}

/** Writes all records to a file. */
export function writeRun(file: ScratchFile, records: Records, width: number): void {
  const buffer = new Uint32Array(width * Math.ceil(2 ** 16 / width));
  let filled = 0;
  while (records.next()) {
    const { block, at } = records;
    for (let i = 0; i < width; i++) buffer[filled + i] = block[at + i];
    filled += width;
    if (filled < buffer.length) continue;
    file.write(bytesOf(buffer, filled));
    filled = 0;
  }
  file.write(bytesOf(buffer, filled));
  file.seal();
}

/** Merges sorted runs: by `keys`, equal records in the order of the runs. */
export function merge(
  runs: readonly ScratchFile[],
  width: number,
  keys: readonly number[],
  space: RecordSpace,
  bytes: number,
): Records {
  let left = runs;
  while (left.length > MOST_RUNS) {
    const merged = space.file();
    writeRun(merged, new MergedRecords(left.slice(0, MOST_RUNS), width, keys, space, bytes), width);
    // In front, where its records were.
    left = [merged, ...left.slice(MOST_RUNS)];
  }
  return new MergedRecords(left, width, keys, space, bytes);
}

/** 0, 1, ..., count - 1 */
function identity(count: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

/** Digits of more bits would need tables that no cache holds. */
const DIGIT_BITS = 16;

/**
 * The numbers of records, sorted by the columns `keys` of `source`, the most significant first: a stable radix sort
 * from the least significant digit. Record i begins at `source[i * width]`; columns may be negative.
 *
 * @param records the numbers, in the order that equal ones keep
 */
export function sortedOrder(
  source: Uint32Array,
  records: Uint32Array<ArrayBuffer>,
  width: number,
  keys: readonly number[],
): Uint32Array {
  let from = records;
  let to = new Uint32Array(records.length);
  for (const column of keys.toReversed()) {
    let bits = 0;
    for (let i = 0; i < records.length; i++) bits |= source[records[i] * width + column];
    const length = 32 - Math.clz32(bits);
    const digits = Math.ceil(length / DIGIT_BITS);
    const step = Math.ceil(length / Math.max(1, digits));
    for (let digit = 0; digit < digits; digit++) {
      const mask = 2 ** step - 1;
      const starts = startsOf(source, records, width, column, digit * step, mask);
      scatter(source, from, to, starts, width, column, digit * step, mask);
      // The records stay as they are.
      const free = from === records ? new Uint32Array(records.length) : from;
      from = to;
      to = free;
    }
  }
  return from;
}

/** Where records of each digit will begin. Their order does not matter here, so they are read as they lie in memory. */
function startsOf(
  source: Uint32Array,
  records: Uint32Array,
  width: number,
  column: number,
  shift: number,
  mask: number,
): Uint32Array {
  const starts = new Uint32Array(mask + 2);
  for (let i = 0; i < records.length; i++) {
    starts[((source[records[i] * width + column] >>> shift) & mask) + 1]++;
  }
  for (let digit = 0; digit < mask; digit++) starts[digit + 1] += starts[digit];
  return starts;
}

function scatter(
  source: Uint32Array,
  from: Uint32Array,
  to: Uint32Array,
  starts: Uint32Array,
  width: number,
  column: number,
  shift: number,
  mask: number,
): void {
  for (let i = 0; i < from.length; i++) {
    const record = from[i];
    to[starts[(source[record * width + column] >>> shift) & mask]++] = record;
  }
}

/** Records in memory, in the given order. */
export class MemoryRecords implements Records {
  readonly block: Uint32Array;
  at = 0;
  readonly #order: Uint32Array | undefined;
  readonly #count: number;
  readonly #width: number;
  #position = 0;

  constructor(block: Uint32Array, order: Uint32Array | undefined, count: number, width: number) {
    this.block = block;
    this.#order = order;
    this.#count = count;
    this.#width = width;
  }

  next(): boolean {
    if (this.#position === this.#count) return false;
    const record = this.#order === undefined ? this.#position : this.#order[this.#position];
    this.#position++;
    this.at = record * this.#width;
    return true;
  }
}

/** Records of several files: a binary heap of runs, the one with the smallest record on top. */
class MergedRecords implements Records {
  block: Uint32Array = new Uint32Array(0);
  at = 0;
  readonly #runs: readonly ScratchFile[];
  readonly #width: number;
  readonly #keys: readonly number[];
  readonly #space: RecordSpace;
  readonly #buffers: Uint32Array[];
  /** Of each run: where the record that is next begins in its buffer, and how far that is filled. */
  readonly #positions: Int32Array;
  readonly #ends: Int32Array;
  readonly #heap: Int32Array;
  #live = 0;
  #isStarted = false;

  constructor(
    runs: readonly ScratchFile[],
    width: number,
    keys: readonly number[],
    space: RecordSpace,
    bytes: number,
  ) {
    this.#runs = runs;
    this.#width = width;
    this.#keys = keys;
    this.#space = space;
    const records = Math.ceil(Math.max(SMALLEST_BUFFER, bytes / runs.length) / (4 * width));
    this.#buffers = runs.map(() => new Uint32Array(records * width));
    this.#positions = new Int32Array(runs.length);
    this.#ends = new Int32Array(runs.length);
    this.#heap = new Int32Array(runs.length);
    // A run may be empty.
    for (let i = 0; i < runs.length; i++) if (this.#fill(i)) this.#heap[this.#live++] = i;
    for (let i = this.#live - 1; i >= 0; i--) this.#sink(i);
  }

  next(): boolean {
    // The record given last stays where it is until now.
    if (this.#isStarted) this.#advance();
    this.#isStarted = true;
    if (this.#live === 0) return false;
    const run = this.#heap[0];
    this.block = this.#buffers[run];
    this.at = this.#positions[run];
    return true;
  }

  #advance(): void {
    const run = this.#heap[0];
    this.#positions[run] += this.#width;
    if (this.#positions[run] === this.#ends[run] && !this.#fill(run)) {
      this.#heap[0] = this.#heap[--this.#live];
    }
    this.#sink(0);
  }

  /** False when the run is at its end, which is that of its file. */
  #fill(run: number): boolean {
    const buffer = this.#buffers[run];
    const length = this.#runs[run].read(bytesOf(buffer, buffer.length));
    this.#positions[run] = 0;
    this.#ends[run] = length / 4;
    if (length > 0) return true;
    this.#space.release(this.#runs[run]);
    return false;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const live = this.#live;
    let parent = from;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= live) return;
      if (child + 1 < live && this.#isBefore(heap[child + 1], heap[child])) child++;
      if (!this.#isBefore(heap[child], heap[parent])) return;
      const kept = heap[parent];
      heap[parent] = heap[child];
      heap[child] = kept;
      parent = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#buffers[a], this.#buffers[b]];
    const [i, j] = [this.#positions[a], this.#positions[b]];
    const keys = this.#keys;
    for (let k = 0; k < keys.length; k++) {
      const difference = x[i + keys[k]] - y[j + keys[k]];
      if (difference !== 0) return difference < 0;
    }
    return a < b;
  }
}

function bytesOf(numbers: Uint32Array, count: number): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, 4 * count);
}
