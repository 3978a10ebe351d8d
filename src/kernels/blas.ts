/**
 * The matrix product of a native BLAS, called through koffi on the bytes of the heap where they lie.
 *
 * Optional: without koffi or a library, everything runs without it. The library is named by the
 * environment variable LEXIGRAD_BLAS or looked for under its usual names, and never read from a file.
 */
import type { Kernels } from "./kernels.ts";
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

/** Products of fewer multiplications are left to the other backend. A call costs 0.2 us, which is even at 1,500 to 2,500. */
const MIN_PRODUCTS = 2000;

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

interface Library {
  readonly koffi: Koffi;
  readonly sgemm: Sgemm;
  readonly library: string;
  readonly cutsColumns: boolean;
}

interface Koffi {
  load(path: string): { func(declaration: string): (...args: number[]) => void };
  address(view: ArrayBufferView): bigint;
}

/** A single row may have any stride, but BLAS insists on one that covers it. */
const covering = (stride: number, row: number): number => Math.max(stride, row);

/** A native library and its matrix product. */
export interface Blas {
  readonly matmul: Kernels["matmul"];
  /** `cblas_sgemm`, with addresses of the process. */
  readonly sgemm: (...args: number[]) => void;
  /** Whether it is large enough to be left to the library. */
  takes(matmulArguments: readonly number[]): boolean;
  /**
   * Whether columns are summed alike wherever they are cut: not by OpenBLAS's kernels for AVX2. Rows are, in dozens.
   */
  readonly cutsColumns: boolean;
  /** The arguments of `cblas_sgemm` for those of one product. */
  sgemmArguments(matmulArguments: readonly number[]): number[];
  /** How another thread finds the function: the file to resolve koffi from, the library and the declaration. */
  readonly native: { readonly koffi: string; readonly library: string; readonly declaration: string };
}

const DECLARATION =
  "void cblas_sgemm(int, int, int, int, int, int, float, uintptr_t, int, uintptr_t, int, float, uintptr_t, int)";

/** What is loaded once per process: undefined when there is no usable library. */
let loaded: Library | undefined | null;

/** The native product on the bytes of `memory`, leaving small ones to `small`; undefined when no library is found. */
export function loadBlas(memory: WebAssembly.Memory, small: Kernels["matmul"]): Blas | undefined {
  if (loaded === undefined) loaded = findLibrary() ?? null;
  if (loaded === null) return undefined;
  const { koffi, sgemm, library, cutsColumns } = loaded;
  let buffer: ArrayBufferLike | undefined;
  let base = 0;
  const address = () => {
    if (memory.buffer !== buffer) {
      buffer = memory.buffer;
      base = Number(koffi.address(new Uint8Array(buffer)));
    }
    return base;
  };
  return {
    native: { koffi: import.meta.url, library, declaration: DECLARATION },
    sgemm: sgemm as (...args: number[]) => void,
    takes: ([, , , m, n, k]) => m * n * k >= MIN_PRODUCTS,
    cutsColumns,
    matmul(a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep) {
      if (m * n * k < MIN_PRODUCTS) {
        small(a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate, batch, aStep, bStep, cStep);
        return;
      }
      const opA = transA ? TRANSPOSED : PLAIN;
      const opB = transB ? TRANSPOSED : PLAIN;
      const la = covering(lda, transA ? m : k);
      const lb = covering(ldb, transB ? k : n);
      const lc = covering(ldc, n);
      const at = address();
      for (let i = 0; i < batch; i++) {
        const [pa, pb, pc] = [at + a + i * aStep * 4, at + b + i * bStep * 4, at + c + i * cStep * 4];
        sgemm(ROW_MAJOR, opA, opB, m, n, k, 1, pa, la, pb, lb, accumulate, pc, lc);
      }
    },
    sgemmArguments([a, b, c, m, n, k, lda, ldb, ldc, transA, transB, accumulate]) {
      const at = address();
      return [
        ...[ROW_MAJOR, transA ? TRANSPOSED : PLAIN, transB ? TRANSPOSED : PLAIN, m, n, k, 1],
        ...[at + a, covering(lda, transA ? m : k), at + b, covering(ldb, transB ? k : n)],
        ...[accumulate, at + c, covering(ldc, n)],
      ];
    },
  };
}

function findLibrary(): Library | undefined {
  const koffi = requireKoffi();
  if (!koffi) return undefined;
  const named = environment("LEXIGRAD_BLAS");
  for (const library of named ? [named] : LIBRARIES) {
    try {
      const native = koffi.load(library);
      const sgemm = native.func(DECLARATION) as Sgemm;
      limitThreads(native);
      return { koffi, sgemm, library, cutsColumns: cutsColumns(koffi, sgemm) };
    } catch {
      // Not there, or without the C interface: the next name may do.
    }
  }
  return undefined;
}

/** Rows, columns and depth of a product that shows whether columns may be cut, and where it is cut. */
const [M, N, K, CUT] = [128, 400, 96, 208];

function cutsColumns(koffi: Koffi, sgemm: Sgemm): boolean {
  const a = Float32Array.from({ length: M * K }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: K * N }, (_, i) => Math.cos(i));
  const [whole, parts] = [new Float32Array(M * N), new Float32Array(M * N)];
  const [pa, pb, pWhole, pParts] = [a, b, whole, parts].map((x) => Number(koffi.address(x)));
  const multiply = (from: number, to: number, c: number) =>
    sgemm(ROW_MAJOR, PLAIN, PLAIN, M, to - from, K, 1, pa, K, pb + 4 * from, N, 0, c + 4 * from, N);
  multiply(0, N, pWhole);
  multiply(0, CUT, pParts);
  multiply(CUT, N, pParts);
  // Reading a and b here also keeps them alive till now.
  return a.length + b.length > 0 && whole.every((value, i) => value === parts[i]);
}

function requireKoffi(): Koffi | undefined {
  try {
    return builtinModule?.("node:module").createRequire(import.meta.url)("koffi") as Koffi | undefined;
  } catch {
    return undefined;
  }
}

/** One thread a call: products are divided by the worker pool, whose spinning threads OpenBLAS's own would disturb. */
function limitThreads(native: ReturnType<Koffi["load"]>): void {
  try {
    native.func("void openblas_set_num_threads(int)")(1);
  } catch {
    // Not OpenBLAS.
  }
}
