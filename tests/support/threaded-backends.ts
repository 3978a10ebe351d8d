/** Backends with worker threads for the tests of a file, ended after them. */
import { afterAll, expect } from "vitest";
import { BackendError } from "../../src/base/errors.ts";
import { type Backend, selectBackend } from "../../src/kernels/backend.ts";
import type { Heap } from "../../src/kernels/memory.ts";
import type { WorkerPool } from "../../src/kernels/pool.ts";

const STARTUP_MILLISECONDS = 30_000;

/** Gives a function that selects a backend with all its workers awake, or nothing where this machine lacks it. */
export function backendSelector(heap: Heap): (name: string, threads: number) => Backend | undefined {
  const pools: WorkerPool[] = [];
  afterAll(() => {
    for (const pool of pools) pool.end();
  });
  return (name, threads) => {
    try {
      const backend = selectBackend(heap, name, threads);
      if (backend.pool) {
        pools.push(backend.pool);
        expect(backend.pool.awaitWorkers(STARTUP_MILLISECONDS)).toBe(true);
      }
      return backend;
    } catch (error) {
      if (error instanceof BackendError) return undefined;
      throw error;
    }
  };
}
