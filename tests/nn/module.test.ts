import { describe, expect, test } from "vitest";
import { NumericError, ShapeError, StateError } from "../../src/base/errors.ts";
import { Dropout } from "../../src/nn/dropout.ts";
import { Linear } from "../../src/nn/linear.ts";
import { Module, Parameter } from "../../src/nn/module.ts";
import { memoryInfo, ones, scoped, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";

class Block extends Module {
  linear = new Linear({ inFeatures: 2, outFeatures: 2, bias: false });
  dropout = new Dropout({ p: 0.5 });
}

class Net extends Module {
  scale = new Parameter(tensor([1, 2]));
  layers = [new Block(), new Block()];
  head = new Linear({ inFeatures: 2, outFeatures: 3 });
  readonly size = 3;
}

class Tied extends Module {
  embedding = new Parameter(ones([3, 2]));
  output = this.embedding;
}

const NAMES = ["scale", "layers.0.linear.weight", "layers.1.linear.weight", "head.weight", "head.bias"];

describe("names", () => {
  test("are the field paths, in the order of the fields, as in PyTorch", () => {
    const net = new Net();
    expect(net.namedParameters().map(([name]) => name)).toEqual(NAMES);
    expect([...net.stateDict().keys()]).toEqual(NAMES);
    expect(net.parameters()).toEqual(net.namedParameters().map(([, parameter]) => parameter));
    expect(net.parameterCount()).toBe(2 + 4 + 4 + 6 + 3);
  });

  test("a shared parameter is one parameter under two names", () => {
    const tied = new Tied();
    expect(tied.namedParameters().map(([name]) => name)).toEqual(["embedding"]);
    expect([...tied.stateDict().keys()]).toEqual(["embedding", "output"]);
    expect(tied.parameterCount()).toBe(6);
  });

  test("odd names do no harm", () => {
    class Odd extends Module {}
    const odd = new Odd() as Odd & Record<string, Parameter>;
    Object.defineProperty(odd, "__proto__", { value: new Parameter(ones([1])), enumerable: true });
    expect([...odd.stateDict().keys()]).toEqual(["__proto__"]);
  });
});

describe("train and eval", () => {
  test("reach every module inside", () => {
    const net = new Net();
    expect([...net.modules()]).toHaveLength(8);
    expect(net.eval()).toBe(net);
    expect([...net.modules()].some(({ training }) => training)).toBe(false);
    expect([...net.train().modules()].every(({ training }) => training)).toBe(true);
  });
});

describe("parameters", () => {
  test("outlive the scope they are made in", () => {
    const net = scoped(() => new Net());
    expect(net.head.bias?.data()).toHaveLength(3);
  });

  test("zeroGrad frees the gradients", () => {
    const layer = new Linear({ inFeatures: 2, outFeatures: 2 });
    const { liveBytes } = memoryInfo();
    scoped(() =>
      layer
        .forward(ones([1, 2]))
        .sum()
        .backward(),
    );
    const gradient = layer.weight.grad as Tensor;
    expect(memoryInfo().liveBytes).toBeGreaterThan(liveBytes);
    layer.zeroGrad();
    expect(memoryInfo().liveBytes).toBe(liveBytes);
    expect(layer.weight.grad).toBeNull();
    expect(() => gradient.data()).toThrow(StateError);
  });

  test("to converts all of them and keeps sharing", () => {
    const net = new Net().to("f64");
    expect(net.parameters().every(({ dtype }) => dtype === "f64")).toBe(true);
    expect(net.scale.toArray()).toEqual([1, 2]);
    const tied = new Tied().to("f64");
    expect(tied.output).toBe(tied.embedding);
  });
});

describe("loadStateDict", () => {
  const copyOf = (module: Module): Map<string, Tensor> =>
    new Map(Array.from(module.stateDict(), ([name, x]) => [name, tensor(x.data(), x.shape)]));
  const valuesOf = (module: Module) => [...copyOf(module).values()].map((x) => x.toArray());

  test("makes another module the same, without sharing memory", () => {
    const [source, target] = [new Net(), new Net()];
    target.loadStateDict(source.stateDict());
    expect(valuesOf(target)).toEqual(valuesOf(source));
    source.scale.view().fill(9);
    expect(target.scale.toArray()).toEqual([1, 2]);
  });

  test.each<[string, (state: Map<string, Tensor>) => void, new (...args: never[]) => Error, string]>([
    [
      "missing and unknown names",
      (state) => {
        state.delete("head.bias");
        state.delete("scale");
        state.set("head.bais", zeros([3]));
      },
      StateError,
      "state dict: expected the 5 parameters of this Net, " +
        "got one without scale, head.bias and with unknown head.bais.",
    ],
    [
      "a missing name",
      (state) => state.delete("scale"),
      StateError,
      "state dict: expected the 5 parameters of this Net, got one without scale.",
    ],
    [
      "another shape, of the same size",
      (state) => state.set("head.weight", zeros([2, 3])),
      ShapeError,
      "parameter head.weight: expected [3, 2], got [2, 3].",
    ],
    [
      "a NaN",
      (state) => state.set("head.bias", tensor([0, Number.NaN, 0])),
      NumericError,
      "parameter head.bias: expected finite numbers, got NaN. Pass allowNonFinite to load it all the same.",
    ],
    [
      "an infinity",
      (state) => state.set("head.bias", tensor([0, 0, Number.NEGATIVE_INFINITY])),
      NumericError,
      "parameter head.bias: expected finite numbers, got -Infinity.",
    ],
  ])("refuses %s and changes nothing", (_name, spoil, type, message) => {
    const net = new Net();
    const before = valuesOf(net);
    const state = copyOf(new Net());
    state.set("scale", tensor([5, 6]));
    spoil(state);
    expect(() => net.loadStateDict(state)).toThrow(type);
    expect(() => net.loadStateDict(state)).toThrow(message);
    expect(valuesOf(net)).toEqual(before);
  });

  test("a shared parameter may come under any of its names, with one value", () => {
    const values = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    for (const names of [["embedding"], ["output"], ["embedding", "output"]]) {
      const tied = new Tied();
      tied.loadStateDict(new Map(names.map((name) => [name, tensor(values.data(), [3, 2])])));
      expect(tied.output.toArray()).toEqual(values.toArray());
    }
    const tied = new Tied();
    const before = valuesOf(tied);
    const state = new Map([
      ["embedding", values],
      ["output", values.mul(2)],
    ]);
    expect(() => tied.loadStateDict(state)).toThrow(StateError);
    expect(() => tied.loadStateDict(state)).toThrow(
      "parameters embedding and output: expected the same values, since this module shares them, got different ones.",
    );
    expect(() => tied.loadStateDict(new Map())).toThrow("got one without embedding, output.");
    expect(valuesOf(tied)).toEqual(before);
  });

  test("loads NaN when allowed", () => {
    const net = new Net();
    const state = copyOf(net);
    state.set("scale", tensor([Number.NaN, 1]));
    net.loadStateDict(state, { allowNonFinite: true });
    expect(net.scale.toArray()).toEqual([Number.NaN, 1]);
  });
});
