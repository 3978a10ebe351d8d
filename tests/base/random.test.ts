import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random, type RandomState } from "../../src/base/random.ts";
import { runs } from "../support/fc.ts";

const MASK = 0xffffffffn;

/** xoshiro128** as published (Blackman and Vigna 2021, section 3), in whole numbers of any size. */
function* xoshiro128(state: readonly bigint[]): Generator<number> {
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & MASK;
  const s = state.slice();
  for (;;) {
    yield Number((rotate((s[1] * 5n) & MASK, 7n) * 9n) & MASK);
    const t = (s[1] << 9n) & MASK;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
  }
}

/** The first four numbers of SplitMix32 from `seed`. */
function splitMix32(seed: bigint): bigint[] {
  return [1n, 2n, 3n, 4n].map((i) => {
    let z = (seed + i * 0x9e3779b9n) & MASK;
    z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & MASK;
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & MASK;
    return z ^ (z >> 15n);
  });
}

const words = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const states: fc.Arbitrary<RandomState> = fc.tuple(words, words, words, words);
const seeds = fc.maxSafeInteger();

describe("the generator", () => {
  test("is xoshiro128**: 11520, 0, 5927040, 70819200 from the state 1, 2, 3, 4", () => {
    const random = new Random();
    random.state = [1, 2, 3, 4];
    const first = Array.from({ length: 4 }, () => random.bits());
    expect(first).toEqual([11520, 0, 5927040, 70819200]);
    const published = xoshiro128([1n, 2n, 3n, 4n]);
    expect(first).toEqual(first.map(() => published.next().value));
  });

  test("seeds n and -n - 1 give different streams", () => {
    expect(new Random(0).bits()).not.toBe(new Random(-1).bits());
    expect(new Random(7).bits()).not.toBe(new Random(-8).bits());
  });

  test("agrees with the published algorithm from any state", () => {
    fc.assert(
      fc.property(states, (state) => {
        fc.pre(state.some((word) => word !== 0));
        const random = new Random();
        random.state = state;
        const published = xoshiro128(state.map((word) => BigInt.asUintN(32, BigInt(word))));
        for (let i = 0; i < 20; i++) expect(random.bits()).toBe(published.next().value);
      }),
      runs,
    );
  });

  test("is seeded through SplitMix32 from both halves of the seed", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (seed) => {
        const high = (BigInt(Math.floor(seed / 2 ** 32)) * 0x85ebca6bn) & MASK;
        const mixed = BigInt(seed >>> 0) ^ high;
        const published = xoshiro128(splitMix32(mixed));
        const random = new Random(seed);
        for (let i = 0; i < 5; i++) expect(random.bits()).toBe(published.next().value);
      }),
      runs,
    );
  });

  test("the state of zeros, which would stay, is left", () => {
    const random = new Random();
    random.state = [0, 0, 0, 0];
    expect(Array.from({ length: 8 }, () => random.bits()).some((bits) => bits !== 0)).toBe(true);
  });

  test("a state restored goes on as before, and copies do not disturb each other", () => {
    fc.assert(
      fc.property(seeds, fc.nat(20), (seed, skipped) => {
        const random = new Random(seed);
        for (let i = 0; i < skipped; i++) random.normal();
        const copy = new Random();
        copy.state = random.state;
        expect(copy.uniform()).toBe(random.uniform());
        expect(copy.state).toEqual(random.state);
      }),
      runs,
    );
  });

  test.each([0.5, Number.NaN, 2 ** 53, "7" as unknown as number])("refuses the seed %s", (seed) => {
    expect(() => new Random(seed)).toThrow(OptionError);
    expect(() => new Random(seed)).toThrow(
      /^seed: expected a whole number of at least -9007199254740991 and at most/,
    );
  });
});

describe("numbers", () => {
  test("uniform stays in its half-open range and uses 53 bits", () => {
    const random = new Random(1);
    let sum = 0;
    let fine = false;
    for (let i = 0; i < 20_000; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      fine ||= (u * 2 ** 33) % 1 !== 0;
      sum += u;
    }
    expect(Math.abs(sum / 20_000 - 0.5)).toBeLessThan(0.01);
    expect(fine).toBe(true);
  });

  test("uniform and integer are made of the generator's bits", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, n) => {
        const published = xoshiro128(splitMix32(BigInt(seed)));
        const next = () => published.next().value as number;
        const random = new Random(seed);
        expect(random.uniform()).toBe((next() * 2 ** 21 + Math.floor(next() / 2 ** 11)) / 2 ** 53);
        // Bits above the largest multiple of n would favour small numbers.
        let bits = next();
        while (bits >= Math.floor(2 ** 32 / n) * n) bits = next();
        expect(random.integer(n)).toBe(bits % n);
      }),
      runs,
    );
  });

  test("normal has the moments of the normal distribution", () => {
    const random = new Random(2);
    const n = 100_000;
    const moments = [0, 0, 0, 0];
    let inside = 0;
    for (let i = 0; i < n; i++) {
      const x = random.normal();
      for (let k = 0; k < 4; k++) moments[k] += x ** (k + 1) / n;
      if (Math.abs(x) < 1) inside++;
    }
    // Five standard errors each: sqrt(1/n), sqrt(2/n), sqrt(15/n), sqrt(96/n).
    const errors = [1, 2, 15, 96].map((variance) => 5 * Math.sqrt(variance / n));
    [0, 1, 0, 3].forEach((expected, k) => {
      expect(Math.abs(moments[k] - expected)).toBeLessThan(errors[k]);
    });
    expect(Math.abs(inside / n - 0.6827)).toBeLessThan(0.0075);
  });

  test("normal computes its logarithm to the last bits", () => {
    const random = new Random(3);
    const mirror = new Random(3);
    for (let i = 0; i < 2000; i++) {
      const given = random.normal(5, 2);
      let expected = Number.NaN;
      while (Number.isNaN(expected)) {
        const u = mirror.uniform(-1, 1);
        const v = mirror.uniform(-1, 1);
        const s = u * u + v * v;
        if (s > 0 && s < 1) expected = 5 + 2 * u * Math.sqrt((-2 * Math.log(s)) / s);
      }
      expect(Math.abs(given - expected)).toBeLessThan(1e-13);
    }
  });

  test.each([1, 2, 3, 7, 10])("integer(%i) is uniform", (n) => {
    const random = new Random(n);
    const counts = new Array<number>(n).fill(0);
    const draws = 7000 * n;
    for (let i = 0; i < draws; i++) counts[random.integer(n)]++;
    expect(chiSquare(counts, draws / n)).toBeLessThan(limit(n - 1));
  });

  test.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])("integer refuses %d", (n) => {
    expect(() => new Random().integer(n)).toThrow(OptionError);
    expect(() => new Random().integer(n)).toThrow(
      `Random.integer: expected a whole number of at least 1 and at most 4294967296, got ${n}.`,
    );
  });
});

describe("choice, shuffle and fork", () => {
  test("choice gives every item, and refuses none", () => {
    const random = new Random(5);
    const seen = new Set(Array.from({ length: 100 }, () => random.choice(["a", "b", "c"])));
    expect([...seen].sort()).toEqual(["a", "b", "c"]);
    expect(() => random.choice([])).toThrow("Random.integer: expected a whole number of at least 1");
  });

  test("shuffle permutes arrays and typed arrays in place", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), seeds, (items, seed) => {
        const shuffled = items.slice();
        expect(new Random(seed).shuffle(shuffled)).toBe(shuffled);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
        const typed = Int32Array.from(items);
        expect([...new Random(seed).shuffle<number, Int32Array>(typed)]).toEqual(shuffled);
      }),
      runs,
    );
  });

  test("shuffle makes all 24 orders of 4 items equally often", () => {
    const random = new Random(6);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle([0, 1, 2, 3]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()], 1000)).toBeLessThan(limit(23));
  });

  test("a fork depends on its parent's state alone and goes its own way", () => {
    const [a, b] = [new Random(7), new Random(7)];
    const fork = a.fork();
    expect(fork.bits()).toBe(b.fork().bits());
    expect(a.state).toEqual(b.state);
    const own = new Set(Array.from({ length: 1000 }, () => fork.bits()));
    const shared = Array.from({ length: 1000 }, () => a.bits()).filter((bits) => own.has(bits));
    expect(shared).toHaveLength(0);
  });
});

function chiSquare(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Far in the tail of the chi-square distribution: p below 1e-6 (Wilson and Hilferty 1931). */
function limit(degrees: number): number {
  return degrees === 0 ? 1e-9 : degrees * (1 - 2 / (9 * degrees) + 4.8 * Math.sqrt(2 / (9 * degrees))) ** 3;
}
