import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/kernels/backend.ts";
import { makeCalls } from "../../src/kernels/calls.js";
import { CallList, type Lane, laneBounds } from "../../src/kernels/lanes.ts";
import { Heap } from "../../src/kernels/memory.ts";
import { runs } from "../support/fc.ts";
import { backendSelector } from "../support/threaded-backends.ts";

const heap = new Heap();
const select = backendSelector(heap);

test.each([
  { rows: 64, products: 2 ** 20, granule: 1, least: 2 ** 20, threads: 2, bounds: [0, 32, 64] },
  { rows: 50, products: 2 ** 16, granule: 1, least: 2 ** 20, threads: 4, bounds: [0, 17, 33, 50] },
  { rows: 31, products: 2 ** 16, granule: 1, least: 2 ** 20, threads: 2, bounds: [0, 31] },
  { rows: 11, products: 2 ** 30, granule: 1, least: 2 ** 20, threads: 4, bounds: [0, 4, 7, 11] },
  { rows: 5, products: 2 ** 30, granule: 1, least: 1, threads: 4, bounds: [0, 5] },
  { rows: 0, products: 2 ** 30, granule: 1, least: 1, threads: 4, bounds: [0, 0] },
  { rows: 9, products: 0, granule: 1, least: 1, threads: 2, bounds: [0, 9] },
  { rows: 64, products: 2 ** 20, granule: 12, least: 2 ** 20, threads: 2, bounds: [0, 36, 64] },
  { rows: 20, products: 2 ** 18, granule: 12, least: 2 ** 20, threads: 2, bounds: [0, 12, 20] },
  { rows: 14, products: 2 ** 20, granule: 12, least: 2 ** 20, threads: 3, bounds: [0, 14] },
])(
  "lanes of $rows rows by $granule on $threads threads: $bounds",
  ({ rows, products, granule, least, threads, bounds }) => {
    expect(laneBounds(rows, products, { granule, leastProducts: least }, threads)).toEqual(bounds);
  },
);

test("a list of calls is made in its order, with the arguments given", () => {
  const memory = new WebAssembly.Memory({ initial: 8 });
  const calls = fc.array(fc.tuple(fc.boolean(), fc.array(fc.integer(), { maxLength: 30 })), {
    maxLength: 400,
  });
  const law = fc.property(calls, fc.nat(9), (wanted, before) => {
    const list = new CallList(["neg", "exp"], (index, args) => [1 - index, args]);
    for (let i = 0; i < before; i++) list.kernels.neg(i, i, i);
    list.clear();
    for (const [first, args] of wanted) {
      (list.kernels[first ? "neg" : "exp"] as (...args: number[]) => void)(...args);
    }
    list.copyTo(new Float64Array(memory.buffer), 64);
    const made: [boolean, number[]][] = [];
    const functions = [false, true].map(
      (first) =>
        (...args: number[]) =>
          void made.push([first, args]),
    );
    makeCalls(functions, memory, 64, list.bytes);
    expect(made).toEqual(wanted);
  });
  fc.assert(law, runs);
});

const [ROWS, HIDDEN, STEPS] = [18, 256, 4];

/** An LSTM's walk over time, and what it leaves, as bytes. */
function walk({ inLanes }: Backend): Uint8Array {
  const filled = (length: number) => {
    const x = heap.allocate(4 * length);
    for (let i = 0; i < length; i++) heap.f32[x / 4 + i] = Math.sin(0.37 * i) / 8;
    return x;
  };
  const [gates, states] = [filled(STEPS * ROWS * 4 * HIDDEN), filled((STEPS + 1) * ROWS * HIDDEN)];
  const [cells, weight] = [filled((STEPS + 1) * ROWS * HIDDEN), filled(4 * HIDDEN * HIDDEN)];
  try {
    const lane: Lane = (k, start, count) => {
      const wide = 4 * HIDDEN;
      for (let t = 0; t < STEPS; t++) {
        const [now, next] = [0, 1].map((step) => 4 * HIDDEN * ((t + step) * ROWS + start));
        const pre = gates + 4 * now;
        k.matmul(
          ...([
            states + now,
            weight,
            pre,
            count,
            wide,
            HIDDEN,
            HIDDEN,
            HIDDEN,
            wide,
            0,
            1,
            1,
            1,
            0,
            0,
            0,
          ] as const),
        );
        k.lstmCell(
          ...([pre, cells + now, states + now, cells + next, states + next, count, HIDDEN] as const),
          ...([wide, HIDDEN, HIDDEN, HIDDEN, HIDDEN, 0, t] as const),
        );
      }
    };
    inLanes(ROWS, 4 * HIDDEN * HIDDEN, lane);
    return heap.u8.slice(states, states + 4 * (STEPS + 1) * ROWS * HIDDEN);
  } finally {
    for (const x of [gates, states, cells, weight]) heap.free(x);
  }
}

describe.each(["simd", "relaxed", "blas"])("%s", (name) => {
  test("a walk over time has the same bits on 1, 2 and 4 threads, and frees what it took", ({ skip }) => {
    const one = select(name, 1);
    if (!one) return skip("not available here");
    const expected = walk(one);
    const live = heap.info().liveBytes;
    for (const threads of [2, 4]) {
      const backend = select(name, threads) as Backend;
      for (let i = 0; i < 3; i++)
        expect(Buffer.compare(walk(backend), expected), `${threads} threads`).toBe(0);
    }
    expect(heap.info().liveBytes).toBe(live);
  });
});

test("each row is in one lane, in as many as there are threads", () => {
  const { inLanes } = select("simd", 3) as Backend;
  const lanes: number[][] = [];
  inLanes(20, 2 ** 30, (_k, start, count) => void lanes.push([start, count]));
  expect(lanes).toEqual([
    [0, 7],
    [7, 6],
    [13, 7],
  ]);
});

test("a lane that fails is reported, and the next ones are run", () => {
  const backend = select("simd", 2) as Backend;
  const live = heap.info().liveBytes;
  const beyond = 0xfff00000;
  expect(() => backend.inLanes(8, 2 ** 30, (k) => k.exp(beyond, beyond, 1000))).toThrow(
    /out of bounds|failed or is gone/,
  );
  expect(heap.info().liveBytes).toBe(live);
  const x = heap.allocate(4 * 8);
  heap.f32.fill(3, x / 4, x / 4 + 8);
  backend.inLanes(8, 2 ** 30, (k, start, count) => k.neg(x + 4 * start, x + 4 * start, count));
  expect([...heap.f32.subarray(x / 4, x / 4 + 8)]).toEqual(new Array(8).fill(-3));
  heap.free(x);
});
