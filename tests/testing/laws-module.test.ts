import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Random } from "../../src/base/random.ts";
import { Linear } from "../../src/nn/linear.ts";
import { Module } from "../../src/nn/module.ts";
import { ops, randn, type Tensor } from "../../src/tensor/index.ts";
import { causalModule, moduleLaws } from "../../src/testing/laws-module.ts";

const make = (random: Random) => new Linear({ inFeatures: 3, outFeatures: 2, random });
const input = (layer: Linear, random: Random) => randn([4, 3], random, layer.weight.dtype);

/** Asserts a law; throws what the law itself threw. */
const check = (law: fc.IProperty<unknown>) => () => {
  const { failed, errorInstance } = fc.check(law, { seed: 1 });
  if (failed) throw errorInstance;
};

describe("moduleLaws", () => {
  test("hold for a linear layer, and where the slope bends within a step of the differences", () => {
    const steep = moduleLaws({
      make,
      run: (layer, random) => ops.sin(ops.mul(layer.forward(input(layer, random)), 1000)),
    });
    for (const property of Object.values(steep)) fc.assert(property, { numRuns: 20 });
  });

  test("a wrong gradient, a missing one, a sign", () => {
    const partly = (part: number) =>
      moduleLaws({
        make,
        run: (layer, random) => {
          const y = layer.forward(input(layer, random));
          return ops.add(ops.mul(y, 1 - part), ops.mul(ops.detach(y), part));
        },
      });
    for (const part of [1e-4, 1, 2]) {
      expect(check(partly(part).gradient)).toThrow(/gradient of (weight|bias)\[\d+\]/);
    }
  });

  test("a module that remembers", () => {
    let calls = 0;
    const laws = moduleLaws({
      make,
      run: (layer, random) => ops.add(layer.forward(input(layer, random)), calls++),
    });
    expect(check(laws.repeats)).toThrow("a second run");
  });

  test("a weight that is not written", () => {
    class Forgetful extends Module {
      readonly inner: Linear;
      readonly #shift: number;
      constructor(random: Random) {
        super();
        this.inner = make(random);
        this.#shift = random.uniform();
      }
      forward(x: Tensor): Tensor {
        return ops.add(this.inner.forward(x), this.#shift);
      }
    }
    const laws = moduleLaws({
      make: (random) => new Forgetful(random),
      run: (module, random) => module.forward(input(module.inner, random)),
    });
    expect(check(laws.roundTrip)).toThrow("a module with loaded weights");
  });
});

test("causalModule finds a module that looks ahead", () => {
  const law = (run: (layer: Linear, x: Tensor) => Tensor) =>
    causalModule({
      make: (random) => new Linear({ inFeatures: 4, outFeatures: 4, random }),
      input: (random, batch, time) => randn([batch, time, 4], random),
      run,
    });
  fc.assert(law((layer, x) => layer.forward(x)));
  expect(check(law((layer, x) => ops.add(layer.forward(x), ops.mean(x))))).toThrow(
    "after a change of later inputs",
  );
});
