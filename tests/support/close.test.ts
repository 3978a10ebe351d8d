import { describe, expect, test } from "vitest";
import { expectClose } from "./close.ts";

describe("expectClose", () => {
  test("accepts nested, flat and typed arrays within the tolerance", () => {
    expectClose(1, 1 + 1e-6);
    expectClose(
      [
        [1, 2],
        [3, Number.NaN],
      ],
      [
        [1, 2],
        [3, Number.NaN],
      ],
    );
    expectClose(new Float32Array([0.1, 0.2]), [[0.1], [0.2]]);
    expectClose([100], [101], { atol: 0, rtol: 0.01 });
    expectClose([], []);
  });

  test("names the first bad index, both values and the largest error", () => {
    expect(() =>
      expectClose(
        [
          [0, 1.5],
          [2, 7],
        ],
        [
          [0, 1],
          [2, 3],
        ],
      ),
    ).toThrow(
      /2 of 4 elements differ .*\nfirst at \[0,1\]: expected 1, got 1.5\nlargest error 4 at \[1,1\]: expected 3, got 7/,
    );
    expect(() => expectClose([1, Number.NaN], [1, 2])).toThrow("first at [1]: expected 2, got NaN");
    expect(() => expectClose([Number.POSITIVE_INFINITY], [1])).toThrow("largest error Infinity");
    expect(() => expectClose([1], [Number.POSITIVE_INFINITY])).toThrow("expected Infinity, got 1");
  });

  test("rejects other shapes", () => {
    expect(() => expectClose([[1, 2]], [[1], [2]])).toThrow("shape: expected [2,1], got [1,2]");
    expect(() => expectClose([1], [1, 2])).toThrow("shape: expected [2], got [1]");
  });
});
