/** Identities between ops, on the configured backend. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { sizeOf } from "../../src/base/shape.ts";
import { concat, ops, stack, type Tensor, tensor } from "../../src/tensor/index.ts";
import { anyTensor, tensorOf, tensorsOf } from "../../src/testing/arbitraries-tensor.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";

const f32 = { dtype: "f32" } as const;
const size = fc.integer({ min: 1, max: 9 });
const holds = <T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  law: (...values: T) => void,
) =>
  fc.assert(
    fc.property(fc.tuple(...arbitraries) as unknown as fc.Arbitrary<T>, (values) => law(...values)),
    runs,
  );
const same = (a: Tensor, b: Tensor) => expect([a.shape, a.data()]).toEqual([b.shape, b.data()]);

describe("rearrangements", () => {
  const any = anyTensor({ ...f32, minRank: 1, maxRank: 5 });
  const withOrder = any.chain((x) =>
    fc.tuple(
      fc.constant(x),
      fc.shuffledSubarray(
        x.shape.map((_, axis) => axis),
        { minLength: x.rank },
      ),
    ),
  );

  test("reshape, transpose, flip and permute are undone by their inverses", () => {
    holds([any, withOrder], (x, [y, order]) => {
      same(x.reshape([-1]).reshape(x.shape), x);
      same(x.flip(-1).flip(-1), x);
      same(x.transpose(0, -1).transpose(0, -1), x);
      const inverse = order.map((_, axis) => order.indexOf(axis));
      same(y.permute(order).permute(inverse), y);
    });
  });

  test("permute puts every element in its place", () => {
    holds([withOrder], ([x, order]) => {
      const y = x.permute(order);
      const random = new Random(1);
      for (let i = 0; i < 5; i++) {
        const at = x.shape.map((extent) => random.integer(extent));
        expect(y.at(...order.map((axis) => at[axis]))).toBe(x.at(...at));
      }
    });
  });

  test("slices of any axis join to the whole, and selections stack to it", () => {
    holds([any, fc.nat(), fc.nat()], (x, a, b) => {
      const axis = a % x.rank;
      const cut = b % (x.shape[axis] + 1);
      same(concat([x.slice(axis, 0, cut), x.slice(axis, cut)], axis), x);
      same(
        stack(
          Array.from({ length: x.shape[axis] }, (_, i) => x.select(axis, i)),
          axis,
        ),
        x,
      );
    });
  });

  test("a view computes as its copy does", () => {
    holds([any, fc.nat()], (x, n) => {
      const view = x.slice(0, n % x.shape[0]);
      const copy = tensor(view.data(), view.shape);
      same(view.exp(), copy.exp());
      same(view.mul(view), copy.mul(copy));
      same(view.sum(-1), copy.sum(-1));
      same(view.softmax(), copy.softmax());
    });
  });

  test("gather and scatterAdd are adjoint: <gather x, y> = <x, scatterAdd y>", () => {
    const index = fc.array(fc.nat(3), { minLength: 1, maxLength: 6 });
    holds(
      [
        index.chain((rows) =>
          fc.tuple(
            fc.constant(rows),
            tensorsOf([
              [4, 2],
              [rows.length, 2],
            ]),
          ),
        ),
      ],
      ([rows, [x, y]]) => {
        const left = x.gather(rows).mul(y).sum().item();
        expect(left).toBeCloseTo(x.mul(y.scatterAdd(rows, 4)).sum().item(), 12);
      },
    );
  });
});

describe("reductions", () => {
  test("over several axes are reductions one after the other, and mean is sum over count", () => {
    const cube = fc.tuple(size, size, size).chain((shape) => tensorOf(shape));
    holds([cube], (x) => {
      expectClose(x.sum([0, 2]).data(), x.sum(2).sum(0).data(), { atol: 1e-12, rtol: 1e-12 });
      same(x.max([0, 2]), x.max(2).max(0));
      expectClose(x.mean().item(), x.sum().item() / sizeOf(x.shape), { atol: 1e-12, rtol: 1e-12 });
    });
  });

  test("argmax points at the first maximum", () => {
    holds([fc.tuple(size, size).chain((shape) => tensorOf(shape, { ...f32, min: 0, max: 0.004 }))], (x) => {
      const [rows, best, top] = [x.toArray() as number[][], x.argmax(1).data(), x.max(1).data()];
      rows.forEach((row, i) => {
        expect(row.indexOf(top[i])).toBe(best[i]);
      });
    });
  });
});

describe("matrix products", () => {
  const triple = fc.tuple(size, size, size, size).chain(([m, k, n, p]) =>
    tensorsOf(
      [
        [m, k],
        [k, n],
        [n, p],
      ],
      f32,
    ),
  );

  test("(A B)^T = B^T A^T, and transposing while multiplying is transposing before", () => {
    holds([triple], ([a, b]) => {
      expectClose(a.matmul(b).transpose().data(), b.transpose().matmul(a.transpose()).data());
      expectClose(a.transpose().matmul(b, { transposeA: true }).data(), a.matmul(b).data());
      expectClose(a.matmul(b.transpose(), { transposeB: true }).data(), a.matmul(b).data());
    });
  });

  test("(A B) C = A (B C) within n epsilon |A| |B| |C|", () => {
    holds([triple], ([a, b, c]) => {
      const bound = a
        .abs()
        .matmul(b.abs())
        .matmul(c.abs())
        .mul(20 * 2 ** -24)
        .data();
      const [left, right] = [a.matmul(b).matmul(c).data(), a.matmul(b.matmul(c)).data()];
      left.forEach((value, i) => {
        expect(Math.abs(value - right[i])).toBeLessThanOrEqual(bound[i]);
      });
    });
  });

  test("a permutation matrix permutes exactly", () => {
    holds([size, size, fc.nat()], (n, width, seed) => {
      const order = new Random(seed).shuffle(Array.from({ length: n }, (_, i) => i));
      const matrix = tensor(order.map((from) => Array.from({ length: n }, (_, j) => Number(j === from))));
      const x = tensor(
        Array.from({ length: n * width }, (_, i) => Math.fround(Math.sin(i + seed))),
        [n, width],
      );
      same(matrix.matmul(x), x.gather(order));
    });
  });

  test("a batch of products is its products", () => {
    holds(
      [
        fc.tuple(size, size, size, size).chain(([B, m, k, n]) =>
          tensorsOf(
            [
              [B, m, k],
              [B, k, n],
            ],
            f32,
          ),
        ),
      ],
      ([a, b]) => {
        const parts = Array.from({ length: a.shape[0] }, (_, i) => a.select(0, i).matmul(b.select(0, i)));
        expectClose(a.matmul(b).data(), stack(parts).data());
      },
    );
  });
});

describe("softmax and losses", () => {
  const scale = fc.constantFrom(1, 30, 1e6, 1e30);
  const rows = fc.tuple(size, size).chain((shape) => tensorOf(shape, f32));

  test("softmax sums to one for elements up to 1e30, and does not change when all elements shift", () => {
    holds([rows, scale, fc.integer({ min: -64, max: 64 })], (x, factor, shift) => {
      expectClose(x.mul(factor).softmax().sum(-1).data(), new Array(x.shape[0]).fill(1));
      expectClose(x.add(shift).softmax().data(), x.softmax().data(), { atol: 1e-4 });
    });
  });

  test("logSoftmax is the logarithm of softmax and at most 0, so that logsumexp is at least the maximum", () => {
    holds([rows, scale], (x, factor) => {
      expectClose(x.logSoftmax().exp().data(), x.softmax().data());
      expect(
        x
          .mul(factor)
          .logSoftmax()
          .data()
          .every((value) => value <= 0),
      ).toBe(true);
    });
  });

  test("cross-entropy is -logSoftmax at the target, and the rows of its gradient sum to 0", () => {
    holds([rows, fc.nat()], (x, seed) => {
      const random = new Random(seed);
      const targets = Array.from({ length: x.shape[0] }, () => random.integer(x.shape[1]));
      x.requiresGrad = true;
      const loss = x.crossEntropy(targets, { reduction: "none" });
      expectClose(loss.data(), x.logSoftmax().pick(targets).neg().data());
      loss.sum().backward();
      expectClose((x.grad as Tensor).sum(-1).data(), new Array(x.shape[0]).fill(0));
    });
  });

  test("a mask of ones changes nothing, and what is masked matters not at all", () => {
    holds([rows, fc.nat()], (x, seed) => {
      expectClose(x.maskedSoftmax(x.mul(0).add(1)).data(), x.softmax().data());
      const random = new Random(seed);
      const mask = tensor(
        Array.from({ length: x.size }, () => random.integer(2)),
        x.shape,
      );
      const poisoned = tensor(
        x.data().map((value, i) => (mask.data()[i] ? value : Number.NaN)),
        x.shape,
      );
      const [clean, leaf] = [x.maskedSoftmax(mask), poisoned];
      leaf.requiresGrad = true;
      const y = leaf.maskedSoftmax(mask);
      same(y, clean);
      y.mul(y).sum().backward();
      const gradient = (leaf.grad as Tensor).data();
      expect(
        gradient.every((value, i) => Number.isFinite(value) && (mask.data()[i] === 1 || value === 0)),
      ).toBe(true);
    });
  });

  test("layerNorm does not change when a row shifts or scales", () => {
    const wide = fc
      .tuple(size, fc.integer({ min: 2, max: 9 }))
      .chain((shape) => tensorOf(shape, { distinct: true }));
    holds([wide, fc.integer({ min: -8, max: 8 }), fc.integer({ min: 1, max: 8 })], (x, shift, factor) => {
      const [gamma, beta] = [
        tensor(new Float64Array(x.shape[1]).fill(1), undefined, "f64"),
        tensor(new Float64Array(x.shape[1]), undefined, "f64"),
      ];
      const plain = ops.layerNorm(x, gamma, beta, 0).data();
      expectClose(ops.layerNorm(x.mul(factor).add(shift), gamma, beta, 0).data(), plain, { atol: 1e-6 });
    });
  });
});

describe("extremes", () => {
  test("softmax of +-1e30 and of -Infinity, and what is masked away", () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(tensor([1e30, -1e30]).softmax().toArray()).toEqual([1, 0]);
    expect(tensor([0, -inf]).softmax().toArray()).toEqual([1, 0]);
    expect(tensor([-inf, -inf]).softmax().toArray()).toEqual([0, 0]);
    expect(
      tensor([Number.NaN, inf, 2])
        .keepWhere(tensor([0, 0, 1]))
        .toArray(),
    ).toEqual([0, 0, 2]);
    expect(
      tensor([inf, 1])
        .maskedSoftmax(tensor([0, 1]))
        .toArray(),
    ).toEqual([0, 1]);
  });

  test("log(0), softplus and the norm of large numbers", () => {
    expect(tensor([0, -1]).log().toArray()).toEqual([Number.NEGATIVE_INFINITY, Number.NaN]);
    expect(tensor([1e30, -1e30]).softplus().toArray()).toEqual([Math.fround(1e30), 0]);
    expect(tensor([5, 5, 5]).variance().item()).toBe(0);
  });

  test("NaN passes through comparisons of values: relu, clamp, maximum, minimum and max", () => {
    const x = tensor([Number.NaN, 1]);
    for (const y of [
      x.relu(),
      x.clamp(0, 1),
      x.maximum(tensor(0)),
      x.minimum(tensor(0)),
      x.max(),
      x.sign(),
      x.step(),
    ]) {
      expect(y.data()[0]).toBeNaN();
    }
  });
});

test("dropout keeps the mean, scales what it keeps, and repeats its mask for the same seed", () => {
  const x = tensor(new Float32Array(20_000).fill(1));
  for (const p of [0.1, 0.5, 0.9]) {
    const y = x.dropout(p, new Random(1)).data();
    const kept = Math.fround(1 / (1 - p));
    expect([...new Set(y)].every((value) => value === 0 || Math.abs(value - kept) < 1e-6 * kept)).toBe(true);
    const share = y.filter((value) => value !== 0).length / y.length;
    expect(Math.abs(share - (1 - p))).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / y.length));
    expect(x.dropout(p, new Random(1)).data()).toEqual(y);
    expect(x.dropout(p, new Random(2)).data()).not.toEqual(y);
  }
});
