import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Dropout } from "../../src/nn/dropout.ts";
import { ones, randn } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";

const probability = fc.double({ min: 0, max: 1, noNaN: true });

test("switched off it is the identity", () => {
  fc.assert(
    fc.property(probability, fc.nat(), (p, seed) => {
      const x = randn([3, 4], new Random(seed));
      expect(new Dropout({ p }).eval().forward(x).data()).toEqual(x.data());
    }),
    runs,
  );
});

test("elements are zeroed or divided by 1 - p, and the gradient has the same mask", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.nat(), (p, seed) => {
      const x = ones([64]);
      x.requiresGrad = true;
      const y = new Dropout({ p, random: new Random(seed) }).forward(x);
      const kept = Math.fround(1 / (1 - p));
      for (const value of y.data()) if (value !== 0) expectClose(value, kept, { rtol: 1e-6 });
      y.sum().backward();
      expect(x.grad?.data()).toEqual(y.data());
    }),
    runs,
  );
});

test.each([0.1, 0.5, 0.9])("p = %d preserves the mean and drops that share", (p) => {
  const n = 100_000;
  const y = new Dropout({ p, random: new Random(9) }).forward(ones([n])).data();
  // Six standard deviations of the number kept.
  const bound = 6 * Math.sqrt((p * (1 - p)) / n);
  const kept = y.filter((value) => value !== 0).length / n;
  expect(Math.abs(kept - (1 - p))).toBeLessThan(bound);
  const mean = Array.from(y).reduce((sum, value) => sum + value, 0) / n;
  expect(Math.abs(mean - 1)).toBeLessThan(bound / (1 - p));
});

test("the same seed gives the same masks, one after the other; p = 1 drops all", () => {
  const masks = () => {
    const layer = new Dropout({ p: 0.5, random: new Random(4) });
    return [layer.forward(ones([50])).data(), layer.forward(ones([50])).data()];
  };
  expect(masks()).toEqual(masks());
  expect(masks()[0]).not.toEqual(masks()[1]);
  expect(new Dropout({ p: 1 }).forward(ones([3])).toArray()).toEqual([0, 0, 0]);
});

test("options are checked", () => {
  expect(() => new Dropout({ p: 1.5 })).toThrow(
    "dropout: expected a number of at least 0 and at most 1, got 1.5.",
  );
  expect(() => new Dropout({ P: 0.5 } as never)).toThrow('Did you mean "p"?');
});
