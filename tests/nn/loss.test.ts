import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTypeError, IndexError, ShapeError } from "../../src/base/errors.ts";
import { binaryCrossEntropyWithLogits, mseLoss, nllLoss } from "../../src/nn/loss.ts";
import { ones, type SmoothingForm, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { runs } from "../support/fc.ts";
import { type FixtureCase, loadFixture } from "../support/fixture.ts";
import { array, leaf, PRECISIONS, replay } from "../support/golden.ts";

const FORMS: Record<string, SmoothingForm> = {
  joeynmt: "others-kl",
  "fairseq-2020": "uniform",
  fairseq: "others",
};

type Loss = (inputs: Record<string, Tensor>, entry: FixtureCase, dtype: "f32" | "f64") => Tensor;

const ids = ({ targets }: FixtureCase) => targets.map((row) => [...row]);

/** Options with the class weights as a tensor. */
const withWeight = ({ options: { weight, ...options } }: FixtureCase, dtype: "f32" | "f64") => ({
  ...options,
  ...(weight ? { weight: array(weight, dtype) } : {}),
});

const LOSSES: Record<string, Loss> = {
  crossEntropy: ({ logits }, entry, dtype) => logits.crossEntropy(ids(entry), withWeight(entry, dtype)),
  /** With the identity as its weight, the hidden states are the logits. */
  linearCrossEntropy: ({ logits }, entry, dtype) => {
    const classes = logits.shape[logits.rank - 1];
    const identity = Array.from({ length: classes }, (_, i) =>
      Array.from({ length: classes }, (_, j) => Number(i === j)),
    );
    return logits.linearCrossEntropy(array(identity, dtype), null, ids(entry), withWeight(entry, dtype));
  },
  nll: ({ logProbs }, entry, dtype) => nllLoss(logProbs, ids(entry), withWeight(entry, dtype)),
  labelSmoothing: ({ logits }, entry) => {
    const { form, ...options } = entry.options;
    const flat = ids(entry);
    return logits.crossEntropy(logits.rank === 2 ? flat.flat() : flat, {
      ...options,
      smoothingForm: FORMS[form],
    });
  },
  binaryCrossEntropyWithLogits: ({ logits }, { targets, options }, dtype) =>
    binaryCrossEntropyWithLogits(logits, array(targets, dtype), options.reduction),
  mse: ({ input, target }, { options }) => mseLoss(input, target, options.reduction),
};

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  const { cases } = loadFixture("losses");
  const fused = cases
    .filter(({ kind }) => kind === "crossEntropy")
    .map((entry) => ({ ...entry, name: `${entry.name}, of a linear map`, kind: "linearCrossEntropy" }));
  test.each([...cases, ...fused].map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
    replay(entry, precision, new Map(), (inputs) => ({
      loss: LOSSES[entry.kind](inputs, entry, precision[0]),
    }));
  });
});

// Joey NMT's test_loss.py: padding 0, smoothing 0.4, vocabulary 5.
test("Joey NMT's label smoothing", () => {
  const logits = array(Array.from({ length: 6 }, () => [0.1, 0.1, 0.6, 0.1, 0.1])).log();
  const targets = [2, 1, 2, 0, 1, 0];
  const options = { ignoreIndex: 0, reduction: "sum" } as const;
  const smoothed = logits.crossEntropy(targets, {
    ...options,
    labelSmoothing: 0.4,
    smoothingForm: "others-kl",
  });
  expectClose(smoothed.item(), 2.1326, { atol: 5e-5 });
  expectClose(logits.crossEntropy(targets, options).item(), 5.6268, { atol: 5e-5 });
});

// d loss / d logits = softmax - q: equal logits show the smoothed target q. Epsilon 0.4 over 5 classes.
test.each([
  // Joey NMT's test_loss.py: rows of 0.1333, 0.6 and 0.
  ["others-kl", [0, 0.4 / 3, 0.6, 0.4 / 3, 0.4 / 3]],
  // PyTorch, and fairseq in 2020: (1 - epsilon) nll + epsilon / V times the sum over all classes.
  ["uniform", [0.08, 0.08, 0.68, 0.08, 0.08]],
  ["others", [0.1, 0.1, 0.6, 0.1, 0.1]],
] as const)("the smoothed target of %s", (smoothingForm, q) => {
  const logits = leaf([[0, 0, 0, 0, 0]], "f64");
  logits.crossEntropy([2], { ignoreIndex: 0, labelSmoothing: 0.4, smoothingForm }).backward();
  expectClose(logits.grad?.mul(-1).add(0.2).data() ?? [], q, { atol: 1e-12 });
});

const logit = fc.double({ min: -20, max: 20, noNaN: true });
const row = fc.array(logit, { minLength: 4, maxLength: 4 });

describe("laws of softmax and cross-entropy", () => {
  test("softmax sums to 1 and does not depend on a shift", () => {
    fc.assert(
      fc.property(row, fc.integer({ min: -64, max: 64 }), (values, shift) => {
        const y = Array.from(array([values], "f64").softmax().data());
        expectClose(
          y.reduce((sum, p) => sum + p, 0),
          1,
          { atol: 1e-14 },
        );
        expectClose(
          array([values.map((x) => x + shift)], "f64")
            .softmax()
            .data(),
          y,
          { atol: 1e-13, rtol: 1e-12 },
        );
      }),
      runs,
    );
  });

  test("softmax and logSoftmax are finite up to 1e30", () => {
    const large = fc.array(fc.double({ min: -1e30, max: 1e30, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(large, (values) => {
        const x = array([values]);
        expectClose(x.softmax().sum().item(), 1);
        expect(x.logSoftmax().data().every(Number.isFinite)).toBe(true);
      }),
      runs,
    );
  });

  test("log-sum-exp is at least the maximum, and at most log n more", () => {
    fc.assert(
      fc.property(row, (values) => {
        const x = array([values], "f64");
        const logSumExp = values[0] - x.logSoftmax().data()[0];
        expect(logSumExp).toBeGreaterThanOrEqual(Math.max(...values) - 1e-12);
        expect(logSumExp).toBeLessThanOrEqual(Math.max(...values) + Math.log(4) + 1e-12);
      }),
      runs,
    );
  });

  test("cross-entropy is minus the log-softmax of the target, and its gradient sums to 0 in every row", () => {
    const target = fc.integer({ min: 0, max: 3 });
    const smoothing = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(row, target), { minLength: 1, maxLength: 4 }),
        smoothing,
        (rows, epsilon) => {
          const targets = rows.map(([, t]) => t);
          const logits = leaf(
            rows.map(([values]) => values),
            "f64",
          );
          const loss = logits.crossEntropy(targets, { reduction: "none" });
          expectClose(loss.data(), logits.logSoftmax().pick(targets).neg().data(), { atol: 1e-12 });
          logits.crossEntropy(targets, { labelSmoothing: epsilon }).backward();
          expectClose(logits.grad?.sum(1).data() ?? [], new Float64Array(rows.length), {
            atol: 1e-14,
            rtol: 0,
          });
          logits.grad = null;
        },
      ),
      runs,
    );
  });
});

describe("no targets to learn from", () => {
  test.each(["mean", "sum"] as const)("all ignored, %s: loss 0 and zero gradients", (reduction) => {
    for (const options of [{}, { weight: tensor([1, 2, 3]) }, { labelSmoothing: 0.1 }]) {
      const logits = leaf([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const loss = logits.crossEntropy([0, 0], { ignoreIndex: 0, reduction, ...options });
      expect(loss.item()).toBe(0);
      loss.backward();
      expect(logits.grad?.data().every((g) => g === 0)).toBe(true);
    }
    const logProbs = leaf([[-1, -2]]);
    const loss = nllLoss(logProbs, [1], { ignoreIndex: 1, reduction });
    expectClose(loss.item(), 0, { atol: 0 });
    loss.backward();
    expectClose(logProbs.grad?.data() ?? [], [0, 0], { atol: 0 });
  });

  test("an empty batch: loss 0", () => {
    const logits = tensor([], [0, 3]);
    expect(logits.crossEntropy([]).item()).toBe(0);
  });
});

describe("numerical edges", () => {
  test("binary cross-entropy with logits does not overflow", () => {
    const logits = leaf([[-1e30, 1e30, -1e3, 1e3, 0]]);
    const loss = binaryCrossEntropyWithLogits(logits, tensor([[0, 1, 0, 1, 0.5]]));
    expectClose(loss.item(), Math.LN2 / 5);
    loss.backward();
    expectClose(logits.grad?.data() ?? [], [0, 0, 0, 0, 0]);
  });

  test("an impossible class may have logit -Infinity", () => {
    const logits = leaf([[0, Number.NEGATIVE_INFINITY, 0]]);
    const loss = logits.crossEntropy([2]);
    expectClose(loss.item(), Math.LN2);
    loss.backward();
    expectClose(logits.grad?.data() ?? [], [0.5, 0, -0.5]);
  });
});

test("wrong shapes, targets and options are refused", () => {
  expect(() => mseLoss(ones([2, 3]), ones([3, 2]))).toThrow("mseLoss: expected targets [2, 3], got [3, 2].");
  expect(() => binaryCrossEntropyWithLogits(ones([1]), ones([2]))).toThrow(ShapeError);
  expect(() => nllLoss(zeros([1, 3]), [3])).toThrow("nllLoss target: expected whole numbers in 0..2, got 3.");
  expect(() => nllLoss(zeros([1, 3]), [-1])).toThrow(IndexError);
  expect(() => zeros([1, 3]).crossEntropy([Number.NaN])).toThrow(DTypeError);
  expect(() => zeros([2, 3]).crossEntropy([1])).toThrow("crossEntropy targets: expected [2], got [1].");
  expect(() => zeros([1, 3]).crossEntropy([1], { labelSmoothing: 2 })).toThrow("labelSmoothing: expected");
  expect(() => mseLoss(ones([1]), ones([1]), "average" as never)).toThrow("reduction: expected one of");
  const smoothed = { ignoreIndex: 0, labelSmoothing: 0.1 };
  expect(() => zeros([1, 1]).crossEntropy([0], { ...smoothed, smoothingForm: "others" })).toThrow(
    "smoothingForm others: expected at least 2 classes, got 1.",
  );
  const weighted = { ...smoothed, smoothingForm: "others-kl", weight: ones([3]) } as const;
  expect(() => zeros([1, 3]).crossEntropy([1], weighted)).toThrow(
    "smoothingForm others-kl: expected no class weights, got a weight [3].",
  );
});
