/** Cases of ops, and the one check that each goes through. */
import { expect, test } from "vitest";
import type { LexigradError } from "../../src/base/errors.ts";
import {
  backward,
  gradcheck,
  type NestedArray,
  ops,
  scoped,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { expectClose } from "./close.ts";

/** How often the op can be differentiated: twice, once by a kernel of its own, or no gradient flows. */
export type Differentiable = "twice" | "once" | "not";

export type OpCase =
  | {
      readonly run: (...inputs: Tensor[]) => Tensor;
      readonly inputs: readonly NestedArray[];
      readonly expected: NestedArray;
      readonly differentiable: Differentiable;
    }
  | {
      readonly run: () => unknown;
      readonly error: abstract new (...args: never) => LexigradError;
      readonly message: string;
    };

/** `run` of `inputs` is `expected`. */
export const gives = (
  run: (...inputs: Tensor[]) => Tensor,
  inputs: readonly NestedArray[],
  expected: NestedArray,
  differentiable: Differentiable = "twice",
): OpCase => ({ run, inputs, expected, differentiable });

/** `run` throws `error` with `message`. */
export const refuses = (
  error: abstract new (...args: never) => LexigradError,
  message: string,
  run: () => unknown,
): OpCase => ({ run, error, message });

/** A leaf that collects gradients. */
export function leaf(data: NestedArray, dtype: "f32" | "f64" = "f32"): Tensor {
  const x = tensor(data, undefined, dtype);
  x.requiresGrad = true;
  return x;
}

/** Expects what an {@link OpCase} says: values in both types, and gradients. */
export function checkCase(given: OpCase): void {
  if ("error" in given) {
    expect(given.run).toThrow(given.message);
    expect(given.run).toThrow(given.error as new () => LexigradError);
    return;
  }
  const { run, inputs, expected, differentiable } = given;
  scoped(() => {
    const exact = inputs.map((data) => tensor(data, undefined, "f64"));
    const working = inputs.map((data) => tensor(data));
    expectClose(run(...exact).toArray(), expected, { atol: 1e-12, rtol: 1e-12 });
    expectClose(run(...working).toArray(), expected, { atol: 1e-6, rtol: 1e-6 });
    if (differentiable === "not") {
      expect(gradientsOf(run, inputs)).toEqual(inputs.map(() => null));
      return;
    }
    const { error } = gradcheck(run, exact, { secondOrder: differentiable === "twice" });
    expect(error).toBeLessThanOrEqual(1e-6);
  });
}

function gradientsOf(run: (...inputs: Tensor[]) => Tensor, inputs: readonly NestedArray[]) {
  const leaves = inputs.map((data) => leaf(data));
  const y = run(...leaves);
  if (y.requiresGrad) backward(ops.sum(y));
  return leaves.map((each) => each.grad);
}

/** Runs every case of a table as a test of its own. */
export function testCases(cases: Readonly<Record<string, readonly OpCase[]>>): void {
  for (const [name, list] of Object.entries(cases)) {
    list.forEach((each, i) => {
      const title = "error" in each ? `refuses: ${each.message}` : `case ${i + 1}`;
      test(`${name} ${title}`, () => checkCase(each));
    });
  }
}
