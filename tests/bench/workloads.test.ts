import { describe, expect, it } from "vitest";
import * as make from "../../scripts/bench/workloads.ts";
import { drawIds, type Workload, workloads } from "../../scripts/bench/workloads.ts";
import { Random } from "../../src/index.ts";
import { loadFixture, type NamedArrays, type Nested } from "../support/fixture.ts";
import { array } from "../support/golden.ts";

interface Case {
  readonly name: keyof typeof workloads;
  // biome-ignore lint/suspicious/noExplicitAny: each workload has its own sizes.
  readonly sizes: any;
  readonly parameters: NamedArrays;
  /** The token ids of each step. */
  readonly batches: readonly (readonly Nested[])[];
  readonly losses: readonly number[];
}

const MAKERS = {
  charlm: make.charlm,
  charlstm: make.charlstm,
  lstmlm: make.lstmlm,
  mt_transformer: make.mtTransformer,
  mt_rnn: make.mtRnn,
};
const { cases } = loadFixture<{ readonly cases: readonly Case[] }>("workloads");

describe("the training workloads compute what PyTorch computes", () => {
  it("in all of them", () => {
    expect(cases.map(({ name }) => name)).toEqual(Object.keys(workloads));
  });

  it.each(cases)("$name: the losses of three steps", ({ name, sizes, parameters, batches, losses }) => {
    const workload: Workload = MAKERS[name](sizes, new Random(1));
    const weights = Object.entries(parameters).map(([key, values]) => [key, array(values)] as const);
    workload.network.loadStateDict(new Map(weights));
    const steps = batches.map((ids) => workload.step(ids.map((each) => array(each, "i32"))));
    steps.forEach((loss, i) => {
      expect(Math.abs(loss - losses[i]), `step ${i}: ${loss}, not ${losses[i]}`).toBeLessThan(1e-4);
    });
  });
});

describe("drawIds", () => {
  it("draws so many arrays of ids in the range", () => {
    const ids = { arrays: 3, shape: [2, 50], first: 4, end: 6 } as const;
    const drawn = drawIds({ ids } as unknown as Workload, new Random(2));
    expect(drawn.map(({ shape }) => shape)).toEqual([
      [2, 50],
      [2, 50],
      [2, 50],
    ]);
    expect(new Set(drawn.flatMap((each) => [...each.data()]))).toEqual(new Set([4, 5]));
  });
});
