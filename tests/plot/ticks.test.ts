import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  enclosingTicks,
  formatFigure,
  formatNumber,
  isDrawable,
  linearTicks,
  logTicks,
  SMALLEST,
  widen,
} from "../../src/plot/ticks.ts";
import { runs } from "../support/fc.ts";

const ranges = fc
  .tuple(fc.double({ min: -1e300, max: 1e300 }), fc.double({ min: -1e300, max: 1e300 }))
  .filter(([a, b]) => isDrawable(a) && isDrawable(b))
  .map(([a, b]) => widen(Math.min(a, b), Math.max(a, b)));

describe("linear ticks", () => {
  test("round numbers", () => {
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(-3, 12, 5)).toEqual([0, 5, 10]);
    expect(linearTicks(0.1, 0.35, 3)).toEqual([0.1, 0.2, 0.3]);
    expect(enclosingTicks(0.9557, 4.766, 4)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("few, rising, within the range or around it", () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 2, max: 10 }), ([low, high], count) => {
        const inside = linearTicks(low, high, count);
        expect(inside.length).toBeLessThanOrEqual(count + 2);
        const around = enclosingTicks(low, high, count);
        expect(around.length).toBeLessThanOrEqual(count + 3);
        const slack = (high - low) * 1e-5;
        expect(around[0]).toBeLessThanOrEqual(low + slack);
        expect(around[around.length - 1]).toBeGreaterThanOrEqual(high - slack);
        for (const ticks of [inside, around]) {
          for (let i = 1; i < ticks.length; i++) expect(ticks[i]).toBeGreaterThan(ticks[i - 1]);
        }
      }),
      runs,
    );
  });
});

describe("logarithmic ticks", () => {
  test.each([
    [1, 1000, [1, 10, 100, 1000]],
    [0.5, 30, [0.5, 1, 2, 5, 10, 20]],
    [3, 4.1, [3, 3.5, 4]],
    [1e-12, 1, [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.01, 1]],
  ])("from %d to %d", (low, high, ticks) => {
    expect(logTicks(low, high, 5)).toEqual(ticks);
  });

  test("positive and few", () => {
    const positive = fc.double({ min: SMALLEST, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        const ticks = logTicks(Math.min(a, b), Math.max(a, b) * 1.1, 5);
        expect(ticks.length).toBeLessThanOrEqual(14);
        expect(ticks.every((tick) => tick > 0)).toBe(true);
      }),
      runs,
    );
  });
});

test.each([
  [0, "0"],
  [-0, "0"],
  [0.30000000000000004, "0.3"],
  [-1.23456, "-1.235"],
  [25000, "25k"],
  [2568192, "2.568M"],
  [2e-5, "2e-5"],
  [1.5e12, "1.5e12"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Infinity"],
])("formatNumber(%d) = %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test("formatNumber with the unit of the largest tick", () => {
  expect(formatNumber(5000, 25000)).toBe("5k");
  expect(formatNumber(0.0005, 0.0015)).toBe("0.0005");
});

test.each([
  [2568192, "2\u202f568\u202f192"],
  [-1000, "-1\u202f000"],
  [999, "999"],
  [4.53726, "4.537"],
])("formatFigure(%d) = %s", (value, text) => {
  expect(formatFigure(value)).toBe(text);
});
