/** The output layer fused with its loss, against the two ops that it stands for. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.ts";
import {
  type CrossEntropyOptions,
  memoryInfo,
  noGrad,
  ops,
  randn,
  scoped,
  type Tensor,
  tensor,
} from "../../../src/tensor/index.ts";
import { expectClose, type Tolerance } from "../../support/close.ts";
import { runs } from "../../support/fc.ts";

type Loss = (inputs: readonly (Tensor | null)[]) => Tensor;
type Results = { readonly loss: ArrayLike<number>; readonly gradients: (ArrayLike<number> | null)[] };

/** The losses, and the gradients of the square of their sum, whose upstream gradient is not 1. */
function results(inputs: readonly (Tensor | null)[], loss: Loss): Results {
  const leaves = inputs.map((x) => {
    if (x === null) return null;
    const leaf = tensor(x.data(), x.shape, x.dtype);
    leaf.requiresGrad = true;
    return leaf;
  });
  const y = loss(leaves);
  const total = ops.sum(y);
  ops.mul(total, total).backward();
  return { loss: y.data(), gradients: leaves.map((leaf) => leaf?.grad?.data() ?? null) };
}

function expectSame(actual: Results, expected: Results, tolerance: Tolerance): void {
  expectClose(actual.loss, expected.loss, tolerance);
  actual.gradients.forEach((gradient, i) => {
    if (expected.gradients[i] === null) expect(gradient).toBeNull();
    else expectClose(gradient ?? [], expected.gradients[i], tolerance);
  });
}

interface Layer {
  readonly inputs: readonly (Tensor | null)[];
  readonly targets: Tensor;
}

function layer(rows: number, classes: number, width: number, bias: boolean, dtype: "f32" | "f64"): Layer {
  const random = new Random(rows + classes);
  const targets = Int32Array.from({ length: rows }, () => random.integer(classes));
  return {
    inputs: [
      randn([rows, width], random, dtype),
      randn([classes, width], random, dtype),
      bias ? randn([classes], random, dtype) : null,
    ],
    targets: tensor(targets, [rows], "i32"),
  };
}

const fused =
  ({ targets }: Layer, options: CrossEntropyOptions): Loss =>
  ([hidden, weight, bias]) =>
    ops.linearCrossEntropy(hidden as Tensor, weight as Tensor, bias, targets, options);

const apart =
  ({ targets }: Layer, options: CrossEntropyOptions): Loss =>
  ([hidden, weight, bias]) =>
    ops.crossEntropy(ops.linear(hidden as Tensor, weight as Tensor, bias), targets, options);

// 40,000 classes leave room for 256 rows: 300 of them, of which 33 are ignored, are two blocks.
const [ROWS, CLASSES] = [300, 40_000];
const wide = () => {
  const made = layer(ROWS, CLASSES, 3, true, "f32");
  const targets = made.targets.data().map((id, row) => (row % 9 === 4 ? 7 : id));
  return { ...made, targets: tensor(targets, [ROWS], "i32") };
};

// The first test: the peak is that of the whole process.
test("the logits of the whole batch never exist", () => {
  const logitBytes = 4 * ROWS * CLASSES;
  scoped(() => {
    const made = wide();
    const before = memoryInfo();
    const leaves = made.inputs.map((x) => {
      if (x) x.requiresGrad = true;
      return x;
    });
    fused(made, { ignoreIndex: 7 })(leaves).backward();
    // The weight's gradient and a block of 144 rows.
    expect(memoryInfo().peakBytes - before.liveBytes).toBeLessThan(logitBytes / 2);
  });
});

const anyOptions = fc.record(
  {
    labelSmoothing: fc.constantFrom(0, 0.1, 1),
    smoothingForm: fc.constantFrom("uniform", "others", "others-kl"),
    reduction: fc.constantFrom("mean", "sum", "none"),
  },
  { requiredKeys: [] },
);

test("is crossEntropy of linear: losses and gradients, in every form", () => {
  fc.assert(
    fc.property(
      fc.nat(7),
      fc.integer({ min: 3, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      fc.boolean(),
      anyOptions,
      (rows, classes, width, bias, weighted, form) => {
        for (const dtype of ["f64", "f32"] as const) {
          const made = layer(rows, classes, width, bias, dtype);
          const random = new Random(classes);
          const shares = Float64Array.from({ length: classes }, () => random.integer(3));
          const options = {
            ...form,
            ignoreIndex: 1,
            ...(weighted && form.smoothingForm !== "others-kl"
              ? { weight: tensor(shares, [classes], dtype) }
              : {}),
          };
          const tolerance = dtype === "f64" ? { atol: 1e-11, rtol: 1e-11 } : { atol: 1e-3, rtol: 1e-4 };
          expectSame(
            results(made.inputs, fused(made, options)),
            results(made.inputs, apart(made, options)),
            tolerance,
          );
        }
      },
    ),
    { numRuns: Math.ceil(runs.numRuns / 2) },
  );
});

test.each(["mean", "sum", "none"] as const)("several blocks make one whole: %s", (reduction) => {
  scoped(() => {
    const made = wide();
    const options = { ignoreIndex: 7, labelSmoothing: 0.1, reduction };
    const [actual, expected] = [fused, apart].map((make) => results(made.inputs, make(made, options)));
    // The square of a sum of some 3,000 nats makes large gradients.
    const largest = Math.max(...expected.gradients.map((g) => Math.max(...Array.from(g ?? [], Math.abs))));
    expectSame(actual, expected, { atol: 1e-5 * largest, rtol: 1e-4 });
  });
});

test("without gradients there are losses alone", () => {
  scoped(() => {
    const made = layer(5, 6, 2, true, "f32");
    for (const x of made.inputs) if (x) x.requiresGrad = true;
    const before = memoryInfo().liveBytes;
    const loss = noGrad(() => fused(made, {})(made.inputs));
    expect(loss.requiresGrad).toBe(false);
    // A scalar and five losses; no gradients are kept for a way back.
    expect(memoryInfo().liveBytes - before).toBeLessThan(200);
    expectClose(loss.item(), apart(made, {})(made.inputs).item());
  });
});

test("gradients of the inputs that ask for them, and of no others", () => {
  scoped(() => {
    const made = layer(5, 6, 2, true, "f64");
    const [hidden, weight, bias] = made.inputs as Tensor[];
    weight.requiresGrad = true;
    fused(made, {})(made.inputs).backward();
    expect([hidden.grad, bias.grad]).toEqual([null, null]);
    const expected = results(made.inputs, (leaves) => ops.mul(apart(made, {})(leaves), 1));
    const loss = apart(made, {})(made.inputs).item();
    // results() differentiates the square: 2 loss times as much.
    expectClose(weight.grad?.mul(2 * loss).data() ?? [], expected.gradients[1] ?? [], { atol: 1e-12 });
  });
});

test("a second way back through the same loss adds the same gradients again", () => {
  scoped(() => {
    const made = layer(5, 6, 2, true, "f64");
    for (const x of made.inputs) if (x) x.requiresGrad = true;
    const loss = fused(made, { labelSmoothing: 0.1 })(made.inputs);
    loss.backward();
    const once = made.inputs.map((x) => x?.grad?.data() ?? []);
    loss.backward();
    made.inputs.forEach((x, i) => {
      expectClose(
        x?.grad?.data() ?? [],
        Array.from(once[i], (g) => 2 * g),
        { atol: 1e-14 },
      );
    });
  });
});

test("class weights belong to the graph: freed before the way back, they are missed", () => {
  for (const reduction of ["none", "mean"] as const) {
    const hidden = tensor([[1, 2]]);
    hidden.requiresGrad = true;
    const weight = tensor([5, 5, 5]);
    const output = tensor([1, 2, 3, 4, 5, 6], [3, 2]);
    const losses = [
      ops.crossEntropy(ops.linear(hidden, output, null), [0], { weight, reduction }),
      ops.linearCrossEntropy(hidden, output, null, [0], { weight, reduction }),
    ];
    // Of a fused mean the gradients are there already, once.
    if (reduction === "mean") losses[1].backward();
    weight.dispose();
    for (const loss of losses) expect(() => loss.sum().backward()).toThrow("expected live data");
  }
});
