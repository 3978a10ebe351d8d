/** The process-wide heap and the kernels that run on it. */
import { OptionError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { type Backend, type BackendName, selectBackend } from "../kernels/backend.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { LaneRunner } from "../kernels/lanes.ts";
import { Heap, MAX_THREADS, type MemoryInfo } from "../kernels/memory.ts";
import { availableCores, environment } from "../kernels/platform.ts";
import { createReference } from "../kernels/reference/index.ts";

/** Element types: f32 for work, f64 for checking gradients, i32 for indices. */
export type DType = "f32" | "f64" | "i32";

export const heap = new Heap();

export interface RuntimeOptions {
  /**
   * Which kernels compute f32: `auto` takes the fastest that passes a self-test. The environment variable
   * LEXIGRAD_BACKEND sets the initial choice.
   */
  readonly backend?: BackendName | "auto";
  /**
   * Threads that share the work of large kernels, 1 to 16. The environment variable LEXIGRAD_THREADS sets the initial
   * number; the default is the number of cores, at most 4. Results do not depend on it.
   */
  readonly threads?: number;
  /** Check every result and throw a NumericError naming the first op that makes a NaN or an infinity. Slow. */
  readonly checkNumerics?: boolean;
}

/** Threads beyond so many find little to do in the small models that this library is for. */
const USUAL_THREADS = 4;
const THREADS = { integer: true, min: 1, max: MAX_THREADS } as const;

let backend: Backend | undefined;
let threads: number | undefined;
let checking: Kernels | undefined;
let checksNumerics = false;

/** The number asked for, or that of LEXIGRAD_THREADS, or what suits the machine. */
function threadCount(): number {
  if (threads !== undefined) return threads;
  const wanted = environment("LEXIGRAD_THREADS");
  if (wanted === undefined) return Math.min(availableCores(), USUAL_THREADS);
  return checkNumber("LEXIGRAD_THREADS", /^\d+$/.test(wanted) ? Number(wanted) : wanted, THREADS);
}

function f32Backend(): Backend {
  backend ??= selectBackend(heap, environment("LEXIGRAD_BACKEND"), threadCount());
  return backend;
}

/**
 * Sets process-wide options.
 *
 * @throws {OptionError} for unknown names or values.
 * @throws {BackendError} when the backend cannot be used here.
 * @example
 * configure({ backend: "simd" }).backend; // "simd"
 */
export function configure(options: RuntimeOptions = {}): {
  backend: string;
  description: string;
  threads: number;
} {
  rejectUnknownKeys("configure", options, ["backend", "checkNumerics", "threads"]);
  const { checkNumerics = checksNumerics } = options;
  if (typeof checkNumerics !== "boolean") {
    throw new OptionError({ what: "checkNumerics", expected: "true or false", got: String(checkNumerics) });
  }
  if (options.backend !== undefined || options.threads !== undefined) {
    const wanted = checkNumber("threads", options.threads ?? threadCount(), THREADS);
    const chosen = selectBackend(heap, options.backend ?? backend?.name, wanted);
    backend?.pool?.end();
    backend = chosen;
    threads = options.threads ?? threads;
  }
  checksNumerics = checkNumerics;
  const { name, description, pool } = f32Backend();
  return { backend: name, description, threads: pool?.threads ?? 1 };
}

/** The kernels for float arrays of `dtype`. */
export function kernelsFor(dtype: DType): Kernels {
  if (dtype !== "f64") return f32Backend().kernels;
  checking ??= createReference(heap, "f64");
  return checking;
}

/** Makes the kernel calls of `lane` for all `rows`, for some of them on each thread where there are several. */
export function inLanes(dtype: DType, ...[rows, products, lane]: Parameters<LaneRunner>): void {
  if (dtype === "f64") lane(kernelsFor(dtype), 0, rows);
  else f32Backend().inLanes(rows, products, lane);
}

export const numericsChecked = (): boolean => checksNumerics;

/**
 * How much tensor memory is in use.
 *
 * @example
 * memoryInfo().liveBytes >= 0; // true
 */
export const memoryInfo = (): MemoryInfo => heap.info();
