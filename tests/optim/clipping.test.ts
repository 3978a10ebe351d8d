import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { clipGradNorm, clipGradValue } from "../../src/optim/clipping.ts";
import { type NestedArray, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { expectClose, type Numbers } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { loadFixture, type OptimFixture } from "../support/fixture.ts";

/** Parameters whose gradients are given. */
function withGradients(gradients: readonly (NestedArray | null)[], dtype: "f32" | "f64" = "f32"): Tensor[] {
  return gradients.map((gradient) => {
    const grad = gradient === null ? null : tensor(gradient, undefined, dtype);
    const parameter = zeros(grad?.shape ?? [1], dtype);
    parameter.grad = grad;
    return parameter;
  });
}

const gradientsOf = (parameters: readonly Tensor[]): number[][] =>
  parameters.map(({ grad }) => Array.from(grad?.data() ?? []));

const normOf = (gradients: readonly (readonly number[])[]): number =>
  Math.sqrt(gradients.flat().reduce((total, g) => total + g * g, 0));

const { clipping } = loadFixture<OptimFixture>("optim");

describe.each(["f32", "f64"] as const)("gradients clipped by PyTorch in %s", (dtype) => {
  test.each(clipping.cases.map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
    const names = Object.keys(clipping.gradients);
    const parameters = withGradients(
      names.map((name) => clipping.gradients[name] as NestedArray),
      dtype,
    );
    const { maxNorm, normType, clipValue } = entry.options;
    if (clipValue !== undefined) clipGradValue(parameters, clipValue);
    else {
      const norm = clipGradNorm(parameters, maxNorm, { normType: normType === "inf" ? Infinity : normType });
      expectClose(norm, entry.totalNorm as number);
    }
    names.forEach((name, i) => {
      expectClose(parameters[i].grad?.toArray() as Numbers, entry.clipped[name]);
    });
  });
});

const gradients = fc.array(
  fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 5 }),
  {
    minLength: 1,
    maxLength: 4,
  },
);
const limit = fc.double({ min: 0.01, max: 100, noNaN: true });

describe("laws of clipping by norm", () => {
  test("the norm is at most the limit, the direction is kept, a second time changes next to nothing", () => {
    fc.assert(
      fc.property(gradients, limit, (data, maxNorm) => {
        const parameters = withGradients(data);
        const before = gradientsOf(parameters);
        const norm = clipGradNorm(parameters, maxNorm);
        expectClose(norm, normOf(before), { atol: 0, rtol: 1e-12 });
        const after = gradientsOf(parameters);
        expect(normOf(after)).toBeLessThanOrEqual(maxNorm * (1 + 1e-6));
        const scale = norm === 0 ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
        expectClose(
          after,
          before.map((part) => part.map((g) => g * scale)),
          { atol: 1e-30, rtol: 1e-6 },
        );
        clipGradNorm(parameters, maxNorm);
        expectClose(gradientsOf(parameters), after, { atol: 1e-30, rtol: 1e-6 + 2e-6 / maxNorm });
      }),
      runs,
    );
  });

  test("below the limit it is the identity", () => {
    fc.assert(
      fc.property(gradients, (data) => {
        const parameters = withGradients(data);
        const before = gradientsOf(parameters);
        clipGradNorm(parameters, normOf(before) + 1e-5);
        expect(gradientsOf(parameters)).toEqual(before);
      }),
      runs,
    );
  });

  test("the order of the parameters is irrelevant", () => {
    fc.assert(
      fc.property(gradients, limit, (data, maxNorm) => {
        const [forward, backward] = [withGradients(data), withGradients(data.toReversed())];
        const norms = [clipGradNorm(forward, maxNorm), clipGradNorm(backward, maxNorm)];
        expectClose(norms[0], norms[1], { atol: 0, rtol: 1e-14 });
        expectClose(gradientsOf(backward.toReversed()), gradientsOf(forward), { atol: 1e-30, rtol: 2e-7 });
      }),
      runs,
    );
  });
});

test("squares that overflow f32 do not: 1e38 and its like are clipped to the limit", () => {
  const parameters = withGradients([[1e38, -1e38], [1e38]]);
  expectClose(clipGradNorm(parameters, 1), Math.sqrt(3) * 1e38);
  const third = 1 / Math.sqrt(3);
  expectClose(gradientsOf(parameters), [[third, -third], [third]]);
  expect(clipGradNorm(withGradients([[3e38], [-1]]), 1, { normType: Infinity })).toBeCloseTo(3e38, -33);
});

test("squares that underflow f32 do not", () => {
  expectClose(clipGradNorm(withGradients([[3e-30, 4e-30]]), 1), 5e-30, { atol: 0 });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "%f among the gradients is an error that changes none",
  (bad) => {
    const clips: [string, (parameters: Tensor[]) => number][] = [
      ["clipGradNorm", (p) => clipGradNorm(p, 1)],
      ["clipGradNorm", (p) => clipGradNorm(p, 1, { normType: Infinity })],
      ["clipGradValue", (p) => clipGradValue(p, 1)],
    ];
    for (const [name, clip] of clips) {
      const parameters = withGradients([
        [10, 20],
        [1, bad, 2],
      ]);
      expect(() => clip(parameters)).toThrow(NumericError);
      expect(() => clip(parameters)).toThrow(
        `${name}: expected finite gradients, got NaN or an infinity in a gradient [3]. Skip this step`,
      );
      expect(gradientsOf(parameters)).toEqual([
        [10, 20],
        [1, bad, 2],
      ]);
    }
  },
);

test("parameters without gradient are left out, shared ones count once", () => {
  const [a, b] = withGradients([[3, 4], null]);
  expect(clipGradNorm([a, b, a], 10)).toBe(5);
  expect(clipGradNorm([b], 1)).toBe(0);
  expect(clipGradNorm([], 1)).toBe(0);
  expect(clipGradValue([b], 1)).toBe(0);
});

test("clipping by value, char-rnn's way, reports the fraction it changed", () => {
  const parameters = withGradients([
    [-7, 5, 2],
    [6, -5, 0, 1, 9],
  ]);
  expect(clipGradValue(parameters, 5)).toBe(3 / 8);
  expect(gradientsOf(parameters)).toEqual([
    [-5, 5, 2],
    [5, -5, 0, 1, 5],
  ]);
  expect(clipGradValue(parameters, 5)).toBe(0);
});

test("options are checked", () => {
  const parameters = withGradients([[1]]);
  expect(() => clipGradNorm(parameters, -1)).toThrow(
    "clipGradNorm maxNorm: expected a number of at least 0, got -1.",
  );
  expect(() => clipGradNorm(parameters, 1, { normType: 1 })).toThrow(
    "clipGradNorm normType: expected 2 or Infinity, got 1.",
  );
  expect(() => clipGradNorm(parameters, 1, { normtype: 2 } as object)).toThrow('Did you mean "normType"?');
  expect(() => clipGradNorm(parameters, 1, { normtype: 2 } as object)).toThrow(OptionError);
  expect(() => clipGradValue(parameters, Number.NaN)).toThrow(
    "clipGradValue: expected a number of at least 0",
  );
});
