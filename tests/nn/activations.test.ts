import { describe, expect, test } from "vitest";
import { elu, glu, leakyRelu } from "../../src/nn/activations.ts";
import { ones, type Tensor } from "../../src/tensor/index.ts";
import { type FixtureCase, loadFixture } from "../support/fixture.ts";
import { leaf, PRECISIONS, replay } from "../support/golden.ts";

/** Softmax and its logarithm take the last axis; others go by way of a transposition. */
const along = (x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor =>
  f(x.transpose(axis, -1)).transpose(axis, -1);

const FUNCTIONS: Record<string, (x: Tensor, options: FixtureCase["options"]) => Tensor> = {
  sigmoid: (x) => x.sigmoid(),
  tanh: (x) => x.tanh(),
  relu: (x) => x.relu(),
  leakyRelu: (x, { negativeSlope }) => leakyRelu(x, negativeSlope),
  elu: (x, { alpha }) => elu(x, alpha),
  gelu: (x, { approximate }) => x.gelu(approximate),
  silu: (x) => x.silu(),
  softplus: (x) => x.softplus(),
  glu: (x, { dim }) => glu(x, dim),
  softmax: (x, { dim }) => along(x, dim, (y) => y.softmax()),
  logSoftmax: (x, { dim }) => along(x, dim, (y) => y.logSoftmax()),
};

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  test.each(loadFixture("activations").cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, entry) => {
      replay(entry, precision, new Map(), ({ x }) => ({ y: FUNCTIONS[entry.kind](x, entry.options) }));
    },
  );
});

test("elu and leakyRelu stay finite far from 0", () => {
  for (const f of [elu, leakyRelu]) {
    const x = leaf([-1e30, -1e3, 1e3, 1e30]);
    const y = f(x);
    y.sum().backward();
    expect([...y.data(), ...(x.grad?.data() ?? [])].every(Number.isFinite)).toBe(true);
  }
});

test("glu needs an even axis", () => {
  expect(() => glu(ones([2, 3]))).toThrow("glu: expected an even extent at axis 1, got [2, 3].");
});
