import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Seq2Seq, type Seq2SeqOptions } from "../../src/models/seq2seq.ts";
import { noGrad, scoped, tensor } from "../../src/tensor/index.ts";
import { moduleLaws } from "../../src/testing/laws-module.ts";
import { runs } from "../support/fc.ts";

const SIZES = { sourceVocabulary: 7, targetVocabulary: 7, embeddingSize: 4, hiddenSize: 4 };
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

const kinds: Record<string, Partial<Seq2SeqOptions>> = {
  "LSTM with additive attention": {},
  "dropout, off in evaluation": { dropout: 0.5, encoderLayers: 2 },
  "GRU with dot attention": { cell: "gru", attention: "dot" },
  "two layers with bilinear attention": { encoderLayers: 2, decoderLayers: 2, attention: "bilinear" },
  "one direction, no input feeding": { bidirectional: false, inputFeeding: false },
  "tied target embeddings": { tieEmbeddings: "target" },
  "all embeddings tied": { tieEmbeddings: "all", encoderLayers: 2 },
};

describe.each(Object.entries(kinds))("Seq2Seq: %s", (_name, options) => {
  const laws = moduleLaws({
    make: (random) => new Seq2Seq({ ...SIZES, ...options }, random),
    run: (network) => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS)),
  });
  test.each(Object.entries(laws))("law: %s", (_law, property) => {
    fc.assert(property, { numRuns: Math.max(3, Math.floor(runs.numRuns / 20)) });
  });

  test("padding and company change no logits (laws 56, 57)", () => {
    scoped(() => {
      const network = new Seq2Seq({ ...SIZES, ...options }, new Random(3)).eval();
      const batch = noGrad(() => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS)));
      const alone = noGrad(() => network.forward(ids([[5, 2]]), [2], ids([[1, 6]])));
      for (let t = 0; t < 2; t++) {
        for (let v = 0; v < 7; v++) expect(batch.at(1, t, v)).toBeCloseTo(alone.at(0, t, v), 5);
      }
    });
  });

  test("a later target word changes no earlier logits", () => {
    scoped(() => {
      const network = new Seq2Seq({ ...SIZES, ...options }, new Random(3)).eval();
      const [a, b] = [[[1, 4, 5]], [[1, 4, 6]]].map((previous) =>
        noGrad(() => network.forward(ids([SOURCE[0]]), [4], ids(previous))),
      );
      for (let v = 0; v < 7; v++) expect(a.at(0, 1, v)).toBe(b.at(0, 1, v));
    });
  });
});

describe("Seq2Seq options", () => {
  test.each([
    [{ cell: "lstn" }, 'cell: expected one of lstm, gru, got "lstn". Did you mean "lstm"?'],
    [{ hiddenSize: 3 }, "hiddenSize: expected an even number for a bidirectional encoder, got 3."],
    [
      { tieEmbeddings: "target", embeddingSize: 6 },
      "tieEmbeddings: expected embeddingSize equal to hiddenSize, got 6 and 4.",
    ],
    [
      { tieEmbeddings: "all", sourceVocabulary: 9 },
      "tieEmbeddings all: expected one vocabulary for both sides, got 9 and 7 tokens.",
    ],
    [{ droput: 0.1 }, 'got "droput". Did you mean "dropout"?'],
    [{ dropout: 2 }, "dropout: expected a number of at least 0 and at most 1, got 2."],
    [{ encoderLayers: 0 }, "encoderLayers: expected a whole number of at least 1, got 0."],
  ])("%j is refused", (bad, message) => {
    const make = () => new Seq2Seq({ ...SIZES, ...bad } as Seq2SeqOptions, new Random(1));
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});
