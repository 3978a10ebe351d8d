import { describe, expect, test } from "vitest";
import { OutOfMemoryError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  keep,
  kernelsFor,
  lstmSequence,
  memoryInfo,
  ones,
  ops,
  randn,
  Scope,
  scoped,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { heap } from "../../src/tensor/runtime.ts";

const live = () => memoryInfo().liveBytes;

describe("Scope", () => {
  test("frees what was made inside, and not what was made outside or kept", () => {
    const outside = ones([100]);
    const before = live();
    let lost: Tensor | undefined;
    const kept = scoped(() => {
      lost = outside.mul(2);
      return keep(outside.mul(3));
    });
    expect(live() - before).toBe(448);
    expect([outside.at(0), kept.at(99)]).toEqual([1, 3]);
    expect(() => lost?.data()).toThrow(StateError);
    expect(() => scoped(() => lost?.add(1))).toThrow(
      "tensor [100]: expected live data, got a tensor whose scope has ended or that was disposed of. " +
        "Use keep(tensor) inside the scope to let it survive.",
    );
    kept.dispose();
    expect(live()).toBe(before);
  });

  test("keep moves one scope outwards", () => {
    scoped(() => {
      const kept = scoped(() => keep(scoped(() => keep(ones([2])))));
      expect(kept.toArray()).toEqual([1, 1]);
    });
    const lost = scoped(() => scoped(() => keep(ones([2]))));
    expect(() => lost.data()).toThrow(StateError);
  });

  test("scope.keep reaches out of the scopes inside it", () => {
    const kept = scoped((outer) => scoped(() => outer.keep(ones([2]))));
    expect(kept.toArray()).toEqual([1, 1]);
  });

  test("keep does not shorten the life of what lives longer", () => {
    const outside = ones([2]);
    scoped(() => {
      const middle = ones([2]);
      scoped(() => scoped(() => [keep(outside), keep(middle)]));
      expect(middle.toArray()).toEqual([1, 1]);
    });
    expect(outside.toArray()).toEqual([1, 1]);
  });

  test("keeping a view keeps the data", () => {
    const row = scoped(() =>
      keep(
        tensor([
          [1, 2],
          [3, 4],
        ]).select(0, 1),
      ),
    );
    expect(row.toArray()).toEqual([3, 4]);
  });

  test("keep outside every scope is refused", () => {
    expect(() => keep(ones([1]))).toThrow(StateError);
    expect(() => keep(ones([1]))).toThrow("keep: expected an open Scope, got none.");
  });

  test("an exception frees everything and passes on", () => {
    const before = live();
    const failing = () =>
      scoped(() => {
        ones([10]).mul(2);
        scoped(() => ones([10]).add(ones([3])));
      });
    expect(failing).toThrow("add: expected shapes that broadcast");
    expect(live()).toBe(before);
    expect(() => keep(ones([1]))).toThrow("expected an open Scope");
  });

  test("closing an outer scope closes the inner ones, and closing twice is harmless", () => {
    const before = live();
    const outer = new Scope();
    const inner = new Scope();
    ones([10]);
    outer[Symbol.dispose]();
    inner[Symbol.dispose]();
    outer[Symbol.dispose]();
    expect(live()).toBe(before);
  });

  test("dispose frees at once and may be repeated", () => {
    scoped(() => {
      const before = live();
      const x = ones([1000]);
      x.dispose();
      x.dispose();
      expect(live()).toBe(before);
      expect(() => x.item()).toThrow("expected a tensor of one element");
      expect(() => x.view()).toThrow(StateError);
    });
  });

  test("gradients live as long as their leaf, not as long as the step", () => {
    const w = ones([2]);
    w.requiresGrad = true;
    scoped(() => w.mul(3).sum().backward());
    scoped(() => w.mul(4).sum().backward());
    expect(w.grad?.toArray()).toEqual([7, 7]);
  });
});

/** A linear layer after an LSTM, trained by gradient descent on one batch. */
class Step {
  readonly #random = new Random(5);
  readonly #x = randn([3, 2, 2], this.#random);
  readonly #targets = tensor([1, 0], undefined, "i32");
  readonly #h0 = ones([2, 3]);
  readonly weights = [[12, 2], [12, 3], [12], [12], [2, 3], [2]].map((shape) => {
    const weight = randn(shape, this.#random);
    weight.requiresGrad = true;
    return weight;
  });

  /** The loss before the step. Leaves the weights alone when it throws. */
  run(): number {
    const [wih, whh, bih, bhh, w, b] = this.weights;
    try {
      return scoped(() => {
        const options = { lengths: null, rows: null, reverse: false };
        const [y] = lstmSequence([this.#x, this.#h0, this.#h0, wih, whh, bih, bhh], options);
        const loss = ops.crossEntropy(
          y
            .select(0, -1)
            .linear(w, b)
            .add(y.mean(0).sum(1, { keepDims: true })),
          this.#targets,
        );
        loss.backward();
        for (const weight of this.weights) {
          kernelsFor("f32").axpy(-0.1, (weight.grad as Tensor).pointer, weight.pointer, weight.size);
        }
        return loss.item();
      });
    } finally {
      for (const weight of this.weights) {
        weight.grad?.dispose();
        weight.grad = null;
      }
    }
  }
}

test("live bytes are flat over 10,000 training steps, and the memory does not grow", () => {
  const [w, b] = [randn([2, 3], new Random(1)), ones([2])];
  const x = ones([4, 3]);
  for (const each of [w, b]) each.requiresGrad = true;
  const step = () =>
    scoped(() => {
      x.linear(w, b).tanh().sum().backward();
      for (const each of [w, b])
        kernelsFor("f32").axpy(-0.01, (each.grad as Tensor).pointer, each.pointer, each.size);
    });
  step();
  const before = memoryInfo();
  for (let i = 0; i < 10_000; i++) step();
  expect(memoryInfo()).toEqual(before);
});

describe("when the n-th allocation of a training step fails", () => {
  test.each([
    ["once", false],
    ["and all after it", true],
  ])("%s: a typed error, nothing leaks, and a retry succeeds", (_title, forever) => {
    const step = new Step();
    const values = step.weights.map((weight) => weight.data());
    const reset = () => {
      for (const [i, weight] of step.weights.entries()) weight.view().set(values[i]);
    };
    const loss = step.run();
    const before = live();
    let failures = 0;
    for (let n = 0; ; n++) {
      reset();
      heap.failAfter(n, forever);
      let result: number | undefined;
      try {
        result = step.run();
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(String(error)).toMatch(
          /^OutOfMemoryError: tensor memory: expected room for \d+ more bytes beside the \d+ in use, got a failure that was asked for\. Use smaller batches, or free tensors with a Scope\.$/,
        );
        failures++;
      } finally {
        heap.failAfter(Number.POSITIVE_INFINITY);
      }
      expect(live()).toBe(before);
      if (result !== undefined) break;
      expect(step.weights.map((weight) => weight.data())).toEqual(values);
      expect(step.run()).toBe(loss);
    }
    expect(failures).toBeGreaterThan(30);
  });
});

test("a tensor too large for the address space is refused, and earlier ones stay", () => {
  const x = ones([3]);
  const [tall, wide] = [ones([2 ** 18, 1]), ones([1, 2 ** 18])];
  expect(() => tall.add(wide)).toThrow(OutOfMemoryError);
  expect(() => tall.add(wide)).toThrow(
    /^tensor memory: expected room for 274877906944 more bytes .* got a limit of \d+ bytes/,
  );
  expect(x.add(1).toArray()).toEqual([2, 2, 2]);
});
