/** The choice among the implementations of the kernels. */
import { BackendError } from "../base/errors.ts";
import { checkChoice } from "../base/options.ts";
import { loadBlas } from "./blas.ts";
import type { Kernels } from "./kernels.ts";
import type { Heap } from "./memory.ts";
import { environment } from "./platform.ts";
import { createReference } from "./reference/index.ts";
import { loadSimd } from "./simd/load.ts";

/**
 * - `reference`: plain loops.
 * - `simd`: WebAssembly SIMD, the same bits in every engine.
 * - `relaxed`: the same with fused multiply-add.
 * - `blas`: `relaxed` with the matrix product of a native BLAS.
 */
export type BackendName = (typeof BACKENDS)[number];

const BACKENDS = ["reference", "simd", "relaxed", "blas"] as const;
/** In order of speed. */
const FASTEST_FIRST: readonly BackendName[] = ["blas", "relaxed", "simd", "reference"];
const CHOICES = ["auto", ...BACKENDS] as const;

/** One implementation of the kernels on one heap. */
export interface Backend {
  readonly name: BackendName;
  /** For people, e.g. `native BLAS (libopenblas.so.0) and relaxed WebAssembly SIMD`. */
  readonly description: string;
  readonly kernels: Kernels;
}

/**
 * The backend named by `choice`, by default that of the environment variable LEXIGRAD_BACKEND, by default
 * `auto`: the fastest that exists here and agrees with the reference on a small test.
 *
 * @throws {OptionError} for an unknown name.
 * @throws {BackendError} when the named backend cannot be used here.
 */
export function selectBackend(
  heap: Heap,
  choice: string = environment("LEXIGRAD_BACKEND") ?? "auto",
): Backend {
  const name = checkChoice("backend", choice, CHOICES);
  for (const candidate of name === "auto" ? FASTEST_FIRST : [name]) {
    const backend = createBackend(heap, candidate);
    if (backend && (candidate === "reference" || agreesWithReference(heap, backend.kernels))) return backend;
  }
  throw new BackendError({
    what: `backend ${name}`,
    expected: REQUIREMENTS[name],
    got: "a platform without",
    hint: 'Choose "auto" for the fastest one available.',
  });
}

const REQUIREMENTS: Record<(typeof CHOICES)[number], string> = {
  auto: "any platform",
  reference: "any platform",
  simd: "WebAssembly SIMD",
  relaxed: "WebAssembly relaxed SIMD",
  blas: "the package koffi and a working OpenBLAS or Accelerate library",
};

function createBackend(heap: Heap, name: BackendName): Backend | undefined {
  const reference = createReference(heap, "f32");
  if (name === "reference") return { name, description: "plain TypeScript loops", kernels: reference };
  const relaxed = name === "simd" ? undefined : loadSimd(heap, "relaxed");
  const simd = relaxed ?? (name === "relaxed" ? undefined : loadSimd(heap, "strict"));
  if (!simd) return undefined;
  const description = `${relaxed ? "relaxed" : "strict"} WebAssembly SIMD`;
  const kernels = { ...reference, ...simd };
  if (name !== "blas") return { name, description, kernels };
  const blas = loadBlas(heap, simd.matmul);
  if (!blas) return undefined;
  return {
    name,
    description: `native BLAS (${blas.library}) and ${description}`,
    kernels: { ...kernels, matmul: blas.matmul },
  };
}

const TEST_SIZE = 19;
const TEST_TOLERANCE = 1e-4;

/** A quick check that a backend works at all on this machine: one product, with a transpose, and a softmax. */
function agreesWithReference(heap: Heap, kernels: Kernels): boolean {
  const n = TEST_SIZE;
  const bytes = 4 * n * n;
  const reference = createReference(heap, "f32");
  const x = heap.allocate(4 * bytes);
  const [y, expected, actual] = [x + bytes, x + 2 * bytes, x + 3 * bytes];
  try {
    for (let i = 0; i < 2 * n * n; i++) heap.f32[x / 4 + i] = (((i * 37) % 101) - 50) / 50;
    for (const [k, out] of [
      [reference, expected],
      [kernels, actual],
    ] as const) {
      k.matmul(x, y, out, n, n, n, n, n, n, 0, 1, 0, 1, 0, 0, 0);
      k.softmax(out, out, n, n);
    }
    for (let i = 0; i < n * n; i++) {
      const error = Math.abs(heap.f32[actual / 4 + i] - heap.f32[expected / 4 + i]);
      if (!(error <= TEST_TOLERANCE)) return false;
    }
    return true;
  } finally {
    heap.free(x);
  }
}
