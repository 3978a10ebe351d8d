/** Transformer modules against what PyTorch's computed. */
import { describe, test } from "vitest";
import type { Module } from "../../src/nn/module.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { type FixtureCase, loadFixture } from "./fixture.ts";
import { attendOptions, load, PRECISIONS, replay } from "./golden.ts";

/** Registers a test for each recorded case of `kind`, in both precisions. */
export function describeRecorded<M extends Module>(
  kind: string,
  make: (options: FixtureCase["options"]) => M,
  forward: (module: M, inputs: Record<string, Tensor>, options: ReturnType<typeof attendOptions>) => Tensor,
): void {
  const recorded = loadFixture("transformer").cases.filter((entry) => entry.kind === kind);
  describe.each(PRECISIONS)(`PyTorch's ${kind} in %s`, (...precision) => {
    test.each(recorded.map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
      const module = load(make(entry.options), entry, precision[0]);
      const options = attendOptions(entry, precision[0]);
      replay(entry, precision, module.stateDict(), (inputs) => ({ y: forward(module, inputs, options) }));
    });
  });
}
