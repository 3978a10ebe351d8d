import { describe, expect, it } from "vitest";
import { median, summarize } from "../../scripts/bench/figures.ts";

describe("median", () => {
  it("is the middle, or the mean of the two in the middle", () => {
    expect(median([3, 10, 1])).toBe(3);
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  it("leaves its argument as it is", () => {
    const values = [2, 1];
    median(values);
    expect(values).toEqual([2, 1]);
  });
});

describe("summarize", () => {
  const run = { units: 500, peakMiB: 100 };
  const runs = [
    { ...run, milliseconds: 250, cpuMilliseconds: 100, gflops: 10, gflopsOfProduct: 40 },
    { ...run, milliseconds: 200, cpuMilliseconds: 125, gflops: 15, gflopsOfProduct: 30 },
    { ...run, milliseconds: 300, cpuMilliseconds: 125, gflops: 10, gflopsOfProduct: 50 },
  ];

  it("takes medians of the rounds and shows how far they are apart", () => {
    expect(summarize(runs, "wall")).toEqual({
      milliseconds: 250,
      spread: 0.2,
      perSecond: 2000,
      peakMiB: 100,
      share: 0.25,
      rounds: [250, 200, 300],
    });
  });

  it("compares processor time on request", () => {
    const { milliseconds, spread, perSecond } = summarize(runs, "cpu");
    expect([milliseconds, spread, perSecond]).toEqual([125, 0.1, 4000]);
  });

  it("knows no share where nothing was counted", () => {
    expect(summarize([{ ...run, milliseconds: 1 }], "cpu")).not.toHaveProperty("share");
  });
});
