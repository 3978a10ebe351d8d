import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateSequences } from "../../src/testing/synthetic.ts";
import { runs } from "../support/fc.ts";

const options = fc
  .record({
    seed: fc.nat(),
    pairs: fc.nat(20),
    minLength: fc.integer({ min: 1, max: 10 }),
    extra: fc.nat(20),
    vocabulary: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ extra, ...rest }) => ({ ...rest, maxLength: rest.minLength + extra }));

const numbers = (text: string) => text.split(" ").map(Number);

describe("generateSequences", () => {
  test("lengths and tokens stay in range", () => {
    fc.assert(
      fc.property(options, (drawn) => {
        const pairs = generateSequences({ task: "copy", ...drawn });
        expect(pairs).toHaveLength(drawn.pairs);
        for (const { source, target } of pairs) {
          const tokens = numbers(source);
          expect(target).toBe(source);
          expect(tokens.length).toBeGreaterThanOrEqual(drawn.minLength);
          expect(tokens.length).toBeLessThanOrEqual(drawn.maxLength);
          expect(
            tokens.every((token) => Number.isInteger(token) && token >= 0 && token < drawn.vocabulary),
          ).toBe(true);
        }
      }),
      runs,
    );
  });

  test("reverse and sort answer the same sequences", () => {
    fc.assert(
      fc.property(options, (drawn) => {
        const reversed = generateSequences({ task: "reverse", ...drawn });
        const sorted = generateSequences({ task: "sort", ...drawn });
        for (const [i, { source, target }] of reversed.entries()) {
          expect(numbers(target).reverse()).toEqual(numbers(source));
          expect(sorted[i].source).toBe(source);
          expect(numbers(sorted[i].target)).toEqual(numbers(source).sort((a, b) => a - b));
        }
      }),
      runs,
    );
  });

  test("every length and token of a small range turns up", () => {
    const pairs = generateSequences({ task: "copy", pairs: 400, minLength: 2, maxLength: 4, vocabulary: 3 });
    expect(new Set(pairs.map(({ source }) => numbers(source).length))).toEqual(new Set([2, 3, 4]));
    expect(new Set(pairs.flatMap(({ source }) => numbers(source)))).toEqual(new Set([0, 1, 2]));
  });

  test("refuses options out of range", () => {
    expect(() => generateSequences({ task: "revers" as "reverse" })).toThrow(
      'generateSequences task: expected one of copy, reverse, sort, got "revers". Did you mean "reverse"?',
    );
    expect(() => generateSequences({ task: "copy", minLength: 5, maxLength: 4 })).toThrow(
      "generateSequences minLength: expected a whole number of at least 1 and at most 4, got 5.",
    );
    expect(() => generateSequences({ task: "copy", size: 5 } as never)).toThrow(
      "generateSequences option: expected one of task, seed, pairs, minLength, maxLength, vocabulary",
    );
  });
});
