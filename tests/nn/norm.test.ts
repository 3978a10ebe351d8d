import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LayerNorm } from "../../src/nn/norm.ts";
import { ones, tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { loadFixture } from "../support/fixture.ts";
import { leaf, load, PRECISIONS, replay } from "../support/golden.ts";

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  test.each(loadFixture("layer_norm").cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, entry) => {
      const layer = load(new LayerNorm(entry.options), entry, precision[0]);
      replay(entry, precision, layer.stateDict(), ({ x }) => ({ y: layer.forward(x) }));
    },
  );
});

test("invariant to shift and scale, but for eps", () => {
  const row = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 9 });
  const norm = (values: number[]) =>
    new LayerNorm({ normalizedShape: values.length, eps: 1e-12 })
      .to("f64")
      .forward(tensor([values], undefined, "f64"))
      .data();
  fc.assert(
    fc.property(
      row,
      fc.integer({ min: -50, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (values, shift, scale) => {
        fc.pre(new Set(values).size > 1);
        expectClose(norm(values.map((value) => value * scale + shift)), norm(values), {
          atol: 1e-9,
          rtol: 1e-9,
        });
      },
    ),
    runs,
  );
});

test("a constant row gives zeros and finite gradients", () => {
  const x = leaf([[3, 3, 3]]);
  const y = new LayerNorm({ normalizedShape: 3 }).forward(x);
  expect(y.toArray()).toEqual([[0, 0, 0]]);
  y.mul(tensor([1, 2, 3]))
    .sum()
    .backward();
  expect(x.grad?.data().every(Number.isFinite)).toBe(true);
});

test("wrong inputs and options are refused", () => {
  expect(() => new LayerNorm({ normalizedShape: [4, 5] }).forward(ones([4, 4]))).toThrow(
    "layerNorm: expected input ending in [4, 5]",
  );
  expect(() => new LayerNorm({ normalizedShape: 0 })).toThrow("normalizedShape: expected");
  expect(() => new LayerNorm({ normalizedShape: 1, eps: -1 })).toThrow("eps: expected");
  expect(() => new LayerNorm({ normalisedShape: 1 } as never)).toThrow('Did you mean "normalizedShape"?');
});
