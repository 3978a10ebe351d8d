import { expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { TransformerSeq2Seq, type TransformerSeq2SeqOptions } from "../../src/models/transformer-seq2seq.ts";
import { configure, noGrad } from "../../src/tensor/index.ts";
import {
  describeNetwork,
  describeOptions,
  ids,
  PREVIOUS,
  SOURCE,
  VOCABULARIES,
} from "../support/translation-networks.ts";

const SIZES = {
  ...VOCABULARIES,
  dModel: 8,
  nhead: 2,
  dimFeedforward: 6,
  numEncoderLayers: 1,
  numDecoderLayers: 2,
};
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

for (const [name, options] of Object.entries(kinds)) {
  describeNetwork(
    `TransformerSeq2Seq: ${name}`,
    (random) => new TransformerSeq2Seq({ ...SIZES, ...options }, random),
  );
}

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

describeOptions(
  "TransformerSeq2Seq",
  (options) => new TransformerSeq2Seq({ ...SIZES, ...options }, new Random(1)),
  [
    [{ nhead: 3 }, "8"],
    [{ activation: "rleu" }, 'Did you mean "relu"?'],
    [{ positions: "rotery" }, 'Did you mean "rotary"?'],
    [{ numDecoderLayers: 0 }, "expected a whole number of at least 1, got 0."],
  ],
);
