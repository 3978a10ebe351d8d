import fc from "fast-check";
import { expect, test } from "vitest";
import { sentencePairs } from "../../src/testing/arbitraries-corpus.ts";

test("draws pairs of many kinds", () => {
  const pairs = fc.sample(sentencePairs(), { numRuns: 300, seed: 1 });
  expect(new Set(pairs.map(({ source }) => source)).size).toBeGreaterThan(280);
  expect(new Set(pairs.flatMap(({ features }) => features)).size).toBeGreaterThan(15);
});
