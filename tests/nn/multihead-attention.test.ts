import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { KeyValueCache } from "../../src/nn/key-value-cache.ts";
import { MultiheadAttention, type RotaryForm } from "../../src/nn/multihead-attention.ts";
import { concat, noGrad, ones, ops, randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { moduleLaws } from "../../src/testing/laws-module.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { loadFixture } from "../support/fixture.ts";
import { attendOptions, load, PRECISIONS, replay } from "../support/golden.ts";
import { split } from "../support/split.ts";

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  const [dtype, tolerance] = precision;
  test.each(loadFixture("multihead_attention").cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, entry) => {
      const layer = load(new MultiheadAttention(entry.options), entry, dtype);
      let weights: Tensor | undefined;
      const onAttention = (seen: Tensor): void => {
        weights = seen;
      };
      replay(entry, precision, layer.stateDict(), ({ query, key, value, bias }) => {
        const options = { ...attendOptions(entry, dtype), ...(bias && { bias }), onAttention };
        return { y: layer.forward(query, key, value, options) };
      });
      expectClose(weights?.toArray() as number[], entry.weights as number[], tolerance);
    },
  );
});

test("parameters start as PyTorch's: Xavier uniform, zero biases, and the default of linear maps", () => {
  const layer = new MultiheadAttention({ embedDim: 32, numHeads: 4, random: new Random(1) });
  const largest = (x: Tensor | null | undefined) => Math.max(...(x?.data() ?? []).map(Math.abs));
  // sqrt(6 / (fan in + fan out)) of [96, 32], and 1 / sqrt(in).
  const bounds = [Math.sqrt(6 / 128), 1 / Math.sqrt(32)];
  [layer.in_proj_weight, layer.out_proj.weight].forEach((weight, i) => {
    expect(largest(weight)).toBeLessThanOrEqual(bounds[i] * (1 + 1e-6));
    expect(largest(weight)).toBeGreaterThan(0.99 * bounds[i]);
  });
  expect([largest(layer.in_proj_bias), largest(layer.out_proj.bias)]).toEqual([0, 0]);
});

const WIDTH = 4;
const make = (random: Random, options: { rotary?: RotaryForm; numHeads?: number } = {}): MultiheadAttention =>
  new MultiheadAttention({ embedDim: WIDTH, numHeads: 2, random, ...options });

const laws = moduleLaws({
  make: (random) => make(random, { rotary: { layout: "halves" } }),
  run: (layer, random) =>
    layer.forward(randn([2, 3, WIDTH], random, layer.out_proj.weight.dtype), null, null, {
      causal: true,
      lengths: [3, 2],
    }),
});
test.each(Object.entries(laws))("module law: %s", (_name, law) => fc.assert(law, { numRuns: 20 }));

const seed = fc.nat();
const situation = fc.record({
  seed,
  batch: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 1, max: 4 }),
  keys: fc.integer({ min: 1, max: 5 }),
});
const leaf = (x: Tensor): Tensor => {
  x.requiresGrad = true;
  return x;
};
const bits = (x: Tensor | null | undefined): string => `${x?.data()}`;

test("without positions, the order of keys and values does not matter", () => {
  fc.assert(
    fc.property(situation, ({ seed, batch, queries, keys }) => {
      const random = new Random(seed);
      const layer = make(random).to("f64");
      const [query, key] = [queries, keys].map((time) => randn([batch, time, WIDTH], random, "f64"));
      const order = random.shuffle(Array.from({ length: keys }, (_, i) => i));
      const moved = concat(
        order.map((at) => ops.slice(key, 1, at, at + 1)),
        1,
      );
      expectClose(layer.forward(query, moved).data(), layer.forward(query, key).data(), {
        atol: 1e-12,
        rtol: 1e-12,
      });
    }),
    runs,
  );
});

test("one key: its value, through the maps", () => {
  fc.assert(
    fc.property(seed, (s) => {
      const random = new Random(s);
      const layer = make(random).to("f64");
      const [query, key] = [randn([1, 3, WIDTH], random, "f64"), randn([1, 1, WIDTH], random, "f64")];
      const rows = [2 * WIDTH, 3 * WIDTH] as const;
      const value = ops.linear(key, ops.slice(layer.in_proj_weight as Tensor, 0, ...rows));
      const expected = layer.out_proj.forward(value).data();
      const y = layer.forward(query, key);
      for (let t = 0; t < 3; t++) expectClose(ops.slice(y, 1, t, t + 1).data(), expected, { atol: 1e-12 });
    }),
    runs,
  );
});

/** A mask that leaves some queries nothing, and which keys no query may attend. */
const masked = fc.record({
  seed,
  mask: fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
});

test("weights are at least 0 and sum to 1, or to 0 where nothing may be attended", () => {
  fc.assert(
    fc.property(masked, ({ seed, mask }) => {
      const random = new Random(seed);
      const flags = tensor(mask.map((row) => row.map(Number)));
      make(random).forward(
        randn([2, mask.length, WIDTH], random),
        randn([2, 4, WIDTH], random).mul(30),
        null,
        {
          mask: flags,
          onAttention: (weights) => {
            expect(weights.shape).toEqual([2, 2, mask.length, 4]);
            expect(weights.data().every((weight) => weight >= 0)).toBe(true);
            ops
              .sum(weights, -1)
              .data()
              .forEach((total, i) => {
                expect(total).toBeCloseTo(mask[i % mask.length].includes(true) ? 1 : 0, 6);
              });
          },
        },
      );
    }),
    runs,
  );
});

test("masked keys have no influence and no gradient, whatever they hold, and a query without keys gives zero heads", () => {
  fc.assert(
    fc.property(masked, ({ seed, mask }) => {
      const flags = tensor(mask.map((row) => row.map(Number)));
      const hidden = [0, 1, 2, 3].filter((key) => !mask.some((row) => row[key]));
      const run = (content: number) => {
        const random = new Random(seed);
        const layer = make(random);
        const query = leaf(randn([1, mask.length, WIDTH], random));
        const memory = leaf(randn([1, 4, WIDTH], random));
        for (const key of hidden) memory.view().fill(content, key * WIDTH, (key + 1) * WIDTH);
        const y = layer.forward(query, memory, null, { mask: flags });
        y.mul(y).add(y).sum().backward();
        return { y, query, memory, layer };
      };
      const [plain, poisoned] = [run(0.5), run(Number.NaN)];
      expect(bits(poisoned.y)).toBe(bits(plain.y));
      expect(bits(poisoned.query.grad)).toBe(bits(plain.query.grad));
      const gradient = poisoned.memory.grad?.data() ?? [];
      expect(gradient.every(Number.isFinite)).toBe(true);
      for (const key of hidden) {
        expect([...gradient.slice(key * WIDTH, (key + 1) * WIDTH)].map(Math.abs)).toEqual([0, 0, 0, 0]);
      }
      mask.forEach((row, t) => {
        if (row.includes(true)) return;
        // Zero heads through out_proj, whose bias starts at zero.
        expect([...plain.y.data().slice(t * WIDTH, (t + 1) * WIDTH)].map(Math.abs)).toEqual([0, 0, 0, 0]);
        expect([...(plain.query.grad?.data().slice(t * WIDTH, (t + 1) * WIDTH) ?? [])].map(Math.abs)).toEqual(
          [0, 0, 0, 0],
        );
      });
    }),
    runs,
  );
});

describe("rotary positions", () => {
  const weightsOf = (layer: MultiheadAttention, x: Tensor): number[][][][] => {
    let seen: Tensor | undefined;
    layer.forward(x, null, null, {
      onAttention: (weights) => {
        seen = weights;
      },
    });
    return (seen as Tensor).toArray() as number[][][][];
  };
  const forms = fc.record(
    {
      base: fc.double({ min: 2, max: 20000, noNaN: true }),
      layout: fc.constantFrom("halves", "interleaved"),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<RotaryForm>;

  test("a sequence that starts later attends itself in the same way: only distances matter", () => {
    fc.assert(
      fc.property(seed, forms, fc.integer({ min: 0, max: 50 }), (s, rotary, shift) => {
        const random = new Random(s);
        const layer = make(random, { rotary }).to("f64");
        const x = randn([1, 3, WIDTH], random, "f64");
        const padded = concat([randn([1, shift, WIDTH], random, "f64"), x], 1);
        const [first, later] = [weightsOf(layer, x), weightsOf(layer, padded)];
        for (let h = 0; h < 2; h++) {
          // Among the same tokens, weights keep their proportions.
          for (let t = 0; t < 3; t++) {
            const tail = later[0][h][shift + t].slice(shift);
            const total = tail.reduce((sum, weight) => sum + weight, 0);
            expectClose(
              tail.map((weight) => weight / total),
              first[0][h][t],
              { atol: 1e-9, rtol: 1e-9 },
            );
          }
        }
      }),
      runs,
    );
  });

  test("positions are told apart: equal tokens attend each other by their distance", () => {
    const random = new Random(3);
    const x = ops.broadcastTo(randn([1, 1, WIDTH], random), [1, 4, WIDTH]);
    const equal = weightsOf(make(new Random(3)), x)[0][0][0];
    expectClose(equal, [0.25, 0.25, 0.25, 0.25]);
    const told = weightsOf(make(new Random(3), { rotary: {} }), x)[0][0];
    expect(new Set(told[0].map((weight) => weight.toFixed(4))).size).toBe(4);
    expect(told[0][1] / told[0][0]).toBeCloseTo(told[1][2] / told[1][1], 5);
  });
});

describe("with a cache", () => {
  const chunks = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
  test("chunks of a causal sequence give what the whole gives", () => {
    fc.assert(
      fc.property(seed, chunks, fc.constantFrom({}, { rotary: {} }), (s, sizes, options) => {
        const random = new Random(s);
        const layer = make(random, options).to("f64");
        const time = sizes.reduce((sum, size) => sum + size, 0);
        const x = randn([2, time, WIDTH], random, "f64");
        const cache = new KeyValueCache();
        const parts = noGrad(() =>
          split(x, sizes).map((part) => layer.forward(part, null, null, { causal: true, cache })),
        );
        expect(cache.length).toBe(time);
        const whole = layer.forward(x, null, null, { causal: true });
        expectClose(concat(parts, 1).data(), whole.data(), { atol: 1e-12, rtol: 1e-12 });
        cache.dispose();
      }),
      runs,
    );
  });

  test("lengths, masks and weights speak of the filled positions", () => {
    const random = new Random(5);
    const layer = make(random);
    const x = randn([2, 5, WIDTH], random);
    const cache = new KeyValueCache({ capacity: 9 });
    const lengths = [5, 2];
    const mask = tensor([[1, 0, 1, 1, 1]]);
    let seen: Tensor | undefined;
    const look = (weights: Tensor): void => {
      seen = weights;
    };
    const { last, every } = noGrad(() => {
      layer.forward(ops.slice(x, 1, 0, 4), null, null, { cache });
      const query = ops.slice(x, 1, 4, 5);
      const every = layer.forward(query, null, null, { cache });
      return { every, last: layer.attend(query, cache, { lengths, mask, onAttention: look }) };
    });
    const query = ops.slice(x, 1, 4, 5);
    expectClose(every.data(), layer.forward(query, x).data());
    expectClose(last.data(), layer.forward(query, x, null, { lengths, mask }).data());
    expect(seen?.shape).toEqual([2, 2, 1, 5]);
    expect(() => layer.attend(query, cache, { lengths: [5, 6] })).toThrow(
      "lengths: expected whole numbers in 0..5, got 6.",
    );
    cache.dispose();
  });

  test("a memory projected once gives what it gives when projected each time", () => {
    fc.assert(
      fc.property(situation, fc.boolean(), ({ seed, batch, queries, keys }, packed) => {
        const random = new Random(seed);
        const kdim = packed ? WIDTH : 3;
        const layer = new MultiheadAttention({ embedDim: WIDTH, numHeads: 1, kdim, vdim: kdim, random });
        const [query, memory] = [randn([batch, queries, WIDTH], random), randn([batch, keys, kdim], random)];
        const lengths = Int32Array.from({ length: batch }, () => random.integer(keys + 1));
        const cache = noGrad(() => layer.memoryCache(memory));
        expectClose(
          layer.attend(query, cache, { lengths }).data(),
          layer.forward(query, memory, memory, { lengths }).data(),
        );
        cache.dispose();
      }),
      runs,
    );
  });
});

test("dropout takes weights while training, and nothing else", () => {
  const random = new Random(2);
  const layer = new MultiheadAttention({ embedDim: WIDTH, numHeads: 2, dropout: 1, random });
  const x = randn([1, 3, WIDTH], random);
  expect(bits(layer.forward(x).abs())).toBe(`${new Float32Array(12)}`);
  expect(bits(layer.eval().forward(x))).not.toBe(`${new Float32Array(12)}`);
  // Values of 1 make each head the sum of its kept weights, doubled: the mean stays 1.
  const half = new MultiheadAttention({ embedDim: 1, numHeads: 1, dropout: 0.5, bias: false, random });
  half.in_proj_weight?.view().set([0, 0, 1]);
  half.out_proj.weight.view().set([1]);
  const sums = half.forward(ones([1, 2000, 1]), ones([1, 4, 1]), null).data();
  for (const sum of sums) expect([0, 0.5, 1, 1.5, 2]).toContain(sum);
  expect(ops.mean(tensor(sums)).item()).toBeCloseTo(1, 1);
});

describe("errors", () => {
  const layer = make(new Random(0));
  const x = ones([1, 2, WIDTH]);
  test.each([
    [() => make(new Random(0), { numHeads: 3 }), "embedDim: expected a multiple of the 3 heads, got 4."],
    [
      () => make(new Random(0), { numHeads: 4, rotary: {} }),
      "rotary: expected heads of an even width, got 1.",
    ],
    [
      () => new MultiheadAttention({ embedDim: 4, numHeads: 2, numHead: 2 } as never),
      'MultiheadAttention option: expected one of embedDim, numHeads, dropout, bias, kdim, vdim, rotary, random, got "numHead". Did you mean "numHeads"?',
    ],
    [
      () => layer.forward(x, null, null, { casual: true } as never),
      'MultiheadAttention.forward option: expected one of lengths, mask, bias, onAttention, causal, cache, got "casual". Did you mean "causal"?',
    ],
    [
      () => make(new Random(0), { rotary: {} }).forward(x, ones([1, 3, WIDTH])),
      "attention with rotary positions: expected no key and value but the query, got others. Positions of different sequences cannot be compared.",
    ],
    [
      () => layer.forward(x, null, null, { cache: new KeyValueCache() }),
      "key-value cache: expected keys and values without gradients, got some that gradients should flow through. Wrap the computation in noGrad.",
    ],
  ])("%#", (act, message) => {
    expect(act).toThrow(message as string);
  });
});
