import fc from "fast-check";
import { expect, test } from "vitest";
import { anyString, pathologicalTexts } from "../../src/testing/arbitraries-text.ts";

test("anyString gives lone surrogates, pairs, byte order marks and contractions", () => {
  const all = fc.sample(anyString(), { numRuns: 2000, seed: 1 });
  expect(all.some((text) => /\p{Cs}/u.test(text))).toBe(true);
  for (const part of ["😀", "\ufeff", "n't", "\0", "<"])
    expect(all.some((text) => text.includes(part))).toBe(true);
  expect(fc.sample(anyString({ minLength: 3, maxLength: 3 }), 1)[0].length).toBeGreaterThanOrEqual(3);
});

test("pathologicalTexts have about the length asked for", () => {
  const texts = [...pathologicalTexts(600)];
  expect(texts.length).toBeGreaterThanOrEqual(12);
  for (const [name, text] of texts) expect([name, text.length]).toEqual([name, 600]);
});
