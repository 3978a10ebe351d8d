/** The process-wide heap and the kernels that run on it. */
import { OptionError } from "../base/errors.ts";
import { rejectUnknownKeys } from "../base/options.ts";
import { type BackendName, selectBackend } from "../kernels/backend.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { Heap, type MemoryInfo } from "../kernels/memory.ts";
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
  /** Check every result and throw a NumericError naming the first op that makes a NaN or an infinity. Slow. */
  readonly checkNumerics?: boolean;
}

type Backend = ReturnType<typeof selectBackend>;
let backend: Backend | undefined;
let checking: Kernels | undefined;
let checksNumerics = false;

const environment = (): Record<string, string | undefined> => globalThis.process?.env ?? {};

function f32Backend(): Backend {
  backend ??= selectBackend(heap, environment().LEXIGRAD_BACKEND ?? "auto");
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
export function configure(options: RuntimeOptions = {}): { backend: string; description: string } {
  rejectUnknownKeys("configure", options, ["backend", "checkNumerics"]);
  if (options.backend !== undefined) backend = selectBackend(heap, options.backend);
  if (options.checkNumerics !== undefined) {
    if (typeof options.checkNumerics !== "boolean") {
      throw new OptionError({
        what: "checkNumerics",
        expected: "true or false",
        got: String(options.checkNumerics),
      });
    }
    checksNumerics = options.checkNumerics;
  }
  const { name, description } = f32Backend();
  return { backend: name, description };
}

/** The kernels for float arrays of `dtype`. */
export function kernelsFor(dtype: DType): Kernels {
  if (dtype !== "f64") return f32Backend().kernels;
  checking ??= createReference(heap, "f64");
  return checking;
}

export const numericsChecked = (): boolean => checksNumerics;

/**
 * How much tensor memory is in use.
 *
 * @example
 * memoryInfo().liveBytes >= 0; // true
 */
export const memoryInfo = (): MemoryInfo => heap.info();
