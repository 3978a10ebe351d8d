/**
 * The one linear memory that holds all tensor data, and its allocation. Kernels receive byte offsets into this memory.
 */
import { OutOfMemoryError } from "../base/errors.ts";
import { Blocks, LINE } from "./blocks.ts";
import { builtinModule } from "./platform.ts";

const PAGE = 65536;
/** One page below 4 GiB, so that the end of an array never wraps to 0. */
const MAX_PAGES = 65535;
/** The most threads that compute at a time. */
export const MAX_THREADS = 16;
/** Static data of the compiled kernels lies below. */
export const SCRATCH_BASE = 65536;
/** What one instance of the compiled kernels needs as scratch memory. */
export const SCRATCH_BYTES = 2 * 1024 * 1024 - SCRATCH_BASE;
/** Where that of a thread begins; the main thread is 0. */
export const scratchOf = (thread: number): number => SCRATCH_BASE + thread * SCRATCH_BYTES;
/** Bytes [0, HEAP_BASE) belong to the compiled kernels; pages that no thread touches take no memory. */
export const HEAP_BASE = scratchOf(MAX_THREADS);
const INITIAL_PAGES = HEAP_BASE / PAGE + 224;
/** Shared memory takes all of its address space at once, so only Node.js, where threads make use of it, has it. */
export const canShare = builtinModule !== undefined && typeof SharedArrayBuffer !== "undefined";

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

/** A growing linear memory with allocation. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Views of the whole memory, replaced whenever it grows: read them anew after any allocation. */
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;

  readonly #limit: number;
  readonly #blocks: Blocks;
  #liveBlocks = 0;
  #liveBytes = 0;
  #peakBytes = 0;
  #failAfter = Number.POSITIVE_INFINITY;
  #failForever = false;

  /** @param maxBytes a cap below the 4 GiB that 32-bit offsets can reach. */
  constructor(maxBytes: number = MAX_PAGES * PAGE) {
    this.#limit = Math.min(maxBytes, MAX_PAGES * PAGE);
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES, shared: canShare });
    this.#refreshViews();
    this.#blocks = new Blocks(this.i32, HEAP_BASE / LINE);
  }

  /**
   * Reserves `bytes` (rounded up to whole cache lines; at least one) and returns their offset.
   * The content is undefined.
   *
   * @throws {OutOfMemoryError} when the memory cannot grow; everything allocated stays intact.
   */
  allocate(bytes: number): number {
    const lines = Math.max(1, Math.ceil(bytes / LINE));
    const size = lines * LINE;
    if (!(size <= this.#limit)) throw this.#outOfMemory(size, `a limit of ${this.#limit} bytes`);
    if (this.#failAfter !== Number.POSITIVE_INFINITY && --this.#failAfter < 0) {
      if (!this.#failForever) this.#failAfter = Number.POSITIVE_INFINITY;
      throw this.#outOfMemory(size, "a failure that was asked for");
    }
    // One line more is the block's header.
    const header = this.#blocks.take(lines + 1) || this.#extend(lines + 1);
    this.#liveBlocks++;
    this.#liveBytes += size;
    if (this.#liveBytes > this.#peakBytes) this.#peakBytes = this.#liveBytes;
    return (header + 1) * LINE;
  }

  /** Returns a block. `pointer` must come from {@link allocate} and be live. */
  free(pointer: number): void {
    this.#liveBytes -= (this.#blocks.release(pointer / LINE - 1) - 1) * LINE;
    this.#liveBlocks--;
  }

  info(): MemoryInfo {
    return {
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      capacityBytes: this.memory.buffer.byteLength,
      liveBlocks: this.#liveBlocks,
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

  /** A block of `lines` lines at the top, for which the memory grows where it must. */
  #extend(lines: number): number {
    const end = (this.#blocks.top + lines) * LINE;
    const size = (lines - 1) * LINE;
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
      this.#blocks.words = this.i32;
    }
    return this.#blocks.extend(lines);
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
