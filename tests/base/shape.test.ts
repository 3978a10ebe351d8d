import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IndexError, ShapeError } from "../../src/base/errors.ts";
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxis,
  sameShape,
  sizeOf,
  stridesOf,
} from "../../src/base/shape.ts";
import { broadcastableShapes, shape } from "../../src/testing/arbitraries-tensor.ts";
import { runs } from "../support/fc.ts";

test("sizes, strides and text", () => {
  expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0])]).toEqual([1, 6, 0]);
  expect([stridesOf([]), stridesOf([4]), stridesOf([2, 3, 4])]).toEqual([[], [1], [12, 4, 1]]);
  expect([formatShape([]), formatShape([2, 3])]).toEqual(["[]", "[2, 3]"]);
  expect([sameShape([2], [2]), sameShape([2], [2, 1]), sameShape([2], [3])]).toEqual([true, false, false]);
});

test("the last element lies at size - 1", () => {
  fc.assert(
    fc.property(shape({ maxRank: 5 }), (extents) => {
      const last = stridesOf(extents).reduce((at, stride, axis) => at + stride * (extents[axis] - 1), 0);
      expect(last).toBe(sizeOf(extents) - 1);
    }),
    runs,
  );
});

describe("normalizeAxis", () => {
  test("counts from the front or the end", () => {
    expect([0, 2, -1, -3].map((axis) => normalizeAxis("sum", axis, 3))).toEqual([0, 2, 2, 0]);
  });

  test.each([
    [3, 3, "sum axis: expected a whole number in -3..2, got 3."],
    [-4, 3, "sum axis: expected a whole number in -3..2, got -4."],
    [0.5, 3, "sum axis: expected a whole number in -3..2, got 0.5."],
    [Number.NaN, 3, "sum axis: expected a whole number in -3..2, got NaN."],
    [0, 0, "sum axis: expected no axis for a scalar, got 0."],
  ])("refuses %d of %d axes", (axis, rank, message) => {
    expect(() => normalizeAxis("sum", axis, rank)).toThrow(IndexError);
    expect(() => normalizeAxis("sum", axis, rank)).toThrow(message);
  });
});

describe("broadcastShapes", () => {
  test.each([
    [[], [], []],
    [[2, 3], [], [2, 3]],
    [[3, 1], [4], [3, 4]],
    [[1], [0], [0]],
    [
      [2, 1, 3],
      [5, 1],
      [2, 5, 3],
    ],
  ])("%j and %j give %j, either way round", (a, b, expected) => {
    expect(broadcastShapes("add", a, b)).toEqual(expected);
    expect(broadcastShapes("add", b, a)).toEqual(expected);
  });

  test("is associative and absorbs its parts", () => {
    fc.assert(
      fc.property(broadcastableShapes(3, { minExtent: 0 }), ([a, b, c]) => {
        const join = (x: readonly number[], y: readonly number[]) => broadcastShapes("add", x, y);
        const all = join(join(a, b), c);
        expect(join(a, join(b, c))).toEqual(all);
        expect(join(all, b)).toEqual(all);
      }),
      runs,
    );
  });

  test("refuses sizes that differ", () => {
    expect(() => broadcastShapes("add", [2, 3], [2, 4])).toThrow(ShapeError);
    expect(() => broadcastShapes("add", [5, 2], [3, 2])).toThrow(
      "add: expected shapes that broadcast with [5, 2], got [3, 2]. Sizes 5 and 3 of axis -2 differ and neither is 1.",
    );
    expect(() => broadcastShapes("add", [0], [2])).toThrow(ShapeError);
  });
});

describe("checkShape", () => {
  test("accepts scalars, empty shapes and 2^30 elements", () => {
    for (const good of [[], [0], [2, 0, 3], [2 ** 15, 2 ** 15]])
      expect(() => checkShape("x", good)).not.toThrow();
  });

  test.each([
    [[-1], "x: expected whole sizes of at least 0, got [-1]."],
    [[1.5], "x: expected whole sizes of at least 0, got [1.5]."],
    [[Number.NaN], "x: expected whole sizes of at least 0, got [NaN]."],
    [[Number.POSITIVE_INFINITY], "x: expected whole sizes of at least 0, got [Infinity]."],
    [[2 ** 15, 2 ** 16], "x: expected at most 2^30 elements, got [32768, 65536]."],
    [[2 ** 52, 2 ** 52], "x: expected at most 2^30 elements, got"],
  ])("refuses %j", (bad, message) => {
    expect(() => checkShape("x", bad)).toThrow(ShapeError);
    expect(() => checkShape("x", bad)).toThrow(message);
  });
});
