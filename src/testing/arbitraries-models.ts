/** fast-check arbitraries for small models. */
import fc from "fast-check";
import { Random } from "../base/random.ts";
import { Translator } from "../models/translator.ts";
import { trainTokenizer } from "../text/train-tokenizer.ts";

/**
 * Untrained translators of every kind of cell, attention, depth and direction, from the words a..e to the words v..z,
 * small enough for hundreds of cases.
 *
 * @example
 * fc.assert(fc.property(smallTranslators(), (translator) => translator.translate(["a b"]).length === 1), { numRuns: 5 });
 */
export function smallTranslators(): fc.Arbitrary<Translator> {
  const source = trainTokenizer(["a b c d e"], { type: "word" });
  const target = trainTokenizer(["v w x y z"], { type: "word" });
  return fc
    .record({
      cell: fc.constantFrom("lstm" as const, "gru" as const),
      attention: fc.constantFrom("additive" as const, "dot" as const, "bilinear" as const),
      encoderLayers: fc.integer({ min: 1, max: 2 }),
      decoderLayers: fc.integer({ min: 1, max: 2 }),
      bidirectional: fc.boolean(),
      inputFeeding: fc.boolean(),
      tieEmbeddings: fc.constantFrom("none" as const, "target" as const),
      seed: fc.nat(),
    })
    .map(({ seed, ...options }) => {
      return new Translator({
        ...options,
        source,
        target,
        embeddingSize: 6,
        hiddenSize: 6,
        random: new Random(seed),
      });
    });
}
