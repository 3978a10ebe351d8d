import { describe, expect, test } from "vitest";
import { DTypeError, IndexError, OptionError, ShapeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  type DType,
  full,
  indices,
  type NestedArray,
  ones,
  randn,
  tensor,
  uniform,
  zeros,
} from "../../src/tensor/index.ts";

describe("tensor", () => {
  test.each<[NestedArray, number[]]>([
    [5, []],
    [[], [0]],
    [[1, 2, 3], [3]],
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [3, 2],
    ],
    [
      [[], []],
      [2, 0],
    ],
    [[[[7]]], [1, 1, 1]],
  ])("%j has shape %j and comes back", (data, shape) => {
    const x = tensor(data);
    expect(x.shape).toEqual(shape);
    expect(x.dtype).toBe("f32");
    expect(x.toArray()).toEqual(data);
  });

  test("takes flat data and a shape, and copies both", () => {
    const data = new Float64Array([1, 2, 3, 4]);
    const shape = [2, 2];
    const x = tensor(data, shape, "f64");
    data[0] = 9;
    shape[0] = 9;
    expect([x.shape, x.toArray()]).toEqual([
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(tensor([1, 2, 3, 4], [4, 1]).toArray()).toEqual([[1], [2], [3], [4]]);
    expect(tensor(new Int32Array([1, -2]), [2], "i32").data()).toEqual(new Int32Array([1, -2]));
  });

  test.each<[string, unknown, string]>([
    ["ragged rows", [[1, 2], [3]], "tensor: expected arrays nested as [2, 2], got an array of 1 at depth 1."],
    ["numbers beside rows", [[1], 2], "tensor: expected arrays nested as [2, 1], got 2 at depth 1."],
    ["rows beside numbers", [1, [2]], "tensor: expected arrays nested as [2], got an array of 1 at depth 1."],
  ])("refuses %s", (_title, data, message) => {
    expect(() => tensor(data as NestedArray)).toThrow(ShapeError);
    expect(() => tensor(data as NestedArray)).toThrow(message);
  });

  test.each<[unknown, string]>([
    ["text", 'tensor element: expected a number, got "text".'],
    [[1, null], "tensor element: expected a number, got null."],
    [[[true]], "tensor element: expected a number, got true."],
    [undefined, "tensor element: expected a number, got undefined."],
    [{ length: 2 }, "tensor element: expected a number, got an object."],
  ])("refuses %j", (data, message) => {
    expect(() => tensor(data as NestedArray)).toThrow(DTypeError);
    expect(() => tensor(data as NestedArray)).toThrow(message);
  });

  test.each([1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1])("refuses %d in i32", (value) => {
    const message = `tensor element: expected a whole number of 32 bits, got ${value}.`;
    expect(() => tensor([0, value], undefined, "i32")).toThrow(DTypeError);
    expect(() => tensor([0, value], undefined, "i32")).toThrow(message);
    expect(() => tensor(new Float64Array([0, value]), undefined, "i32")).toThrow(message);
  });

  test("refuses shapes that do not fit or are none", () => {
    expect(() => tensor([1, 2, 3], [2])).toThrow("tensor: expected data to fill [2], got 3 elements.");
    expect(() => tensor([1], [-1, -1])).toThrow("tensor: expected whole sizes of at least 0, got [-1, -1].");
    expect(() => tensor([1], [1], "f16" as DType)).toThrow(OptionError);
    expect(() => tensor([1], [1], "f16" as DType)).toThrow(
      'tensor dtype: expected one of f32, f64, i32, got "f16". Did you mean "f32"?',
    );
  });
});

test("full, zeros and ones", () => {
  expect(full([2], 7).toArray()).toEqual([7, 7]);
  expect(zeros([1, 2]).toArray()).toEqual([[0, 0]]);
  expect(ones([], "f64")).toMatchObject({ dtype: "f64", shape: [] });
  expect(ones([0, 3]).toArray()).toEqual([]);
  expect(() => zeros([1.5])).toThrow(ShapeError);
  expect(() => zeros([1.5])).toThrow("full: expected whole sizes of at least 0, got [1.5].");
  expect(() => ones([2 ** 16, 2 ** 15])).toThrow("full: expected at most 2^30 elements, got [65536, 32768].");
});

describe("random tensors", () => {
  test("the same seed gives the same numbers", () => {
    expect(randn([3], new Random(1)).data()).toEqual(randn([3], new Random(1)).data());
    expect(randn([3], new Random(1)).data()).not.toEqual(randn([3], new Random(2)).data());
  });

  test("randn has mean 0 and variance 1", () => {
    const x = randn([20_000], new Random(3), "f64");
    expect(Math.abs(x.mean().item())).toBeLessThan(0.03);
    expect(Math.abs(x.variance().item() - 1)).toBeLessThan(0.05);
  });

  test("uniform stays inside its bounds and has their mean", () => {
    const x = uniform([20_000], -1, 3, new Random(3), "f64");
    expect(x.data().every((value) => value >= -1 && value < 3)).toBe(true);
    expect(Math.abs(x.mean().item() - 1)).toBeLessThan(0.05);
    expect(() => uniform([-1], 0, 1, new Random(1))).toThrow("uniform: expected whole sizes of at least 0");
    expect(() => randn([-1], new Random(1))).toThrow("randn: expected whole sizes of at least 0");
  });
});

describe("indices", () => {
  test("gives i32 tensors, and those it is given unchanged", () => {
    const given = tensor([[1], [2]], undefined, "i32");
    expect(indices("id", given, 3)).toBe(given);
    expect(indices("id", [[1], [2]], 3)).toMatchObject({ dtype: "i32", shape: [2, 1] });
    expect(indices("id", new Int32Array([0, -7]), 3, -7).toArray()).toEqual([0, -7]);
  });

  test("refuses what is out of range or no index", () => {
    expect(() => indices("id", [0, 3], 3)).toThrow(IndexError);
    expect(() => indices("id", [0, 3], 3)).toThrow("id: expected whole numbers in 0..2, got 3.");
    expect(() => indices("id", [-1], 3)).toThrow("id: expected whole numbers in 0..2, got -1.");
    expect(() => indices("id", ones([1]), 3)).toThrow(DTypeError);
    expect(() => indices("id", [0.5], 3)).toThrow("expected a whole number of 32 bits, got 0.5.");
  });
});
