import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTypeError, ShapeError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  backward,
  concat,
  defineFusedOp,
  empty,
  gradcheck,
  noGrad,
  ones,
  ops,
  randn,
  scoped,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { leaf } from "../support/op-cases.ts";

/** Two outputs, x and 2x, with a gradient kernel of its own. */
const split = defineFusedOp<readonly [Tensor], [], readonly [Tensor, Tensor]>("split", (k, dtype, [x]) => {
  const [once, twice] = [empty(x.shape, dtype), empty(x.shape, dtype)];
  k.mulScalar(x.pointer, 1, once.pointer, x.size);
  k.mulScalar(x.pointer, 2, twice.pointer, x.size);
  return {
    outputs: [once, twice],
    backward: ([g, h]) => {
      const dx = empty(x.shape, dtype);
      k.fill(dx.pointer, 0, dx.size);
      if (g) k.axpy(1, g.pointer, dx.pointer, dx.size);
      if (h) k.axpy(2, h.pointer, dx.pointer, dx.size);
      return [dx];
    },
  };
});

describe("backward", () => {
  test("the sanity check of micrograd: -20 and 46", () => {
    const x = leaf(-4);
    const z = x.mul(2).add(2).add(x);
    const q = z.relu().add(z.mul(x));
    const h = z.mul(z).relu();
    const y = h.add(q).add(q.mul(x));
    y.backward();
    expect([y.item(), x.grad?.item()]).toEqual([-20, 46]);
  });

  test("the example of micrograd's README: 24.7041, 138.8338 and 645.5773", () => {
    const [a, b] = [leaf(-4, "f64"), leaf(2, "f64")];
    let c = a.add(b);
    let d = a.mul(b).add(b.pow(3));
    c = c.add(c.add(1));
    c = c.add(c.add(1).sub(a));
    d = d.add(d.mul(2).add(b.add(a).relu()));
    d = d.add(d.mul(3).add(b.sub(a).relu()));
    const f = c.sub(d).pow(2);
    const g = f.div(2).add(f.pow(-1).mul(10));
    g.backward();
    expectClose([g.item(), a.grad?.item() ?? 0, b.grad?.item() ?? 0], [24.7041, 138.8338, 645.5773], {
      atol: 5e-5,
      rtol: 0,
    });
  });

  test("adds to grad at every pass, and again after grad was cleared", () => {
    const x = leaf([1, 2]);
    const loss = x.mul(x).sum();
    loss.backward();
    loss.backward();
    expect(x.grad?.toArray()).toEqual([4, 8]);
    x.grad = null;
    loss.backward();
    expect((x.grad as Tensor | null)?.toArray()).toEqual([2, 4]);
  });

  test("a leaf used several times, at several depths, collects everything", () => {
    const x = leaf([1, 2]);
    x.mul(x)
      .add(x)
      .mul(x)
      .add(concat([x.slice(0, 1), x.slice(0, 0, 1)]))
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([6, 17]);
  });

  test("a gradient shared by two operands is not added to in place for one of them", () => {
    const x = leaf([1]);
    const [a, b] = [x.mul(2), x.mul(3)];
    const early = a.mul(5);
    const both = a.add(b);
    both.mul(7).add(both.mul(11)).add(early).backward();
    expect(x.grad?.item()).toBe(18 * 5 + 10);
  });

  test.each([[[true, false, false]], [[false, false]]])(
    "leaves that receive the same gradient do not share it, createGraph %j",
    (passes) => {
      const [x, y] = [leaf([1, 2]), leaf([3, 4])];
      const seed = tensor([1, 10]);
      for (const createGraph of passes) x.add(y).backward({ gradient: seed, createGraph });
      for (const createGraph of passes) x.add(y).sum().backward({ createGraph });
      const n = passes.length;
      const expected = [2 * n, 11 * n];
      expect([x.grad?.toArray(), y.grad?.toArray(), seed.toArray()]).toEqual([expected, expected, [1, 10]]);
    },
  );

  test("a result that is itself a leaf has gradient 1", () => {
    const x = leaf(5);
    x.backward();
    expect(x.grad?.item()).toBe(1);
  });

  test("only leaves that ask for gradients receive them", () => {
    const [x, fixed] = [leaf([2]), tensor([3])];
    const inner = x.mul(fixed);
    inner.mul(inner).backward();
    expect([x.grad?.item(), fixed.grad, inner.grad]).toEqual([36, null, null]);
  });

  test("takes the gradient of the result as an option", () => {
    const x = leaf([
      [1, 2],
      [3, 4],
    ]);
    x.mul(3).backward({
      gradient: tensor([
        [1, 0],
        [0, -1],
      ]),
    });
    expect(x.grad?.toArray()).toEqual([
      [3, 0],
      [0, -3],
    ]);
  });

  test("refuses what it cannot start from", () => {
    expect(() => backward(leaf([1, 2]).mul(2))).toThrow(ShapeError);
    expect(() => backward(leaf([1, 2]).mul(2))).toThrow(
      "backward: expected a result of one element, or the option gradient, got [2].",
    );
    expect(() => backward(leaf([1, 2]), { gradient: ones([3]) })).toThrow(
      "backward gradient: expected [2], got [3].",
    );
    expect(() => backward(leaf([1]), { gradient: ones([1], "f64") })).toThrow(DTypeError);
    expect(() => backward(leaf([1]), { gradient: ones([1], "f64") })).toThrow(
      "backward gradient: expected f32, got f64.",
    );
    const nothing = () => backward(tensor(1));
    expect(nothing).toThrow(StateError);
    expect(nothing).toThrow(
      "backward: expected a result computed from tensors with requiresGrad, got one that depends on none. " +
        "Set requiresGrad = true on a leaf before computing, and compute outside noGrad.",
    );
  });

  test("chains of 50,000 ops do not overflow the stack", () => {
    const x = leaf([1]);
    scoped(() => {
      let y: Tensor = x;
      for (let i = 0; i < 50_000; i++) y = y.add(1);
      y.backward();
    });
    expect(x.grad?.item()).toBe(1);
  });

  test("50,000 uses of one tensor add up", () => {
    const x = leaf([1]);
    scoped(() => {
      const y = x.mul(2);
      let total: Tensor = y;
      for (let i = 1; i < 50_000; i++) total = total.add(y);
      total.backward();
    });
    expect(x.grad?.item()).toBe(100_000);
  });
});

describe("noGrad and detach", () => {
  test("nothing is recorded inside noGrad, also not after an exception", () => {
    const x = leaf([1]);
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(() =>
      noGrad(() => {
        throw new StateError({ what: "a", expected: "b", got: "c" });
      }),
    ).toThrow(StateError);
    expect(noGrad(() => noGrad(() => 1)) && x.mul(2).requiresGrad).toBe(true);
  });

  test("no gradient flows through detach", () => {
    const x = leaf([3]);
    x.mul(x.detach()).backward();
    expect(x.grad?.item()).toBe(3);
    expect(x.mul(2).detach().requiresGrad).toBe(false);
  });

  test("where only detached tensors come in, ops with no gradient leave grad null", () => {
    const x = leaf([3]);
    x.sign().backward();
    expect(x.grad).toBeNull();
  });
});

describe("ops with several outputs", () => {
  test.each([
    ["both", (a: Tensor, b: Tensor) => a.add(b), 3],
    ["the first", (a: Tensor) => a, 1],
    ["the second", (_: Tensor, b: Tensor) => b.mul(5), 10],
  ])("gradients come from %s", (_title, use, expected) => {
    const x = leaf([1, 1]);
    const [a, b] = split([x]);
    use(a, b).sum().backward();
    expect(x.grad?.toArray()).toEqual([expected, expected]);
  });

  test("an op that is not needed is not run backwards", () => {
    let calls = 0;
    const counted = defineFusedOp<readonly [Tensor], [], readonly [Tensor, Tensor]>(
      "counted",
      (_k, dtype, [x]) => ({
        outputs: [empty(x.shape, dtype), empty(x.shape, dtype)],
        backward: () => {
          calls++;
          return [null];
        },
      }),
    );
    const x = leaf([1]);
    counted([x]);
    x.mul(2).backward();
    expect(calls).toBe(0);
  });
});

describe("createGraph", () => {
  test("gives gradients that can be differentiated: x^3 to the third order", () => {
    const x = leaf(2);
    let y: Tensor = x.pow(3);
    const values: (number | undefined)[] = [];
    for (let order = 1; order <= 3; order++) {
      x.grad = null;
      y.backward({ createGraph: true });
      y = x.grad as unknown as Tensor;
      values.push(y.item());
    }
    expect(values).toEqual([12, 12, 6]);
  });

  test("fused ops differentiate once only", () => {
    const x = leaf([1, 2]);
    const second = () => backward(x.gelu().sum(), { createGraph: true });
    expect(second).toThrow(StateError);
    expect(second).toThrow(
      "backward through gelu with createGraph: expected an op whose gradient is written in ops, " +
        "got a fused op with a kernel of its own for the gradient.",
    );
    expect(x.grad).toBeNull();
  });

  test("a later pass leaves the graph of the gradient intact", () => {
    const x = leaf(3);
    x.pow(2).backward({ createGraph: true });
    const slope = x.grad as unknown as Tensor;
    slope.mul(slope).backward();
    expect([slope.item(), x.grad?.item()]).toEqual([6, 6 + 24]);
  });

  test("replaces a gradient whose scope has ended", () => {
    const x = leaf(3);
    scoped(() => x.pow(2).backward({ createGraph: true }));
    x.pow(2).backward({ createGraph: true });
    expect(x.grad?.item()).toBe(6);
  });
});

describe("random graphs of 30 ops", () => {
  type Step = (a: Tensor, b: Tensor) => Tensor;
  /** From two [2, 3] to one, with values that stay moderate. */
  const steps: Step[] = [
    (a, b) => a.add(b),
    (a, b) => a.sub(b),
    (a, b) => a.tanh().mul(b),
    (a, b) => a.mul(b.sigmoid()),
    (a, b) => a.div(b.mul(b).add(2)),
    (a) => a.softmax().mul(3),
    (a) => a.reshape([3, 2]).transpose(),
    (a, b) => concat([a.slice(1, 1), b.slice(1, 0, 1)], 1),
    (a, b) => concat([a.slice(0, 1), b.slice(0, 0, 1)], 0),
    (a, b) => a.add(b.sum(0, { keepDims: true }).mul(0.5)),
    (a, b) => a.mean(1, { keepDims: true }).sub(b),
    (a, b) => a.matmul(b, { transposeB: true }).tanh().matmul(b.tanh()),
    (a, b) => a.linear(b.slice(0, 0, 1).broadcastTo([3, 3]), b.select(0, 1)).tanh(),
    (a) => a.flip(1).sin(),
    (a) => a.gather([1, 0]),
  ];
  const programs = fc.record({
    seed: fc.nat(),
    code: fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(), fc.nat()), { minLength: 30, maxLength: 30 }),
  });
  type Program = typeof programs extends fc.Arbitrary<infer P> ? P : never;

  const points = (seed: number, dtype: "f32" | "f64") => {
    const random = new Random(seed);
    return [[2, 3], [3], [2, 1]].map((shape) => randn(shape, random, dtype));
  };
  /** Operands are picked from the last few results, so that most take part and many are used more than once. */
  const execute = ({ code }: Program, leaves: readonly Tensor[]): Tensor => {
    const made = leaves.map((each) => each.broadcastTo([2, 3]));
    for (const [step, a, b] of code) {
      const recent = made.slice(-5);
      made.push(steps[step](recent[a % recent.length], recent[b % recent.length]));
    }
    return made
      .slice(-5)
      .reduce((total, each) => total.add(each))
      .tanh()
      .sum();
  };
  const gradients = (program: Program, dtype: "f32" | "f64", createGraph: boolean) =>
    scoped(() => {
      const leaves = points(program.seed, dtype);
      for (const each of leaves) each.requiresGrad = true;
      execute(program, leaves).backward({ createGraph });
      return leaves.map((each) => each.grad?.data() ?? new Float32Array(each.size));
    });

  test("reusing memory and adding in place give the bits of a pass that does neither", () => {
    fc.assert(
      fc.property(programs, (program) => {
        expect(gradients(program, "f32", false)).toEqual(gradients(program, "f32", true));
      }),
      runs,
    );
  });

  test("f32 agrees with f64, and f64 with central differences", () => {
    fc.assert(
      fc.property(programs, (program) => {
        const working = gradients(program, "f32", false);
        const exact = gradients(program, "f64", false);
        exact.forEach((each, i) => {
          const size = Math.max(1, ...each.map(Math.abs));
          expectClose(working[i], each, { atol: 1e-3 * size, rtol: 1e-3 });
        });
        const report = gradcheck((...leaves) => execute(program, leaves), points(program.seed, "f64"));
        expect(report.error).toBeLessThanOrEqual(1e-5);
      }),
      { numRuns: Math.ceil(runs.numRuns / 10) },
    );
  });
});

test("a gradient of many elements is the sum over its broadcasts", () => {
  const bias = leaf([1, 2]);
  ops
    .add(ones([3, 4, 2]), bias)
    .sum()
    .backward();
  expect(bias.grad?.toArray()).toEqual([12, 12]);
});

test("the gradient of a norm at 0 is 0, not NaN", () => {
  const x = zeros([3]);
  x.requiresGrad = true;
  ops.norm(x).backward();
  expect(x.grad?.toArray()).toEqual([0, 0, 0]);
});
