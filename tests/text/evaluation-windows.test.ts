import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { COUNTED_ELSEWHERE, evaluationWindows } from "../../src/text/evaluation-windows.ts";
import { runs } from "../support/fc.ts";

const cases = fc
  .record({
    count: fc.nat(40),
    time: fc.integer({ min: 1, max: 9 }),
    strideShare: fc.double({ min: 0, max: 1, noNaN: true }),
    batchSize: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ count, strideShare, ...rest }) => ({
    ...rest,
    tokens: Array.from({ length: count }, (_, i) => 100 + i),
    stride: 1 + Math.floor(strideShare * (rest.time - 1)),
  }));

describe("evaluationWindows", () => {
  test("every token but the first is predicted once, in order, from the tokens before it", () => {
    fc.assert(
      fc.property(cases, ({ tokens, time, stride, batchSize }) => {
        const predicted: number[] = [];
        for (const { inputs, targets, shape } of evaluationWindows(tokens, { time, stride, batchSize })) {
          const [rows, width] = shape;
          expect(rows).toBeLessThanOrEqual(batchSize);
          expect(width).toBe(Math.min(time, tokens.length - 1));
          for (const [i, target] of targets.entries()) {
            if (target === COUNTED_ELSEWHERE) continue;
            expect(inputs[i]).toBe(target - 1);
            // Enough tokens before it, unless the text has just begun.
            const context = (i % width) + 1;
            expect(context).toBeGreaterThanOrEqual(Math.min(target - 100, width - stride + 1));
            predicted.push(target);
          }
          for (let i = 1; i < inputs.length; i++)
            if (i % width > 0) expect(inputs[i]).toBe(inputs[i - 1] + 1);
        }
        expect(predicted).toEqual(tokens.slice(1));
      }),
      runs,
    );
  });

  test("bad options", () => {
    const first = (options: object) => () =>
      evaluationWindows([1, 2, 3], { time: 2, batchSize: 1, ...options }).next();
    expect(first({ stride: 3 })).toThrow(
      "stride: expected a whole number of at least 1 and at most 2, got 3.",
    );
    expect(first({ stride: 0 })).toThrow(OptionError);
    expect(first({ strid: 1 })).toThrow('Did you mean "stride"?');
  });
});
