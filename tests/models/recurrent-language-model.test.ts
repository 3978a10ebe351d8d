import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  RECURRENT_CELLS,
  RecurrentLanguageModel,
  type RecurrentLanguageModelOptions,
} from "../../src/models/recurrent-language-model.ts";
import { memoryInfo, noGrad, ops, scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { causalModule, moduleLaws } from "../../src/testing/laws-module.ts";
import { runs } from "../support/fc.ts";

const V = 7;
const SMALL = { vocabularySize: V, hiddenSize: 5, embeddingSize: 4, numLayers: 2 };
const make = (options: Partial<RecurrentLanguageModelOptions> = {}, seed = 1) =>
  new RecurrentLanguageModel({ ...SMALL, ...options }, new Random(seed));
const randomIds = (random: Random, batch: number, time: number) =>
  tensor(
    new Int32Array(batch * time).map(() => random.integer(V)),
    [batch, time],
    "i32",
  );

describe.each(RECURRENT_CELLS)("RecurrentLanguageModel: %s", (cell) => {
  const tied = { cell, embeddingSize: 5, tieEmbeddings: true, dropout: 0.5 };
  describe.each([{ cell }, tied])("%j", (options) => {
    const laws = {
      ...moduleLaws({
        make: (random) => new RecurrentLanguageModel({ ...SMALL, ...options }, random),
        run: (network, random) => network.logits(network.hidden(randomIds(random, 2, 4))),
      }),
      "a later token changes no bit of an earlier prediction (law 65)": causalModule({
        make: (random) => new RecurrentLanguageModel({ ...SMALL, ...options }, random),
        input: randomIds,
        run: (network, x) => network.logits(network.hidden(x)),
      }),
    };
    test.each(Object.entries(laws))("law: %s", (law, property) => {
      fc.assert(property, {
        numRuns: Math.max(2, Math.floor(runs.numRuns / (law === "gradient" ? 60 : 10))),
      });
    });
  });

  test("reading in parts, with the state carried, is reading the whole (law 54)", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), (seed, parts) => {
        const network = make({ cell }, seed);
        const time = parts.reduce((sum, length) => sum + length, 0);
        scoped(() => {
          const ids = randomIds(new Random(seed), 2, time).toArray() as number[][];
          const whole = network.hidden(ids).data();
          const state = network.start();
          let from = 0;
          const pieces = parts.map((length) => {
            const piece = noGrad(() =>
              network.hidden(
                ids.map((row) => row.slice(from, from + length)),
                state,
              ),
            );
            from += length;
            return piece.toArray() as number[][][];
          });
          state.dispose();
          const joined = [0, 1].flatMap((row) => pieces.flatMap((piece) => piece[row].flat()));
          joined.forEach((x, i) => {
            expect(x).toBeCloseTo(whole[i], 5);
          });
        });
      }),
      { numRuns: Math.ceil(runs.numRuns / 10) },
    );
  });

  test("no gradient passes a detached state, and all of it one that is not (laws 53 and 55)", () => {
    const network = make({ cell });
    const gradientOfFirst = (pass: (x: Tensor) => Tensor) => {
      return scoped(() => {
        const [, state] = network.forward([[1, 2]]);
        const [hidden] = network.forward([[3, 3, 4]], state.map(pass));
        ops.sum(hidden).backward();
        const rows = network.embedding.weight.grad?.toArray() as number[][];
        network.embedding.weight.grad = null;
        return rows.map((row) => Math.hypot(...row));
      });
    };
    const [detached, whole] = [gradientOfFirst((x) => x.detach()), gradientOfFirst((x) => x)];
    expect(detached.map(Boolean)).toEqual([false, false, false, true, true, false, false]);
    expect(whole.map(Boolean)).toEqual([false, true, true, true, true, false, false]);
  });

  test("rows of a state can be taken, doubled and left out", () => {
    const network = make({ cell });
    scoped(() =>
      noGrad(() => {
        const state = network.start();
        state.select(Int32Array.of(0)); // nothing yet
        network.hidden([[1], [2], [3]], state);
        state.select(Int32Array.of(2, 0, 2, 1));
        const taken = network.hidden([[4], [4], [4], [4]], state).toArray();
        state.dispose();
        const each = [3, 1, 3, 2].map((id) => (network.hidden([[id, 4]]).toArray() as number[][][])[0][1]);
        expect(taken).toEqual(each.map((row) => [row.map((x) => expect.closeTo(x, 5))]));
      }),
    );
  });

  test("a state holds memory until it is disposed of", () => {
    const network = make({ cell });
    const { liveBytes } = memoryInfo();
    const state = network.start();
    for (let i = 0; i < 3; i++) scoped(() => noGrad(() => network.hidden([[1, 2]], state)));
    expect(memoryInfo().liveBytes).toBeGreaterThan(liveBytes);
    state.dispose();
    expect(memoryInfo().liveBytes).toBe(liveBytes);
  });
});

describe("RecurrentLanguageModel", () => {
  test("has the weights of PyTorch's word language model", () => {
    const network = make({ vocabularySize: 1000, embeddingSize: 200, hiddenSize: 200 });
    // Embedding and output, output bias, two layers of 4 gates with two weights and two biases each.
    expect(network.parameterCount()).toBe(2 * 1000 * 200 + 1000 + 2 * 4 * 200 * (200 + 200 + 2));
    expect(network.namedParameters().map(([name]) => name)).toEqual([
      "embedding.weight",
      ...["l0", "l1"].flatMap((layer) =>
        ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => `recurrent.${name}_${layer}`),
      ),
      "outputWeight",
      "outputBias",
    ]);
    for (const { name, bound } of [
      { name: "embedding.weight", bound: 0.1 },
      { name: "outputWeight", bound: 0.1 },
      { name: "recurrent.weight_hh_l1", bound: 1 / Math.sqrt(200) },
    ]) {
      const view = network.stateDict().get(name)?.view() as Float32Array;
      const largest = view.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(largest, name).toBeGreaterThan(0.99 * bound);
      expect(largest, name).toBeLessThanOrEqual(Math.fround(bound));
    }
    expect(new Set(network.outputBias.data())).toEqual(new Set([0]));
  });

  test("tied weights are one parameter", () => {
    const network = make({ embeddingSize: 5, tieEmbeddings: true });
    expect(network.outputWeight).toBe(network.embedding.weight);
    expect(make({ embeddingSize: 5 }).parameterCount() - network.parameterCount()).toBe(V * 5);
  });

  test.each([
    [{ hiddensize: 4 }, 'Did you mean "hiddenSize"?'],
    [{ hiddenSize: 0 }, "hiddenSize: expected a whole number of at least 1, got 0."],
    [{ vocabularySize: 0 }, "vocabularySize: expected a whole number of at least 1, got 0."],
    [{ cell: "lsmt" }, 'Did you mean "lstm"?'],
    [{ tieEmbeddings: true }, "tieEmbeddings: expected embeddingSize equal to hiddenSize, got 4 and 5."],
    [{ dropout: 2 }, "dropout: expected a number of at least 0"],
  ])("%j is refused", (options, message) => {
    expect(() => make(options as object)).toThrow(OptionError);
    expect(() => make(options as object)).toThrow(message);
  });
});
