import { describe, expect, it } from "vitest";
import { growing, type Sample, watchMemory } from "../../scripts/bench/memory.ts";
import { smallWorkloads, type Workload } from "../../scripts/bench/workloads.ts";
import { Random, type Tensor, zeros } from "../../src/index.ts";

describe("a training step leaves no memory behind", () => {
  it.each(Object.entries(smallWorkloads))("%s", (_name, make) => {
    const samples = watchMemory(make(), new Random(1), 60, 3);
    expect(samples.map(({ step }) => step)).toEqual([20, 40, 60]);
    expect(growing(samples)).toEqual([]);
  });

  it("and one that does is found out", () => {
    const workload = smallWorkloads.charlm();
    const kept: Tensor[] = [];
    const leaking: Workload = {
      ...workload,
      step(ids) {
        const tensor = zeros([1000]);
        tensor.storage.moveTo(null);
        kept.push(tensor);
        return workload.step(ids);
      },
    };
    expect(growing(watchMemory(leaking, new Random(1), 8, 4))).toEqual(["tensors", "bytes of tensors"]);
    for (const tensor of kept) tensor.dispose();
  });
});

describe("growing", () => {
  const sample: Sample = {
    ...{ step: 1, liveBytes: 64, liveBlocks: 1, capacityBytes: 1000, objectBytes: 1e6, residentBytes: 1e7 },
  };

  it("compares every later sample with the first", () => {
    expect(growing([sample, sample, sample])).toEqual([]);
    expect(growing([sample, { ...sample, capacityBytes: 1001 }, sample])).toEqual(["tensor memory"]);
    expect(growing([sample, { ...sample, liveBytes: 60 }])).toEqual([]);
  });

  it("allows JavaScript objects the noise of a collection", () => {
    expect(growing([sample, { ...sample, objectBytes: 2e6 }])).toEqual([]);
    expect(growing([sample, { ...sample, objectBytes: 3e6 }])).toEqual(["JavaScript objects"]);
  });
});
