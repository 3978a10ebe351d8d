import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { ContiguousBatches, WindowBatches } from "../../src/text/batching-stream.ts";
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

describe("WindowBatches", () => {
  const make = (
    { tokens, batchSize, time }: { tokens: number[]; batchSize: number; time: number },
    seed = 4,
  ) => new WindowBatches(tokens, { batchSize, time, random: new Random(seed) });
  const windows = cases.filter(({ tokens, time }) => tokens.length > time);

  test("every window is a part of the text, beside the tokens that follow", () => {
    fc.assert(
      fc.property(windows, fc.nat(), (example, seed) => {
        const { tokens, batchSize, time } = example;
        const batches = make(example, seed);
        expect(batches.batchesPerEpoch).toBe(Math.ceil(tokens.length / (batchSize * time)));
        for (let i = 2 * batches.batchesPerEpoch; i > 0; i--) {
          const { inputs, targets, shape, first } = batches.next();
          expect({ shape, first }).toEqual({ shape: [batchSize, time], first: true });
          expect([...targets]).toEqual(Array.from(inputs, (token) => token + 1));
          for (let row = 0; row < batchSize; row++) {
            const start = inputs[row * time];
            expect(start).toBeGreaterThanOrEqual(100);
            expect(start + time).toBeLessThan(100 + tokens.length);
            expect(Array.from(inputs.subarray(row * time, (row + 1) * time))).toEqual(
              Array.from({ length: time }, (_, i) => start + i),
            );
          }
        }
        expect(batches.position).toEqual({ epoch: 2, batch: 0 });
      }),
      runs,
    );
  });

  test("resumes at any position with the same batches (law 88)", () => {
    fc.assert(
      fc.property(windows, fc.nat(20), fc.nat(), (example, steps, seed) => {
        const [whole, resumed] = [make(example, seed), make(example, seed)];
        for (let i = 0; i < steps; i++) whole.next();
        resumed.position = whole.position;
        for (let i = 0; i < 5; i++) expect(resumed.next()).toEqual(whole.next());
      }),
      runs,
    );
  });

  test("windows begin everywhere, the first and the last place included, in every epoch elsewhere", () => {
    const tokens = Array.from({ length: 10 }, (_, i) => i);
    const batches = make({ tokens, batchSize: 1, time: 4 });
    const starts = Array.from({ length: 300 }, () => batches.next().inputs[0]);
    expect([...new Set(starts)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const epochs = Array.from({ length: 100 }, (_, i) => starts.slice(3 * i, 3 * i + 3).join());
    expect(new Set(epochs).size).toBeGreaterThan(50);
  });

  test("a text shorter than a window, and wrong positions, are errors", () => {
    const short = () => make({ tokens: [1, 2, 3], batchSize: 1, time: 3 });
    expect(short).toThrow(OptionError);
    expect(short).toThrow(
      "WindowBatches: expected at least 4 tokens for a window of 3 and their successors, got 3. Give more text or a smaller window.",
    );
    const batches = make({ tokens: [1, 2, 3], batchSize: 1, time: 2 });
    expect(() => {
      batches.position = { epoch: 0, batch: 2 };
    }).toThrow("batch: expected a whole number of at least 0 and at most 1, got 2.");
  });
});
