import { expect, test } from "vitest";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { encodeWeights } from "../../src/nn/weights.ts";
import { tensor } from "../../src/tensor/index.ts";
import { averageOf, isKeptName, keep, keptName } from "../../src/train/kept-weights.ts";

const at = (step: number) => ({ step, read: () => encodeWeights(new Map([["w", tensor([step])]])) });

test("the last ones are kept, each step once", () => {
  let kept = keep([], at(1), 2);
  for (const step of [2, 3, 3]) kept = keep(kept, at(step), 2);
  expect(kept.map(({ step }) => step)).toEqual([2, 3]);
});

test("an average names its steps", () => {
  const average = readSafetensors(averageOf([at(2), at(3)]));
  expect(average.get("w")?.data).toEqual(Float32Array.of(2.5));
  expect(average.metadata.get("averaged-steps")).toBe("2 3");
});

test("names of files", () => {
  for (const step of [0, 7, 1200]) expect(isKeptName(keptName(step))).toBe(true);
  const others = ["checkpoint-.safetensors", "checkpoint-01.safetensors", "checkpoint-1.safetensors.bak"];
  for (const name of [...others, "my-checkpoint-1.safetensors", "checkpoint-1"]) {
    expect(isKeptName(name)).toBe(false);
  }
});
