import { describe, expect, test } from "vitest";
import { DTypeError, IndexError, ShapeError, StateError } from "../../src/base/errors.ts";
import { empty, ones, tensor } from "../../src/tensor/index.ts";
import { leaf } from "../support/op-cases.ts";

const square = tensor([
  [1, 2],
  [3, 4],
]);

describe("reading", () => {
  test("size, rank, at and item", () => {
    expect([square.size, square.rank, square.at(1, 0)]).toEqual([4, 2, 3]);
    expect(tensor(7).item()).toBe(7);
    expect(tensor([[7]]).item()).toBe(7);
    expect(tensor(7).at()).toBe(7);
  });

  test("item refuses several elements", () => {
    expect(() => square.item()).toThrow(ShapeError);
    expect(() => square.item()).toThrow("item: expected a tensor of one element, got [2, 2].");
  });

  test.each([[[2, 0]], [[0, -1]], [[0]], [[0, 0, 0]], [[0, 0.5]], [[Number.NaN, 0]]])(
    "at refuses %j",
    (position) => {
      expect(() => square.at(...position)).toThrow(IndexError);
      expect(() => square.at(...position)).toThrow(
        `at: expected indices inside [2, 2], got [${position.join(", ")}].`,
      );
    },
  );

  test("data is a copy of the element type", () => {
    const copy = square.data();
    copy[0] = 9;
    expect(square.at(0, 0)).toBe(1);
    expect(square.data()).toBeInstanceOf(Float32Array);
    expect(ones([1], "f64").data()).toBeInstanceOf(Float64Array);
    expect(tensor([1], [1], "i32").data()).toBeInstanceOf(Int32Array);
  });

  test("toString shows type, shape and the first numbers", () => {
    expect(String(square)).toBe("Tensor f32 [2, 2] (1, 2, 3, 4)");
    expect(String(ones([9]).mul(1 / 3))).toBe(`Tensor f32 [9] (${Array(8).fill("0.33333").join(", ")}, ...)`);
  });
});

describe("views", () => {
  test("reshape, detach and outer slices share the data", () => {
    const x = tensor([1, 2, 3, 4]);
    const [matrix, tail, cut] = [x.reshape([2, 2]), x.slice(0, 2), x.detach()];
    x.view()[3] = 9;
    expect([matrix.at(1, 1), tail.at(1), cut.at(3)]).toEqual([9, 9, 9]);
    expect(tail.clone().toArray()).toEqual([3, 9]);
  });

  test("a view of a view counts its offset from the start of the data", () => {
    expect(tensor([0, 1, 2, 3, 4, 5]).slice(0, 2).reshape([2, 2]).select(0, 1).toArray()).toEqual([4, 5]);
  });

  test("disposing of a tensor ends its views", () => {
    const x = tensor([1, 2]);
    const view = x.reshape([2, 1]);
    x.dispose();
    expect(() => view.toArray()).toThrow(StateError);
  });
});

describe("requiresGrad", () => {
  test("is settable on float leaves", () => {
    const x = ones([1]);
    expect(x.requiresGrad).toBe(false);
    x.requiresGrad = true;
    expect(x.mul(2).requiresGrad).toBe(true);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });

  test("is refused on results and on indices", () => {
    const y = leaf([1]).mul(2);
    const set = () => {
      y.requiresGrad = true;
    };
    expect(set).toThrow(StateError);
    expect(set).toThrow(
      "requiresGrad: expected a leaf tensor, got the result of mul. Use detach() to get a leaf.",
    );
    const ids = tensor([1], [1], "i32");
    const setIds = () => {
      ids.requiresGrad = true;
    };
    expect(setIds).toThrow(DTypeError);
    expect(setIds).toThrow("requiresGrad: expected a float tensor, got i32.");
  });
});

test("tensors survive growth of the memory under them", () => {
  const x = tensor([1, 2, 3]);
  const big = Array.from({ length: 3 }, () => empty([2 ** 22]));
  expect(x.toArray()).toEqual([1, 2, 3]);
  for (const each of big) each.dispose();
});
