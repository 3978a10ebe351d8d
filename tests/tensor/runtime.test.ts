import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  configure,
  kernelsFor,
  memoryInfo,
  ones,
  type RuntimeOptions,
  randn,
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
      'configure option: expected one of backend, checkNumerics, threads, got "backed". Did you mean "backend"?',
    ],
    [{ threads: 0 }, "threads: expected a whole number of at least 1 and at most 16, got 0."],
    [{ checkNumerics: "yes" }, "checkNumerics: expected true or false, got yes."],
  ])("refuses %j", (options, message) => {
    expect(() => configure(options as RuntimeOptions)).toThrow(OptionError);
    expect(() => configure(options as RuntimeOptions)).toThrow(message);
  });

  test("sets the number of threads, without a change of results", () => {
    const before = configure();
    const x = randn([300, 200], new Random(1));
    const products = [1, 3].map((threads) => {
      expect(configure({ threads }).threads).toBe(threads);
      return x.matmul(x.transpose()).data();
    });
    expect(products[1]).toEqual(products[0]);
    configure({ threads: before.threads });
  });

  test("refuses it all when one option is wrong", () => {
    const before = configure();
    for (const wrong of [{ backend: "cuda" as "auto" }, { checkNumerics: "yes" as unknown as boolean }]) {
      expect(() => configure({ threads: 7, ...wrong })).toThrow(OptionError);
      expect(configure()).toEqual(before);
    }
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
