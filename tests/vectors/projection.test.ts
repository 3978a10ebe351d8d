import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { principalComponents } from "../../src/vectors/projection.ts";
import { runs } from "../support/fc.ts";

test("points in a plane keep their distances, and both directions have all of the variance", () => {
  const law = fc.property(
    fc.integer({ min: 3, max: 20 }),
    fc.integer({ min: 2, max: 6 }),
    fc.nat(),
    (n, dim, seed) => {
      const random = new Random(seed);
      const axes = [0, 1].map(() => Array.from({ length: dim }, () => random.normal()));
      const places = Array.from({ length: n }, () => [3 * random.normal(), random.normal()]);
      const vectors = Float32Array.from(
        places.flatMap(([a, b]) => axes[0].map((x, d) => 1 + a * x + b * axes[1][d])),
      );
      const { positions, shares } = principalComponents(vectors, dim);
      expect(shares[0] + shares[1]).toBeCloseTo(1, 4);
      expect(shares[0]).toBeGreaterThanOrEqual(shares[1] - 1e-6);
      const distance = (x: ArrayLike<number>, i: number, j: number, m: number) =>
        Math.hypot(...Array.from({ length: m }, (_, d) => x[i * m + d] - x[j * m + d]));
      for (let i = 1; i < n; i++)
        expect(distance(positions, 0, i, 2)).toBeCloseTo(distance(vectors, 0, i, dim), 2);
    },
  );
  fc.assert(law, { ...runs, numRuns: Math.ceil(runs.numRuns / 4) });
});

test("two points, and more on a line, differ in one direction", () => {
  const random = new Random(3);
  for (const n of [2, 5]) {
    const line = Array.from({ length: 100 }, () => random.normal());
    const vectors = Float32Array.from({ length: 100 * n }, (_, i) => Math.floor(i / 100) * line[i % 100]);
    const { positions, shares } = principalComponents(vectors, 100);
    expect(shares[0]).toBeCloseTo(1, 6);
    expect(shares[1]).toBeLessThan(1e-9);
    for (let i = 0; i < n; i++) expect(Math.abs(positions[2 * i + 1])).toBeLessThan(1e-4);
  }
});

test("equal vectors lie at one place; fewer than two are refused", () => {
  expect([...principalComponents(Float32Array.of(1, 2, 1, 2), 2).positions]).toEqual([0, 0, 0, 0]);
  expect(() => principalComponents(Float32Array.of(1, 2), 2)).toThrow("expected at least two vectors");
});
