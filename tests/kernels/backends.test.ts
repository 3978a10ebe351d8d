import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BackendError } from "../../src/base/errors.ts";
import { selectBackend } from "../../src/kernels/backend.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Heap } from "../../src/kernels/memory.ts";
import { createReference } from "../../src/kernels/reference/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { Arena } from "../support/kernel-arena.ts";
import { kernelCases } from "../support/kernel-cases.ts";
import { defaultTolerance, tolerances } from "../support/kernel-tolerances.ts";

const ARENA_BYTES = 512 * 1024;
const heap = new Heap();
const base = heap.allocate(ARENA_BYTES);
const reference = createReference(heap, "f32");

function tryBackend(name: string): Kernels | undefined {
  try {
    return selectBackend(heap, name).kernels;
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}

type AnyKernel = (...args: number[]) => number | undefined;
type AnyCase = (arena: Arena, n: number) => number[];

function check(kernels: Kernels, name: keyof Kernels, n: number, seed: number, nanRate: number): void {
  const arena = new Arena(heap, base, ARENA_BYTES, seed, nanRate);
  const args = (kernelCases[name] as AnyCase)(arena, n);
  const before = arena.snapshot();
  const expectedResult = (reference[name] as AnyKernel)(...args);
  const expected = arena.snapshot();
  arena.restore(before);
  const result = (kernels[name] as AnyKernel)(...args);
  const tolerance = tolerances[name] ?? defaultTolerance;
  arena.compare(expected, tolerance);
  if (expectedResult !== undefined) expectClose(result as number, expectedResult, tolerance);
}

const names = Object.keys(kernelCases) as (keyof Kernels)[];

for (const backend of ["simd", "relaxed", "blas"]) {
  const kernels = tryBackend(backend);
  describe.skipIf(!kernels)(
    `${backend} agrees with the reference${kernels ? "" : " (not available here)"}`,
    () => {
      const own = backend === "blas" ? (["matmul"] as const) : names;
      test.each(own)("%s: lengths 0..67, odd alignments, nothing written beside the outputs", (name) => {
        for (let n = 0; n <= 67; n++) check(kernels as Kernels, name, n, n, 0);
        const law = fc.property(fc.nat(67), fc.nat(), (n, seed) =>
          check(kernels as Kernels, name, n, seed, 0),
        );
        fc.assert(law, runs);
      });
      test.each(own)("%s: NaN where the reference has NaN, and nowhere else", (name) => {
        const law = fc.property(fc.nat(67), fc.nat(), (n, seed) =>
          check(kernels as Kernels, name, n, seed, 0.02),
        );
        fc.assert(law, { numRuns: Math.ceil(runs.numRuns / 2) });
      });
    },
  );
}

/** Positions of an input and of an output that may be the same array. */
const inPlace: readonly (readonly [keyof Kernels, input: number, output: number])[] = [
  ["exp", 0, 1],
  ["geluGrad", 0, 2],
  ["geluGrad", 1, 2],
  ["select", 1, 3],
  ["dropout", 0, 1],
  ["softmax", 0, 1],
  ["softmaxGrad", 0, 2],
  ["softmaxGrad", 1, 2],
  ["logSoftmax", 0, 1],
  ["logSoftmaxGrad", 1, 2],
  ["crossEntropyGrad", 0, 5],
  ["layerNorm", 0, 3],
  ["layerNormGrad", 0, 5],
  ["layerNormGrad", 4, 5],
  ["rnnCell", 1, 2],
  ["lstmCell", 1, 3],
  ["lstmCell", 2, 4],
  ["gruCell", 2, 3],
];

test.each(inPlace)("%s may write over argument %i", (name, input, output) => {
  const kernels = selectBackend(heap, "simd").kernels;
  for (let n = 0; n <= 67; n++) {
    const arena = new Arena(heap, base, ARENA_BYTES, n);
    const args = (kernelCases[name] as AnyCase)(arena, n);
    const bytes = arena.lengthAt(args[input]) * 4;
    heap.u8.copyWithin(args[output], args[input], args[input] + bytes);
    const before = arena.snapshot();
    const result = () => heap.u8.slice(args[output], args[output] + bytes);
    (kernels[name] as AnyKernel)(...args);
    const apart = result();
    arena.restore(before);
    (kernels[name] as AnyKernel)(...args.with(input, args[output]));
    expect(result(), `size ${n}`).toEqual(apart);
  }
});

test("every kernel is overridden by the compiled ones", () => {
  const compiled = selectBackend(heap, "simd").kernels;
  for (const name of names) expect(compiled[name], name).not.toBe(reference[name]);
});

test.each(["reference", "simd"] as const)(
  "%s dropout from element 9 on is dropout with a moved seed",
  (backend) => {
    const { dropout } = selectBackend(heap, backend).kernels;
    const law = fc.property(fc.integer(), fc.integer(), (seed0, seed1) => {
      heap.f32.fill(1, base / 4, base / 4 + 64);
      const dropped = (n: number, seed: number) => {
        dropout(base, base + 256, n, 0.5, seed, seed1);
        return [...heap.f32.subarray(base / 4 + 64, base / 4 + 64 + n)];
      };
      expect(dropped(40, (seed0 + Math.imul(9, seed1 | 1)) | 0)).toEqual(dropped(49, seed0).slice(9));
    });
    fc.assert(law, runs);
  },
);
