/** Laws of ops on every backend that this platform has. */
import fc from "fast-check";
import { test } from "vitest";
import { BackendError } from "../../src/base/errors.ts";
import type { BackendName } from "../../src/kernels/backend.ts";
import { configure, scoped } from "../../src/tensor/index.ts";
import { runs } from "./fc.ts";

/** `blas` differs from `relaxed` in the matrix product alone. */
const NAMES = ["reference", "simd", "relaxed"] as const;

/** Runs `act` on a backend, and goes back to the one before. */
export function onBackend<T>(backend: BackendName, act: () => T): T {
  const before = configure().backend as BackendName;
  configure({ backend });
  try {
    return act();
  } finally {
    configure({ backend: before });
  }
}

function exists(backend: BackendName): boolean {
  try {
    return onBackend(backend, () => true);
  } catch (error) {
    if (error instanceof BackendError) return false;
    throw error;
  }
}

export const BACKENDS: readonly BackendName[] = NAMES.filter(exists);

/** A test that a law holds on a backend, in a scope a case. */
export function law<A extends [unknown, ...unknown[]]>(
  backend: BackendName,
  title: string,
  arbitraries: { [K in keyof A]: fc.Arbitrary<A[K]> },
  holds: (...values: A) => void,
  numRuns = runs.numRuns / 4,
): void {
  test(title, () => {
    const all = fc.tuple(...arbitraries) as unknown as fc.Arbitrary<A>;
    const property = fc.property(all, (values) => onBackend(backend, () => scoped(() => holds(...values))));
    fc.assert(property, { numRuns: Math.ceil(numRuns) });
  });
}

/** Elements as text, in which every bit but those of NaN tells. */
export const bits = (x: ArrayLike<number>): string =>
  Array.from(x, (value) => (Object.is(value, -0) ? "-0" : value)).join();
