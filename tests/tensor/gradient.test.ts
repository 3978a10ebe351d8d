import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipGradNorm } from "../../src/optim/clipping.ts";
import { SGD } from "../../src/optim/sgd.ts";
import {
  gradientOf,
  memoryInfo,
  ops,
  RowGradient,
  scoped,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { expectClose, type Numbers } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { leaf } from "../support/op-cases.ts";

const ROWS = 9;
const table = () => leaf(Array.from({ length: ROWS }, (_, i) => [i / 4, 1 - i / 8]));
const ids = fc.array(fc.nat(ROWS - 1), { maxLength: ROWS - 1 });

/** A loss that reads rows of `w`, all of it when `tied`, and rows again. */
function lossOf(
  w: Tensor,
  first: number[],
  second: number[],
  padding: number | undefined,
  tied: boolean,
): Tensor {
  const options = padding === undefined ? {} : { paddingIndex: padding };
  const read = (list: number[]) => {
    const rows = ops.gather(w, new Int32Array(list), options);
    return rows.mul(rows).sum();
  };
  const loss = read(first).add(read(second));
  return tied ? loss.add(w.mul(w).mul(w).sum()) : loss;
}

const situations = [ids, ids, fc.option(fc.nat(ROWS - 1), { nil: undefined }), fc.boolean()] as const;

describe("the gradient of a table of which some rows were read", () => {
  test("is that of the graph recorded for it, tied or not, with padding, over several passes", () => {
    fc.assert(
      fc.property(...situations, fc.integer({ min: 1, max: 3 }), (first, second, padding, tied, passes) => {
        const [rows, dense] = [table(), table()];
        for (let i = 0; i < passes; i++) {
          lossOf(rows, first, second, padding, tied).backward();
          lossOf(dense, first, second, padding, tied).backward({ createGraph: true });
        }
        expectClose(rows.grad?.toArray() as Numbers, dense.grad?.toArray() as Numbers);
      }),
      runs,
    );
  });

  test("clips and updates like the same numbers with their zeros", () => {
    fc.assert(
      fc.property(
        ...situations,
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (first, second, padding, tied, limit) => {
          const results = [false, true].map((shown) => {
            const w = table();
            lossOf(w, first, second, padding, tied).backward();
            if (shown) expect(w.grad?.shape).toEqual([ROWS, 2]);
            const norm = clipGradNorm([w], limit);
            new SGD([w], { lr: 0.5 }).step();
            return [norm, w.toArray(), w.grad?.toArray()] as Numbers;
          });
          expectClose(results[0], results[1], { atol: 1e-6, rtol: 1e-6 });
        },
      ),
      runs,
    );
  });

  test("takes memory for those rows alone, also in a step of SGD", () => {
    const w = leaf(Array.from({ length: 5000 }, () => [1, 2, 3, 4]));
    const optimizer = new SGD([w], { lr: 1 });
    const before = memoryInfo();
    scoped(() => {
      ops
        .gather(w, [[7, 7, 4999]])
        .sum()
        .backward();
      expect(gradientOf(w)).toBeInstanceOf(RowGradient);
      clipGradNorm([w], 100);
      optimizer.step();
      expect(memoryInfo().liveBytes - before.liveBytes).toBeLessThan(2000);
    });
    expect([w.at(7, 0), w.at(4999, 0), w.at(0, 0)]).toEqual([-1, 0, 1]);
    optimizer.zeroGrad();
    expect(memoryInfo().liveBytes).toBe(before.liveBytes);
  });

  test("weight decay and momentum reach the rows that were not read", () => {
    for (const options of [{ weightDecay: 0.5 }, { momentum: 0.5 }]) {
      const w = leaf([[1], [1], [1]]);
      const optimizer = new SGD([w], { lr: 1, ...options });
      for (const row of [0, 1]) {
        optimizer.zeroGrad();
        ops.gather(w, [row]).sum().backward();
        optimizer.step();
      }
      expect(w.toArray()).toEqual("momentum" in options ? [[-0.5], [0], [1]] : [[-0.25], [-0.75], [0.25]]);
    }
  });
});

describe("rows added to a gradient that is there", () => {
  test("that has a graph itself: the sum stays", () => {
    const w = leaf([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    w.mul(w).sum().backward({ createGraph: true });
    ops.gather(w, [0]).sum().backward();
    expect(w.grad?.toArray()).toEqual([
      [3, 5],
      [6, 8],
      [10, 12],
    ]);
  });

  test.each<[string, Tensor, string]>([
    ["shape", tensor([0]), "grad: expected [3, 2], got [1]. Set grad to null, or to a tensor like the leaf."],
    ["type", tensor([0, 0, 0, 0, 0, 0], [3, 2], "f64"), "grad: expected f32, got f64."],
  ])("that does not fit by its %s: refused, whether by rows or whole", (_what, wrong, message) => {
    const w = leaf([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    w.grad = wrong;
    expect(() => ops.gather(w, [0, 2]).sum().backward()).toThrow(message);
    expect(() => w.sum().backward()).toThrow(message);
  });

  test("not to a leaf that wants none any more", () => {
    const w = leaf([
      [1, 2],
      [3, 4],
    ]);
    const loss = ops
      .gather(w, [0])
      .sum()
      .add(leaf([1]).sum());
    w.requiresGrad = false;
    loss.backward();
    expect(w.grad).toBeNull();
  });
});

describe("a clipped gradient", () => {
  const clipped = () => {
    const w = leaf([3, 4]);
    w.mul(w).mul(0.5).sum().backward();
    return w;
  };

  test("reads as clipped, once and again", () => {
    const w = clipped();
    expect(clipGradNorm([w], 1)).toBe(5);
    expectClose(w.grad?.toArray() as Numbers, [0.6, 0.8]);
    expectClose(clipGradNorm([w], 0.5), 1);
    expectClose(w.grad?.toArray() as Numbers, [0.3, 0.4]);
  });

  test("is seen to be by who took it before", () => {
    const w = clipped();
    const taken = w.grad;
    clipGradNorm([w], 1);
    expectClose(taken?.toArray() as Numbers, [0.6, 0.8]);
    expect(w.grad).toBe(taken);
  });

  test("is what a further pass adds to, and what the step follows", () => {
    const w = clipped();
    clipGradNorm([w], 1);
    w.mul(tensor([1, 2]))
      .sum()
      .backward();
    expectClose(w.grad?.toArray() as Numbers, [1.6, 2.8]);
    const v = clipped();
    clipGradNorm([v], 1);
    clipGradNorm([v], 0.5);
    new SGD([v], { lr: 1 }).step();
    expectClose(v.toArray() as Numbers, [2.7, 3.6]);
  });
});
