/**
 * The matrix product of a native BLAS, called through koffi on the bytes of the heap where they lie.
 *
 * Optional: without koffi or a library, everything runs without it. The library is named by the
 * environment variable LEXIGRAD_BLAS or looked for under its usual names, and never read from a file.
 */
import type { Kernels } from "./kernels.ts";
import type { Heap } from "./memory.ts";
import { builtinModule, environment } from "./platform.ts";

/** The usual names, OpenBLAS first; the last is macOS. */
const LIBRARIES = [
  "libopenblas.so.0",
  "libopenblas.so",
  "libblas.so.3",
  "/System/Library/Frameworks/Accelerate.framework/Accelerate",
];

const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;

/** Products of fewer multiplications than this are left to the other backend: the call would cost more. */
const MIN_PRODUCTS = 5000;

type Sgemm = (
  order: number,
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

interface Koffi {
  load(path: string): { func(declaration: string): (...args: number[]) => void };
  address(view: ArrayBufferView): bigint;
}

/** A native library and its matrix product. */
export interface Blas {
  /** Name or path of the library. */
  readonly library: string;
  readonly matmul: Kernels["matmul"];
}

/** What is loaded once per process: undefined when there is no usable library. */
let loaded: { koffi: Koffi; sgemm: Sgemm; library: string } | undefined | null;

/** The native product on `heap`, leaving small ones to `small`; undefined when no library is found. */
export function loadBlas(heap: Heap, small: Kernels["matmul"]): Blas | undefined {
  if (loaded === undefined) loaded = findLibrary() ?? null;
  if (loaded === null) return undefined;
  const { koffi, sgemm, library } = loaded;
  let buffer: ArrayBufferLike | undefined;
  let base = 0;
  return {
    library,
    matmul(a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep) {
      if (m * n * k < MIN_PRODUCTS) {
        small(a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep);
        return;
      }
      if (heap.memory.buffer !== buffer) {
        buffer = heap.memory.buffer;
        base = Number(koffi.address(heap.u8));
      }
      const opA = transA ? TRANSPOSED : PLAIN;
      const opB = transB ? TRANSPOSED : PLAIN;
      // A single row may have any stride, but BLAS insists on one that covers it.
      const la = Math.max(lda, transA ? m : k);
      const lb = Math.max(ldb, transB ? k : n);
      const lc = Math.max(ldc, n);
      for (let i = 0; i < batch; i++) {
        const [pa, pb, pc] = [base + a + i * aStep * 4, base + b + i * bStep * 4, base + c + i * cStep * 4];
        sgemm(ROW_MAJOR, opA, opB, m, n, k, 1, pa, la, pb, lb, accumulate, pc, lc);
      }
    },
  };
}

function findLibrary(): { koffi: Koffi; sgemm: Sgemm; library: string } | undefined {
  const koffi = requireKoffi();
  if (!koffi) return undefined;
  const named = environment("LEXIGRAD_BLAS");
  for (const library of named ? [named] : LIBRARIES) {
    try {
      const native = koffi.load(library);
      const sgemm = native.func(
        "void cblas_sgemm(int, int, int, int, int, int, float, uintptr_t, int, uintptr_t, int, float, uintptr_t, int)",
      );
      limitThreads(native);
      return { koffi, sgemm: sgemm as Sgemm, library };
    } catch {
      // Not there, or without the C interface: the next name may do.
    }
  }
  return undefined;
}

function requireKoffi(): Koffi | undefined {
  try {
    return builtinModule?.("node:module").createRequire(import.meta.url)("koffi") as Koffi | undefined;
  } catch {
    return undefined;
  }
}

/** OpenBLAS takes as many threads as it is told; other libraries keep their own ways. */
function limitThreads(native: ReturnType<Koffi["load"]>): void {
  const wanted = Number(environment("LEXIGRAD_THREADS") ?? 1);
  try {
    native.func("void openblas_set_num_threads(int)")(Number.isInteger(wanted) && wanted > 0 ? wanted : 1);
  } catch {
    // Not OpenBLAS.
  }
}
