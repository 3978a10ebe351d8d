import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import {
  constant,
  kaimingNormal,
  kaimingUniform,
  lecunNormal,
  normal,
  orthogonal,
  skipInit,
  uniform,
  xavierNormal,
  xavierUniform,
} from "../../src/nn/init.ts";
import { Linear } from "../../src/nn/linear.ts";
import { empty, type Tensor, zeros } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";

type Fill = (x: Tensor, random: Random) => Tensor;
const [IN, OUT] = [120, 80];

/** Each with its variance for a weight [80, 120], and its bound where it is uniform. */
const DISTRIBUTIONS: [name: string, fill: Fill, variance: number, bound?: number][] = [
  ["uniform", (x, random) => uniform(x, -2, 2, random), 16 / 12, 2],
  ["normal", (x, random) => normal(x, 0, 3, random), 9],
  ["xavierUniform", (x, random) => xavierUniform(x, random), 2 / (IN + OUT), Math.sqrt(6 / (IN + OUT))],
  ["xavierNormal with gain", (x, random) => xavierNormal(x, random, 2), 8 / (IN + OUT)],
  ["kaimingUniform", (x, random) => kaimingUniform(x, random), 2 / IN, Math.sqrt(6 / IN)],
  ["kaimingNormal", (x, random) => kaimingNormal(x, random), 2 / IN],
  ["lecunNormal", lecunNormal, 1 / IN],
];

describe.each(DISTRIBUTIONS)("%s", (_name, fill, variance, bound) => {
  test("mean, variance and bound, the same from the same seed", () => {
    const values = Array.from(fill(empty([OUT, IN]), new Random(7)).data());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(variance / values.length));
    expect(Math.abs(square / variance - 1)).toBeLessThan(0.09);
    if (bound !== undefined)
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(Array.from(fill(empty([OUT, IN]), new Random(7)).data())).toEqual(values);
  });
});

test("kernels count towards the fans: [out, in, 3, 3] has in 9 inputs", () => {
  const values = kaimingUniform(empty([4, 5, 3, 3]), new Random(1)).data();
  const bound = Math.sqrt(6 / 45);
  expect(Math.max(...values)).toBeLessThanOrEqual(bound);
  expect(Math.max(...values)).toBeGreaterThan(0.9 * bound);
});

test("constant fills in place and returns its tensor", () => {
  const x = empty([2, 2]);
  expect(constant(x, 0.5)).toBe(x);
  expect(x.toArray()).toEqual([
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
});

test.each([
  [3, 5],
  [5, 3],
  [4, 4],
  [1, 7],
])("orthogonal [%d, %d]: the fewer of rows and columns are orthonormal, times gain", (rows, cols) => {
  const x = orthogonal(empty([rows, cols], "f64"), new Random(2), 3);
  const product = rows <= cols ? x.matmul(x, { transposeB: true }) : x.transpose().matmul(x);
  const n = Math.min(rows, cols);
  const identity = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 9 : 0));
  expectClose(product.data(), identity, { atol: 1e-12, rtol: 0 });
});

test("weights of fewer than 2 axes have no fans", () => {
  expect(() => xavierUniform(empty([3]), new Random(1))).toThrow(
    "xavierUniform: expected a weight of at least 2 axes, got [3].",
  );
});

describe("skipInit", () => {
  const make = (random: Random) => new Linear({ inFeatures: 3, outFeatures: 2, random });

  test("draws and writes nothing", () => {
    const random = new Random(1);
    const { weight } = skipInit(() => make(random));
    expect(weight.shape).toEqual([2, 3]);
    const untouched = skipInit(() => [normal(zeros([2]), 0, 1, random), orthogonal(zeros([2, 2]), random)]);
    expect(untouched.map((x) => x.toArray())).toEqual([zeros([2]).toArray(), zeros([2, 2]).toArray()]);
    expect(random.state).toEqual(new Random(1).state);
  });

  test("ends with its function, also by an error, and not with one inside", () => {
    const random = new Random(1);
    expect(() =>
      skipInit(() => {
        skipInit(() => {});
        make(random);
        throw new RangeError("stop");
      }),
    ).toThrow("stop");
    expect(random.state).toEqual(new Random(1).state);
    make(random);
    expect(random.state).not.toEqual(new Random(1).state);
  });
});
