import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { maskedLoss } from "../../src/models/masked-inference.ts";
import {
  TransformerMaskedLanguageModel,
  type TransformerMaskedLanguageModelOptions,
} from "../../src/models/transformer-masked-language-model.ts";
import { noGrad, scoped, type Tensor, tensor } from "../../src/tensor/index.ts";
import { type MaskedBatch, padMasked } from "../../src/text/batching-masked.ts";

const VOCABULARY = 9;
const MASK = 4;
const SIZES = {
  vocabularySize: VOCABULARY,
  dModel: 8,
  nhead: 2,
  numLayers: 2,
  dimFeedforward: 12,
  blockSize: 10,
};

const anyVariant = fc.record({
  normFirst: fc.boolean(),
  transform: fc.boolean(),
  positions: fc.constantFrom("rotary" as const, "learned" as const, "sinusoidal" as const),
  activation: fc.constantFrom("gelu" as const, "swiglu" as const),
});
const make = (variant: Omit<TransformerMaskedLanguageModelOptions, "vocabularySize"> = {}) =>
  new TransformerMaskedLanguageModel({ ...SIZES, ...variant }, new Random(3)).eval();

/** Sequences with one to three of their tokens hidden. */
const anySequence = fc
  .array(fc.integer({ min: 5, max: VOCABULARY - 1 }), { minLength: 3, maxLength: 10 })
  .chain((ids) =>
    fc.uniqueArray(fc.nat({ max: ids.length - 1 }), { minLength: 1, maxLength: 3 }).map((hidden) => {
      const positions = Int32Array.from(hidden).sort();
      const shown = Int32Array.from(ids, (id, at) => (hidden.includes(at) ? MASK : id));
      return { ids: shown, positions, targets: positions.map((at) => ids[at]) };
    }),
  );
const anyBatch = fc.array(anySequence, { minLength: 1, maxLength: 4 });

const logitsOf = (network: TransformerMaskedLanguageModel, { ids, shape, lengths, positions }: MaskedBatch) =>
  network.forward(tensor(ids, shape, "i32"), lengths, positions);

const lossOf = (
  network: TransformerMaskedLanguageModel,
  batch: MaskedBatch,
  reduction: "sum" | "mean" = "mean",
) => maskedLoss(network, batch, { reduction });

function expectClose(actual: Tensor, expected: ArrayLike<number>, tolerance: number): void {
  const values = actual.view();
  expect(values.length).toBe(expected.length);
  values.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected[i])));
  });
}

describe("TransformerMaskedLanguageModel", () => {
  test("computes the logits of the hidden positions, and no others", () => {
    const law = fc.property(anyVariant, anyBatch, (variant, sequences) => {
      const network = make(variant);
      scoped(() => {
        const batch = padMasked(sequences, 0);
        const all = Int32Array.from(batch.ids.keys());
        const everywhere = logitsOf(network, { ...batch, positions: all });
        const chosen = logitsOf(network, batch);
        expect(chosen.shape).toEqual([batch.positions.length, VOCABULARY]);
        const rows = Array.from(batch.positions, (at) =>
          Array.from(everywhere.view().subarray(at * VOCABULARY, (at + 1) * VOCABULARY)),
        );
        expectClose(chosen, rows.flat(), 1e-5);
      });
    });
    fc.assert(law, { numRuns: 30 });
  });

  test("what stands in the padding changes no bit (law 56)", () => {
    const law = fc.property(
      anyVariant,
      anyBatch,
      fc.nat({ max: VOCABULARY - 1 }),
      (variant, sequences, filler) => {
        const network = make(variant);
        scoped(() => {
          const [zeros, filled] = [padMasked(sequences, 0), padMasked(sequences, filler)];
          expect(logitsOf(network, filled).data()).toEqual(logitsOf(network, zeros).data());
        });
      },
    );
    fc.assert(law, { numRuns: 30 });
  });

  test("a sequence has the same predictions and gradients alone as in a batch (laws 56, 57)", () => {
    const law = fc.property(anyVariant, anyBatch, (variant, sequences) => {
      const network = make(variant);
      const gradients = (batches: readonly MaskedBatch[]) => {
        const losses = batches.map((batch) =>
          scoped(() => {
            const loss = lossOf(network, batch, "sum");
            loss.backward();
            return loss.item();
          }),
        );
        const found = network.parameters().map(({ grad }) => Array.from((grad as Tensor).view()));
        network.zeroGrad();
        return { loss: losses.reduce((sum, loss) => sum + loss, 0), found };
      };
      const together = gradients([padMasked(sequences, 0)]);
      const alone = gradients(sequences.map((sequence) => padMasked([sequence], 0)));
      expect(together.loss).toBeCloseTo(alone.loss, 3);
      scoped(() => {
        together.found.forEach((gradient, i) => {
          expectClose(tensor(gradient, [gradient.length]), alone.found[i], 1e-3);
        });
      });
    });
    fc.assert(law, { numRuns: 20 });
  });

  test("every position sees both sides: any other token changes the prediction", () => {
    const network = make();
    const predict = (ids: number[]) =>
      scoped(() => noGrad(() => Array.from(network.forward([ids], [5], [2]).view())));
    const base = predict([5, 6, MASK, 7, 8]);
    for (const at of [0, 1, 3, 4]) {
      const ids = [5, 6, MASK, 7, 8];
      ids[at] = 5 + ((ids[at] - 4) % 4);
      expect(predict(ids)).not.toEqual(base);
    }
  });

  test("no hidden position, no loss (row 37)", () => {
    const network = make();
    scoped(() => {
      const batch = padMasked(
        [{ ids: Int32Array.of(5, 6), positions: new Int32Array(), targets: new Int32Array() }],
        0,
      );
      const loss = lossOf(network, batch);
      loss.backward();
      expect(loss.item()).toBe(0);
      for (const { grad } of network.parameters())
        for (const value of grad?.view() ?? []) expect(value).toBe(0);
    });
    network.zeroGrad();
  });

  test("starts near the uniform distribution, whose loss is ln V", () => {
    const network = new TransformerMaskedLanguageModel(
      { ...SIZES, vocabularySize: 1000, dModel: 64 },
      new Random(1),
    );
    scoped(() => {
      const ids = Int32Array.from({ length: 10 }, (_, i) => 5 + 37 * i);
      const positions = Int32Array.from(ids.keys());
      const loss = lossOf(
        network,
        padMasked([{ ids: ids.map(() => MASK), positions, targets: ids }], 0),
      ).item();
      expect(Math.abs(loss - Math.log(1000))).toBeLessThan(1.5);
    });
  });

  test("normalises the embedding only where layers come before their normalisation (Devlin et al. 2019)", () => {
    expect(make({ normFirst: true }).embeddingNorm).toBeNull();
    expect(make({ normFirst: true }).encoder.norm).not.toBeNull();
    expect(make({ normFirst: false }).embeddingNorm).not.toBeNull();
    expect(make({ normFirst: false }).encoder.norm).toBeNull();
  });

  test.each([
    [{ blockSize: 2 }, "blockSize: expected a whole number of at least 3, got 2."],
    [
      { positions: "relative" },
      "positions: expected one of sinusoidal, sinusoidal-halves, learned, rotary, none",
    ],
    [{ layers: 2 }, "TransformerMaskedLanguageModel option: expected one of vocabularySize"],
  ])("refuses %o", (options, message) => {
    expect(() => make(options as object)).toThrow(OptionError);
    expect(() => make(options as object)).toThrow(message);
  });
});
