import { describe, expect, test } from "vitest";
import { DTypeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { defineOp, gradcheck, memoryInfo, ones, ops, type Tensor, tensor } from "../../src/tensor/index.ts";

const x = tensor([0.5, -1, 2], undefined, "f64");

/** x^2 with a gradient of `factor x`, and NaN where `factor` is. */
const squareWith = (factor: number) =>
  defineOp<readonly [Tensor]>("square", {
    shape: (_name, [value]) => value.shape,
    forward: (k, out, [value]) => k.powScalar(value.pointer, 2, out.pointer, value.size),
    backward: (g, _y, [value]) => [ops.mul(g, ops.mul(value, factor))],
  });

describe("gradcheck", () => {
  test("passes right gradients, of several inputs and outputs, far below its tolerance", () => {
    const two = (a: Tensor, b: Tensor) => [a.mul(b), a.sub(b).tanh()];
    const report = gradcheck(two, [x, ones([3], "f64")], { secondOrder: true });
    expect(report.passed).toBe(true);
    expect(report.error).toBeLessThan(1e-7);
  });

  test("finds a wrong gradient and says where", () => {
    const report = gradcheck((a) => squareWith(2.001)(a), [x], { random: new Random(3) });
    expect(report.passed).toBe(false);
    expect(report.worst.input).toBe(0);
    expect(report.worst.analytic / report.worst.numeric).toBeCloseTo(1.0005, 6);
    expect(gradcheck((a) => squareWith(2)(a), [x]).passed).toBe(true);
  });

  test("finds a gradient that is missing, and one of NaN whatever comes after it", () => {
    expect(gradcheck((a) => ops.detach(a).mul(2), [x])).toMatchObject({
      passed: false,
      worst: { analytic: 0 },
    });
    expect(gradcheck((a) => squareWith(Number.NaN)(a), [x])).toMatchObject({
      passed: false,
      error: Number.POSITIVE_INFINITY,
    });
    const first = tensor([1, 0, 0], undefined, "f64");
    const onlyFirst = (a: Tensor) => squareWith(2)(a).add(squareWith(Number.NaN)(a.mul(first)).mul(0));
    expect(gradcheck(onlyFirst, [x]).passed).toBe(false);
  });

  test("finds a wrong second derivative only when asked", () => {
    const cut = defineOp<readonly [Tensor]>("cut", {
      shape: (_name, [value]) => value.shape,
      forward: (k, out, [value]) => k.powScalar(value.pointer, 3, out.pointer, value.size),
      backward: (g, _y, [value]) => [ops.mul(g, ops.mul(ops.detach(value.mul(value)), 3))],
    });
    expect(gradcheck((a) => cut(a), [x]).passed).toBe(true);
    expect(gradcheck((a) => cut(a), [x], { secondOrder: true }).passed).toBe(false);
  });

  test("accepts tolerance and epsilon", () => {
    const rough = { epsilon: 1e-2, tolerance: 1e-9 };
    expect(gradcheck((a) => a.pow(3), [x], rough).passed).toBe(false);
    expect(gradcheck((a) => a.pow(3), [x], { ...rough, tolerance: 1e-2 }).passed).toBe(true);
  });

  test("leaves no tensors behind, nor gradients on its inputs", () => {
    const before = memoryInfo().liveBytes;
    gradcheck((a) => a.exp(), [x], { secondOrder: true });
    expect(memoryInfo().liveBytes).toBe(before);
    expect(x.grad).toBeNull();
  });

  test("refuses inputs that are not f64", () => {
    expect(() => gradcheck((a) => a, [ones([2])])).toThrow(DTypeError);
    expect(() => gradcheck((a) => a, [ones([2])])).toThrow(
      "gradcheck: expected f64 tensors, got f32 [2]. Central differences need f64: tensor(data, shape, 'f64').",
    );
  });
});
