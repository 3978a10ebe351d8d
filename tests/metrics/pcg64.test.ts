import { describe, expect, test } from "vitest";
import { Pcg64 } from "../../src/metrics/pcg64.ts";

const times = <T>(n: number, draw: () => T) => Array.from({ length: n }, draw);

describe("NumPy's default_rng, NumPy 1.24", () => {
  test("bit_generator.random_raw(3) of seed 12345", () => {
    const random = new Pcg64(12345);
    const raw = times(3, () => BigInt(random.bits()) | (BigInt(random.bits()) << 32n));
    expect(raw).toEqual([4193609425186963869n, 5843160025838961886n, 14708796524633321433n]);
  });

  test.each([
    [12345, 7, [4, 1, 5, 2, 1, 5, 4, 4, 6, 2, 5, 2]],
    [2 ** 40 + 7, 29000, [5988, 24064, 17675, 7403, 493, 4459, 14636, 19560, 25670, 21426, 2740, 14209]],
    [0, 3_000_000_000, [2551872677, 1910885061, 1533409439, 809360140, 923488268, 122920571, 225720425]],
    [5, 1, [0, 0, 0]],
  ])("default_rng(%d).choice(%d)", (seed, n, expected) => {
    const random = new Pcg64(seed);
    expect(times(expected.length, () => random.integer(n))).toEqual(expected);
  });

  test("default_rng(12345).integers(2, size=40, dtype=bool)", () => {
    const random = new Pcg64(12345);
    expect(times(40, () => random.bit()).join("")).toBe("1011100110000011111111110100110110110001");
  });
});
