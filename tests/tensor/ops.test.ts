/** Every op by literal values, in f32 on the configured backend and in f64; its gradients; and what it refuses. */
import { expect, test } from "vitest";
import { DTypeError, IndexError, OptionError, ShapeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { concat, type OpName, ones, ops, stack, tensor, zeros } from "../../src/tensor/index.ts";
import { attentionCases } from "../support/attention-cases.ts";
import { gives, type OpCase, refuses, testCases } from "../support/op-cases.ts";

const a23 = [
  [1, 2, 3],
  [4, 5, 6],
];
const ids = () => tensor([1, 2], [2], "i32");
const noFloats = (name: OpName): OpCase =>
  refuses(DTypeError, `${name}: expected float tensors of one type, got i32.`, () =>
    (ops[name] as (x: unknown) => unknown)(ids()),
  );
const notBroadcast = (name: "add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "greater" | "equal") => [
  refuses(
    ShapeError,
    `${name}: expected shapes that broadcast with [2, 3], got [2]. Sizes 3 and 2 of axis -1 differ and neither is 1.`,
    () => ops[name](ones([2, 3]), ones([2])),
  ),
  refuses(DTypeError, `${name}: expected float tensors of one type, got f32 and f64.`, () =>
    ops[name](ones([1]), ones([1], "f64")),
  ),
];
const third = Math.log(2);
/** Log probabilities [1/4, 1/2, 1/4]. */
const quarter = [0, third, 0];
const identity = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const tenths = Array.from({ length: 5 }, () => [0.1, 0.1, 0.6, 0.1, 0.1].map(Math.log));

// biome-ignore format: one case a line.
const cases = {
  ...attentionCases,
  abs: [gives(ops.abs, [[-1.5, 2]], [1.5, 2]), noFloats("abs")],
  add: [
    gives(ops.add, [a23, [10, 20, 30]], [[11, 22, 33], [14, 25, 36]]),
    gives(ops.add, [[[1], [2]], [[10, 20]]], [[11, 21], [12, 22]]),
    gives(ops.add, [[[[1, 2]], [[3, 4]]], [[5], [6]]], [[[6, 7], [7, 8]], [[8, 9], [9, 10]]]),
    gives((x) => ops.add(x, 3), [[1, 2]], [4, 5]),
    gives((x) => ops.add(x, x), [[1, 2]], [2, 4]),
    ...notBroadcast("add"),
  ],
  additiveScores: [
    gives(
      ops.additiveScores,
      [[[[0, 1], [1, 0]]], [[[0.5, -1], [-1, 0]]], [1, 2]],
      [[[Math.tanh(0.5), Math.tanh(-1) + 2 * Math.tanh(1)], [Math.tanh(1.5) + 2 * Math.tanh(-1), 0]]],
      "once",
    ),
    refuses(
      ShapeError,
      "additiveScores: expected query [B, T, A], keys [B, S, A] and v [A], got [1, 1, 2], [1, 1, 3], [2].",
      () => ops.additiveScores(ones([1, 1, 2]), ones([1, 1, 3]), ones([2])),
    ),
  ],
  argmax: [
    gives((x) => ops.argmax(x, 1), [[[1, 9, 3], [7, 5, 7]]], [1, 0], "not"),
    gives((x) => ops.argmax(x, 0), [[[1, 9, 3], [7, 5, 7]]], [1, 0, 1], "not"),
    gives((x) => ops.argmax(x), [[[1, 9, 3]]], [1], "not"),
    noFloats("argmax"),
    refuses(ShapeError, "argmax: expected at least one element, got [2, 0].", () => ops.argmax(zeros([2, 0]))),
    refuses(IndexError, "argmax axis: expected no axis for a scalar, got -1.", () => ops.argmax(tensor(1))),
  ],
  broadcastTo: [
    gives((x) => ops.broadcastTo(x, [2, 3]), [[[1], [2]]], [[1, 1, 1], [2, 2, 2]]),
    gives((x) => ops.broadcastTo(x, [2, 2]), [5], [[5, 5], [5, 5]]),
    refuses(ShapeError, "broadcastTo: expected a shape that [2] broadcasts to, got [3].", () =>
      ops.broadcastTo(ones([2]), [3]),
    ),
    refuses(ShapeError, "broadcastTo: expected whole sizes of at least 0, got [-1].", () =>
      ops.broadcastTo(ones([1]), [-1]),
    ),
  ],
  clamp: [gives((x) => ops.clamp(x, -1, 1), [[-2, 0.5, 3]], [-1, 0.5, 1]), noFloats("clamp")],
  clone: [gives(ops.clone, [a23], a23), noFloats("clone")],
  cos: [gives(ops.cos, [[0, 0.5]], [1, 0.8775825618903728]), noFloats("cos")],
  crossEntropy: [
    gives((x) => ops.crossEntropy(x, [1]), [[[0, 0]]], third, "once"),
    gives((x) => ops.crossEntropy(x, [1, 2]), [[quarter, quarter]], 1.5 * third, "once"),
    gives((x) => ops.crossEntropy(x, [[1], [2]], { reduction: "none" }), [[[quarter], [quarter]]], [[third], [2 * third]], "once"),
    gives((x) => ops.crossEntropy(x, [1, 9, 2], { ignoreIndex: 9, reduction: "sum" }), [[quarter, quarter, quarter]], 3 * third, "once"),
    gives((x) => ops.crossEntropy(x, [9, 9], { ignoreIndex: 9 }), [[quarter, quarter]], 0, "once"),
    gives((x) => ops.crossEntropy(x, [1, 2], { weight: tensor([1, 2, 3], [3], x.dtype === "f64" ? "f64" : "f32") }), [[quarter, quarter]], (8 / 5) * third, "once"),
    gives((x) => ops.crossEntropy(x, [1], { labelSmoothing: 0.3 }), [[quarter]], 1.2 * third, "once"),
    gives((x) => ops.crossEntropy(x, [1], { labelSmoothing: 0.3, smoothingForm: "others" }), [[quarter]], 1.3 * third, "once"),
    // Joey NMT's example: padding 0, epsilon 0.4, 5 classes give 2.1326, and without smoothing 5.6268.
    gives(
      (x) => ops.crossEntropy(x, [2, 1, 0, 2, 3], { ignoreIndex: 0, labelSmoothing: 0.4, smoothingForm: "others-kl", reduction: "sum" }),
      [tenths],
      2 * (0.4 * Math.log(4 / 3) + 0.6 * Math.log(6) + (0.4 / 3) * Math.log(2 / 9) + (0.8 / 3) * Math.log(4 / 3)),
      "once",
    ),
    refuses(ShapeError, "crossEntropy targets: expected [2], got [3].", () => ops.crossEntropy(ones([2, 3]), [0, 1, 2])),
    refuses(ShapeError, "crossEntropy: expected at least one axis, got [].", () => ops.crossEntropy(tensor(1), 0)),
    refuses(ShapeError, "crossEntropy weight: expected [3], got [2].", () => ops.crossEntropy(ones([1, 3]), [0], { weight: ones([2]) })),
    refuses(DTypeError, "crossEntropy: expected float tensors of one type, got f32 and f64.", () => ops.crossEntropy(ones([1, 3]), [0], { weight: ones([3], "f64") })),
    refuses(DTypeError, "crossEntropy target: expected i32 indices, got f32. Make them with tensor(data, shape, 'i32').", () => ops.crossEntropy(ones([1, 3]), ones([1]))),
    refuses(DTypeError, "tensor element: expected a whole number of 32 bits, got NaN.", () => ops.crossEntropy(ones([1, 3]), [Number.NaN])),
    refuses(IndexError, "crossEntropy target: expected whole numbers in 0..2, got 3.", () => ops.crossEntropy(ones([1, 3]), [3])),
    refuses(OptionError, "labelSmoothing: expected a number of at least 0 and at most 1, got 2.", () => ops.crossEntropy(ones([1, 3]), [0], { labelSmoothing: 2 })),
    refuses(OptionError, "reduction: expected one of mean, sum, none, got \"avg\".", () => ops.crossEntropy(ones([1, 3]), [0], { reduction: "avg" as "mean" })),
    refuses(OptionError, "smoothingForm others-kl: expected at least 3 classes and an ignoreIndex among them, got 3 classes and ignoreIndex -100.", () => ops.crossEntropy(ones([1, 3]), [0], { labelSmoothing: 0.1, smoothingForm: "others-kl" })),
  ],
  detach: [
    gives(ops.detach, [a23], a23, "not"),
    refuses(ShapeError, "add: expected shapes that broadcast with [2], got [3].", () => ops.detach(ones([2])).add(ones([3]))),
  ],
  div: [
    gives(ops.div, [[3, 1], [2, -4]], [1.5, -0.25]),
    gives(ops.div, [[[2], [4]], [1, 2]], [[2, 1], [4, 2]]),
    gives((x) => ops.div(x, 4), [[1, 2]], [0.25, 0.5]),
    ...notBroadcast("div"),
  ],
  dropout: [
    gives((x) => ops.dropout(x, 0, new Random(1)), [[1, 2]], [1, 2]),
    gives((x) => ops.dropout(x, 1, new Random(1)), [[1, 2]], [0, 0]),
    refuses(OptionError, "dropout: expected a number of at least 0 and at most 1, got -0.1.", () => ops.dropout(ones([1]), -0.1, new Random(1))),
  ],
  equal: [gives(ops.equal, [[1, 2, 3], [[2]]], [[0, 1, 0]], "not"), ...notBroadcast("equal")],
  erf: [
    gives(ops.erf, [[0, 0.5, 1, -2, 3.5]], [0, 0.5204998778130465, 0.8427007929497149, -0.9953222650189527, 0.9999992569016276]),
    noFloats("erf"),
  ],
  exp: [gives(ops.exp, [[0, 1, -2]], [1, Math.E, 0.1353352832366127]), noFloats("exp")],
  flip: [
    gives((x) => ops.flip(x, 0), [a23], [[4, 5, 6], [1, 2, 3]]),
    gives((x) => ops.flip(x, -1), [a23], [[3, 2, 1], [6, 5, 4]]),
    refuses(IndexError, "flip axis: expected a whole number in -1..0, got 1.", () => ops.flip(ones([2]), 1)),
  ],
  gather: [
    gives((x) => ops.gather(x, [[1, 1], [0, 1]]), [[[1, 2], [3, 4]]], [[[3, 4], [3, 4]], [[1, 2], [3, 4]]]),
    refuses(ShapeError, "gather: expected a table [rows, width], got [2].", () => ops.gather(ones([2]), [0])),
    refuses(IndexError, "gather index: expected whole numbers in 0..1, got -1.", () => ops.gather(ones([2, 2]), [-1])),
    refuses(DTypeError, "tensor element: expected a whole number of 32 bits, got 2147483648.", () => ops.gather(ones([2, 2]), [2 ** 31])),
  ],
  gelu: [
    gives((x) => ops.gelu(x), [[1, -1, 0.5]], [0.8413447460685429, -0.15865525393145707, 0.34573123063700656], "once"),
    gives((x) => ops.gelu(x, "tanh"), [[1, 0.5]], [0.8411919906082768, 0.34571400982514394], "once"),
    noFloats("gelu"),
  ],
  greater: [gives(ops.greater, [[1, 2, 3], [2]], [0, 0, 1], "not"), ...notBroadcast("greater")],
  keepWhere: [
    gives((x) => ops.keepWhere(x, tensor([1, 0, 1], [3], x.dtype)), [[[1, 2, 3]]], [[1, 0, 3]]),
    gives((x) => ops.keepWhere(x, tensor([[1], [0]], [2, 1], x.dtype)), [a23], [[1, 2, 3], [0, 0, 0]]),
    refuses(ShapeError, "broadcastTo: expected a shape that [3] broadcasts to, got [2].", () => ops.keepWhere(ones([2]), ones([3]))),
    refuses(DTypeError, "keepWhere: expected float tensors of one type, got f32 and i32.", () => ops.keepWhere(ones([2]), ids())),
  ],
  layerNorm: [
    gives((x, g, b) => ops.layerNorm(x, g, b, 0), [[[1, 2, 3], [3, 2, 1]], [1, 2, 2], [0, 0, 1]], [[-Math.sqrt(1.5), 0, 2 * Math.sqrt(1.5) + 1], [Math.sqrt(1.5), 0, 1 - 2 * Math.sqrt(1.5)]], "once"),
    gives((x, g, b) => ops.layerNorm(x, g, b, 3), [[[[1, 3], [1, 3]]], [[1, 1], [1, 1]], [[0, 0], [0, 1]]], [[[-0.5, 0.5], [-0.5, 1.5]]], "once"),
    refuses(ShapeError, "layerNorm: expected input ending in [2] and beta of that shape, got [2, 3] and [2].", () => ops.layerNorm(ones([2, 3]), ones([2]), ones([2]))),
  ],
  linear: [
    gives((x, w, b) => ops.linear(x, w, b), [[[1, 2], [0, 1]], [[3, 4], [5, 6], [7, 8]], [1, 2, 3]], [[12, 19, 26], [5, 8, 11]]),
    gives((x, w) => ops.linear(x, w), [[[[1, 2]], [[0, 1]]], [[3, 4]]], [[[11]], [[4]]]),
    gives((x, w, b) => ops.linear(x, w, b), [[1, 2], [[3, 4]], [5]], [16]),
    gives((x, w, b) => ops.linear(x.reshape([2, 0]), w.reshape([1, 0]), b), [[], [], [5]], [[5], [5]]),
    refuses(ShapeError, "linear: expected matrices [..., m, k] and [..., k, n], got [1, 3] and [4, 2] transposed.", () => ops.linear(ones([3]), ones([4, 2]), ones([4]))),
    refuses(ShapeError, "linear bias: expected [4], got [3].", () => ops.linear(ones([2, 2]), ones([4, 2]), ones([3]))),
    refuses(ShapeError, "linear: expected x [..., in] and weight [out, in], got [2, 2] and [1, 4, 2].", () => ops.linear(ones([2, 2]), ones([1, 4, 2]))),
  ],
  linearCrossEntropy: [
    // A weight of the identity makes the hidden states the logits.
    gives((x, w, b) => ops.linearCrossEntropy(x, w, b, [1, 2]), [[quarter, quarter], identity, [0, 0, 0]], 1.5 * third, "once"),
    gives((x, w) => ops.linearCrossEntropy(x, w, null, [[1], [2]], { reduction: "none" }), [[[quarter], [quarter]], identity], [[third], [2 * third]], "once"),
    gives((x, w, b) => ops.linearCrossEntropy(x, w, b, [2, 9, 0, 9], { ignoreIndex: 9, reduction: "none" }), [[[1, 2], [3, 4], [0, 1], [1, 1]], [[0, 0], [0, 0], [0, 0], [0, 0]], [0, 0, third, 0]], [Math.log(5 / 2), 0, Math.log(5), 0], "once"),
    gives((x, w, b) => ops.linearCrossEntropy(x, w, b, [1, 9, 2], { ignoreIndex: 9, reduction: "sum" }), [[quarter, quarter, quarter], identity, [0, 0, 0]], 3 * third, "once"),
    gives((x, w, b) => ops.linearCrossEntropy(x, w, b, [9, 9], { ignoreIndex: 9 }), [[quarter, quarter], identity, [0, 0, 0]], 0, "once"),
    gives((x, w) => ops.linearCrossEntropy(x, w, null, 1, { labelSmoothing: 0.3, smoothingForm: "others" }), [quarter, identity], 1.3 * third, "once"),
    refuses(ShapeError, "linearCrossEntropy: expected hidden [..., D], weight [V, D] and bias [V] or null, got [2, 3], [4, 2], null.", () => ops.linearCrossEntropy(ones([2, 3]), ones([4, 2]), null, [0, 1])),
    refuses(ShapeError, "linearCrossEntropy: expected hidden [..., D], weight [V, D] and bias [V] or null, got [2, 3], [4, 3], [3].", () => ops.linearCrossEntropy(ones([2, 3]), ones([4, 3]), ones([3]), [0, 1])),
    refuses(ShapeError, "linearCrossEntropy targets: expected [2], got [3].", () => ops.linearCrossEntropy(ones([2, 3]), ones([4, 3]), null, [0, 1, 2])),
    refuses(ShapeError, "linearCrossEntropy weight: expected [4], got [3].", () => ops.linearCrossEntropy(ones([2, 3]), ones([4, 3]), null, [0, 1], { weight: ones([3]) })),
    refuses(IndexError, "linearCrossEntropy target: expected whole numbers in 0..3, got 4.", () => ops.linearCrossEntropy(ones([1, 3]), ones([4, 3]), null, [4])),
    refuses(DTypeError, "linearCrossEntropy: expected float tensors of one type, got f32 and f64", () => ops.linearCrossEntropy(ones([1, 3]), ones([4, 3], "f64"), null, [0])),
  ],
  log: [gives(ops.log, [[1, Math.E, 0.5]], [0, 1, -third]), noFloats("log")],
  logSoftmax: [
    gives(ops.logSoftmax, [[quarter, [5, 5, 5]]], [[-2 * third, -third, -2 * third], [-Math.log(3), -Math.log(3), -Math.log(3)]]),
    refuses(ShapeError, "logSoftmax: expected at least one axis, got [].", () => ops.logSoftmax(tensor(1))),
  ],
  maskedSoftmax: [
    gives((x) => ops.maskedSoftmax(x, ops.equal(ones([3], x.dtype), tensor([1, 1, 0], [3], x.dtype))), [[[0, third, 99]]], [[1 / 3, 2 / 3, 0]], "once"),
    gives((x) => ops.maskedSoftmax(x, zeros([1, 1], x.dtype)), [[[1, 2]]], [[0, 0]], "once"),
    refuses(ShapeError, "broadcastTo: expected a shape that [3] broadcasts to, got [2].", () => ops.maskedSoftmax(ones([2]), ones([3]))),
    refuses(DTypeError, "maskedSoftmax: expected float tensors of one type, got f32 and i32.", () => ops.maskedSoftmax(ones([2]), ids())),
  ],
  matmul: [
    gives((x, y) => ops.matmul(x, y), [a23, [[1], [2], [3]]], [[14], [32]]),
    gives((x, y) => ops.matmul(x, y, { transposeA: true }), [[[1, 2], [3, 4]], [[1], [1]]], [[4], [6]]),
    gives((x, y) => ops.matmul(x, y, { transposeB: true }), [[[1, 2], [3, 4]], [[1, 1]]], [[3], [7]]),
    gives((x, y) => ops.matmul(x, y, { transposeA: true, transposeB: true }), [[[1, 2], [3, 4]], [[1, 1]]], [[4], [6]]),
    gives((x, y) => ops.matmul(x, y), [[[[1, 2]], [[3, 4]]], [[1, 0], [0, 2]]], [[[1, 4]], [[3, 8]]]),
    gives((x, y) => ops.matmul(x, y, { transposeB: true }), [[[[1, 2]], [[3, 4]]], [[1, 1]]], [[[3]], [[7]]]),
    gives((x, y) => ops.matmul(x, y), [[[1, 2]], [[[1], [1]], [[2], [0]]]], [[[3]], [[2]]]),
    gives((x, y) => ops.matmul(x, y), [[[[[1, 2]]], [[[3, 4]]]], [[[1], [1]], [[2], [0]]]], [[[[3]], [[2]]], [[[7]], [[6]]]]),
    gives((x, y) => ops.matmul(x, y, { transposeA: true }), [[[[1, 2]], [[3, 4]]], [[2]]], [[[2], [4]], [[6], [8]]]),
    gives((x, y) => ops.matmul(x.reshape([2, 1, 0]), y.reshape([0, 2])), [[], []], [[[0, 0]], [[0, 0]]]),
    refuses(ShapeError, "matmul: expected matrices [..., m, k] and [..., k, n], got [2, 3] and [2, 3].", () => ops.matmul(ones([2, 3]), ones([2, 3]))),
    refuses(ShapeError, "matmul: expected matrices [..., m, k] and [..., k, n], got [5, 2, 3] and [2, 3].", () => ops.matmul(ones([5, 2, 3]), ones([2, 3]))),
    refuses(ShapeError, "matmul: expected matrices [..., m, k] and [..., k, n], got [3] and [3, 1].", () => ops.matmul(ones([3]), ones([3, 1]))),
    refuses(ShapeError, "matmul: expected shapes that broadcast with [2], got [3].", () => ops.matmul(ones([2, 1, 1]), ones([3, 1, 1]))),
  ],
  max: [
    gives((x) => ops.max(x), [a23], 6),
    gives((x) => ops.max(x, 0), [[[1, 5], [4, 2]]], [4, 5]),
    gives((x) => ops.max(x, [0, 2], { keepDims: true }), [[[[1, 5], [4, 2]], [[0, 3], [9, 7]]]], [[[5], [9]]]),
    refuses(ShapeError, "max: expected at least one element, got [0, 2].", () => ops.max(zeros([0, 2]))),
    refuses(IndexError, "max axis: expected a whole number in -2..1, got 2.", () => ops.max(ones([2, 2]), 2)),
  ],
  maximum: [gives(ops.maximum, [[1, 5], [[4], [2]]], [[4, 5], [2, 5]]), ...notBroadcast("maximum")],
  mean: [
    gives((x) => ops.mean(x), [a23], 3.5),
    gives((x) => ops.mean(x, -1), [a23], [2, 5]),
    refuses(IndexError, "mean axis: expected a whole number in -1..0, got 0.5.", () => ops.mean(ones([2]), 0.5)),
  ],
  minimum: [gives(ops.minimum, [[1, 5], [[4], [2]]], [[1, 4], [1, 2]]), ...notBroadcast("minimum")],
  mul: [
    gives(ops.mul, [a23, [[2], [3]]], [[2, 4, 6], [12, 15, 18]]),
    gives((x) => ops.mul(x, -2), [[1, 2]], [-2, -4]),
    gives((x) => ops.mul(x, x), [[3, -2]], [9, 4]),
    ...notBroadcast("mul"),
  ],
  neg: [gives(ops.neg, [[1, -2]], [-1, 2]), noFloats("neg")],
  norm: [gives(ops.norm, [[[3], [4]]], 5), refuses(DTypeError, "norm: expected float tensors of one type, got i32.", () => ops.norm(ids()))],
  permute: [
    gives((x) => ops.permute(x, [1, 0]), [a23], [[1, 4], [2, 5], [3, 6]]),
    gives((x) => ops.permute(x, [2, 0, 1]), [[[[1, 2], [3, 4]]]], [[[1, 3]], [[2, 4]]]),
    refuses(ShapeError, "permute: expected each axis of [2, 3] once, got [0, 0].", () => ops.permute(ones([2, 3]), [0, 0])),
    refuses(IndexError, "permute axis: expected a whole number in -2..1, got 2.", () => ops.permute(ones([2, 3]), [0, 2])),
  ],
  pick: [
    gives((x) => ops.pick(x, [1, 2]), [a23], [2, 6]),
    refuses(ShapeError, "pick index: expected [2], got [1].", () => ops.pick(ones([2, 3]), [0])),
    refuses(ShapeError, "pick: expected at least one axis, got [].", () => ops.pick(tensor(1), 0)),
    refuses(IndexError, "pick index: expected whole numbers in 0..2, got 3.", () => ops.pick(ones([1, 3]), [3])),
  ],
  pow: [
    gives((x) => ops.pow(x, 3), [[2, -3]], [8, -27]),
    gives((x) => ops.pow(x, -0.5), [[4, 0.25]], [0.5, 2]),
    gives((x) => ops.pow(x, 0), [[4, 0]], [1, 1]),
    noFloats("pow"),
  ],
  relu: [gives(ops.relu, [[-1, 2]], [0, 2]), noFloats("relu")],
  reshape: [
    gives((x) => ops.reshape(x, [3, -1]), [a23], [[1, 2], [3, 4], [5, 6]]),
    gives((x) => ops.reshape(x, []), [[[7]]], 7),
    refuses(ShapeError, "reshape: expected a shape of 6 elements, as [2, 3], got [4, -1].", () => ops.reshape(ones([2, 3]), [4, -1])),
    refuses(ShapeError, "reshape: expected a shape of 4 elements, as [4], got [-1, -1].", () => ops.reshape(ones([4]), [-1, -1])),
    refuses(ShapeError, "reshape: expected a shape of 4 elements, as [4], got [-2, -2].", () => ops.reshape(ones([4]), [-2, -2])),
  ],
  scatterAdd: [
    gives((x) => ops.scatterAdd(x, [1, 1], 3), [a23], [[0, 0, 0], [5, 7, 9], [0, 0, 0]]),
    refuses(ShapeError, "scatterAdd index: expected [2], got [1].", () => ops.scatterAdd(ones([2, 3]), [0], 2)),
    refuses(ShapeError, "scatterAdd: expected at least one axis, got [].", () => ops.scatterAdd(tensor(1), 0, 2)),
    refuses(IndexError, "scatterAdd index: expected whole numbers in 0..1, got 2.", () => ops.scatterAdd(ones([1, 3]), [2], 2)),
    refuses(OptionError, "scatterAdd rows: expected a whole number of at least 0, got -1.", () => ops.scatterAdd(ones([1, 3]), [2], -1)),
  ],
  select: [
    gives((x) => ops.select(x, 0, 1), [a23], [4, 5, 6]),
    gives((x) => ops.select(x, -1, -1), [a23], [3, 6]),
    refuses(IndexError, "select index: expected a position of an axis of 3, got -5.", () => ops.select(ones([3]), 0, -5)),
    refuses(IndexError, "select index: expected a position of an axis of 3, got 3.", () => ops.select(ones([3]), 0, 3)),
  ],
  sigmoid: [gives(ops.sigmoid, [[0, 2, -2]], [0.5, 0.8807970779778823, 0.11920292202211755]), noFloats("sigmoid")],
  sign: [gives(ops.sign, [[-3, 0, 2]], [-1, 0, 1], "not"), noFloats("sign")],
  silu: [
    gives(ops.silu, [[1, -2]], [0.7310585786300049, -0.2384058440442351]),
    refuses(DTypeError, "sigmoid: expected float tensors of one type, got i32.", () => ops.silu(ids())),
  ],
  sin: [gives(ops.sin, [[0, 0.5]], [0, 0.479425538604203]), noFloats("sin")],
  slice: [
    gives((x) => ops.slice(x, 0, 1), [a23], [[4, 5, 6]]),
    gives((x) => ops.slice(x, -1, 1), [a23], [[2, 3], [5, 6]]),
    gives((x) => ops.slice(x, 1, -2, -1), [a23], [[2], [5]]),
    gives((x) => ops.slice(x, 1, 2, 2), [a23], [[], []]),
    refuses(ShapeError, "slice: expected a range inside 0..3, got 1..4.", () => ops.slice(ones([3]), 0, 1, 4)),
    refuses(ShapeError, "slice: expected a range inside 0..3, got 2..1.", () => ops.slice(ones([3]), 0, 2, 1)),
  ],
  softmax: [
    gives(ops.softmax, [[quarter, [7, 7, 7]]], [[0.25, 0.5, 0.25], [1 / 3, 1 / 3, 1 / 3]]),
    refuses(ShapeError, "softmax: expected at least one axis, got [].", () => ops.softmax(tensor(1))),
  ],
  softplus: [gives(ops.softplus, [[0, 2, -2, 100]], [third, 2.1269280110429727, 0.1269280110429725, 100]), noFloats("softplus")],
  sqrt: [gives(ops.sqrt, [[4, 2.25]], [2, 1.5]), noFloats("sqrt")],
  squeeze: [
    gives((x) => ops.squeeze(x, 1), [[[1], [2]]], [1, 2]),
    refuses(ShapeError, "squeeze: expected extent 1 at axis 0, got [2, 1].", () => ops.squeeze(ones([2, 1]), 0)),
  ],
  step: [gives(ops.step, [[-3, 0, 2]], [0, 0, 1], "not"), noFloats("step")],
  sub: [
    gives(ops.sub, [a23, [[1], [2]]], [[0, 1, 2], [2, 3, 4]]),
    gives((x) => ops.sub(x, 3), [[1, 2]], [-2, -1]),
    gives((x) => ops.sub(x, x), [[1, 2]], [0, 0]),
    ...notBroadcast("sub"),
  ],
  sum: [
    gives((x) => ops.sum(x), [a23], 21),
    gives((x) => ops.sum(x, 0), [a23], [5, 7, 9]),
    gives((x) => ops.sum(x, [-1], { keepDims: true }), [a23], [[6], [15]]),
    gives((x) => ops.sum(x, [0, 2]), [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], [14, 22]),
    gives((x) => ops.sum(x, []), [a23], a23),
    gives((x) => ops.sum(x), [5], 5),
    gives((x) => ops.sum(x, 1), [[[], []]], [0, 0]),
    refuses(IndexError, "sum axis: expected a whole number in -2..1, got -3.", () => ops.sum(ones([2, 2]), -3)),
  ],
  tanh: [gives(ops.tanh, [[0, 0.5, -1]], [0, 0.46211715726000974, -0.7615941559557649]), noFloats("tanh")],
  transpose: [
    gives((x) => ops.transpose(x), [a23], [[1, 4], [2, 5], [3, 6]]),
    gives((x) => ops.transpose(x, 0, 1), [[[[1, 2], [3, 4]]]], [[[1, 2]], [[3, 4]]]),
    refuses(IndexError, "transpose axis: expected a whole number in -1..0, got -2.", () => ops.transpose(ones([2]))),
  ],
  unsqueeze: [
    gives((x) => ops.unsqueeze(x, 0), [[1, 2]], [[1, 2]]),
    gives((x) => ops.unsqueeze(x, -1), [[1, 2]], [[1], [2]]),
    refuses(IndexError, "unsqueeze axis: expected a whole number in -2..1, got 2.", () => ops.unsqueeze(ones([2]), 2)),
  ],
  variance: [
    gives((x) => ops.variance(x), [[1, 2, 3, 4]], 1.25),
    gives((x) => ops.variance(x, 1, { unbiased: true, keepDims: true }), [a23], [[1], [1]]),
    refuses(IndexError, "mean axis: expected a whole number in -1..0, got 1.", () => ops.variance(ones([2]), 1)),
  ],
} satisfies Record<OpName, OpCase[]>;

testCases(cases);

// biome-ignore format: one case a line.
testCases({
  concat: [
    gives((x, y) => concat([x, y]), [a23, [[7, 8, 9]]], [...a23, [7, 8, 9]]),
    gives((x, y, z) => concat([x, y, z], -1), [[[1], [2]], [[3, 4], [5, 6]], [[], []]], [[1, 3, 4], [2, 5, 6]]),
    gives((x) => concat([x, x], 0), [[1, 2]], [1, 2, 1, 2]),
    refuses(ShapeError, "concat: expected at least one tensor, got none.", () => concat([])),
    refuses(ShapeError, "concat: expected float tensors of one type like [2] but for axis 0, got f32 [2, 1].", () => concat([ones([2]), ones([2, 1])])),
    refuses(ShapeError, "concat: expected float tensors of one type like [2] but for axis 0, got f64 [2].", () => concat([ones([2]), ones([2], "f64")])),
    refuses(IndexError, "concat axis: expected a whole number in -1..0, got 1.", () => concat([ones([2])], 1)),
  ],
  stack: [
    gives((x, y) => stack([x, y]), [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    gives((x, y) => stack([x, y], -1), [[1, 2], [3, 4]], [[1, 3], [2, 4]]),
    refuses(ShapeError, "concat: expected float tensors of one type like [1, 2] but for axis 0, got f32 [1, 3].", () => stack([ones([2]), ones([3])])),
  ],
});

test("the figures of Joey NMT's label smoothing example", () => {
  const loss = (labelSmoothing: number) =>
    ops
      .crossEntropy(tensor(tenths), [2, 1, 0, 2, 3], {
        ignoreIndex: 0,
        labelSmoothing,
        smoothingForm: "others-kl",
        reduction: "sum",
      })
      .item();
  expect(loss(0.4)).toBeCloseTo(2.1326, 4);
  expect(loss(0)).toBeCloseTo(5.6268, 4);
});

test("every op is a method too", () => {
  for (const name of Object.keys(cases)) expect(tensor(1)).toHaveProperty(name);
  expect(
    ones([2])
      .mul(3)
      .add(ones([2]))
      .toArray(),
  ).toEqual([4, 4]);
});
