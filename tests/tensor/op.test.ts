import { afterEach, describe, expect, test } from "vitest";
import { DTypeError, NumericError, ShapeError } from "../../src/base/errors.ts";
import {
  configure,
  defineFusedOp,
  defineOp,
  empty,
  gradcheck,
  type Op,
  ones,
  ops,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { leaf } from "../support/op-cases.ts";

type One = readonly [Tensor];
type Two = readonly [Tensor, Tensor];

/** a + scale b, b optional. */
const addScaled: Op<readonly [Tensor, Tensor | null], [number]> = defineOp<
  readonly [Tensor, Tensor | null],
  [number]
>("addScaled", {
  shape: (_name, [a]) => a.shape,
  forward: (k, out, [a, b], scale) => {
    k.mulScalar(a.pointer, 1, out.pointer, a.size);
    if (b) k.axpy(scale, b.pointer, out.pointer, b.size);
  },
  backward: (g, _y, [, b], needs, scale) => [g, b && needs[1] ? ops.mul(g, scale) : null],
});

describe("defineOp", () => {
  test("passes arguments, optional inputs and what is needed", () => {
    const [a, b] = [leaf([1, 2], "f64"), leaf([3, 4], "f64")];
    expect(addScaled(a, b, 10).toArray()).toEqual([31, 42]);
    expect(addScaled(a, null, 10).toArray()).toEqual([1, 2]);
    expect(gradcheck((x, y) => addScaled(x, y, 10), [a, b], { secondOrder: true }).passed).toBe(true);
    addScaled(a, null, 10).sum().backward();
    expect([a.grad?.toArray(), b.grad]).toEqual([[1, 1], null]);
  });

  test("sums gradients over broadcast axes", () => {
    const scale = defineOp<Two>("scale", {
      shape: (_name, [x]) => x.shape,
      forward: (k, out, [x, s]) => k.mulScalar(x.pointer, s.item(), out.pointer, x.size),
      backward: (g, _y, [x, s]) => [ops.mul(g, s), ops.mul(g, x)],
    });
    const s = leaf([2]);
    scale(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      s,
    )
      .sum()
      .backward();
    expect(s.grad?.toArray()).toEqual([10]);
  });

  test("refuses inputs of several types and i32", () => {
    expect(() => addScaled(ones([1]), ones([1], "f64"), 1)).toThrow(DTypeError);
    expect(() => addScaled(ones([1]), ones([1], "f64"), 1)).toThrow(
      "addScaled: expected float tensors of one type, got f32 and f64.",
    );
    expect(() => addScaled(tensor([1], [1], "i32"), null, 1)).toThrow(
      "addScaled: expected float tensors of one type, got i32 and none.",
    );
  });

  test("a number of gradients other than that of inputs does not compile", () => {
    const shape = (_name: string, [x]: readonly Tensor[]) => x.shape;
    const forward = () => {};
    // @ts-expect-error one gradient for two inputs
    defineOp<Two>("tooFew", { shape, forward, backward: (g) => [g] });
    // @ts-expect-error two gradients for one input
    defineOp<One>("tooMany", { shape, forward, backward: (g) => [g, g] });
    // @ts-expect-error a gradient is a tensor or null
    defineOp<One>("noTensor", { shape, forward, backward: () => [1] });
    // @ts-expect-error the argument of the op is a number
    const wrongArgument = () => addScaled(ones([1]), null, "10");
    // @ts-expect-error the op takes two tensors
    const missingInput = () => addScaled(ones([1]), 10);
    expect([wrongArgument, missingInput]).toHaveLength(2);
  });
});

describe("defineFusedOp", () => {
  test("reports a shape of its own choosing and passes on errors", () => {
    const picky = defineFusedOp<One, [], readonly [Tensor]>("picky", (_k, dtype, [x]) => {
      if (x.rank !== 1) throw new ShapeError({ what: "picky", expected: "a vector", got: `rank ${x.rank}` });
      return { outputs: [empty(x.shape, dtype)], backward: ([g]) => [g] };
    });
    expect(picky([ones([2])])[0].shape).toEqual([2]);
    expect(() => picky([ones([2, 2])])).toThrow("picky: expected a vector, got rank 2.");
    expect(() => picky([tensor([1], [1], "i32")])).toThrow(DTypeError);
  });
});

describe("checkNumerics", () => {
  afterEach(() => {
    configure({ checkNumerics: false });
  });

  test("names the first op that makes a NaN or an infinity", () => {
    const compute = () => tensor([1, 0]).log().mul(0);
    expect(compute().toArray()[1 as never]).toBeNaN();
    configure({ checkNumerics: true });
    expect(compute).toThrow(NumericError);
    expect(compute).toThrow("log: expected finite numbers, got NaN or infinity in [2].");
    try {
      compute();
    } catch (error) {
      expect(error).toMatchObject({ op: "log", code: "NUMERIC" });
    }
  });

  test("looks into the gradients of fused ops and of rows", () => {
    configure({ checkNumerics: true });
    const hidden = tensor([[3e38], [3e38], [3e38], [3e38]]);
    const loss = () =>
      ops.linearCrossEntropy(hidden, leaf([[0], [0]]), null, [0, 0, 0, 0], { reduction: "sum" });
    expect(() => loss().backward()).toThrow(
      "linearCrossEntropy: expected finite numbers, got NaN or infinity",
    );
    const twice = ops.gather(leaf([[1], [1], [1]]), [0, 0]);
    expect(() => twice.backward({ gradient: tensor([[3e38], [3e38]]) })).toThrow(
      "gather: expected finite numbers, got NaN or infinity in [1, 1].",
    );
  });

  test("looks at attention weights", () => {
    configure({ checkNumerics: true });
    const x = tensor([[[Number.NaN]]]);
    expect(() => ops.attentionWeights(x, x, { heads: 1 })).toThrow(
      "attentionWeights: expected finite numbers, got NaN or infinity in [1, 1, 1, 1].",
    );
  });

  test("lets large numbers pass, and looks into gradients and fused ops", () => {
    configure({ checkNumerics: true });
    expect(tensor([1e200], [1], "f64").mul(2).item()).toBe(2e200);
    expect(tensor([1e38]).mul(2).item()).toBeCloseTo(2e38, -32);
    const x = leaf([0]);
    const y = x.sqrt();
    expect(() => y.backward()).toThrow("div: expected finite numbers, got NaN or infinity in [1].");
    expect(() => ops.layerNorm(tensor([Number.NaN]), ones([1]), ones([1]))).toThrow(
      "layerNorm: expected finite numbers, got NaN or infinity in [1].",
    );
  });
});
