import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { KeyValueCache } from "../../src/nn/key-value-cache.ts";
import { memoryInfo, ones, randn, scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { runs } from "../support/fc.ts";

/** Rows of positions of vectors, as plain arrays. */
type Rows = number[][][];

const WIDTH = 2;
const filled = (x: Tensor, length: number): Rows => x.slice(1, 0, length).toArray() as Rows;

const operation = fc.oneof(
  fc.record({ time: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ picks: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }) }),
);

test("appending and selecting rows, in any order, as plain arrays do", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(),
        batch: fc.integer({ min: 1, max: 4 }),
        capacity: fc.integer({ min: 0, max: 5 }),
        operations: fc.array(operation, { maxLength: 8 }),
      }),
      ({ seed, batch, capacity, operations }) => {
        const random = new Random(seed);
        const cache = new KeyValueCache({ capacity });
        let rows: Rows = Array.from({ length: batch }, () => []);
        let length = 0;
        for (const step of [{ time: 1 }, ...operations]) {
          scoped(() => {
            if ("time" in step) {
              const keys = randn([rows.length, step.time, WIDTH], random);
              cache.append(keys, keys.mul(2));
              rows = rows.map((positions, row) => [...positions, ...(keys.toArray() as Rows)[row]]);
              length += step.time;
            } else {
              const picks = step.picks.map((pick) => pick % rows.length);
              cache.select(Int32Array.from(picks));
              rows = picks.map((row) => rows[row]);
            }
            expect(cache.length).toBe(length);
            expect(filled(cache.keys, length)).toEqual(rows);
            expect(filled(cache.values.mul(0.5), length)).toEqual(rows);
          });
        }
        cache.dispose();
      },
    ),
    runs,
  );
});

test("room grows by doubling, starting with what the first needs or with the given capacity", () => {
  const capacities = (cache: KeyValueCache): number[] => {
    const seen = [0, 0, 0, 0, 0].map(() => {
      const x = ones([1, 3, WIDTH]);
      cache.append(x, x);
      return cache.capacity;
    });
    cache.dispose();
    return seen;
  };
  expect(capacities(new KeyValueCache())).toEqual([3, 6, 12, 12, 24]);
  expect(capacities(new KeyValueCache({ capacity: 8 }))).toEqual([8, 8, 16, 16, 16]);
});

test("columns of a wider tensor are taken without their neighbours", () => {
  const packed = tensor([[[1, 2, 3, 4, 5, 6]]]);
  const cache = new KeyValueCache();
  cache.append({ of: packed, start: 2, width: 2 }, { of: packed, start: 4, width: 2 });
  expect([cache.keys.toArray(), cache.values.toArray()]).toEqual([[[[3, 4]]], [[[5, 6]]]]);
});

test("memory lives outside scopes until disposed of, and grows only when rows become more", () => {
  const start = memoryInfo().liveBytes;
  const cache = new KeyValueCache();
  scoped(() => cache.append(ones([4, 3, WIDTH]), ones([4, 3, WIDTH])));
  const bytes = memoryInfo().liveBytes;
  expect(bytes).toBeGreaterThan(start);
  for (const rows of [[3, 2, 1, 0], [1, 1], [0, 1, 1, 0].slice(0, 2)]) {
    scoped(() => cache.select(rows));
    expect(memoryInfo().liveBytes).toBe(bytes);
  }
  scoped(() => cache.select([0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]));
  expect(memoryInfo().liveBytes).toBeGreaterThan(bytes);
  cache.dispose();
  expect(memoryInfo().liveBytes).toBe(start);
  expect(cache.length).toBe(0);
});

describe("errors", () => {
  const held = (): KeyValueCache => {
    const cache = new KeyValueCache();
    cache.append(ones([2, 1, 4]), ones([2, 1, 4]));
    return cache;
  };
  const learned = ones([2, 1, 4]);
  learned.requiresGrad = true;
  test.each([
    [() => new KeyValueCache().keys, "key-value cache: expected keys and values, got an empty cache."],
    [() => new KeyValueCache({ capacity: -1 }), "capacity: expected a whole number of at least 0, got -1."],
    [
      () => held().append(ones([3, 1, 4]), ones([3, 1, 4])),
      "key-value cache: expected keys and values [2, T, 4], got [3, 1, 4] and [3, 1, 4].",
    ],
    [
      () => new KeyValueCache().append(ones([2, 1, 4]), ones([2, 2, 4])),
      "key-value cache: expected keys and values [B, T, E], got [2, 1, 4] and [2, 2, 4].",
    ],
    [
      () => held().append(ones([2, 1, 4], "f64"), ones([2, 1, 4], "f64")),
      "key-value cache: expected tensors of f32, got f64 and f64.",
    ],
    [
      () => held().append(learned, learned),
      "key-value cache: expected keys and values without gradients, got some that gradients should flow through. Wrap the computation in noGrad.",
    ],
    [() => held().select([2]), "cached row: expected one of 0..1, got 2."],
  ])("%#", (act, message) => {
    expect(act).toThrow(message);
  });
});
