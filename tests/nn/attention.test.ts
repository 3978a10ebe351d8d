import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import {
  AdditiveAttention,
  type Attention,
  BilinearAttention,
  DotAttention,
} from "../../src/nn/attention.ts";
import { ones, randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { type FixtureCase, loadFixture } from "../support/fixture.ts";
import { array, leaf, PRECISIONS, replay } from "../support/golden.ts";

/** Our parameter names for the formula's. */
const NAMES: Record<string, string> = { W_q: "queryWeight", W_k: "keyWeight", v: "v", W: "weight" };

const KINDS: Record<string, (options: FixtureCase["options"]) => Attention> = {
  additive: (options) => new AdditiveAttention(options),
  dot: () => new DotAttention(),
  "scaled-dot": () => new DotAttention({ scaled: true }),
  bilinear: (options) => new BilinearAttention(options),
};

const flags = (mask: readonly (readonly boolean[])[], dtype: "f32" | "f64" = "f32"): Tensor =>
  array(
    mask.map((row) => row.map(Number)),
    dtype,
  );

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  const [dtype] = precision;
  test.each(loadFixture("attention").cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, entry) => {
      const layer = KINDS[entry.kind](entry.options).to(dtype);
      const own = layer.stateDict();
      const values = Object.entries(entry.parameters);
      layer.loadStateDict(new Map(values.map(([name, value]) => [NAMES[name], array(value, dtype)])));
      const parameters = new Map(values.map(([name]) => [name, own.get(NAMES[name]) as Tensor]));
      const options = entry.mask ? { mask: flags(entry.mask, dtype) } : {};
      replay(entry, precision, parameters, ({ query, keys, values: given, memory }) =>
        memory
          ? layer.forward(query, memory, options)
          : layer.attend(query, { ...layer.memory(keys, options), values: given }),
      );
    },
  );
});

const WIDTH = 3;
const make: Record<string, (random: Random) => Attention> = {
  additive: (random) => new AdditiveAttention({ queryDim: WIDTH, keyDim: WIDTH, attentionDim: 4, random }),
  dot: () => new DotAttention(),
  "scaled dot": () => new DotAttention({ scaled: true }),
  bilinear: (random) => new BilinearAttention({ queryDim: WIDTH, keyDim: WIDTH, random }),
};

/** Queries and a memory of random numbers, and which of the positions may be attended. */
const situation = fc.record({
  seed: fc.nat(),
  queries: fc.integer({ min: 1, max: 3 }),
  mask: fc.integer({ min: 1, max: 5 }).chain((positions) =>
    fc.array(fc.array(fc.boolean(), { minLength: positions, maxLength: positions }), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
});

describe.each(Object.entries(make))("%s attention", (_name, build) => {
  test("weights are at least 0 and sum to 1, or to 0 where nothing may be attended", () => {
    fc.assert(
      fc.property(situation, ({ seed, queries, mask }) => {
        const random = new Random(seed);
        const [batch, positions] = [mask.length, mask[0].length];
        const { weights, context } = build(random).forward(
          randn([batch, queries, WIDTH], random).mul(5),
          randn([batch, positions, WIDTH], random),
          { mask: flags(mask) },
        );
        mask.forEach((row, b) => {
          for (let q = 0; q < queries; q++) {
            let sum = 0;
            row.forEach((allowed, s) => {
              const weight = weights.at(b, q, s);
              if (allowed) expect(weight).toBeGreaterThanOrEqual(0);
              else expect(weight).toBe(0);
              sum += weight;
            });
            expectClose(sum, row.includes(true) ? 1 : 0);
            if (!row.includes(true)) expect(context.at(b, q, 0)).toBe(0);
          }
        });
      }),
      runs,
    );
  });

  test("masked positions receive a gradient of exactly 0", () => {
    fc.assert(
      fc.property(situation, ({ seed, queries, mask }) => {
        const random = new Random(seed);
        const memory = randn([mask.length, mask[0].length, WIDTH], random);
        memory.requiresGrad = true;
        const query = randn([mask.length, queries, WIDTH], random);
        const { context } = build(random).forward(query, memory, { mask: flags(mask) });
        context.mul(randn(context.shape, random)).sum().backward();
        mask.forEach((row, b) => {
          row.forEach((allowed, s) => {
            if (allowed) return;
            for (let i = 0; i < WIDTH; i++) expect(Math.abs(memory.grad?.at(b, s, i) ?? 0)).toBe(0);
          });
        });
      }),
      runs,
    );
  });

  test("with one position the output is its value", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed);
        const memory = randn([2, 1, WIDTH], random);
        const { context } = build(random).forward(randn([2, 1, WIDTH], random), memory);
        expect(context.data()).toEqual(memory.data());
      }),
      runs,
    );
  });

  test("lengths are a mask, whatever the padding holds", () => {
    const random = new Random(3);
    const layer = build(random);
    const query = randn([2, 2, WIDTH], random);
    const memory = randn([2, 3, WIDTH], random);
    const mask = flags([
      [true, true, false],
      [true, true, true],
    ]);
    const byMask = layer.forward(query, memory, { mask });
    const byLengths = layer.forward(query, memory, { lengths: [2, 3] });
    expect(byLengths.context.data()).toEqual(byMask.context.data());
    const padded = memory.clone();
    padded.view().fill(1e4, 2 * WIDTH, 3 * WIDTH);
    expect(layer.forward(query, padded, { lengths: [2, 3] }).context.data()).toEqual(byMask.context.data());
  });

  test("NaN and infinities in masked positions do not leak, neither forwards nor backwards", () => {
    const random = new Random(4);
    const layer = build(random);
    const query = randn([1, 2, WIDTH], random);
    query.requiresGrad = true;
    const memory = randn([1, 2, WIDTH], random);
    memory.view().set([Number.NaN, Number.POSITIVE_INFINITY, 1], WIDTH);
    memory.requiresGrad = true;
    const { context } = layer.forward(query, memory, { lengths: [1] });
    expect(context.data().every(Number.isFinite)).toBe(true);
    context.sum().backward();
    expect(query.grad?.data().every(Number.isFinite)).toBe(true);
    expect(memory.grad?.data().slice(WIDTH)).toEqual(new Float32Array(WIDTH));
    for (const parameter of layer.parameters()) {
      expect(parameter.grad?.data().every(Number.isFinite) ?? true).toBe(true);
    }
  });

  test("an empty batch gives an empty context", () => {
    const { context } = build(new Random(1)).forward(ones([0, 2, WIDTH]), ones([0, 4, WIDTH]), {
      lengths: [],
    });
    expect(context.shape).toEqual([0, 2, WIDTH]);
  });

  test("the batch is its members", () => {
    const random = new Random(6);
    const layer = build(random);
    const query = randn([3, 2, WIDTH], random);
    const memory = randn([3, 4, WIDTH], random);
    const whole = layer.forward(query, memory, { lengths: [4, 1, 3] }).context.data();
    const parts = [4, 1, 3].flatMap((length, b) => {
      const part = layer.forward(query.slice(0, b, b + 1), memory.slice(0, b, b + 1).slice(1, 0, length));
      return [...part.context.data()];
    });
    expectClose(whole, parts, { atol: 1e-6 });
  });
});

test("wrong shapes and options are refused", () => {
  const layer = new DotAttention();
  expect(() => layer.forward(ones([1, 1, 2]), ones([1, 2]))).toThrow(
    "attention memory: expected [B, S, K], got [1, 2].",
  );
  expect(() => layer.forward(ones([1, 1, 2]), ones([1, 2, 3]))).toThrow(/^matmul/);
  expect(() => layer.forward(ones([1, 1, 3]), ones([1, 2, 3]), { mask: ones([1, 3]) })).toThrow(/expected/);
  expect(() => layer.forward(ones([1, 1, 3]), ones([1, 2, 3]), { lengths: [3] })).toThrow(
    "lengths: expected whole numbers in 0..2, got 3.",
  );
  expect(() => layer.forward(ones([2, 1, 3]), ones([2, 2, 3]), { lengths: [1] })).toThrow(
    "lengths: expected [2]",
  );
  expect(() => new DotAttention({ scale: true } as never)).toThrow('Did you mean "scaled"?');
  expect(() => new AdditiveAttention({ queryDim: 1, keyDim: 1 } as never)).toThrow("attentionDim: expected");
  expect(() => new BilinearAttention({ queryDim: 1, keyDim: 0 })).toThrow("keyDim: expected");
});

test("a memory that nothing may be attended in gives zeros and zero gradients", () => {
  const query = leaf([[[1, 2]]]);
  const memory = leaf([
    [
      [3, 4],
      [5, 6],
    ],
  ]);
  const { context } = new DotAttention().forward(query, memory, { mask: tensor([[0, 0]]) });
  expect(context.toArray()).toEqual([[[0, 0]]]);
  context.sum().backward();
  expectClose(query.grad?.data() ?? [], [0, 0], { atol: 0 });
  expectClose(memory.grad?.data() ?? [], [0, 0, 0, 0], { atol: 0 });
});
