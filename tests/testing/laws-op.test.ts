import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import {
  concat,
  defineFusedOp,
  defineOp,
  empty,
  gruSequence,
  lstmSequence,
  ones,
  ops,
  rnnSequence,
  stack,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { anyTensor, shape, tensors, tensorsOf } from "../../src/testing/arbitraries-tensor.ts";
import { type OpLawOptions, opLaws } from "../../src/testing/laws-op.ts";
import { runs } from "../support/fc.ts";

/** Gradient checks cost some hundred evaluations a run. */
const few = { numRuns: Math.ceil(runs.numRuns / 20) };

function obeys(options: OpLawOptions): void {
  for (const [law, property] of Object.entries(opLaws(options))) {
    test(`${options.name}: ${law}`, () => fc.assert(property, few));
  }
}

const positive = anyTensor({ min: 0.25 }).map((x) => [x]);
const any = anyTensor().map((x) => [x]);
const misfits = [[ones([2]), ones([3])]];

describe("elementwise ops", () => {
  for (const name of [
    "exp",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "relu",
    "softplus",
    "erf",
    "silu",
    "abs",
    "neg",
  ] as const) {
    obeys({ name, op: ops[name], inputs: any });
  }
  obeys({ name: "gelu", op: (x) => ops.gelu(x), inputs: any, secondOrder: false });
  obeys({ name: "gelu tanh", op: (x) => ops.gelu(x, "tanh"), inputs: any, secondOrder: false });
  obeys({ name: "log", op: ops.log, inputs: positive });
  obeys({ name: "sqrt", op: ops.sqrt, inputs: positive });
  obeys({ name: "pow", op: (x) => ops.pow(x, 2.5), inputs: positive });
  obeys({ name: "clamp", op: (x) => ops.clamp(x, -1, 1), inputs: any });
  obeys({ name: "add", op: ops.add, inputs: tensors(2), broadcasts: true, errorInputs: misfits });
  obeys({ name: "sub", op: ops.sub, inputs: tensors(2), broadcasts: true, errorInputs: misfits });
  obeys({ name: "mul", op: ops.mul, inputs: tensors(2), broadcasts: true, errorInputs: misfits });
  obeys({
    name: "div",
    op: ops.div,
    inputs: tensors(2, { min: 0.5 }),
    broadcasts: true,
    errorInputs: misfits,
  });
  const apart = tensors(2, { distinct: true }).map(([a, b]) => [a, ops.sub(b, 1 / 4096)]);
  obeys({ name: "maximum", op: ops.maximum, inputs: apart, broadcasts: true, errorInputs: misfits });
  obeys({ name: "minimum", op: ops.minimum, inputs: apart, broadcasts: true, errorInputs: misfits });
  obeys({ name: "dropout", op: (x) => ops.dropout(x, 0.4, new Random(3)), inputs: any, hidesNaN: true });
});

describe("reductions and normalisation", () => {
  const rows = anyTensor({ minRank: 1, distinct: true }).map((x) => [x]);
  obeys({ name: "sum", op: (x) => ops.sum(x, -1), inputs: rows });
  obeys({ name: "mean", op: (x) => ops.mean(x, 0, { keepDims: true }), inputs: rows });
  obeys({ name: "max", op: (x) => ops.max(x, -1), inputs: rows });
  obeys({ name: "variance", op: (x) => ops.variance(x, -1), inputs: rows });
  obeys({ name: "norm", op: ops.norm, inputs: positive });
  obeys({ name: "softmax", op: ops.softmax, inputs: rows });
  obeys({ name: "logSoftmax", op: ops.logSoftmax, inputs: rows });
  const mask = tensor([1, 0, 1], [3], "f64");
  obeys({
    name: "maskedSoftmax",
    op: (x) => ops.maskedSoftmax(x, x.dtype === "f64" ? mask : tensor([1, 0, 1])),
    inputs: tensorsOf([[2, 3]]),
    secondOrder: false,
    hidesNaN: true,
  });
  obeys({
    name: "crossEntropy",
    op: (x) => ops.crossEntropy(x, [2, 0], { labelSmoothing: 0.1 }),
    inputs: tensorsOf([[2, 3]]),
    secondOrder: false,
  });
  obeys({
    name: "layerNorm",
    op: (x, gamma, beta) => ops.layerNorm(x, gamma, beta, 0.1),
    inputs: shape({ minRank: 1 }).chain((s) => tensorsOf([s, s.slice(-1), s.slice(-1)])),
    secondOrder: false,
    errorInputs: [[ones([2, 3]), ones([2]), ones([2])]],
  });
});

describe("products", () => {
  const operands = fc
    .record({
      m: fc.integer({ min: 1, max: 3 }),
      k: fc.integer({ min: 1, max: 3 }),
      batch: shape({ maxRank: 2 }),
    })
    .chain(({ m, k, batch }) =>
      fc.tuple(fc.constantFrom(batch, []), fc.constantFrom(batch, [])).chain(([left, right]) =>
        tensorsOf([
          [...left, m, k],
          [...right, k, 2],
        ]),
      ),
    );
  obeys({
    name: "matmul",
    op: (a, b) => ops.matmul(a, b),
    inputs: operands,
    errorInputs: [[ones([2, 3]), ones([2, 3])]],
  });
  obeys({
    name: "matmul of transposes",
    op: (a, b) => ops.matmul(a, b, { transposeA: true, transposeB: true }),
    inputs: operands.map(([a, b]) => [ops.transpose(a), ops.transpose(b)]),
  });
  obeys({
    name: "linear",
    op: (x, w, b) => ops.linear(x, w, b),
    inputs: tensorsOf([[2, 1, 3], [2, 3], [2]]),
  });
  obeys({
    name: "additiveScores",
    op: (query, keys, v) => ops.additiveScores(query, keys, v),
    inputs: tensorsOf([[2, 2, 3], [2, 3, 3], [3]]),
    secondOrder: false,
  });
});

describe("rearrangements", () => {
  const cube = tensorsOf([[2, 3, 2]]);
  obeys({ name: "reshape", op: (x) => ops.reshape(x, [4, -1]), inputs: cube });
  obeys({ name: "permute", op: (x) => ops.permute(x, [2, 0, 1]), inputs: cube });
  obeys({ name: "broadcastTo", op: (x) => ops.broadcastTo(x, [2, 2, 3, 2]), inputs: cube });
  obeys({ name: "slice", op: (x) => ops.slice(x, 1, 1, 3), inputs: cube, hidesNaN: true });
  obeys({ name: "slice view", op: (x) => ops.slice(x, 0, 1), inputs: cube, hidesNaN: true });
  obeys({ name: "flip", op: (x) => ops.flip(x, 1), inputs: cube });
  obeys({ name: "clone", op: ops.clone, inputs: cube });
  obeys({
    name: "concat",
    op: (a, b) => concat([a, b, a], 1),
    inputs: tensorsOf([
      [2, 1],
      [2, 2],
    ]),
    errorInputs: [[ones([2, 2]), ones([1, 2])]],
  });
  obeys({
    name: "stack",
    op: (...parts) => stack(parts, 1),
    inputs: tensorsOf([
      [2, 1],
      [2, 1],
    ]),
    errorInputs: misfits,
  });
  obeys({
    name: "gather",
    op: (x) =>
      ops.gather(x, [
        [2, 0],
        [2, 1],
      ]),
    inputs: tensorsOf([[3, 2]]),
  });
  obeys({ name: "scatterAdd", op: (x) => ops.scatterAdd(x, [1, 1, 0], 3), inputs: tensorsOf([[3, 2]]) });
  obeys({ name: "pick", op: (x) => ops.pick(x, [1, 0]), inputs: tensorsOf([[2, 2]]), hidesNaN: true });
});

describe("recurrent sequences", () => {
  const [B, T, D, H] = [2, 3, 2, 2];
  const inputs = (gates: number, states: number, x = [T, B, D]) =>
    tensorsOf([
      x,
      ...Array.from({ length: states }, () => [B, H]),
      [gates * H, D],
      [gates * H, H],
      [gates * H],
      [gates * H],
    ]);
  type Six = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  type Seven = [...Six, Tensor];
  for (const reverse of [false, true]) {
    for (const lengths of [null, tensor([3, 1], [2], "i32")]) {
      const title = `${reverse ? "reversed" : "forward"}${lengths ? " with lengths" : ""}`;
      const options = { lengths, rows: null, reverse };
      const common = { secondOrder: false, hidesNaN: true };
      obeys({
        ...common,
        name: `rnn ${title}`,
        op: (...x) => rnnSequence(x as Six, options, "tanh"),
        inputs: inputs(1, 1),
      });
      obeys({
        ...common,
        name: `gru ${title}`,
        op: (...x) => gruSequence(x as Six, options),
        inputs: inputs(3, 1),
      });
      obeys({
        ...common,
        name: `lstm ${title}`,
        op: (...x) => lstmSequence(x as Seven, options),
        inputs: inputs(4, 2),
      });
      // Row 3 of the table is not read.
      const rows = tensor(
        [
          [2, 0],
          [0, 0],
          [1, 2],
        ],
        [T, B],
        "i32",
      );
      obeys({
        ...common,
        name: `gru ${title}, of rows of a table`,
        op: (...x) => gruSequence(x as Six, { ...options, rows }),
        inputs: inputs(3, 1, [4, D]),
      });
    }
  }
  obeys({
    name: "rnn relu",
    op: (...x) => rnnSequence(x as Six, { lengths: null, rows: null, reverse: false }, "relu"),
    inputs: inputs(1, 1),
    secondOrder: false,
    hidesNaN: true,
    errorInputs: [
      [[1, 2], [1, 2], [2, 2], [2, 2], [2], [2]],
      [[1, 1, 2], [1, 3], [2, 2], [2, 2], [2], [2]],
      [[1, 1, 2], [1, 2], [2, 2], [2, 3], [2], [2]],
      [[1, 1, 2], [1, 2], [2, 2], [2, 2], [3], [2]],
    ].map((shapes) => shapes.map((each) => ones(each))),
  });
});

describe("the laws find broken ops", () => {
  const wrong = (factor: number) =>
    defineOp<readonly [Tensor]>("wrong", {
      shape: (_name, [x]) => x.shape,
      forward: (k, out, [x]) => k.mulScalar(x.pointer, 2, out.pointer, x.size),
      backward: (g) => [ops.mul(g, factor)],
    });
  const laws = (op: OpLawOptions["op"], more: Partial<OpLawOptions> = {}) =>
    opLaws({ name: "wrong", op, inputs: tensorsOf([[2]]), ...more });
  const broken = (property: fc.IProperty<unknown> | undefined, message: RegExp) =>
    expect(() =>
      fc.assert(property as fc.IProperty<unknown>, { numRuns: 20, includeErrorInReport: true }),
    ).toThrow(message);

  test("a gradient that is off by a thousandth", () => {
    broken(laws(wrong(2.002)).gradient, /gradient of wrong to element \d of input 0: expected -?[\d.]+, got/);
    broken(laws(wrong(2.002)).adjoint, /<v, J\^T u> of wrong at element 0 of 0: expected/);
    fc.assert(laws(wrong(2)).gradient, few);
  });

  test("a wrong second derivative", () => {
    const cube = defineOp<readonly [Tensor]>("cube", {
      shape: (_name, [x]) => x.shape,
      forward: (k, out, [x]) => k.powScalar(x.pointer, 3, out.pointer, x.size),
      backward: (g, _y, [x]) => [ops.mul(g, ops.mul(ops.detach(ops.mul(x, x)), 3))],
    });
    fc.assert(laws(cube).gradient, few);
    broken(laws(cube).secondOrder, /gradient of wrong to element/);
  });

  test("a gradient that is not linear, or keeps state between passes", () => {
    const square = defineOp<readonly [Tensor]>("square", {
      shape: (_name, [x]) => x.shape,
      forward: (k, out, [x]) => k.mulScalar(x.pointer, 1, out.pointer, x.size),
      backward: (g) => [ops.mul(g, g)],
    });
    broken(laws(square).linearity, /gradient of wrong for a mixture at element/);
    broken(laws(square).fanOut, /gradient of wrong used twice at element/);
  });

  test("imprecise f32, swallowed NaN, accepted shapes, wrong broadcasting", () => {
    const rough = defineFusedOp<readonly [Tensor], [], readonly [Tensor]>("rough", (k, dtype, [x]) => {
      const out = empty(x.shape, dtype);
      k.addScalar(x.pointer, dtype === "f32" ? 0.01 : 0, out.pointer, x.size);
      return { outputs: [out], backward: ([g]) => [g] };
    });
    broken(laws((x) => rough([x])).precision, /wrong in f32 at element 0 of 0: expected/);
    broken(
      laws((x) => ops.equal(x, x)).propagatesNaN,
      /wrong of an input with NaN: expected NaN in the output, got none/,
    );
    broken(
      laws(wrong(2), { errorInputs: [[ones([3])]] }).refusesShapes,
      /wrong of \[3\]: expected a ShapeError, got a result/,
    );
    const lopsided = (a: Tensor, b: Tensor) => ops.add(a, ops.mul(b, 1 + b.size));
    broken(
      laws(lopsided, { inputs: tensorsOf([[2], [1]]), broadcasts: true }).broadcasting,
      /wrong of broadcast inputs at element/,
    );
  });

  test("laws that do not apply are absent", () => {
    expect(Object.keys(laws(wrong(2), { secondOrder: false, hidesNaN: true }))).toEqual([
      "gradient",
      "adjoint",
      "linearity",
      "fanOut",
      "precision",
    ]);
  });
});
