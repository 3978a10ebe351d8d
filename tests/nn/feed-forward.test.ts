import fc from "fast-check";
import { test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Dropout } from "../../src/nn/dropout.ts";
import { ACTIVATIONS, type Activation, feedForward, rowsPerUnit } from "../../src/nn/feed-forward.ts";
import { Linear } from "../../src/nn/linear.ts";
import { Module } from "../../src/nn/module.ts";
import { randn } from "../../src/tensor/index.ts";
import { moduleLaws } from "../../src/testing/laws-module.ts";
import { expectClose } from "../support/close.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** The normal distribution function by Simpson's rule. */
function phi(x: number): number {
  const steps = 200;
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let total = density(0) + density(x);
  for (let i = 1; i < steps; i++) total += (i % 2 ? 4 : 2) * density((x * i) / steps);
  return 0.5 + (total * x) / steps / 3;
}
const gelu = (x: number): number => x * phi(x);

/** One hidden unit, from its row of the first map and, with a gate, the gate's. */
const FORMULAS: Record<Activation, (u: number, gate: number) => number> = {
  relu: (u) => Math.max(u, 0),
  gelu,
  "gelu-tanh": (u) => (u / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (u + 0.044715 * u ** 3))),
  glu: (u, gate) => u * sigmoid(gate),
  reglu: (u, gate) => u * Math.max(gate, 0),
  geglu: (u, gate) => u * gelu(gate),
  swiglu: (u, gate) => u * gate * sigmoid(gate),
};

const [WIDTH, HIDDEN] = [3, 4];
function parts(activation: Activation, bias: boolean, random: Random): [Linear, Linear] {
  const rows = HIDDEN * rowsPerUnit(activation);
  return [
    new Linear({ inFeatures: WIDTH, outFeatures: rows, bias, random }).to("f64"),
    new Linear({ inFeatures: HIDDEN, outFeatures: WIDTH, bias, random }).to("f64"),
  ];
}

test.each(ACTIVATIONS.flatMap((name) => [[name, true] as const, [name, false] as const]))(
  "%s by its formula, biases %s",
  (activation, bias) => {
    const random = new Random(4);
    const [linear1, linear2] = parts(activation, bias, random);
    const x = randn([2, 5, WIDTH], random, "f64").mul(2);
    const first = linear1.forward(x).toArray() as number[][][];
    const hidden = first.map((row) =>
      row.map((units) =>
        units.slice(0, HIDDEN).map((unit, i) => FORMULAS[activation](unit, units[HIDDEN + i] ?? 0)),
      ),
    );
    const weight = linear2.weight.toArray() as number[][];
    const biases = linear2.bias?.data() ?? new Float64Array(WIDTH);
    const expected = hidden.map((row) =>
      row.map((units) => weight.map((w, j) => w.reduce((sum, each, i) => sum + each * units[i], biases[j]))),
    );
    const y = feedForward(x, linear1, linear2, activation, new Dropout({ p: 0 }));
    expectClose(y.toArray() as number[], expected, { atol: 1e-9, rtol: 1e-9 });
  },
);

class Net extends Module {
  linear1: Linear;
  linear2: Linear;

  constructor(activation: Activation, random: Random) {
    super();
    [this.linear1, this.linear2] = parts(activation, true, random);
  }
}

test.each(ACTIVATIONS)("the gradients of %s agree with central differences", (activation) => {
  const laws = moduleLaws({
    make: (random) => new Net(activation, random),
    run: ({ linear1, linear2 }, random) =>
      feedForward(randn([2, WIDTH], random, "f64"), linear1, linear2, activation, new Dropout({ p: 0 })),
  });
  // The first once had a kink of relu between the points of a difference.
  fc.assert(laws.gradient, { numRuns: 10, examples: [[723055804]] });
});

test("dropout comes after the activation", () => {
  const random = new Random(1);
  const [linear1, linear2] = parts("relu", true, random);
  const y = feedForward(randn([1, WIDTH], random, "f64"), linear1, linear2, "relu", new Dropout({ p: 1 }));
  expectClose(y.data(), linear2.bias?.data() as Float64Array);
});
