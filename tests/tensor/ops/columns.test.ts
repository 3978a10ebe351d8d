import { expect, test } from "vitest";
import { kernelsFor, ones } from "../../../src/tensor/index.ts";
import { columnGradients, columnPointer, columnsOf } from "../../../src/tensor/ops/columns.ts";

const k = kernelsFor("f32");

test("a tensor is all its columns; columns begin where they begin in the first row", () => {
  const x = ones([2, 3, 4]);
  expect(columnsOf("x", x)).toEqual({ of: x, start: 0, width: 4 });
  expect(columnPointer(columnsOf("x", { of: x, start: 3, width: 1 }))).toBe(x.pointer + 12);
  const exact = ones([2, 3, 4], "f64");
  expect(columnPointer({ of: exact, start: 3, width: 1 })).toBe(exact.pointer + 24);
});

test("parts of one tensor that lie apart share a gradient", () => {
  const x = ones([1, 2, 6]);
  const parts = [4, 0, 2].map((start) => ({ of: x, start, width: 2 }));
  const { gradients, columns } = columnGradients(k, parts);
  expect(gradients.slice(1)).toEqual([null, null]);
  expect(gradients[0]?.shape).toEqual([1, 2, 6]);
  columns.forEach((part, i) => {
    expect(part.of).toBe(gradients[0]);
    expect(part.start).toBe(parts[i].start);
  });
});

test("parts that overlap, or of other tensors, have gradients of their own", () => {
  const [x, y] = [ones([1, 2, 6]), ones([1, 2, 6])];
  const { gradients, columns } = columnGradients(k, [
    { of: x, start: 0, width: 4 },
    { of: x, start: 3, width: 3 },
    { of: y, start: 4, width: 2 },
    { of: x, start: 4, width: 2 },
  ]);
  expect(gradients.map((each) => each !== null)).toEqual([true, true, true, false]);
  expect(new Set(gradients).size).toBe(4);
  expect(columns[3].of).toBe(gradients[0]);
});

test("columns of no part have gradient 0", () => {
  const x = ones([1, 2, 4]);
  for (let round = 0; round < 3; round++) {
    const { gradients } = columnGradients(k, [{ of: x, start: 1, width: 2 }]);
    expect([0, 3, 4, 7].map((at) => gradients[0]?.view()[at])).toEqual([0, 0, 0, 0]);
    // What the next round gets may be this memory again.
    gradients[0]?.view().fill(7);
    gradients[0]?.dispose();
  }
});
