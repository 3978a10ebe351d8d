import fc from "fast-check";
import { expect, test } from "vitest";
import { positionAngles } from "../../../src/tensor/ops/angles.ts";
import { expectClose } from "../../support/close.ts";
import { runs } from "../../support/fc.ts";

test("position times base^(-2i/width)", () => {
  expect([...positionAngles(3, 2, 0, 10000)]).toEqual([0, 1, 2]);
  expectClose(positionAngles(2, 4, 1, 100), [1, 0.1, 2, 0.2], { atol: 1e-15, rtol: 1e-15 });
  // An odd width has a last frequency for its last column.
  expectClose(positionAngles(1, 3, 1, 1000), [1, 0.01], { atol: 1e-15, rtol: 1e-15 });
  expect(positionAngles(0, 4, 0, 10000)).toHaveLength(0);
  expect(positionAngles(4, 0, 0, 10000)).toHaveLength(0);
});

test("angles are the plain ones but for whole turns, within half a turn, and the same from any offset", () => {
  const law = (time: number, width: number, offset: number, base: number) => {
    const angles = positionAngles(time, width, offset, base);
    const pairs = Math.ceil(width / 2);
    angles.forEach((angle, n) => {
      const [t, i] = [Math.floor(n / pairs), n % pairs];
      const plain = (offset + t) * base ** ((-2 * i) / width);
      expect(Math.abs(angle)).toBeLessThanOrEqual(Math.PI + 1e-9);
      expectClose([Math.cos(angle), Math.sin(angle)], [Math.cos(plain), Math.sin(plain)], { atol: 1e-9 });
    });
    expect(positionAngles(1, width, offset + time - 1, base)).toEqual(angles.slice((time - 1) * pairs));
  };
  const size = fc.integer({ min: 1, max: 12 });
  const base = fc.double({ min: 1.5, max: 1e6, noNaN: true });
  fc.assert(fc.property(size, size, fc.nat(100_000), base, law), runs);
});
