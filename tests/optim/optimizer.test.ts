import { describe, expect, test } from "vitest";
import { DTypeError, OptionError, OutOfMemoryError, ShapeError, StateError } from "../../src/base/errors.ts";
import { Adagrad } from "../../src/optim/adagrad.ts";
import { Adam, AdamW } from "../../src/optim/adam.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { RMSprop } from "../../src/optim/rmsprop.ts";
import { SGD } from "../../src/optim/sgd.ts";
import { memoryInfo, scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { heap } from "../../src/tensor/runtime.ts";
import { expectClose } from "../support/close.ts";
import { leaf } from "../support/golden.ts";
import { OPTIMIZERS, stepBy, values } from "../support/optimizers.ts";

const CLASSES = { SGD, Adagrad, RMSprop, Adam, AdamW };
const each = Object.entries(OPTIMIZERS);

describe("parameters and gradients", () => {
  test.each(each)("%s: a parameter without gradient is left alone and keeps no state", (_name, make) => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const optimizer = make([a, b]);
    stepBy(optimizer, [[1, 1], null]);
    expect(b.toArray()).toEqual([3, 4]);
    expect([...optimizer.stateDict().keys()].filter((name) => name.startsWith("1."))).toEqual([]);
    expect(a.toArray()).not.toEqual([1, 2]);
  });

  test.each(each)("%s: steps in scopes neither lose their state nor leak", (_name, make) => {
    const x = leaf([1, 2]);
    const optimizer = make([x]);
    const step = () =>
      scoped(() => {
        optimizer.zeroGrad();
        x.mul(x).sum().backward();
        optimizer.step();
      });
    step();
    const { liveBytes } = memoryInfo();
    for (let i = 0; i < 50; i++) step();
    expect(memoryInfo().liveBytes).toBe(liveBytes);
    expect(optimizer.stateDict().get("0.step")?.item()).toBe(51);
  });

  test("zeroGrad frees the gradients", () => {
    const x = leaf([1, 2]);
    x.mul(x).sum().backward();
    const gradient = x.grad as Tensor;
    new SGD([x]).zeroGrad();
    expect(x.grad).toBeNull();
    expect(() => gradient.data()).toThrow(StateError);
  });

  test("the learning rate can be set between steps", () => {
    const x = leaf([1]);
    const optimizer = new SGD([x], { lr: 0.5 });
    optimizer.learningRate = 0.25;
    stepBy(optimizer, [[1]]);
    expect(x.toArray()).toEqual([0.75]);
    expect(() => {
      optimizer.learningRate = Number.NaN;
    }).toThrow("SGD lr: expected a number of at least 0, got NaN.");
  });

  test("a gradient that does not fit stops the step before anything has changed", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const optimizer = new Adam([a, b]);
    expect(() => stepBy(optimizer, [[1, 1], [1]])).toThrow(ShapeError);
    b.grad = tensor([1, 1], undefined, "f64");
    expect(() => optimizer.step()).toThrow("gradient of parameter 1: expected f32, got f64.");
    expect(() => optimizer.step()).toThrow(DTypeError);
    expect(values([a, b])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(optimizer.stateDict().size).toBe(0);
  });

  test("parameters must be some, each once", () => {
    const x = leaf([1]);
    expect(() => new SGD([])).toThrow("expected at least one parameter, each once");
    expect(() => new SGD([x, x])).toThrow("SGD parameters: expected at least one parameter, each once");
    expect(() => new SGD([x, x])).toThrow("got 2 with repetitions.");
    expect(
      () =>
        new SGD([
          ["a", x],
          ["a", leaf([1])],
        ]),
    ).toThrow(OptionError);
  });
});

describe("decay", () => {
  test.each(Object.entries(CLASSES))("%s: matrices decay, vectors do not", (name, Class) => {
    const moved = (options: object) => {
      const parameters = [leaf([[1, 2]]), leaf([3, 4]), leaf(5)];
      const optimizer = new Class(parameters, { lr: 0.5, ...options });
      for (let i = 0; i < 3; i++) stepBy(optimizer, [[[1, 1]], [1, 1], 1]);
      return values(parameters);
    };
    const [all, none] = [moved({ weightDecay: 0.25 }), moved({ weightDecay: 0 })];
    expect(moved({ weightDecay: 0.25, decay: "all" })).toEqual(all);
    expect(moved({ weightDecay: 0.25, decay: "matrices" })).toEqual([all[0], none[1], none[2]]);
    for (const i of all.keys()) expect(all[i]).not.toEqual(none[i]);
    expect(() => moved({ decay: "biases" })).toThrow(
      `${name} decay: expected one of all, matrices, got "biases".`,
    );
  });
});

describe("running out of memory", () => {
  test.each(each)("%s: at whichever allocation of a first step, nothing changes or leaks", (_name, make) => {
    const parameters = [leaf([1, 2]), leaf([3, 4])];
    const optimizer = make(parameters);
    for (const parameter of parameters) parameter.grad = tensor([1, 1]);
    const { liveBytes } = memoryInfo();
    let failures = 0;
    for (let done = false; !done; ) {
      heap.failAfter(failures);
      try {
        optimizer.step();
        done = true;
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(memoryInfo().liveBytes).toBe(liveBytes);
        expect(values(parameters)).toEqual([
          [1, 2],
          [3, 4],
        ]);
        failures++;
      } finally {
        heap.failAfter(Number.POSITIVE_INFINITY);
      }
    }
    expect(failures).toBe(optimizer.stateDict().size - 2);
    const reference = [leaf([1, 2]), leaf([3, 4])];
    stepBy(make(reference), [
      [1, 1],
      [1, 1],
    ]);
    expect(values(parameters)).toEqual(values(reference));
  });

  test("loading state leaves the old one", () => {
    const [source, target] = [leaf([1, 2]), leaf([1, 2])].map((x) => new Adam([x]));
    stepBy(source, [[1, 2]]);
    stepBy(target, [[3, 4]]);
    const dict = source.stateDict();
    const before = values([...target.stateDict().values()]);
    const { liveBytes } = memoryInfo();
    for (const successes of [0, 1]) {
      heap.failAfter(successes);
      expect(() => target.loadStateDict(dict)).toThrow(OutOfMemoryError);
    }
    expect(memoryInfo().liveBytes).toBe(liveBytes);
    expect(values([...target.stateDict().values()])).toEqual(before);
  });
});

test("centered RMSprop under a constant gradient divides by 0 or more, never by the root of less", () => {
  for (const alpha of [0.5, 0.9, 0.99]) {
    const x = leaf(Array.from({ length: 100 }, (_, i) => i));
    const optimizer = new RMSprop([x], { centered: true, alpha });
    const gradient = Array.from({ length: 100 }, (_, i) => (i + 1) * 0.37);
    for (let i = 0; i < 200; i++) stepBy(optimizer, [gradient]);
    expect(x.data().every(Number.isFinite)).toBe(true);
  }
});

describe("options", () => {
  const x = leaf([1]);
  test.each(Object.entries(CLASSES))("%s rejects unknown options, naming the nearest", (name, Class) => {
    const options = { weigthDecay: 1 } as object;
    expect(() => new Class([x], options)).toThrow(`${name} option: expected one of lr,`);
    expect(() => new Class([x], options)).toThrow('Did you mean "weightDecay"?');
    expect(() => new Class([x], { lr: -1 })).toThrow(`${name} lr: expected a number of at least 0, got -1.`);
    expect(() => new Class([x], { weightDecay: -1 })).toThrow(`${name} weightDecay: expected`);
  });

  test("impossible values", () => {
    expect(() => new SGD([x], { nesterov: true })).toThrow(
      "SGD nesterov: expected momentum above 0, got momentum 0.",
    );
    expect(() => new SGD([x], { nesterov: 1 as never })).toThrow(
      "SGD nesterov: expected true or false, got 1.",
    );
    expect(() => new SGD([x], { momentum: -1 })).toThrow("SGD momentum: expected");
    expect(() => new Adam([x], { betas: [0.9, 1] })).toThrow(
      "Adam betas: expected two numbers of at least 0 and below 1, got [0.9, 1].",
    );
    expect(() => new Adam([x], { betas: 0.9 as never })).toThrow("Adam betas: expected two numbers");
    expect(() => new AdamW([x], { eps: -1 })).toThrow("AdamW eps: expected");
    expect(() => new Adagrad([x], { lrDecay: -1 })).toThrow("Adagrad lrDecay: expected");
    expect(() => new Adagrad([x], { eps: -1 })).toThrow("Adagrad eps: expected");
    expect(() => new Adagrad([x], { initialAccumulatorValue: -1 })).toThrow(
      "Adagrad initialAccumulatorValue:",
    );
    expect(() => new RMSprop([x], { alpha: 2 })).toThrow("RMSprop alpha: expected");
    expect(() => new RMSprop([x], { eps: Number.NaN })).toThrow("RMSprop eps: expected");
    expect(() => new RMSprop([x], { momentum: -1 })).toThrow("RMSprop momentum: expected");
  });
});

describe("state", () => {
  const make = (count = 2) => {
    const parameters = Array.from({ length: count }, () => leaf([1, 2]));
    return new Adam(parameters.map((x, i) => [`layer.${i}`, x] as const));
  };
  const trained = () => {
    const optimizer = make();
    stepBy(optimizer, [
      [1, 2],
      [3, 4],
    ]);
    return optimizer;
  };

  test("names are the parameter's, with PyTorch's names of the states", () => {
    expect([...trained().stateDict().keys()]).toEqual([
      "layer.0.step",
      "layer.0.exp_avg",
      "layer.0.exp_avg_sq",
      "layer.1.step",
      "layer.1.exp_avg",
      "layer.1.exp_avg_sq",
    ]);
    expectClose(trained().stateDict().get("layer.1.exp_avg")?.data() ?? [], [0.3, 0.4]);
    const x = leaf([1]);
    const names = (optimizer: Optimizer) => {
      stepBy(optimizer, [[1]]);
      return [...optimizer.stateDict().keys()];
    };
    expect(names(new SGD([x]))).toEqual(["0.step"]);
    expect(names(new SGD([x], { momentum: 0.5 }))).toEqual(["0.step", "0.momentum_buffer"]);
    expect(names(new Adagrad([x]))).toEqual(["0.step", "0.sum"]);
    expect(names(new RMSprop([x], { centered: true, momentum: 0.5 }))).toEqual([
      "0.step",
      "0.square_avg",
      "0.grad_avg",
      "0.momentum_buffer",
    ]);
    expect(names(new AdamW([x], { amsgrad: true }))).toEqual([
      "0.step",
      "0.exp_avg",
      "0.exp_avg_sq",
      "0.max_exp_avg_sq",
    ]);
  });

  test("loading copies: the source can be trained on", () => {
    const [source, target] = [trained(), make()];
    target.loadStateDict(source.stateDict());
    stepBy(source, [
      [1, 1],
      [1, 1],
    ]);
    expectClose(target.stateDict().get("layer.0.exp_avg")?.data() ?? [], [0.1, 0.2]);
    expect(target.stateDict().get("layer.0.step")?.item()).toBe(1);
  });

  test("the state of a new optimizer empties a used one", () => {
    const optimizer = trained();
    optimizer.loadStateDict(make().stateDict());
    expect(optimizer.stateDict().size).toBe(0);
  });

  test.each<[string, (dict: Map<string, Tensor>) => void, string]>([
    ["a missing entry", (dict) => dict.delete("layer.1.exp_avg"), "got one without layer.1.exp_avg."],
    ["an unknown entry", (dict) => dict.set("layer.9.step", tensor(1)), "got one with unknown layer.9.step."],
    [
      "both",
      (dict) => dict.delete("layer.0.step") && dict.set("extra", tensor(1)),
      "Adam state: expected step, exp_avg, exp_avg_sq for each parameter, " +
        "got one without layer.0.step and with unknown extra.",
    ],
    [
      "a wrong shape",
      (dict) => dict.set("layer.1.exp_avg_sq", tensor([1])),
      "layer.1.exp_avg_sq: expected [2], got [1].",
    ],
    [
      "a wrong step",
      (dict) => dict.set("layer.1.step", tensor(0.5)),
      "layer.1.step: expected a whole number of at least 1, got 0.5.",
    ],
  ])("%s is refused and changes nothing", (_name, spoil, message) => {
    const optimizer = make();
    stepBy(optimizer, [
      [5, 6],
      [7, 8],
    ]);
    const dict = new Map(trained().stateDict());
    spoil(dict);
    const before = values([...optimizer.stateDict().values()]);
    expect(() => optimizer.loadStateDict(dict)).toThrow(message);
    expect(values([...optimizer.stateDict().values()])).toEqual(before);
  });
});
