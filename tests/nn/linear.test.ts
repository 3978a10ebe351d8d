import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Linear } from "../../src/nn/linear.ts";
import { ones, tensor } from "../../src/tensor/index.ts";
import { loadFixture } from "../support/fixture.ts";
import { load, PRECISIONS, replay } from "../support/golden.ts";

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  test.each(loadFixture("linear").cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, entry) => {
      const layer = load(new Linear(entry.options), entry, precision[0]);
      replay(entry, precision, layer.stateDict(), ({ x }) => ({ y: layer.forward(x) }));
    },
  );
});

test("starts uniform in +-1/sqrt(inFeatures), the same from the same seed", () => {
  const make = () => new Linear({ inFeatures: 16, outFeatures: 64, random: new Random(5) });
  const weights = [...make().weight.data(), ...(make().bias?.data() ?? [])];
  expect(weights.every((w) => Math.abs(w) <= 0.25)).toBe(true);
  expect(Math.max(...weights)).toBeGreaterThan(0.24);
  expect(Math.min(...weights)).toBeLessThan(-0.24);
  expect(make().weight.data()).toEqual(make().weight.data());
});

test("an empty batch gives an empty result and zero gradients", () => {
  const layer = new Linear({ inFeatures: 3, outFeatures: 2 });
  const y = layer.forward(tensor([], [0, 3]));
  expect(y.shape).toEqual([0, 2]);
  y.sum().backward();
  expect(layer.weight.grad?.toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test("wrong inputs and options are refused", () => {
  const layer = new Linear({ inFeatures: 3, outFeatures: 2 });
  expect(() => layer.forward(ones([2, 4]))).toThrow(/^linear: expected .*got/);
  expect(() => new Linear({ inFeatures: 0, outFeatures: 2 })).toThrow("inFeatures: expected a whole number");
  expect(() => new Linear({ inFeatures: 1, outFeatures: 1.5 })).toThrow(
    "outFeatures: expected a whole number",
  );
  expect(() => new Linear({ inFeature: 1, outFeatures: 1 } as never)).toThrow('Did you mean "inFeatures"?');
});
