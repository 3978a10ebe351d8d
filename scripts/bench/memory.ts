/** Whether training takes more and more memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memoryInfo, type Random, Scope } from "../../src/index.ts";
import { drawIds, type Workload } from "./workloads.ts";

/** What is in use between two steps. */
export interface Sample {
  /** Steps done. */
  readonly step: number;
  readonly liveBytes: number;
  readonly liveBlocks: number;
  /** Size of tensor memory. */
  readonly capacityBytes: number;
  /** JavaScript objects that are reachable. */
  readonly objectBytes: number;
  readonly residentBytes: number;
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Trains for `steps` steps and looks at the memory `samples` times, at equal distances. */
export function watchMemory(workload: Workload, random: Random, steps: number, samples: number): Sample[] {
  const taken: Sample[] = [];
  for (let step = 1; step <= steps; step++) {
    {
      using _scope = new Scope();
      workload.step(drawIds(workload, random));
    }
    if (Math.floor((step * samples) / steps) === taken.length) continue;
    collect();
    const { liveBytes, liveBlocks, capacityBytes } = memoryInfo();
    const { heapUsed, rss } = process.memoryUsage();
    taken.push({ step, liveBytes, liveBlocks, capacityBytes, objectBytes: heapUsed, residentBytes: rss });
  }
  return taken;
}

/** Code that is compiled anew and the profile of what runs come and go; a tensor of each step would be more. */
const OBJECT_NOISE = 2 ** 20;

/** What grows from the first sample, after which everything has been seen once, to any later one. */
export function growing([first, ...later]: readonly Sample[]): string[] {
  const most = (of: (sample: Sample) => number): number => Math.max(...later.map(of)) - of(first);
  return [
    ...(most(({ liveBlocks }) => liveBlocks) > 0 ? ["tensors"] : []),
    ...(most(({ liveBytes }) => liveBytes) > 0 ? ["bytes of tensors"] : []),
    ...(most(({ capacityBytes }) => capacityBytes) > 0 ? ["tensor memory"] : []),
    ...(most(({ objectBytes }) => objectBytes) > OBJECT_NOISE ? ["JavaScript objects"] : []),
  ];
}
