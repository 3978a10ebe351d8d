/** Laws of rotary positions, on every backend. Literal values and errors are in the table of all ops. */
import fc from "fast-check";
import { describe, expect } from "vitest";
import { Random } from "../../../src/base/random.ts";
import { concat, ops, randn, rotary, type Tensor, tensor } from "../../../src/tensor/index.ts";
import type { RotaryLayout } from "../../../src/tensor/ops/rotary.ts";
import { BACKENDS, bits, law } from "../../support/backends.ts";
import { expectClose } from "../../support/close.ts";

const layouts = fc.constantFrom("interleaved" as const, "halves" as const);
const situations = fc.record({
  seed: fc.nat(),
  time: fc.integer({ min: 1, max: 20 }),
  heads: fc.integer({ min: 1, max: 3 }),
  /** Pairs of a head, and columns behind the heads. */
  pairs: fc.integer({ min: 1, max: 9 }),
  rest: fc.integer({ min: 0, max: 5 }),
  offset: fc.integer({ min: 0, max: 3000 }),
  layout: layouts,
});

describe.each(BACKENDS)("on %s", (backend) => {
  law(
    backend,
    "each pair is turned by its angle, and columns behind the heads stay",
    [situations],
    (situation) => {
      const { seed, time, heads, pairs, rest, offset, layout } = situation;
      const width = 2 * pairs;
      const x = randn([2, time, heads * width + rest], new Random(seed));
      const y = rotary(x, { heads, width, offset, layout });
      const expected = x.toArray() as number[][][];
      for (const rows of expected) {
        rows.forEach((row, t) => {
          for (let h = 0; h < heads; h++) {
            for (let i = 0; i < pairs; i++) {
              const at = h * width + (layout === "halves" ? i : 2 * i);
              const next = at + (layout === "halves" ? pairs : 1);
              const angle = (offset + t) / 10000 ** ((2 * i) / width);
              const [a, b] = [row[at], row[next]];
              row[at] = a * Math.cos(angle) - b * Math.sin(angle);
              row[next] = a * Math.sin(angle) + b * Math.cos(angle);
            }
          }
        });
      }
      expectClose(y.toArray() as number[][][], expected, { atol: 2e-6, rtol: 1e-6 });
      expect(bits(ops.slice(y, -1, heads * width).data())).toBe(bits(ops.slice(x, -1, heads * width).data()));
    },
  );

  law(
    backend,
    "a later part of a sequence, turned from its offset, has the bits of the whole",
    [situations, fc.nat()],
    (situation, n) => {
      const { seed, time, heads, pairs, offset, layout } = situation;
      const x = randn([2, time, heads * 2 * pairs], new Random(seed));
      const cut = n % time;
      const parts = [
        rotary(ops.slice(x, 1, 0, cut), { heads, offset, layout }),
        rotary(ops.slice(x, 1, cut), { heads, offset: offset + cut, layout }),
      ];
      expect(bits(concat(parts, 1).data())).toBe(bits(rotary(x, { heads, offset, layout }).data()));
    },
  );

  law(
    backend,
    "products of turned vectors depend on their distance alone; lengths stay",
    [situations, fc.nat(500)],
    (situation, shift) => {
      const { seed, pairs, offset, layout } = situation;
      const random = new Random(seed);
      const [query, key] = [randn([1, 1, 2 * pairs], random), randn([1, 1, 2 * pairs], random)];
      const product = (a: number, b: number): number => {
        const turn = (x: Tensor, at: number) => rotary(x, { heads: 1, offset: at, layout });
        return ops.sum(turn(query, a).mul(turn(key, b))).item();
      };
      const tolerance = { atol: 3e-5, rtol: 1e-5 };
      expectClose(product(offset + shift, offset), product(shift, 0), tolerance);
      expectClose(ops.norm(rotary(query, { heads: 1, offset, layout })).item(), ops.norm(query).item());
    },
  );

  law(
    backend,
    "the layouts differ in the order of columns alone",
    [situations],
    ({ seed, time, pairs, offset }) => {
      const x = randn([1, time, 2 * pairs], new Random(seed));
      // Columns (0, 1), (2, 3), ... to 0, 2, ... and 1, 3, ...
      const apart = (y: Tensor) =>
        ops.permute(y.reshape([1, time, pairs, 2]), [0, 1, 3, 2]).reshape([1, time, 2 * pairs]);
      const turn = (y: Tensor, layout: RotaryLayout) => rotary(y, { heads: 1, offset, layout });
      expectClose(turn(apart(x), "halves").data(), apart(turn(x, "interleaved")).data(), {
        atol: 1e-6,
        rtol: 1e-6,
      });
    },
  );

  law(
    backend,
    "the gradient is turned back",
    [situations],
    ({ seed, time, heads, pairs, rest, offset, layout }) => {
      const width = 2 * pairs;
      const options = { heads, width, offset, layout };
      const x = randn([1, time, heads * width + rest], new Random(seed));
      x.requiresGrad = true;
      const y = rotary(x, options);
      y.backward({ gradient: tensor(y.data(), y.shape) });
      expectClose(x.grad?.data() ?? [], x.data(), { atol: 1e-6, rtol: 1e-5 });
    },
  );
});
