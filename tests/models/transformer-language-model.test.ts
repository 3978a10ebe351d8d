import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  TransformerLanguageModel,
  type TransformerLanguageModelOptions,
} from "../../src/models/transformer-language-model.ts";
import { noGrad, scoped, tensor } from "../../src/tensor/index.ts";
import { causalModule, moduleLaws } from "../../src/testing/laws-module.ts";
import { runs } from "../support/fc.ts";

const V = 7;
const SMALL = { vocabularySize: V, dModel: 8, nhead: 2, numLayers: 2, blockSize: 6 };
const make = (options: Partial<TransformerLanguageModelOptions> = {}, seed = 1) =>
  new TransformerLanguageModel({ ...SMALL, ...options }, new Random(seed));

const kinds: Record<string, Partial<TransformerLanguageModelOptions>> = {
  "GPT-2": { activation: "gelu-tanh" },
  "post-norm": { normFirst: false, positions: "sinusoidal" },
  "rotary, gated, without biases": { positions: "rotary", activation: "swiglu", bias: false },
  "no positions, untied": { positions: "none", tieEmbeddings: false, outputBias: true },
  "dropout everywhere, off in evaluation": {
    dropout: 0.5,
    activationDropout: 0.5,
    positions: "sinusoidal-halves",
  },
};
const randomIds = (random: Random, batch: number, time: number) =>
  tensor(
    new Int32Array(batch * time).map(() => random.integer(V)),
    [batch, time],
    "i32",
  );

/** With weights of a usual size: what normalisation makes of tiny ones bends too much for differences. */
function enlarged(network: TransformerLanguageModel): TransformerLanguageModel {
  for (const parameter of network.parameters()) {
    const view = parameter.view();
    if (parameter.rank > 1) for (let i = 0; i < view.length; i++) view[i] *= 15;
  }
  return network;
}

describe.each(Object.entries(kinds))("TransformerLanguageModel: %s", (_name, options) => {
  const sizes = { ...SMALL, ...options, dModel: 4, dimFeedforward: 6 };
  const laws = {
    ...moduleLaws({
      make: (random) => enlarged(new TransformerLanguageModel(sizes, random)),
      run: (network, random) => network.logits(network.hidden(randomIds(random, 2, 5))),
    }),
    "a later token changes no bit of an earlier prediction (law 65)": causalModule({
      make: (random) => new TransformerLanguageModel({ ...sizes, blockSize: 8 }, random),
      input: randomIds,
      run: (network, x) => network.logits(network.hidden(x)),
    }),
  };
  test.each(Object.entries(laws))("law: %s", (law, property) => {
    fc.assert(property, { numRuns: Math.max(2, Math.floor(runs.numRuns / (law === "gradient" ? 60 : 10))) });
  });
});

const logits = (network: TransformerLanguageModel, ids: number[][]): Float32Array =>
  scoped(() =>
    noGrad(() => network.logits(network.hidden(tensor(ids, undefined, "i32"))).data() as Float32Array),
  );

describe("TransformerLanguageModel", () => {
  test("has GPT-2's number of parameters", () => {
    // Radford et al. 2019, table 2, "117M": by the sizes of its layers, 124,439,808.
    const gpt2 = { vocabularySize: 50257, dModel: 768, nhead: 12, numLayers: 12, blockSize: 1024 };
    const { vocabularySize, dModel, numLayers, blockSize } = gpt2;
    const layer = 12 * dModel ** 2 + 13 * dModel;
    expect((vocabularySize + blockSize) * dModel + numLayers * layer + 2 * dModel).toBe(124_439_808);
    const count = (options: TransformerLanguageModelOptions) =>
      new TransformerLanguageModel(options, new Random(1)).parameterCount();
    const small = { vocabularySize: 50, dModel: 12, nhead: 3, numLayers: 2, blockSize: 10 };
    expect(count(small)).toBe(60 * 12 + 2 * (12 * 144 + 13 * 12) + 24);
    expect(count({ ...small, outputBias: true, tieEmbeddings: false })).toBe(count(small) + 50 + 600);
  });

  test("starts as GPT-2 does: deviation 0.02, less for what adds to the residual stream, biases 0", () => {
    const network = make({ dModel: 64, numLayers: 8, vocabularySize: 200, positions: "learned" });
    const deviation = (values: ArrayLike<number>) =>
      Math.sqrt(Array.from(values).reduce((s, x) => s + x * x, 0) / values.length);
    for (const [name, parameter] of network.namedParameters()) {
      const values = parameter.data();
      if (parameter.rank === 1) {
        expect(new Set(values), name).toEqual(new Set([name.endsWith("bias") ? 0 : 1]));
        continue;
      }
      const expected = /out_proj|linear2/.test(name) ? 0.02 / 4 : 0.02;
      // Three standard errors of the smallest, the positions.
      expect(Math.abs(deviation(values) / expected - 1), name).toBeLessThan(0.11);
    }
    expect(network.outputWeight).toBe(network.embedding.weight);
  });

  test("more tokens than learned positions are an error, and none for the others", () => {
    const long = [[0, 1, 2, 3, 4, 5, 6]];
    expect(() => logits(make(), long)).toThrow(ShapeError);
    expect(logits(make({ positions: "rotary" }), long)).toHaveLength(7 * V);
  });

  test.each([
    [{ blocksize: 4 }, "TransformerLanguageModel option: expected one of vocabularySize, dModel"],
    [{ blockSize: 0 }, "blockSize: expected a whole number of at least 1, got 0."],
    [{ vocabularySize: 0 }, "vocabularySize: expected a whole number of at least 1, got 0."],
    [{ positions: "lerned" }, "positions: expected one of sinusoidal, sinusoidal-halves"],
    [{ nhead: 3 }, "expected a multiple of the 3 heads, got 8."],
    [{ dropout: 2 }, "dropout: expected a number of at least 0"],
  ])("%j is refused", (options, message) => {
    expect(() => make(options as object)).toThrow(OptionError);
    expect(() => make(options as object)).toThrow(message);
  });
});
