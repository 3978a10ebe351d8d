import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Adam } from "../../src/optim/adam.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { SGD } from "../../src/optim/sgd.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { leaf } from "../support/golden.ts";
import { OPTIMIZERS, stepBy, values } from "../support/optimizers.ts";

const each = Object.entries(OPTIMIZERS);
const element = fc.double({ min: -4, max: 4, noNaN: true });
const gradientRun = fc.array(fc.tuple(element, element, element), { minLength: 1, maxLength: 6 });

describe("laws", () => {
  test("Adam's step does not depend on the scale of the gradient, but for eps", () => {
    const scale = fc.integer({ min: -8, max: 8 }).map((exponent) => 2 ** exponent);
    fc.assert(
      fc.property(gradientRun, scale, (run, factor) => {
        const make = (): [Tensor, Optimizer] => {
          const x = leaf([1, 2, 3], "f64");
          return [x, new Adam([x], { eps: 0, lr: 0.1 })];
        };
        const [a, first] = make();
        const [b, second] = make();
        for (const gradient of run) {
          const whole = gradient.map((g) => (Math.abs(g) < 1e-6 ? 1 : g));
          stepBy(first, [whole]);
          stepBy(second, [whole.map((g) => g * factor)]);
        }
        expectClose(a.data(), b.data(), { atol: 1e-9, rtol: 1e-9 });
      }),
      runs,
    );
  });

  test("momentum 0 is plain gradient descent", () => {
    fc.assert(
      fc.property(gradientRun, (run) => {
        const [a, b] = [leaf([1, 2, 3]), leaf([1, 2, 3])];
        const [plain, withMomentum] = [new SGD([a], { lr: 0.5 }), new SGD([b], { lr: 0.5, momentum: 0 })];
        const expected = a.data();
        for (const gradient of run) {
          stepBy(plain, [gradient]);
          stepBy(withMomentum, [gradient]);
          gradient.forEach((g, i) => {
            expected[i] -= 0.5 * Math.fround(g);
          });
        }
        expect(b.data()).toEqual(a.data());
        expectClose(a.data(), expected);
      }),
      runs,
    );
  });

  test.each(each)("%s: learning rate 0 changes no parameter", (_name, make) => {
    fc.assert(
      fc.property(gradientRun, (run) => {
        const x = leaf([1, -2, 3]);
        const optimizer = make([x], 0);
        for (const gradient of run) stepBy(optimizer, [gradient]);
        expect(x.toArray()).toEqual([1, -2, 3]);
      }),
      runs,
    );
  });

  test.each(each)("%s: gradients summed over micro-batches are those of one batch", (_name, make) => {
    const row = fc.tuple(element, element);
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        (rows, size) => {
          const results = [rows.length, size].map((batch) => {
            const w = leaf([0.5, -0.5], "f64");
            const optimizer = make([w]);
            for (let start = 0; start < rows.length; start += batch) {
              const x = tensor(rows.slice(start, start + batch), undefined, "f64");
              x.mul(w).sum(1).sigmoid().sum().backward();
            }
            optimizer.step();
            return w.data();
          });
          expectClose(results[0], results[1], { atol: 1e-7, rtol: 1e-7 });
        },
      ),
      runs,
    );
  });

  test.each(each)("%s: the order of the parameters is irrelevant", (_name, make) => {
    fc.assert(
      fc.property(gradientRun, (run) => {
        const forward = [leaf([1]), leaf([2]), leaf([3])];
        const backward = [leaf([1]), leaf([2]), leaf([3])];
        const [a, b] = [make(forward), make(backward.toReversed())];
        for (const gradient of run) {
          const rows = gradient.map((g) => [g]);
          stepBy(a, rows);
          stepBy(b, rows.toReversed());
        }
        expect(values(backward)).toEqual(values(forward));
      }),
      runs,
    );
  });

  test.each(each)("%s: resumed from its state, it goes on to the same bits", (_name, make) => {
    fc.assert(
      fc.property(gradientRun, gradientRun, (before, after) => {
        const original = [leaf([1, 2, 3]), leaf([4, 5, 6])];
        const optimizer = make(original);
        // The second parameter has a gradient only at every other step.
        const step = (target: Optimizer, gradient: number[], i: number) =>
          stepBy(target, [gradient, i % 2 === 1 ? gradient : null]);
        before.forEach((gradient, i) => {
          step(optimizer, gradient, i);
        });
        const resumed = original.map((x) => leaf(Array.from(x.data())));
        const second = make(resumed);
        second.loadStateDict(optimizer.stateDict());
        after.forEach((gradient, i) => {
          step(optimizer, gradient, i);
          step(second, gradient, i);
        });
        expect(values(resumed)).toEqual(values(original));
      }),
      runs,
    );
  });
});
