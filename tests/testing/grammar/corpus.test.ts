import { describe, expect, test } from "vitest";
import { OptionError } from "../../../src/base/errors.ts";
import { generateCorpus } from "../../../src/testing/grammar/corpus.ts";

describe("generateCorpus", () => {
  test("splits 90 : 5 : 5 and nothing occurs twice on either side", () => {
    const { train, valid, test } = generateCorpus({ seed: 3, pairs: 2000 });
    expect([train.length, valid.length, test.length]).toEqual([1800, 100, 100]);
    const pairs = [...train, ...valid, ...test];
    expect(new Set(pairs.map(({ source }) => source)).size).toBe(2000);
    expect(new Set(pairs.map(({ target }) => target)).size).toBe(2000);
  });

  test("the same seed gives the same corpus, another seed another", () => {
    const first = generateCorpus({ seed: 5, pairs: 100 });
    expect(generateCorpus({ seed: 5, pairs: 100 })).toEqual(first);
    expect(generateCorpus({ seed: 6, pairs: 100 })).not.toEqual(first);
  });

  test("refuses options out of range", () => {
    expect(() => generateCorpus({ pairs: 19 })).toThrow(
      new OptionError({
        what: "generateCorpus pairs",
        expected: "a whole number of at least 20 and at most 100000",
        got: "19",
      }),
    );
    expect(() => generateCorpus({ seeds: 1 } as object)).toThrow(
      'generateCorpus option: expected one of seed, pairs, got "seeds". Did you mean "seed"?',
    );
  });
});
