import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { gradientsThroughTime } from "../../src/nn/gradients-through-time.ts";
import { GRU, LSTM, RNN } from "../../src/nn/recurrent.ts";
import {
  memoryInfo,
  noGrad,
  ops,
  randn,
  scoped,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.ts";

const SIZES = { inputSize: 2, hiddenSize: 3, numLayers: 2 };
const layers = {
  rnn: () => new RNN({ ...SIZES, random: new Random(1) }),
  lstm: () => new LSTM({ ...SIZES, random: new Random(1) }),
  gru: () => new GRU({ ...SIZES, random: new Random(1) }),
};

/** The state after x `[T, inputSize]`, flat, from a flat one. */
function run(layer: RNN | LSTM | GRU, x: Tensor, state: readonly number[]): number[] {
  return scoped(() =>
    noGrad(() => {
      const shape = [SIZES.numLayers, 1, SIZES.hiddenSize];
      const size = SIZES.numLayers * SIZES.hiddenSize;
      const part = (i: number) => tensor(state.slice(i * size, (i + 1) * size), shape, "f64");
      const input = ops.reshape(x, [1, ...x.shape]);
      if (layer instanceof LSTM)
        return layer.forward(input, [part(0), part(1)])[1].flatMap((s) => [...s.data()]);
      return [...layer.forward(input, part(0))[1].data()];
    }),
  );
}

describe("gradientsThroughTime", () => {
  test.each(Object.entries(layers))("%s: agrees with central differences", (name, make) => {
    const layer = make().to("f64") as RNN | LSTM | GRU;
    const x = randn([5, 2], new Random(2), "f64");
    const norms = gradientsThroughTime(layer, x);
    expect(norms).toHaveLength(6);
    expect(norms[5]).toBe(1);
    const size = 6 * (name === "lstm" ? 2 : 1);
    const part = (from: number, to: number) => ops.slice(x, 0, from, to);
    for (let t = 0; t < 5; t++) {
      const zero = new Array<number>(size).fill(0);
      const state = t === 0 ? zero : run(layer, part(0, t), zero);
      let squares = 0;
      for (let i = 0; i < size; i++) {
        const moved = (by: number) =>
          run(
            layer,
            part(t, 5),
            state.map((value, j) => value + (i === j ? by : 0)),
          );
        const [up, down] = [moved(1e-5), moved(-1e-5)];
        for (let j = 0; j < size; j++) squares += ((up[j] - down[j]) / 2e-5) ** 2;
      }
      expect(norms[t]).toBeCloseTo(Math.sqrt(squares / size), 8);
    }
  });

  test("a cell that forgets nothing keeps its gradient (law 50)", () => {
    const lstm = new LSTM({ inputSize: 1, hiddenSize: 2, random: new Random(1) });
    const state = lstm.stateDict();
    for (const x of state.values()) x.view().fill(0);
    // Gates i, f, g, o: nothing is let in, all is kept, and nothing is shown.
    state.get("bias_ih_l0")?.view().set([-50, -50, 50, 50, 0, 0, -50, -50]);
    const norms = gradientsThroughTime(lstm, zeros([30, 1]));
    // c passes, h does not: half of the four numbers of the state.
    for (const norm of norms.subarray(0, 30)) expect(norm).toBeCloseTo(Math.SQRT1_2, 6);
  });

  test("a simple recurrence vanishes or explodes with its weight", () => {
    const rnn = new RNN({ inputSize: 1, hiddenSize: 1, nonlinearity: "relu", random: new Random(1) });
    for (const weight of [0.5, 2]) {
      for (const x of rnn.stateDict().values()) x.view().fill(0);
      rnn.stateDict().get("weight_hh_l0")?.view().fill(weight);
      rnn.stateDict().get("bias_ih_l0")?.view().fill(1);
      const norms = gradientsThroughTime(rnn, zeros([6, 1]));
      // At the first step the state is 0, but what goes into relu is positive.
      expect([...norms]).toEqual([6, 5, 4, 3, 2, 1, 0].map((steps) => weight ** steps));
    }
  });

  test("nothing to read, memory, and what has no such derivative", () => {
    expect([...gradientsThroughTime(layers.gru(), zeros([0, 2]))]).toEqual([1]);
    const lstm = layers.lstm();
    const x = zeros([4, 2]);
    gradientsThroughTime(lstm, x);
    const { liveBytes } = memoryInfo();
    gradientsThroughTime(lstm, x);
    expect(memoryInfo().liveBytes).toBe(liveBytes);
    expect(lstm.parameters().every(({ grad, requiresGrad }) => grad === null && requiresGrad)).toBe(true);
    expect(() => gradientsThroughTime(lstm, zeros([4, 3]))).toThrow(ShapeError);
    expect(() => gradientsThroughTime(lstm, zeros([4, 3]))).toThrow(
      "expected x of shape [T, 2], got [4, 3].",
    );
    const both = new GRU({ ...SIZES, bidirectional: true });
    expect(() => gradientsThroughTime(both, x)).toThrow(OptionError);
    expect(() => gradientsThroughTime(both, x)).toThrow("expected a layer of one direction, got two.");
  });
});
