import { describe, expect, it } from "vitest";
import { countOperations, speedOfProduct } from "../../scripts/bench/flops.ts";
import { charlm, charlstm, drawIds } from "../../scripts/bench/workloads.ts";
import { memoryInfo, Random } from "../../src/index.ts";
import { kernelsFor } from "../../src/tensor/index.ts";

describe("countOperations", () => {
  it("counts the products of a transformer's step, attention only where it may look", () => {
    const sizes = { vocabulary: 11, batch: 2, time: 5, width: 8, layers: 3, heads: 2 };
    const workload = charlm(sizes, new Random(1));
    const ids = drawIds(workload, new Random(2));
    // Maps of a layer: 3 + 1 + 4 + 4 squares; of the output: one row a word. Backwards costs twice as much.
    const maps = 3 * 12 * 8 * 8 + 11 * 8;
    const attention = 3 * 2 * 8 * ((5 * 6) / 2); // layers, products, width, pairs of one sequence
    const expected = 3 * 2 * (2 * 5 * maps + 2 * attention);
    expect(countOperations(kernelsFor("f32"), () => workload.step(ids))).toBe(expected);
  });

  it("counts the products of a recurrent step", () => {
    const workload = charlstm(
      { vocabulary: 11, batch: 2, time: 4, width: 5, layers: 2, dropout: 0 },
      new Random(1),
    );
    const ids = drawIds(workload, new Random(2));
    const maps = 2 * 2 * 4 * 5 * 5 + 11 * 5; // layers, of input and state, gates
    const counted = countOperations(kernelsFor("f32"), () => workload.step(ids));
    expect(counted).toBe(3 * 2 * 2 * 4 * maps);
  });

  it("leaves the kernels as they were, also after an error", () => {
    const kernels = kernelsFor("f32");
    const { matmul } = kernels;
    const fail = () => {
      throw new RangeError("in between");
    };
    expect(() => countOperations(kernels, fail)).toThrow("in between");
    expect(kernels.matmul).toBe(matmul);
  });
});

describe("speedOfProduct", () => {
  it("gives its memory back", () => {
    const { liveBytes } = memoryInfo();
    expect(Number.isFinite(speedOfProduct(kernelsFor("f32")))).toBe(true);
    expect(memoryInfo().liveBytes).toBe(liveBytes);
  });
});
