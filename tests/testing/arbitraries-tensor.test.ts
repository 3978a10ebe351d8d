import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastShapes } from "../../src/base/shape.ts";
import {
  anyTensor,
  broadcastableShapes,
  shape,
  tensorOf,
  tensors,
} from "../../src/testing/arbitraries-tensor.ts";
import { runs } from "../support/fc.ts";

test("shapes keep within their bounds", () => {
  fc.assert(
    fc.property(shape({ minRank: 1, maxRank: 4, minExtent: 0, maxExtent: 2 }), (extents) => {
      expect(extents.length >= 1 && extents.length <= 4).toBe(true);
      expect(extents.every((extent) => extent >= 0 && extent <= 2)).toBe(true);
    }),
    runs,
  );
});

test("broadcastable shapes broadcast, and differ at times", () => {
  let different = 0;
  fc.assert(
    fc.property(broadcastableShapes(3), (shapes) => {
      expect(shapes).toHaveLength(3);
      shapes.reduce((a, b) => broadcastShapes("test", a, b));
      if (new Set(shapes.map(String)).size > 1) different++;
    }),
    runs,
  );
  expect(different).toBeGreaterThan(0);
});

test("tensors have the shapes, type and bounds asked for, and no whole numbers", () => {
  fc.assert(
    fc.property(tensorOf([2, 3], { dtype: "f32", min: -1, max: 0.5, distinct: true }), (x) => {
      expect(x).toMatchObject({ shape: [2, 3], dtype: "f32" });
      const values = [...x.data()];
      expect(values.every((value) => value > -1 && value < 0.5 && !Number.isInteger(value))).toBe(true);
      expect(new Set(values).size).toBe(6);
    }),
    runs,
  );
  fc.assert(
    fc.property(anyTensor({ maxRank: 1 }), tensors(2, { minRank: 2, maxRank: 2 }), (x, pair) => {
      expect(x.rank).toBeLessThanOrEqual(1);
      expect(pair.map(({ rank, dtype }) => [rank, dtype])).toEqual([
        [2, "f64"],
        [2, "f64"],
      ]);
    }),
    runs,
  );
});

test("a counterexample shows the tensor", () => {
  const failing = () =>
    fc.assert(
      fc.property(tensorOf([2]), () => false),
      { seed: 1 },
    );
  expect(failing).toThrow("Counterexample: [Tensor f64 [2] (0.00048828, 0.00048828)]");
});
