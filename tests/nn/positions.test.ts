import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { Positions, type PositionsOptions } from "../../src/nn/positions.ts";
import { memoryInfo, ones, ops, randn, scoped, type Tensor, zeros } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";

const table = (options: PositionsOptions, length: number, offset = 0, dtype: "f32" | "f64" = "f32"): Tensor =>
  new Positions(options).forward(zeros([1, length, options.dModel], dtype), offset);

describe("Vaswani et al. 2017, section 3.5", () => {
  test("values by hand, width 4: sin p, cos p, sin p/100, cos p/100", () => {
    const expected = [
      [0, 1, 0, 1],
      [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004],
      [0.9092974268, -0.4161468365, 0.0199986667, 0.9998000067],
    ];
    const made = table({ type: "sinusoidal", dModel: 4 }, 3, 0, "f64");
    expectClose(made.toArray() as number[][][], [expected], { atol: 1e-10, rtol: 0 });
  });

  test("columns 2i and 2i+1 are sin and cos of position / 10000^(2i/width), however far", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 33 }), fc.integer({ min: 0, max: 3000 }), (dModel, position) => {
        const row = table({ type: "sinusoidal", dModel }, 1, position, "f64").data();
        const expected = Array.from({ length: dModel }, (_, column) => {
          const angle = position / 10000 ** ((column - (column % 2)) / dModel);
          return column % 2 ? Math.cos(angle) : Math.sin(angle);
        });
        expectClose(row, expected, { atol: 1e-9, rtol: 0 });
      }),
      runs,
    );
  });

  test("a shift by k is the same rotation of each pair at every position", () => {
    const rows = table({ type: "sinusoidal", dModel: 6 }, 40, 0, "f64").toArray() as number[][][];
    for (let pair = 0; pair < 6; pair += 2) {
      const dots = [0, 5, 20].map((at) => {
        const [a, b] = [rows[0][at], rows[0][at + 7]];
        return a[pair] * b[pair] + a[pair + 1] * b[pair + 1];
      });
      expectClose(dots, [dots[0], dots[0], dots[0]], { atol: 1e-12, rtol: 0 });
    }
  });
});

test("halves: sin, then cos, of position / 10000^(i/(width/2 - 1)); an odd width ends in zeros", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 33 }), fc.integer({ min: 0, max: 3000 }), (dModel, position) => {
      const row = table({ type: "sinusoidal-halves", dModel }, 1, position, "f64").data();
      const half = Math.floor(dModel / 2);
      const angles = Array.from({ length: half }, (_, i) => position / 10000 ** (i / Math.max(half - 1, 1)));
      const expected = [...angles.map(Math.sin), ...angles.map(Math.cos), 0].slice(0, dModel);
      expectClose(row, expected, { atol: 1e-9, rtol: 0 });
    }),
    runs,
  );
});

test.each(["sinusoidal", "sinusoidal-halves", "learned", "none"] as const)(
  "%s: a chunk at an offset gets what the whole gets there",
  (type) => {
    const random = new Random(1);
    const positions = new Positions({ type, dModel: 5, maxLength: 9, random });
    const x = randn([2, 9, 5], random);
    const chunk = positions.forward(ops.slice(x, 1, 4, 7), 4);
    expect(chunk.toArray()).toEqual(ops.slice(positions.forward(x), 1, 4, 7).toArray());
    expect(`${positions.forward(x).data()}` === `${x.data()}`).toBe(type === "none");
  },
);

test("the sinusoidal table lives on, grows when it must, and exists in each type of number", () => {
  const positions = new Positions({ type: "sinusoidal", dModel: 4, maxLength: 4 });
  scoped(() => positions.forward(zeros([1, 2, 4])));
  const bytes = memoryInfo().liveBytes;
  scoped(() => positions.forward(zeros([1, 4, 4])));
  expect(memoryInfo().liveBytes).toBe(bytes);
  scoped(() => positions.forward(zeros([1, 20, 4])));
  // 4 rows became 32.
  expect(memoryInfo().liveBytes).toBe(bytes + 28 * 4 * 4);
  expect(positions.forward(zeros([1, 1, 4], "f64"), 19).dtype).toBe("f64");
  expect(positions.namedParameters()).toEqual([]);
});

test("learned vectors start small, get gradients where they were used, and end at maxLength", () => {
  const positions = new Positions({ type: "learned", dModel: 50, maxLength: 40, random: new Random(1) });
  const start = positions.weight?.data() as Float32Array;
  const deviation = Math.sqrt(start.reduce((sum, value) => sum + value * value, 0) / start.length);
  expect(deviation).toBeCloseTo(0.02, 3);
  positions
    .forward(ones([3, 2, 50]), 1)
    .sum()
    .backward();
  const gradient = ops.sum(positions.weight?.grad as Tensor, 1).data();
  expect([...gradient]).toEqual([0, 150, 150, ...new Array(37).fill(0)]);
  expect(positions.namedParameters().map(([name]) => name)).toEqual(["weight"]);
  expect(() => positions.forward(zeros([1, 2, 50]), 39)).toThrow(
    "learned positions: expected at most 40, got 41. Make the model with a larger maxLength.",
  );
});

test.each([
  [() => table({ type: "learned", dModel: 4 }, 1), "learned positions: expected a maxLength, got none."],
  [
    () => table({ type: "sinus" as never, dModel: 4 }, 1),
    'positions: expected one of sinusoidal, sinusoidal-halves, learned, none, got "sinus".',
  ],
  [() => table({ type: "none", dModel: 0 }, 1), "dModel: expected a whole number of at least 1, got 0."],
  [
    () => new Positions({ type: "sinusoidal", dModel: 4 }).forward(ones([1, 2, 3])),
    "positions: expected [B, T, 4], got [1, 2, 3].",
  ],
  [
    () => table({ type: "sinusoidal", dModel: 4 }, 1, -1),
    "offset: expected a whole number of at least 0, got -1.",
  ],
])("errors %#", (act, message) => {
  expect(act).toThrow(message);
});
