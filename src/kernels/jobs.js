// @ts-check
/**
 * The shared block through which threads hand out and take up the chunks of one kernel call at a time.
 *
 * JavaScript, as the worker's program is, so that a worker starts without any loader.
 */

/** Words that several threads write lie on cache lines of their own. */
const TICKET = 0;
const DONE = 16;
const SLEEPERS = 32;
const FAILED = 48;
const READY = 64;
/** For each chunk: the number of the function and that of its arguments. */
const FUNCTION = 80;
const ARITY = 81;
const WORDS_PER_CHUNK = 2;
/** More than any kernel takes. */
const MAX_ARITY = 40;

/** The most chunks of a job. */
export const MAX_CHUNKS = 64;
/** The ticket's low bits count the chunks that nobody has claimed; the others number the jobs. */
const CHUNK_BITS = 8;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

const WORDS = FUNCTION + WORDS_PER_CHUNK * MAX_CHUNKS;
const VALUES_AT = 8 * Math.ceil(WORDS / 2);

/** Polls for a job before a worker sleeps: a few tenths of a millisecond. */
const POLLS_FOR_WORK = 20_000;
/** Polls for the end of a job before its owner lets others have the core. */
const POLLS_FOR_END = 20_000;
const NAP_MILLISECONDS = 1;

/** One thread's view of the block. */
export class Jobs {
  /** @type {Int32Array} */
  #words;
  /** @type {Float64Array} */
  #values;

  constructor(block = new SharedArrayBuffer(VALUES_AT + 8 * MAX_ARITY * MAX_CHUNKS)) {
    this.block = block;
    this.#words = new Int32Array(block, 0, WORDS);
    this.#values = new Float64Array(block, VALUES_AT);
  }

  /**
   * Writes a chunk of the next job. The job before must be done.
   *
   * @param {number} chunk from 0
   * @param {number} fn number of the function in the worker's list
   * @param {readonly number[]} args
   */
  write(chunk, fn, args) {
    this.#words[FUNCTION + WORDS_PER_CHUNK * chunk] = fn;
    this.#words[ARITY + WORDS_PER_CHUNK * chunk] = args.length;
    const start = MAX_ARITY * chunk;
    for (let i = 0; i < args.length; i++) this.#values[start + i] = args[i];
  }

  /**
   * Reads a chunk that the caller has claimed.
   *
   * @param {number} chunk
   * @param {number[]} args filled with its arguments
   * @returns number of the function
   */
  read(chunk, args) {
    args.length = this.#words[ARITY + WORDS_PER_CHUNK * chunk];
    const start = MAX_ARITY * chunk;
    for (let i = 0; i < args.length; i++) args[i] = this.#values[start + i];
    return this.#words[FUNCTION + WORDS_PER_CHUNK * chunk];
  }

  /**
   * Offers the job whose chunks are written.
   *
   * @param {number} chunks
   */
  offer(chunks) {
    const words = this.#words;
    Atomics.store(words, DONE, 0);
    const number = (Atomics.load(words, TICKET) >>> CHUNK_BITS) + 1;
    Atomics.store(words, TICKET, (number << CHUNK_BITS) | chunks);
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, TICKET);
  }

  /** Claims a chunk of the job on offer: its number, the highest first, or -1 when none is left. */
  claim() {
    for (;;) {
      const ticket = Atomics.load(this.#words, TICKET);
      const left = ticket & CHUNK_MASK;
      if (left === 0) return -1;
      // Fails when another thread was first, or when a new job came in between.
      if (Atomics.compareExchange(this.#words, TICKET, ticket, ticket - 1) === ticket) return left - 1;
    }
  }

  /** Claims a chunk, and waits for one as long as it takes. */
  await() {
    const words = this.#words;
    for (;;) {
      for (let i = 0; i < POLLS_FOR_WORK; i++) {
        const chunk = this.claim();
        if (chunk >= 0) return chunk;
      }
      Atomics.add(words, SLEEPERS, 1);
      const ticket = Atomics.load(words, TICKET);
      if ((ticket & CHUNK_MASK) === 0) Atomics.wait(words, TICKET, ticket);
      Atomics.sub(words, SLEEPERS, 1);
    }
  }

  /**
   * Reports a claimed chunk as done.
   *
   * @param {boolean} failed
   */
  finish(failed) {
    if (failed) Atomics.store(this.#words, FAILED, 1);
    Atomics.add(this.#words, DONE, 1);
    Atomics.notify(this.#words, DONE);
  }

  /**
   * Waits until so many chunks are reported.
   *
   * @param {number} chunks
   * @param {number} milliseconds
   * @returns whether they came in time and none had failed
   */
  awaitDone(chunks, milliseconds) {
    return this.#reaches(DONE, chunks, milliseconds) && Atomics.load(this.#words, FAILED) === 0;
  }

  /** Reports that a worker takes part. */
  join() {
    Atomics.add(this.#words, READY, 1);
    Atomics.notify(this.#words, READY);
  }

  /**
   * Waits until so many workers take part.
   *
   * @param {number} workers
   * @param {number} milliseconds
   * @returns whether they did in time
   */
  awaitWorkers(workers, milliseconds) {
    return this.#reaches(READY, workers, milliseconds);
  }

  /**
   * @param {number} word
   * @param {number} value
   * @param {number} milliseconds
   */
  #reaches(word, value, milliseconds) {
    const words = this.#words;
    for (let i = 0; i < POLLS_FOR_END; i++) if (Atomics.load(words, word) >= value) return true;
    // Naps are counted rather than the clock read, which goes on while the process is stopped.
    for (let naps = 0; naps * NAP_MILLISECONDS <= milliseconds; naps++) {
      const now = Atomics.load(words, word);
      if (now >= value) return true;
      Atomics.wait(words, word, now, NAP_MILLISECONDS);
    }
    return false;
  }
}
