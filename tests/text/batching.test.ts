import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { type IdPair, PairBatches, type PairBatchOptions, padSequences } from "../../src/text/batching.ts";
import { runs } from "../support/fc.ts";

const ids = fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 12 });
const examples = fc.array(fc.record({ source: ids, target: ids }), { minLength: 1, maxLength: 40 });
const limits = fc.oneof(
  fc.record({ batchSize: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ maxTokens: fc.integer({ min: 12, max: 60 }) }),
);
const cases = fc.record({
  pairs: examples,
  limit: limits,
  bucketSize: fc.integer({ min: 1, max: 50 }),
  seed: fc.option(fc.nat(), { nil: undefined }),
});

function make(
  pairs: IdPair[],
  limit: PairBatchOptions,
  bucketSize: number,
  seed: number | undefined,
): PairBatches {
  return new PairBatches(pairs, {
    ...limit,
    bucketSize,
    ...(seed === undefined ? {} : { random: new Random(seed) }),
  });
}

/** `count` examples with lengths from 1 to 50. */
function someLengths(count: number): IdPair[] {
  const random = new Random(3);
  const sentence = () => new Array<number>(1 + random.integer(50)).fill(1);
  return Array.from({ length: count }, () => ({ source: sentence(), target: sentence() }));
}

describe("padSequences", () => {
  test("fills the rows and tells their lengths", () => {
    expect(padSequences([[5, 6, 7], [8], []], 9)).toEqual({
      ids: Int32Array.of(5, 6, 7, 8, 9, 9, 9, 9, 9),
      shape: [3, 3],
      lengths: Int32Array.of(3, 1, 0),
    });
    expect(padSequences([]).shape).toEqual([0, 0]);
  });
});

describe("PairBatches", () => {
  test("every example exactly once an epoch, within the limits, with its own tokens", () => {
    fc.assert(
      fc.property(cases, ({ pairs, limit, bucketSize, seed }) => {
        const batches = make(pairs, limit, bucketSize, seed);
        for (let epoch = 0; epoch < 2; epoch++) {
          const seen: number[] = [];
          for (let left = batches.batchesPerEpoch; left > 0; left--) {
            expect(batches.position.epoch).toBe(epoch);
            const batch = batches.next();
            seen.push(...batch.examples);
            for (const side of ["source", "target"] as const) {
              const { ids: cells, shape, lengths } = batch[side];
              expect(shape[0]).toBe(batch.examples.length);
              expect(cells.length).toBe(shape[0] * shape[1]);
              expect(shape[1]).toBe(Math.max(...lengths));
              if ("maxTokens" in limit) expect(cells.length).toBeLessThanOrEqual(limit.maxTokens);
              else expect(shape[0]).toBeLessThanOrEqual(limit.batchSize);
              batch.examples.forEach((example, row) => {
                const line = Array.from(cells.subarray(row * shape[1], (row + 1) * shape[1]));
                expect(line.slice(0, lengths[row])).toEqual(pairs[example][side]);
                expect(line.slice(lengths[row]).every((id) => id === 0)).toBe(true);
              });
            }
          }
          expect(seen.sort((a, b) => a - b)).toEqual(pairs.map((_, i) => i));
        }
      }),
      runs,
    );
  });

  test("resumes at any position with the same batches", () => {
    fc.assert(
      fc.property(cases, fc.nat(30), ({ pairs, limit, bucketSize, seed }, steps) => {
        const whole = make(pairs, limit, bucketSize, seed);
        for (let i = 0; i < steps; i++) whole.next();
        const resumed = make(pairs, limit, bucketSize, seed);
        resumed.position = JSON.parse(JSON.stringify(whole.position));
        for (let i = 0; i < 10; i++) expect(resumed.next()).toEqual(whole.next());
        expect(resumed.position).toEqual(whole.position);
      }),
      runs,
    );
  });

  test("with batchSize only the last bucket leaves a smaller batch", () => {
    fc.assert(
      fc.property(examples, fc.integer({ min: 1, max: 9 }), fc.nat(), (pairs, batchSize, seed) => {
        const batches = make(pairs, { batchSize }, 10, seed);
        expect(batches.batchesPerEpoch).toBe(Math.ceil(pairs.length / batchSize));
      }),
      runs,
    );
  });

  test("a seed gives one order, epochs differ, and the caller's generator goes on", () => {
    const pairs = someLengths(100);
    const order = (seed: number, epoch: number) => {
      const batches = new PairBatches(pairs, { batchSize: 10, random: new Random(seed) });
      batches.position = { epoch, batch: 0 };
      return Array.from({ length: 10 }, () => [...batches.next().examples]).flat();
    };
    expect(order(1, 0)).toEqual(order(1, 0));
    expect(order(1, 0)).not.toEqual(order(1, 1));
    expect(order(1, 0)).not.toEqual(order(2, 0));
    expect(order(1, 1)).not.toEqual(order(2, 0));
    const random = new Random(1);
    const before = random.state;
    new PairBatches(pairs, { batchSize: 10, random });
    expect(random.state).not.toEqual(before);
  });

  test("without a generator batches come in order of length", () => {
    const pairs = [[1, 1, 1], [2], [3, 3]].map((target) => ({ source: [9], target }));
    const batches = new PairBatches(pairs, { batchSize: 2, padId: 7 });
    expect([...batches.next().examples]).toEqual([1, 2]);
    const last = batches.next();
    expect([...last.examples]).toEqual([0]);
    expect([...batches.next().target.ids]).toEqual([2, 7, 3, 3]);
  });

  test("sorting in buckets wastes little on padding, and the share is the batches' own", () => {
    const pairs = someLengths(2000);
    const share = (bucketSize: number) => {
      const batches = new PairBatches(pairs, { batchSize: 20, bucketSize, random: new Random(1) });
      let cells = 0;
      let tokens = 0;
      const expected = batches.paddingShare;
      for (let left = batches.batchesPerEpoch; left > 0; left--) {
        const { source, target } = batches.next();
        cells += source.ids.length + target.ids.length;
        tokens += source.ids.filter((id) => id === 1).length + target.ids.filter((id) => id === 1).length;
      }
      expect(expected).toBeCloseTo(1 - tokens / cells, 12);
      return expected;
    };
    expect(share(20)).toBeGreaterThan(0.4);
    expect(share(2000)).toBeLessThan(0.26);
    expect(new PairBatches([{ source: [], target: [] }], { batchSize: 1 }).paddingShare).toBe(0);
  });

  test.each<[string, IdPair[], PairBatchOptions, string]>([
    ["no examples", [], { batchSize: 1 }, "PairBatches: expected at least one example, got none."],
    ["no limit", [], {}, "PairBatches: expected either batchSize or maxTokens, got neither."],
    ["two limits", [], { batchSize: 1, maxTokens: 1 }, "expected either batchSize or maxTokens, got both."],
    ["zero", [], { batchSize: 0 }, "batchSize: expected a whole number of at least 1, got 0."],
    [
      "nothing to redraw with",
      [],
      { batchSize: 1, redraw: () => [] },
      "PairBatches redraw: expected random with it, got none.",
    ],
    ["misspelt", [], { batchsize: 1 } as never, 'Did you mean "batchSize"?'],
    [
      "too long",
      [{ source: [1], target: [1, 2, 3] }],
      { maxTokens: 2 },
      "PairBatches example 0: expected at most 2 tokens (maxTokens) a side, got 3. Leave it out or raise maxTokens.",
    ],
  ])("%s is an error", (_, pairs, options, message) => {
    expect(() => new PairBatches(pairs, options)).toThrow(OptionError);
    expect(() => new PairBatches(pairs, options)).toThrow(message);
  });

  test("redraws the pairs for each epoch, and the same ones on resuming", () => {
    const pairs = someLengths(20);
    const redraw = (random: Random) =>
      pairs.map(({ source, target }) => ({
        source: Array.from(source, () => 1 + random.integer(50)),
        target: [...Array.from(target), 7],
      }));
    const start = () => new PairBatches(pairs, { batchSize: 20, random: new Random(4), redraw });
    const batches = start();
    const [first, second] = [batches.next(), batches.next()];
    const sorted = ({ source }: typeof first) => Array.from(source.ids).sort();
    expect(sorted(first)).not.toEqual(sorted(second));
    expect(Array.from(first.target.lengths).sort()).toEqual(
      pairs.map(({ target }) => target.length + 1).sort(),
    );
    const resumed = start();
    resumed.position = { epoch: 1, batch: 0 };
    expect(resumed.next()).toEqual(second);
  });

  test("a position outside the epoch is an error and changes nothing", () => {
    const batches = new PairBatches(someLengths(5), { batchSize: 2 });
    for (const position of [
      { epoch: 0, batch: 3 },
      { epoch: -1, batch: 0 },
      { epoch: 0, batch: 0.5 },
    ]) {
      expect(() => {
        batches.position = position;
      }).toThrow(OptionError);
    }
    expect(batches.position).toEqual({ epoch: 0, batch: 0 });
  });
});
