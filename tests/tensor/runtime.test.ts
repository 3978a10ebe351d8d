import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import {
  configure,
  kernelsFor,
  memoryInfo,
  ones,
  type RuntimeOptions,
  scoped,
} from "../../src/tensor/index.ts";

describe("configure", () => {
  test("selects kernels that later ops use, and says which", () => {
    const before = configure();
    expect(before.description).not.toBe("");
    const chosen = configure({ backend: "reference" });
    expect(chosen.backend).toBe("reference");
    expect(ones([3]).mul(2).toArray()).toEqual([2, 2, 2]);
    expect(configure().backend).toBe("reference");
    expect(configure({ backend: "auto" }).backend).not.toBe("");
    configure({ backend: before.backend as "auto" });
  });

  test.each<[unknown, string]>([
    [
      { backed: "simd" },
      'configure option: expected one of backend, checkNumerics, got "backed". Did you mean "backend"?',
    ],
    [{ checkNumerics: "yes" }, "checkNumerics: expected true or false, got yes."],
  ])("refuses %j", (options, message) => {
    expect(() => configure(options as RuntimeOptions)).toThrow(OptionError);
    expect(() => configure(options as RuntimeOptions)).toThrow(message);
  });

  test("refuses an unknown backend and keeps the old one", () => {
    const { backend } = configure();
    expect(() => configure({ backend: "cuda" as "auto" })).toThrow(OptionError);
    expect(configure().backend).toBe(backend);
  });
});

test("f64 always runs on the reference kernels", () => {
  expect(kernelsFor("f64")).toBe(kernelsFor("f64"));
  expect(kernelsFor("f64")).not.toBe(kernelsFor("f32"));
});

test("memoryInfo counts live bytes, blocks and the peak", () => {
  scoped(() => {
    const before = memoryInfo();
    const x = ones([1000]);
    const during = memoryInfo();
    expect(during.liveBytes - before.liveBytes).toBe(4032);
    expect(during.liveBlocks - before.liveBlocks).toBe(1);
    expect(during.peakBytes).toBeGreaterThanOrEqual(during.liveBytes);
    expect(during.capacityBytes).toBeGreaterThanOrEqual(during.peakBytes);
    x.dispose();
    expect(memoryInfo().liveBytes).toBe(before.liveBytes);
  });
});
