/** Comparison of numeric arrays with a tolerance. */
import { expect } from "vitest";

/** A number, a typed array, or any nesting of lists of them. */
export type Numbers = number | ArrayLike<number> | readonly Numbers[];

export interface Tolerance {
  /** Allowed absolute error; default 1e-5. */
  readonly atol?: number;
  /** Allowed error relative to the expected value; default 1e-5. */
  readonly rtol?: number;
}

/**
 * Passes when |actual - expected| <= atol + rtol * |expected| for every element; NaN equals NaN and an
 * infinity itself. Two nested lists must have the same shape; flat data (a typed array) only the same
 * number of elements. A failure names the first bad index, both values and the largest error.
 */
export function expectClose(actual: Numbers, expected: Numbers, tolerance: Tolerance = {}): void {
  const { atol = 1e-5, rtol = 1e-5 } = tolerance;
  const actualShape = shapeOf(actual);
  const expectedShape = shapeOf(expected);
  const [got, wanted] = [flatten(actual), flatten(expected)];
  const comparable = actualShape.length < 2 || expectedShape.length < 2;
  if (got.length !== wanted.length || (!comparable && `${actualShape}` !== `${expectedShape}`)) {
    expect.fail(`shape: expected [${expectedShape}], got [${actualShape}]`);
  }
  const shape = expectedShape.length >= actualShape.length ? expectedShape : actualShape;
  let first = -1;
  let bad = 0;
  let worst = 0;
  let worstError = -1;
  for (let i = 0; i < wanted.length; i++) {
    if (Object.is(got[i], wanted[i]) || got[i] === wanted[i]) continue;
    const distance = Math.abs(got[i] - wanted[i]);
    const error = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    if (error > worstError) [worst, worstError] = [i, error];
    const within = Number.isFinite(error) && error <= atol + rtol * Math.abs(wanted[i]);
    if (within) continue;
    if (first < 0) first = i;
    bad++;
  }
  if (first < 0) return;
  const at = (i: number) => `[${unravel(i, shape)}]: expected ${wanted[i]}, got ${got[i]}`;
  expect.fail(
    `${bad} of ${wanted.length} elements differ (atol ${atol}, rtol ${rtol})\n` +
      `first at ${at(first)}\nlargest error ${worstError} at ${at(worst)}`,
  );
}

function shapeOf(value: Numbers): number[] {
  const shape: number[] = [];
  for (let level: Numbers | undefined = value; typeof level === "object"; level = level[0]) {
    shape.push(level.length);
  }
  return shape;
}

function flatten(value: Numbers, into: number[] = []): number[] {
  if (typeof value === "number") into.push(value);
  else for (let i = 0; i < value.length; i++) flatten(value[i], into);
  return into;
}

function unravel(index: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  for (const size of shape.toReversed()) {
    indices.unshift(index % size);
    index = Math.floor(index / size);
  }
  return indices;
}
