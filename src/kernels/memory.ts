/**
 * The one linear memory that holds all tensor data, and its allocator.
 *
 * Kernels receive byte offsets into this memory. Blocks are found by best fit
 * among binned free blocks and merged with free neighbours when released, so
 * that a training step with varying shapes reuses the same bytes.
 */
import { OutOfMemoryError } from "../base/errors.ts";

const PAGE = 65536;
/** One page below 4 GiB, so that the end of an array never wraps to 0. */
const MAX_PAGES = 65535;
/** Every block starts on a cache line, which also suits any SIMD width. */
const ALIGNMENT = 64;
/** Bytes [0, HEAP_BASE) belong to the compiled kernels: static data, then scratch memory. */
export const HEAP_BASE = 2 * 1024 * 1024;
/** Where the scratch memory of the heap's own kernels begins. */
export const SCRATCH_BASE = 65536;
/** What one instance of the compiled kernels needs as scratch memory. */
export const SCRATCH_BYTES = HEAP_BASE - SCRATCH_BASE;
const INITIAL_PAGES = 256;

/** Bytes in use. All figures in bytes. */
export interface MemoryInfo {
  /** Allocated and not freed. */
  readonly liveBytes: number;
  /** The most that was ever live. */
  readonly peakBytes: number;
  /** Size of the linear memory. */
  readonly capacityBytes: number;
  /** Number of live blocks. */
  readonly liveBlocks: number;
}

/** Free blocks of 2^bin to 2^(bin+1) - 1 alignment units. */
const BINS = 27;
const binOf = (bytes: number): number => 31 - Math.clz32(bytes / ALIGNMENT);

/** A growing linear memory with allocation. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Views of the whole memory, replaced whenever it grows: read them anew after any allocation. */
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;

  readonly #limit: number;
  /** Sizes of live blocks by offset. */
  readonly #live = new Map<number, number>();
  /** Sizes of free blocks by offset, and offsets of free blocks by their end. */
  readonly #freeAt = new Map<number, number>();
  readonly #freeEnd = new Map<number, number>();
  readonly #bins: Set<number>[] = Array.from({ length: BINS }, () => new Set<number>());
  /** Everything from here on was never allocated. */
  #top = HEAP_BASE;
  #liveBytes = 0;
  #peakBytes = 0;
  #failAfter = Number.POSITIVE_INFINITY;
  #failForever = false;

  /** @param maxBytes a cap below the 4 GiB that 32-bit offsets can reach. */
  constructor(maxBytes: number = MAX_PAGES * PAGE) {
    this.#limit = Math.min(maxBytes, MAX_PAGES * PAGE);
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES });
    this.#refreshViews();
  }

  /**
   * Reserves `bytes` (rounded up to whole cache lines; at least one) and returns their offset.
   * The content is undefined.
   *
   * @throws {OutOfMemoryError} when the memory cannot grow; everything allocated stays intact.
   */
  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    if (!(size <= this.#limit)) throw this.#outOfMemory(size, `a limit of ${this.#limit} bytes`);
    if (this.#failAfter !== Number.POSITIVE_INFINITY && --this.#failAfter < 0) {
      if (!this.#failForever) this.#failAfter = Number.POSITIVE_INFINITY;
      throw this.#outOfMemory(size, "a failure that was asked for");
    }
    const pointer = this.#takeFree(size) ?? this.#extend(size);
    this.#live.set(pointer, size);
    this.#liveBytes += size;
    if (this.#liveBytes > this.#peakBytes) this.#peakBytes = this.#liveBytes;
    return pointer;
  }

  /** Returns a block. `pointer` must come from {@link allocate} and be live. */
  free(pointer: number): void {
    let start = pointer;
    let size = this.#live.get(pointer) as number;
    this.#live.delete(pointer);
    this.#liveBytes -= size;
    const after = this.#freeAt.get(start + size);
    if (after !== undefined) {
      this.#removeFree(start + size, after);
      size += after;
    }
    const before = this.#freeEnd.get(start);
    if (before !== undefined) {
      const beforeSize = start - before;
      this.#removeFree(before, beforeSize);
      start = before;
      size += beforeSize;
    }
    if (start + size === this.#top) this.#top = start;
    else this.#addFree(start, size);
  }

  info(): MemoryInfo {
    return {
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      capacityBytes: this.memory.buffer.byteLength,
      liveBlocks: this.#live.size,
    };
  }

  /**
   * Test seam: the allocation after the next `successes` ones fails, once or from then on.
   * `Infinity` ends it.
   */
  failAfter(successes: number, forever = false): void {
    this.#failAfter = successes;
    this.#failForever = forever;
  }

  #takeFree(size: number): number | undefined {
    for (let bin = binOf(size); bin < BINS; bin++) {
      if (this.#bins[bin].size === 0) continue;
      let best = -1;
      let bestSize = Number.POSITIVE_INFINITY;
      for (const start of this.#bins[bin]) {
        const candidate = this.#freeAt.get(start) as number;
        if (candidate >= size && candidate < bestSize) {
          best = start;
          bestSize = candidate;
          if (candidate === size) break;
        }
      }
      if (best < 0) continue;
      this.#removeFree(best, bestSize);
      if (bestSize > size) this.#addFree(best + size, bestSize - size);
      return best;
    }
    return undefined;
  }

  #extend(size: number): number {
    const start = this.#top;
    const end = start + size;
    if (end > this.#limit) throw this.#outOfMemory(size, `a limit of ${this.#limit} bytes`);
    const capacity = this.memory.buffer.byteLength;
    if (end > capacity) {
      // Growing by an eighth keeps the number of growths, each of which replaces the views, logarithmic.
      const wanted = Math.min(this.#limit, Math.max(end, capacity + (capacity >>> 3)));
      const pages = Math.ceil((wanted - capacity) / PAGE);
      try {
        this.memory.grow(Math.min(pages, MAX_PAGES - capacity / PAGE));
      } catch {
        throw this.#outOfMemory(size, "a platform that refuses to grow the memory");
      }
      this.#refreshViews();
    }
    this.#top = end;
    return start;
  }

  #addFree(start: number, size: number): void {
    this.#freeAt.set(start, size);
    this.#freeEnd.set(start + size, start);
    this.#bins[binOf(size)].add(start);
  }

  #removeFree(start: number, size: number): void {
    this.#freeAt.delete(start);
    this.#freeEnd.delete(start + size);
    this.#bins[binOf(size)].delete(start);
  }

  #refreshViews(): void {
    const { buffer } = this.memory;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }

  #outOfMemory(size: number, got: string): OutOfMemoryError {
    return new OutOfMemoryError({
      what: "tensor memory",
      expected: `room for ${size} more bytes beside the ${this.#liveBytes} in use`,
      got,
      hint: "Use smaller batches, or free tensors with a Scope.",
    });
  }
}
