import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { TransformerSeq2Seq, type TransformerSeq2SeqOptions } from "../../src/models/transformer-seq2seq.ts";
import { configure, noGrad, scoped, tensor } from "../../src/tensor/index.ts";
import { moduleLaws } from "../../src/testing/laws-module.ts";
import { runs } from "../support/fc.ts";

const SIZES = {
  sourceVocabulary: 7,
  targetVocabulary: 7,
  dModel: 8,
  nhead: 2,
  dimFeedforward: 6,
  numEncoderLayers: 1,
  numDecoderLayers: 2,
};
const ids = (values: number[][]) => tensor(values, undefined, "i32");
const SOURCE = [
  [4, 5, 6, 2],
  [5, 2, 0, 0],
];
// No padding here: its embedding is fixed at zero, so it has no gradient to check.
const PREVIOUS = [
  [1, 4, 5],
  [1, 6, 3],
];

const kinds: Record<string, Partial<TransformerSeq2SeqOptions>> = {
  "pre-norm": {},
  "post-norm": { normFirst: false },
  "dropout everywhere, off in evaluation": { dropout: 0.5, attentionDropout: 0.5, activationDropout: 0.5 },
  "learned positions": { positions: "learned", maxLength: 9 },
  "positions in halves": { positions: "sinusoidal-halves" },
  "rotary positions": { positions: "rotary" },
  "no positions, geglu": { positions: "none", activation: "geglu" },
  "tied target embeddings": { tieEmbeddings: "target" },
  "all embeddings tied": { tieEmbeddings: "all" },
};

describe.each(Object.entries(kinds))("TransformerSeq2Seq: %s", (_name, options) => {
  const laws = moduleLaws({
    make: (random) => new TransformerSeq2Seq({ ...SIZES, ...options }, random),
    run: (network) => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS)),
  });
  test.each(Object.entries(laws))("law: %s", (_law, property) => {
    fc.assert(property, { numRuns: Math.max(3, Math.floor(runs.numRuns / 20)) });
  });

  const make = () => new TransformerSeq2Seq({ ...SIZES, ...options }, new Random(3)).eval();

  test("padding and company change no logits (laws 56, 57)", () => {
    scoped(() => {
      const network = make();
      const batch = noGrad(() => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS)));
      const alone = noGrad(() => network.forward(ids([[5, 2]]), [2], ids([[1, 6]])));
      for (let t = 0; t < 2; t++) {
        for (let v = 0; v < 7; v++) expect(batch.at(1, t, v)).toBeCloseTo(alone.at(0, t, v), 5);
      }
    });
  });

  test("a later target word changes no bit of earlier logits (law 65)", () => {
    scoped(() => {
      const network = make();
      const [a, b] = [[[1, 4, 5]], [[1, 4, 6]]].map((previous) =>
        noGrad(() => network.forward(ids([SOURCE[0]]), [4], ids(previous))),
      );
      for (let t = 0; t < 2; t++) for (let v = 0; v < 7; v++) expect(a.at(0, t, v)).toBe(b.at(0, t, v));
    });
  });
});

test("the embedding is scaled by sqrt(D) and initial logits have about unit variance", () => {
  const wide = { ...SIZES, sourceVocabulary: 500, targetVocabulary: 500, dModel: 64 };
  const network = new TransformerSeq2Seq({ ...wide, tieEmbeddings: "target" }, new Random(1)).eval();
  const logits = noGrad(() => network.forward(ids([[4, 5, 6]]), [3], ids([[1, 7, 8]])));
  const values = [...logits.view()];
  const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
  expect(variance).toBeGreaterThan(0.5);
  expect(variance).toBeLessThan(2);
});

test("every backend gives the same logits", () => {
  const results = (["reference", "simd"] as const).map((backend) => {
    configure({ backend });
    const network = new TransformerSeq2Seq(SIZES, new Random(3)).eval();
    return noGrad(() => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS))).data();
  });
  configure({ backend: "auto" });
  results[0].forEach((value, i) => {
    expect(results[1][i]).toBeCloseTo(value, 5);
  });
});

describe("TransformerSeq2Seq options", () => {
  test.each([
    [{ nhead: 3 }, "8"],
    [{ activation: "rleu" }, 'Did you mean "relu"?'],
    [{ positions: "rotery" }, 'Did you mean "rotary"?'],
    [
      { tieEmbeddings: "all", sourceVocabulary: 9 },
      "tieEmbeddings all: expected one vocabulary for both sides, got 9 and 7 tokens.",
    ],
    [{ droput: 0.1 }, 'got "droput". Did you mean "dropout"?'],
    [{ numDecoderLayers: 0 }, "expected a whole number of at least 1, got 0."],
  ])("%j is refused", (bad, message) => {
    const make = () =>
      new TransformerSeq2Seq({ ...SIZES, ...bad } as TransformerSeq2SeqOptions, new Random(1));
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});
