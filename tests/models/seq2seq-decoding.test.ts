import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../src/base/random.ts";
import { beamSearch } from "../../src/decode/beam-search.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { Seq2SeqDecoding } from "../../src/models/seq2seq-decoding.ts";
import { memoryInfo } from "../../src/tensor/index.ts";
import { stepModelLaws } from "../../src/testing/laws-step-model.ts";
import { padSequences } from "../../src/text/batching.ts";

const SOURCES = [
  [4, 5, 2],
  [4, 2],
  [5, 5, 4, 5, 2],
];
const IDS = { bosId: 1, eosId: 2, forbiddenIds: [0, 1, 3] };

const network = (cell: "lstm" | "gru", decoderLayers: number) =>
  new Seq2Seq(
    { sourceVocabulary: 6, targetVocabulary: 6, embeddingSize: 4, hiddenSize: 4, cell, decoderLayers },
    new Random(5),
  ).eval();

describe.each([
  ["lstm", 1],
  ["gru", 2],
] as const)("Seq2SeqDecoding with %s of %i layers", (cell, layers) => {
  const model = network(cell, layers);
  const laws = stepModelLaws(
    (sentences) => new Seq2SeqDecoding(model, padSequences(sentences.map((i) => SOURCES[i])), IDS),
    { sentences: SOURCES.length, maxLength: 4 },
  );
  test.each(Object.entries(laws))("law: %s", (_name, property) => {
    fc.assert(property, { numRuns: 15 });
  });
});

test("a search leaves no tensor behind", () => {
  const model = network("lstm", 2);
  const before = memoryInfo().liveBytes;
  for (let i = 0; i < 3; i++) {
    beamSearch(new Seq2SeqDecoding(model, padSequences(SOURCES), IDS), { beamSize: 3, maxLength: 7 });
  }
  expect(memoryInfo().liveBytes).toBe(before);
});
