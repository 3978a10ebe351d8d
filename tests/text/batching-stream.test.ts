import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { ContiguousBatches } from "../../src/text/batching-stream.ts";
import { runs } from "../support/fc.ts";

const cases = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 6 }),
    time: fc.integer({ min: 1, max: 7 }),
    extra: fc.nat(60),
  })
  .map(({ batchSize, time, extra }) => {
    const tokens = Array.from({ length: batchSize + 1 + extra }, (_, i) => 100 + i);
    return { tokens, batchSize, time };
  });

describe("ContiguousBatches", () => {
  test("rows continue the rows before, targets are the next tokens, and every target comes once", () => {
    fc.assert(
      fc.property(cases, ({ tokens, batchSize, time }) => {
        const batches = new ContiguousBatches(tokens, { batchSize, time });
        for (let epoch = 0; epoch < 2; epoch++) {
          const rows = Array.from({ length: batchSize }, () => [] as number[]);
          for (let batch = 0; batch < batches.batchesPerEpoch; batch++) {
            expect(batches.position).toEqual({ epoch, batch });
            const { inputs, targets, shape, first } = batches.next();
            expect(first).toBe(batch === 0);
            expect(shape[0]).toBe(batchSize);
            expect(shape[1]).toBeLessThanOrEqual(time);
            expect(inputs.length).toBe(shape[0] * shape[1]);
            expect([...targets]).toEqual(Array.from(inputs, (token) => token + 1));
            rows.forEach((row, b) => {
              row.push(...targets.subarray(b * shape[1], (b + 1) * shape[1]));
            });
          }
          expect(rows.flat()).toEqual(tokens.slice(1, tokens.length - batches.dropped));
          expect(batches.dropped).toBeLessThan(batchSize);
        }
      }),
      runs,
    );
  });

  test("resumes at any position with the same batches", () => {
    fc.assert(
      fc.property(cases, fc.nat(20), ({ tokens, batchSize, time }, steps) => {
        const whole = new ContiguousBatches(tokens, { batchSize, time });
        for (let i = 0; i < steps; i++) whole.next();
        const resumed = new ContiguousBatches(Int32Array.from(tokens), { batchSize, time });
        resumed.position = whole.position;
        for (let i = 0; i < 5; i++) expect(resumed.next()).toEqual(whole.next());
      }),
      runs,
    );
  });

  test("too few tokens and wrong positions are errors", () => {
    expect(() => new ContiguousBatches([1, 2], { batchSize: 2, time: 1 })).toThrow(OptionError);
    expect(() => new ContiguousBatches([1, 2], { batchSize: 2, time: 1 })).toThrow(
      "ContiguousBatches: expected at least 3 tokens for 2 streams, got 2. Give more text or a smaller batchSize.",
    );
    expect(() => new ContiguousBatches([], { batchSize: 1, time: 1 })).toThrow("got 0.");
    expect(() => new ContiguousBatches([1, 2], { batchSize: 1, length: 1 } as never)).toThrow(OptionError);
    const batches = new ContiguousBatches([1, 2, 3], { batchSize: 1, time: 1 });
    expect(() => {
      batches.position = { epoch: 0, batch: 2 };
    }).toThrow("batch: expected a whole number of at least 0 and at most 1, got 2.");
  });
});
