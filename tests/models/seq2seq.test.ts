import { Random } from "../../src/base/random.ts";
import { Seq2Seq, type Seq2SeqOptions } from "../../src/models/seq2seq.ts";
import { describeNetwork, describeOptions, VOCABULARIES } from "../support/translation-networks.ts";

const SIZES = { ...VOCABULARIES, embeddingSize: 4, hiddenSize: 4 };

const kinds: Record<string, Partial<Seq2SeqOptions>> = {
  "LSTM with additive attention": {},
  "dropout, off in evaluation": { dropout: 0.5, encoderLayers: 2 },
  "GRU with dot attention": { cell: "gru", attention: "dot" },
  "two layers with bilinear attention": { encoderLayers: 2, decoderLayers: 2, attention: "bilinear" },
  "one direction, no input feeding": { bidirectional: false, inputFeeding: false },
  "tied target embeddings": { tieEmbeddings: "target" },
  "all embeddings tied": { tieEmbeddings: "all", encoderLayers: 2 },
};

for (const [name, options] of Object.entries(kinds)) {
  describeNetwork(`Seq2Seq: ${name}`, (random) => new Seq2Seq({ ...SIZES, ...options }, random));
}

describeOptions("Seq2Seq", (options) => new Seq2Seq({ ...SIZES, ...options }, new Random(1)), [
  [{ cell: "lstn" }, 'cell: expected one of lstm, gru, got "lstn". Did you mean "lstm"?'],
  [{ hiddenSize: 3 }, "hiddenSize: expected an even number for a bidirectional encoder, got 3."],
  [
    { tieEmbeddings: "target", embeddingSize: 6 },
    "tieEmbeddings: expected embeddingSize equal to hiddenSize, got 6 and 4.",
  ],
  [{ dropout: 2 }, "dropout: expected a number of at least 0 and at most 1, got 2."],
  [{ encoderLayers: 0 }, "encoderLayers: expected a whole number of at least 1, got 0."],
]);
