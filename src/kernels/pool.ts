/**
 * Worker threads that share the heap and take part in every large kernel call.
 *
 * A call is cut into chunks (`splits.ts`). The calling thread and every worker that is awake claim one after another
 * (`jobs.ts`) until none is left, so that a worker which the system has put aside delays nothing but the chunk it
 * holds. The result does not depend on the number of threads.
 */
import { WorkerError } from "../base/errors.ts";
import type { Blas } from "./blas.ts";
import { makeCalls } from "./calls.js";
import { Jobs, MAX_CHUNKS } from "./jobs.js";
import type { Kernels } from "./kernels.ts";
import { CallList, type LaneLimits, type LaneRunner, laneBounds } from "./lanes.ts";
import { type Heap, scratchOf } from "./memory.ts";
import { builtinModule } from "./platform.ts";
import { chunksOf, type Split, writeChunk } from "./split.ts";
import { productByRows, SPLITS } from "./splits.ts";

/** What a worker is told when it starts. */
export interface WorkerTask {
  /** Of {@link Jobs}. */
  readonly block: SharedArrayBuffer;
  readonly memory: WebAssembly.Memory;
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  /** Where the worker's own scratch memory begins. */
  readonly scratch: number;
  /** The kernels that are called by number; behind them come the native product and lists of calls. */
  readonly names: readonly string[];
  readonly native: Blas["native"] | undefined;
}

/** The workers' number of the function that makes calls, behind the kernels and the native product. */
const CALLS = SPLITS.length + 1;

/** Native products of fewer multiplications are summed in another order: those of a lane stay above, as the whole is. */
const limitsOf = ({ cutsColumns }: Blas): LaneLimits => ({
  granule: cutsColumns ? 1 : 12,
  leastProducts: 2 ** 20,
});
/** Of WebAssembly any product may be divided, if it takes longer than writing its call down. */
const WASM_LIMITS: LaneLimits = { granule: 1, leastProducts: 2 ** 16 };

/** A chunk takes milliseconds: a worker that has not ended it after so long never will. */
const DEADLINE_MILLISECONDS = 60_000;

type Worker = InstanceType<typeof import("node:worker_threads").Worker>;

/** Without one of its workers a pool is slower, and otherwise the same. */
const missing = (error: Error): void =>
  process.emitWarning(`Lexigrad goes on without a worker thread: ${error.message}`);

/** A kernel as the pool calls it. */
export type Kernel = (...args: number[]) => void;

export class WorkerPool {
  /** Threads that work at a call, the calling one included. */
  readonly threads: number;
  readonly #heap: Heap;
  readonly #module: WebAssembly.Module;
  readonly #blas: Blas | undefined;
  /** Arguments of the chunks of a call. */
  readonly #parts: number[][] = Array.from({ length: MAX_CHUNKS }, () => []);
  #jobs = new Jobs();
  #workers: Worker[] = [];
  #started = false;

  /** Workers are started by the first call that is worth their while. */
  constructor(threads: number, heap: Heap, module: WebAssembly.Module, blas?: Blas) {
    this.threads = threads;
    this.#heap = heap;
    this.#module = module;
    this.#blas = blas;
  }

  /** The same kernels, on all threads. */
  parallel(kernels: Kernels): Kernels {
    const parallel: Record<string, Kernel> = {};
    SPLITS.forEach(([name, usual], index) => {
      const kernel = kernels[name] as Kernel;
      const choose = name === "matmul" && this.#blas?.cutsColumns === false ? productByRows : usual;
      parallel[name] = (...args) => {
        const split = choose(args);
        const chunks = split === undefined ? 1 : chunksOf(split, args, this.threads);
        if (chunks > 1) this.#run(index, kernel, split as Split, args, chunks);
        else kernel(...args);
      };
    });
    return { ...kernels, ...parallel };
  }

  #run(index: number, kernel: Kernel, split: Split, args: readonly number[], chunks: number): void {
    if (!this.#started) this.#start();
    const jobs = this.#jobs;
    const native = SPLITS[index][0] === "matmul" ? this.#blas : undefined;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const part = this.#parts[chunk];
      writeChunk(split, args, chunk, chunks, part);
      if (native) jobs.write(chunk, SPLITS.length, native.sgemmArguments(part));
      else jobs.write(chunk, index, part);
    }
    this.#work(chunks, SPLITS[index][0], (chunk) => kernel(...this.#parts[chunk]));
  }

  /**
   * Computes the last chunk, which is never offered: so a thread has the same rows from call to call, in its cache.
   * Offers the others that are written, computes those that nobody else takes, and waits for the rest.
   */
  #work(chunks: number, what: string, compute: (chunk: number) => void): void {
    const jobs = this.#jobs;
    let others = chunks - 1;
    jobs.offer(others);
    try {
      compute(others);
      for (let chunk = jobs.claim(); chunk >= 0; chunk = jobs.claim()) {
        others--;
        compute(chunk);
      }
    } finally {
      while (jobs.claim() >= 0) others--;
      if (!jobs.awaitDone(others, DEADLINE_MILLISECONDS)) this.#fail(what);
    }
  }

  /**
   * Runs lanes, one a thread where there are rows enough.
   *
   * @param kernels of one thread
   * @param parallel the same on all threads, for where there is one lane
   */
  lanes(kernels: Kernels, parallel: Kernels): LaneRunner {
    const blas = this.#blas;
    const functions = SPLITS.map(([name]) => kernels[name] as Kernel);
    const limits = blas ? limitsOf(blas) : WASM_LIMITS;
    let resolve = (fn: number, args: number[]): readonly [number, readonly number[]] => [fn, args];
    if (blas) {
      const product = functions.indexOf(kernels.matmul as Kernel);
      functions.push(blas.sgemm);
      resolve = (fn, args) =>
        fn === product && blas.takes(args) ? [SPLITS.length, blas.sgemmArguments(args)] : [fn, args];
    }
    const list = new CallList(
      SPLITS.map(([name]) => name),
      resolve,
    );
    return (rows, products, lane) => {
      const bounds = laneBounds(rows, products, limits, this.threads);
      if (bounds.length === 2) return lane(parallel, 0, rows);
      list.clear();
      const ends = bounds.slice(1).map((end, i) => {
        lane(list.kernels, bounds[i], end - bounds[i]);
        return list.bytes;
      });
      this.#runCalls(functions, list, ends);
    };
  }

  /** Makes the calls of the list, which threads take up to each of `ends` in bytes. */
  #runCalls(functions: readonly Kernel[], list: CallList, ends: readonly number[]): void {
    if (!this.#started) this.#start();
    const heap = this.#heap;
    const calls = heap.allocate(list.bytes);
    list.copyTo(heap.f64, calls);
    const bounds = ends.map((end, i) => [calls + (ends[i - 1] ?? 0), end - (ends[i - 1] ?? 0)] as const);
    bounds.forEach((part, lane) => {
      this.#jobs.write(lane, CALLS, part);
    });
    try {
      this.#work(ends.length, "lanes", (lane) => makeCalls(functions, heap.memory, ...bounds[lane]));
    } finally {
      heap.free(calls);
    }
  }

  #fail(what: string): never {
    this.end();
    throw new WorkerError({
      what: `kernel ${what}`,
      expected: "an answer of every worker thread",
      got: "one that failed or is gone",
      hint: "What it was to write is undefined. New workers are started for the next call; LEXIGRAD_THREADS=1 works without.",
    });
  }

  #start(): void {
    this.#started = true;
    if (!builtinModule) return;
    const { Worker } = builtinModule("node:worker_threads");
    const url = new URL("./pool-worker.js", import.meta.url);
    for (let thread = 1; thread < this.threads; thread++) {
      const workerData: WorkerTask = {
        block: this.#jobs.block,
        memory: this.#heap.memory,
        module: this.#module,
        scratch: scratchOf(thread),
        names: SPLITS.map(([name]) => name),
        native: this.#blas?.native,
      };
      // No options of the process: a loader given there would be loaded again, in vain.
      try {
        const worker = new Worker(url, { workerData, execArgv: [] });
        worker.unref();
        worker.on("error", missing);
        this.#workers.push(worker);
      } catch (error) {
        missing(error as Error);
        return;
      }
    }
  }

  /**
   * Starts the workers and waits until all take part.
   *
   * @returns whether they do within the time
   */
  awaitWorkers(milliseconds: number): boolean {
    if (!this.#started) this.#start();
    return this.#jobs.awaitWorkers(this.#workers.length, milliseconds);
  }

  /** Ends the workers; the next call that is worth their while starts new ones. */
  end(): void {
    for (const worker of this.#workers) void worker.terminate();
    this.#workers = [];
    this.#started = false;
    // A worker on its way out may still write to the old block.
    this.#jobs = new Jobs();
  }
}
