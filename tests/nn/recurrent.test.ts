import { describe, expect, test } from "vitest";
import { IndexError, OptionError, ShapeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { GRU, LSTM, RNN } from "../../src/nn/recurrent.ts";
import { ones, randn, tensor } from "../../src/tensor/index.ts";
import { expectClose } from "../support/close.ts";
import { loadFixture } from "../support/fixture.ts";
import { array, load, PRECISIONS, replay } from "../support/golden.ts";
import { LAYERS } from "../support/recurrent-layers.ts";

const layers = Object.entries(LAYERS);
const OPTIONS = { inputSize: 2, hiddenSize: 3 };

describe.each(PRECISIONS)("PyTorch's values in %s", (...precision) => {
  const cases = Object.keys(LAYERS).flatMap((kind) =>
    loadFixture(kind).cases.map((entry) => [`${kind}: ${entry.name}`, kind, entry] as const),
  );
  test.each(cases)("%s", (_name, kind, entry) => {
    const { module, run } = LAYERS[kind](entry.options);
    load(module, entry, precision[0]);
    const options = entry.lengths ? { lengths: [...entry.lengths] } : {};
    replay(entry, precision, module.stateDict(), ({ x, ...states }) => {
      const initial = Object.values(states);
      const [output, [h_n, c_n]] = run(x, initial.length > 0 ? initial : undefined, options);
      return { output, h_n, ...(c_n ? { c_n } : {}) };
    });
  });
});

// PyTorch's C++ test of the LSTM (test/cpp/api/rnn.cpp): parameters i / numel, inputs (24 - i) / 24, time first.
test("PyTorch's worked LSTM", () => {
  const lstm = new LSTM({ inputSize: 2, hiddenSize: 2 });
  for (const parameter of lstm.parameters()) {
    parameter.view().set(Float32Array.from({ length: parameter.size }, (_, i) => i / parameter.size));
  }
  const x = tensor(
    Float32Array.from({ length: 24 }, (_, i) => (24 - i) / 24),
    [3, 4, 2],
  ).transpose(0, 1);
  const [output, [h, c]] = lstm.forward(x);
  // biome-ignore format: one time step a line
  const expected = [
    0.4391, 0.5402, 0.4330, 0.5324, 0.4261, 0.5239, 0.4183, 0.5147,
    0.6822, 0.8064, 0.6726, 0.7968, 0.6620, 0.7860, 0.6501, 0.7741,
    0.7889, 0.9003, 0.7769, 0.8905, 0.7635, 0.8794, 0.7484, 0.8666,
  ];
  expectClose(output.transpose(0, 1).data(), expected, { atol: 1e-4, rtol: 0 });
  expectClose(h.data(), expected.slice(16), { atol: 1e-4, rtol: 0 });
  expectClose(c.data(), [1.1647, 1.6106, 1.1425, 1.5726, 1.1187, 1.5329, 1.0931, 1.4911], {
    atol: 1e-4,
    rtol: 0,
  });
});

test("a GRU step by its formula: n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h", () => {
  const gru = new GRU({ inputSize: 1, hiddenSize: 1 }).to("f64");
  const set = (name: string, values: number[]) => gru.stateDict().get(name)?.view().set(values);
  set("weight_ih_l0", [0.1, -0.2, 0.3]);
  set("weight_hh_l0", [0.4, 0.5, -0.6]);
  set("bias_ih_l0", [0.7, -0.8, 0.9]);
  set("bias_hh_l0", [-0.15, 0.25, 0.35]);
  const [x, h] = [2, 0.5];
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const r = sigmoid(0.1 * x + 0.7 + 0.4 * h - 0.15);
  const z = sigmoid(-0.2 * x - 0.8 + 0.5 * h + 0.25);
  const n = Math.tanh(0.3 * x + 0.9 + r * (-0.6 * h + 0.35));
  const [output] = gru.forward(array([[[x]]], "f64"), array([[[h]]], "f64"));
  expectClose(output.item(), (1 - z) * n + z * h, { atol: 1e-14 });
});

describe.each(layers)("the %s", (_kind, make) => {
  test("parameters have PyTorch's names, in its order, and start uniform in +-1/sqrt(hiddenSize)", () => {
    const { module } = make({ inputSize: 2, hiddenSize: 16, numLayers: 2, bidirectional: true });
    expect(module.namedParameters().map(([name]) => name)).toEqual(
      ["l0", "l0_reverse", "l1", "l1_reverse"].flatMap((suffix) =>
        ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((kind) => `${kind}_${suffix}`),
      ),
    );
    expect(module.stateDict().get("weight_ih_l1")?.shape[1]).toBe(32);
    for (const parameter of module.parameters()) {
      const sizes = parameter.data().map(Math.abs);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(0.25);
      expect(Math.max(...sizes)).toBeGreaterThan(0.2);
    }
  });

  test("dropout acts between layers, while training only", () => {
    const random = new Random(3);
    const x = randn([1, 3, 2], random);
    const deep = make({ ...OPTIONS, numLayers: 2, dropout: 0.5, random });
    const outputs = () => deep.run(x)[0].data();
    expect(outputs()).not.toEqual(outputs());
    deep.module.eval();
    expect(outputs()).toEqual(outputs());
    const single = make({ ...OPTIONS, dropout: 0.9, random });
    expect(single.run(x)[0].data()).toEqual(single.run(x)[0].data());
    // With everything dropped, the second layer sees nothing of the input.
    const blind = make({ ...OPTIONS, numLayers: 2, dropout: 1, random });
    expect(blind.run(x)[0].data()).toEqual(blind.run(x.mul(-3))[0].data());
  });

  test("wrong inputs are refused", () => {
    const { module, run } = make(OPTIONS);
    const { name } = module.constructor;
    expect(() => run(ones([2, 3]))).toThrow(`${name} input: expected [B, T, 2], got [2, 3].`);
    expect(() => run(ones([1, 2, 3]))).toThrow(ShapeError);
    const states = module instanceof LSTM ? [ones([1, 2, 3]), ones([1, 1, 3])] : [ones([1, 2, 3])];
    expect(() => run(ones([1, 2, 2]), states)).toThrow(`${name} state: expected [1, 1, 3], got [1, 2, 3].`);
    expect(() => run(ones([1, 2, 2]), undefined, { lengths: [3] })).toThrow(IndexError);
    expect(() => run(ones([1, 2, 2]), undefined, { lengths: [-1] })).toThrow(
      "lengths: expected whole numbers in 0..2, got -1.",
    );
    expect(() => run(ones([1, 2, 2]), undefined, { lengths: [1, 1] })).toThrow(
      "lengths: expected [1], got [2].",
    );
    expect(() => make({ inputSize: 1, hidenSize: 1 } as never)).toThrow('Did you mean "hiddenSize"?');
    expect(() => make({ ...OPTIONS, numLayers: 0 })).toThrow("numLayers: expected");
    expect(() => make({ ...OPTIONS, dropout: 2 })).toThrow("dropout: expected");
    expect(() => make({ ...OPTIONS, inputSize: 0 })).toThrow("inputSize: expected");
  });
});

test("the LSTM's state is [h, c], the RNN's nonlinearity tanh or relu", () => {
  const lstm = new LSTM(OPTIONS);
  expect(() => lstm.forward(ones([1, 1, 2]), ones([1, 1, 3]) as never)).toThrow(
    "LSTM state: expected [h, c], got an object.",
  );
  expect(() => new RNN({ ...OPTIONS, nonlinearity: "relo" as never })).toThrow('Did you mean "relu"?');
  expect(() => new RNN({ ...OPTIONS, nonlinearity: "relo" as never })).toThrow(OptionError);
});
