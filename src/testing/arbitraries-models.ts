/** fast-check arbitraries for small models. */
import fc from "fast-check";
import { Random } from "../base/random.ts";
import { Translator } from "../models/translator.ts";
import { trainTokenizer } from "../text/train-tokenizer.ts";

/**
 * Untrained translators, recurrent ones of every kind of cell, attention, depth and direction and transformers of both
 * norm orders and every kind of positions, from the words a..e to the words v..z, small enough for hundreds of cases.
 *
 * @example
 * fc.assert(fc.property(smallTranslators(), (translator) => translator.translate(["a b"]).length === 1), { numRuns: 5 });
 */
export function smallTranslators(): fc.Arbitrary<Translator> {
  const source = trainTokenizer(["a b c d e"], { type: "word" });
  const target = trainTokenizer(["v w x y z"], { type: "word" });
  return fc
    .tuple(fc.oneof(recurrent, transformer), fc.nat())
    .map(([network, seed]) => new Translator({ ...network, source, target, random: new Random(seed) }));
}

const tieEmbeddings = fc.constantFrom("none" as const, "target" as const);

const recurrent = fc.record({
  model: fc.constant("rnn" as const),
  cell: fc.constantFrom("lstm" as const, "gru" as const),
  attention: fc.constantFrom("additive" as const, "dot" as const, "bilinear" as const),
  encoderLayers: fc.integer({ min: 1, max: 2 }),
  decoderLayers: fc.integer({ min: 1, max: 2 }),
  bidirectional: fc.boolean(),
  inputFeeding: fc.boolean(),
  tieEmbeddings,
  embeddingSize: fc.constant(6),
  hiddenSize: fc.constant(6),
});

const transformer = fc.record({
  model: fc.constant("transformer" as const),
  numEncoderLayers: fc.integer({ min: 1, max: 2 }),
  numDecoderLayers: fc.integer({ min: 1, max: 2 }),
  normFirst: fc.boolean(),
  positions: fc.constantFrom("sinusoidal", "sinusoidal-halves", "learned", "rotary", "none"),
  activation: fc.constantFrom("relu", "gelu", "swiglu"),
  tieEmbeddings,
  dModel: fc.constant(8),
  nhead: fc.constantFrom(1, 2),
  dimFeedforward: fc.constant(6),
});
