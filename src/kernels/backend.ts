/** The choice among the implementations of the kernels. */
import { BackendError } from "../base/errors.ts";
import { checkChoice } from "../base/options.ts";
import { loadBlas } from "./blas.ts";
import type { Kernels } from "./kernels.ts";
import type { LaneRunner } from "./lanes.ts";
import { canShare, type Heap, SCRATCH_BASE } from "./memory.ts";
import { environment } from "./platform.ts";
import { WorkerPool } from "./pool.ts";
import { createReference } from "./reference/index.ts";
import { instantiate, simdModule } from "./simd/load.ts";

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
  readonly inLanes: LaneRunner;
  /** The threads, when there are several. */
  readonly pool?: WorkerPool;
}

/**
 * The backend named by `choice`, by default that of the environment variable LEXIGRAD_BACKEND, by default
 * `auto`: the fastest that exists here and agrees with the reference on a small test.
 *
 * @param threads that share the work of large kernels, the calling one included; the reference has always one
 * @throws {OptionError} for an unknown name.
 * @throws {BackendError} when the named backend cannot be used here.
 */
export function selectBackend(
  heap: Heap,
  choice: string = environment("LEXIGRAD_BACKEND") ?? "auto",
  threads = 1,
): Backend {
  const name = checkChoice("backend", choice, CHOICES);
  for (const candidate of name === "auto" ? FASTEST_FIRST : [name]) {
    const backend = createBackend(heap, candidate, threads);
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

function createBackend(heap: Heap, name: BackendName, threads: number): Backend | undefined {
  const reference = createReference(heap, "f32");
  if (name === "reference") return { name, description: "plain TypeScript loops", ...serially(reference) };
  const relaxed = name === "simd" ? undefined : simdModule("relaxed");
  const module = relaxed ?? (name === "relaxed" ? undefined : simdModule("strict"));
  if (!module) return undefined;
  const simd = instantiate(module, heap.memory, SCRATCH_BASE);
  const blas = name === "blas" ? loadBlas(heap.memory, simd.matmul) : undefined;
  if (name === "blas" && !blas) return undefined;
  const kernels = { ...reference, ...simd, ...(blas && { matmul: blas.matmul }) };
  const pool = threads > 1 && canShare ? new WorkerPool(threads, heap, module, blas) : undefined;
  return {
    name,
    description: [
      blas ? `native BLAS (${blas.native.library}) and ` : "",
      `${relaxed ? "relaxed" : "strict"} WebAssembly SIMD`,
      pool ? ` on ${threads} threads` : "",
    ].join(""),
    ...(pool ? inParallel(pool, kernels) : serially(kernels)),
  };
}

const serially = (kernels: Kernels): Pick<Backend, "kernels" | "inLanes"> => ({
  kernels,
  inLanes: (rows, _products, lane) => lane(kernels, 0, rows),
});

function inParallel(pool: WorkerPool, kernels: Kernels): Pick<Backend, "kernels" | "inLanes" | "pool"> {
  const parallel = pool.parallel(kernels);
  return { kernels: parallel, inLanes: pool.lanes(kernels, parallel), pool };
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
