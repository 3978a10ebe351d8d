import fc from "fast-check";
import { expect, test } from "vitest";
import { cosPi, power } from "../../src/optim/power.ts";
import { runs } from "../support/fc.ts";

test("power is exact for powers of two and close to Math.pow otherwise", () => {
  expect(power(2, 10)).toBe(1024);
  expect(power(0.5, 52)).toBe(2 ** -52);
  expect(power(0.9, 0)).toBe(1);
  expect(power(0, 3)).toBe(0);
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 1.01, noNaN: true }),
      fc.integer({ min: 0, max: 1000 }),
      (base, n) => {
        const expected = base ** n;
        expect(Math.abs(power(base, n) - expected)).toBeLessThanOrEqual(1e-13 * expected + 1e-300);
      },
    ),
    runs,
  );
});

test("cosPi has absolute error below 5e-16, is exact at the ends and odd about 1/2", () => {
  expect([cosPi(0), cosPi(1)]).toEqual([1, -1]);
  expect(Math.abs(cosPi(0.5))).toBeLessThan(1e-16);
  for (let i = 0; i <= 1000; i++) {
    const x = i / 1000;
    expect(Math.abs(cosPi(x) - Math.cos(Math.PI * x))).toBeLessThan(5e-16);
    if (x !== 0.5) expect(cosPi(1 - x)).toBe(-cosPi(1 - (1 - x)));
  }
});
