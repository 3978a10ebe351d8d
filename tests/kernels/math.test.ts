import { describe, expect, test } from "vitest";
import { Heap } from "../../src/kernels/memory.ts";
import { erf, normalCdf } from "../../src/kernels/reference/scalar.ts";
import { loadSimd } from "../../src/kernels/simd/load.ts";

const POINTS = 1 << 16;
const heap = new Heap();
const x = heap.allocate(4 * POINTS);
const y = heap.allocate(4 * POINTS);

type MathKernel =
  | "exp"
  | "log"
  | "tanh"
  | "sigmoid"
  | "softplus"
  | "erf"
  | "gelu"
  | "geluTanh"
  | "sin"
  | "cos";

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
const geluTanh = (v: number) => v * sigmoid(2 * Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3));

/** The distance of an f32 result from the exact value, in units of the last place of f32. */
function ulps(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (got === rounded || (Number.isNaN(got) && Number.isNaN(rounded))) return 0;
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(exact), 2 ** -126)));
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

for (const variant of ["strict", "relaxed"] as const) {
  const kernels = loadSimd(heap, variant);
  describe.skipIf(!kernels)(`${variant} SIMD${kernels ? "" : " (not available here)"}`, () => {
    const largest = (
      name: MathKernel,
      f: (v: number) => number,
      points: (t: number) => number,
      distance = ulps,
    ): number => {
      for (let i = 0; i < POINTS; i++) heap.f32[x / 4 + i] = points(i / (POINTS - 1));
      kernels?.[name](x, y, POINTS);
      let worst = 0;
      for (let i = 0; i < POINTS; i++) {
        const error = distance(heap.f32[y / 4 + i], f(heap.f32[x / 4 + i]));
        if (!(error <= worst)) worst = error;
      }
      return worst;
    };
    const between = (low: number, high: number) => (t: number) => low + (high - low) * t;
    const absolute = (got: number, exact: number) => Math.abs(got - exact);

    test("exp: within 1 ulp, subnormal results included", () => {
      expect(largest("exp", Math.exp, between(-105, 89))).toBeLessThanOrEqual(1);
      expect(largest("exp", Math.exp, between(-1, 1))).toBeLessThanOrEqual(1);
    });
    test("log: within 1 ulp, from the smallest subnormal to the largest number", () => {
      expect(largest("log", Math.log, (t) => Math.max(2 ** -149, 2 ** (277 * t - 149)))).toBeLessThanOrEqual(
        1,
      );
      expect(largest("log", Math.log, between(0.5, 2))).toBeLessThanOrEqual(1);
    });
    test("tanh of recurrent cells: within 6e-7, and exactly 1 where a state is saturated", () => {
      const points = between(-20, 20);
      for (let i = 0; i < POINTS; i++) heap.f32[x / 4 + i] = points(i / (POINTS - 1));
      kernels?.rnnCell(x, 0, y, 1, POINTS, POINTS, POINTS, POINTS, 0, 0, 0);
      for (let i = 0; i < POINTS; i++) {
        const [value, at] = [heap.f32[y / 4 + i], heap.f32[x / 4 + i]];
        const close = Math.abs(at) > 9 ? value === Math.sign(at) : absolute(value, Math.tanh(at)) <= 6e-7;
        if (!close || Math.abs(value) > 1) expect.fail(`tanh(${at}) = ${value}`);
      }
    });
    test("tanh: within 3 ulp, near 0 as well", () => {
      expect(largest("tanh", Math.tanh, between(-12, 12))).toBeLessThanOrEqual(3);
      expect(largest("tanh", Math.tanh, between(-1e-3, 1e-3))).toBeLessThanOrEqual(3);
    });
    test("sigmoid: within 2.5 ulp in both tails", () => {
      expect(largest("sigmoid", sigmoid, between(-100, 20))).toBeLessThanOrEqual(2.5);
    });
    test("softplus: within 2 ulp in both tails", () => {
      expect(largest("softplus", softplus, between(-100, 100))).toBeLessThanOrEqual(2);
    });
    test("erf: within 3 ulp", () => {
      expect(largest("erf", erf, between(-5, 5))).toBeLessThanOrEqual(3);
    });
    test("gelu: within 5 ulp on [-1, 9], within 1e-6 below, 0 from -5.3 on", () => {
      const exact = (v: number) => v * normalCdf(v);
      expect(largest("gelu", exact, between(-1, 9))).toBeLessThanOrEqual(5);
      expect(largest("gelu", exact, between(-20, -1), absolute)).toBeLessThanOrEqual(1e-6);
      expect(largest("gelu", () => 0, between(-1e30, -5.3), absolute)).toBe(0);
    });
    test("geluTanh: within 6e-7 on [-6, 6]", () => {
      expect(largest("geluTanh", geluTanh, between(-6, 6), absolute)).toBeLessThanOrEqual(6e-7);
    });
    test.each([
      ["sin", Math.sin],
      ["cos", Math.cos],
    ] as const)("%s: within 0.51 ulp up to 2^20, within 1e-6 beyond", (name, f) => {
      expect(largest(name, f, between(-7, 7))).toBeLessThanOrEqual(0.51);
      expect(largest(name, f, between(-(2 ** 20), 2 ** 20))).toBeLessThanOrEqual(0.51);
      expect(largest(name, f, (t) => 2 ** (20 + 107.9 * t), absolute)).toBeLessThanOrEqual(1e-6);
    });
    test("limits: infinities, NaN, zeros and subnormal numbers", () => {
      const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
      const inputs = [0, inf, -inf, nan, 2 ** -149];
      const expected: Record<MathKernel, number[]> = {
        exp: [1, inf, 0, nan, 1],
        log: [-inf, inf, nan, nan, Math.fround(Math.log(2 ** -149))],
        tanh: [0, 1, -1, nan, 2 ** -149],
        sigmoid: [0.5, 1, 0, nan, 0.5],
        softplus: [Math.fround(Math.LN2), inf, 0, nan, Math.fround(Math.LN2)],
        erf: [0, 1, -1, nan, 2 ** -149],
        gelu: [0, inf, nan, nan, 0],
        geluTanh: [0, inf, nan, nan, 0],
        sin: [0, nan, nan, nan, 2 ** -149],
        cos: [1, nan, nan, nan, 1],
      };
      for (const [name, values] of Object.entries(expected)) {
        heap.f32.set(inputs, x / 4);
        kernels?.[name as MathKernel](x, y, inputs.length);
        expect([...heap.f32.subarray(y / 4, y / 4 + inputs.length)], name).toEqual(values);
      }
    });
  });
}
