import { afterEach, describe, expect, test, vi } from "vitest";
import { BackendError, OptionError } from "../../src/base/errors.ts";
import { type Backend, selectBackend } from "../../src/kernels/backend.ts";
import { Heap } from "../../src/kernels/memory.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.resetModules();
});

/** `selectBackend` of a process in which nothing was loaded yet. */
async function freshSelect(): Promise<typeof selectBackend> {
  vi.resetModules();
  return (await import("../../src/kernels/backend.ts")).selectBackend;
}

describe("selectBackend", () => {
  test("reference and simd can always be asked for", () => {
    expect(selectBackend(new Heap(), "reference")).toMatchObject({
      name: "reference",
      description: "plain TypeScript loops",
    });
    expect(selectBackend(new Heap(), "simd")).toMatchObject({
      name: "simd",
      description: "strict WebAssembly SIMD",
    });
  });

  test("auto picks the fastest that works, and leaves no memory behind", () => {
    const heap = new Heap();
    expect(["blas", "relaxed", "simd"]).toContain(selectBackend(heap, "auto").name);
    expect(heap.info().liveBytes).toBe(0);
  });

  test("LEXIGRAD_BACKEND chooses when nothing else does", () => {
    vi.stubEnv("LEXIGRAD_BACKEND", "reference");
    expect(selectBackend(new Heap()).name).toBe("reference");
    expect(selectBackend(new Heap(), "simd").name).toBe("simd");
  });

  test("an unknown name gets the nearest one", () => {
    expect(() => selectBackend(new Heap(), "smid")).toThrow(OptionError);
    expect(() => selectBackend(new Heap(), "smid")).toThrow(
      'backend: expected one of auto, reference, simd, relaxed, blas, got "smid". Did you mean "simd"?',
    );
  });

  test("without a BLAS library, auto goes on without it, and blas is an error", async () => {
    vi.stubEnv("LEXIGRAD_BLAS", "no-such-library.so");
    const select = await freshSelect();
    expect(["relaxed", "simd"]).toContain(select(new Heap(), "auto").name);
    expect(() => select(new Heap(), "blas")).toThrow(
      "backend blas: expected the package koffi and a working OpenBLAS or Accelerate library, " +
        'got a platform without. Choose "auto" for the fastest one available.',
    );
  });

  test("without SIMD, auto is the reference, and simd is an error", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const select = await freshSelect();
    expect(select(new Heap(), "auto").name).toBe("reference");
    expect(() => select(new Heap(), "simd")).toThrow("backend simd: expected WebAssembly SIMD, got");
  });
});

test.each(["reference", "simd", "relaxed", "blas"])(
  "%s: the same bits after the memory has grown",
  (name) => {
    const heap = new Heap();
    let backend: Backend;
    try {
      backend = selectBackend(heap, name);
    } catch (error) {
      if (error instanceof BackendError) return;
      throw error;
    }
    const n = 24;
    const [a, b, c] = [heap.allocate(4 * n * n), heap.allocate(4 * n * n), heap.allocate(4 * n * n)];
    for (let i = 0; i < n * n; i++) heap.f32[a / 4 + i] = heap.f32[b / 4 + i] = ((i * 31) % 97) / 97;
    const product = () => {
      backend.kernels.matmul(a, b, c, n, n, n, n, n, n, 0, 0, 0, 1, 0, 0, 0);
      backend.kernels.tanh(c, c, n * n);
      return heap.f32.slice(c / 4, c / 4 + n * n);
    };
    const expected = product();
    for (let i = 0; i < 5; i++) {
      heap.allocate(heap.info().capacityBytes / 2);
      heap.f32.fill(0, c / 4, c / 4 + n * n);
      expect(product()).toEqual(expected);
    }
  },
);
