/**
 * Times beam search with a transformer of random weights, of the size of peers/pytorch_translate.py:
 * `translate.ts LENGTHS BATCH BACKEND` prints one line of JSON. Each sentence is as long as a line of LENGTHS says, and
 * so is its translation.
 */
import { configure, Random, readLines, Translator, trainTokenizer } from "../../../src/index.ts";
import { NO_WARM_UP, peakMiB, report, timed } from "./clock.ts";

const [lengths, batch, backend] = process.argv.slice(2);
configure({ backend: backend as "auto" });
const words = Array.from({ length: 10_122 }, (_, i) => `w${i}`);
const tokenizer = trainTokenizer([words.join(" ")], { type: "word" });
const network = { model: "transformer", tieEmbeddings: "all", dropout: 0 } as const;
const translator = new Translator({ source: tokenizer, target: tokenizer, ...network });
const random = new Random(1);
// The end of a sentence is a token too.
const sentences = readLines(lengths).map((length) =>
  Array.from({ length: Number(length) - 1 }, () => words[random.integer(words.length)]).join(" "),
);
const options = {
  ...{ beamSize: 5, batchSize: Number(batch), minLength: 1000, maxLength: (length: number) => length },
};
translator.translate(sentences.slice(0, Number(batch)), options);
const times = timed(
  { warmUp: NO_WARM_UP, steps: 1 },
  () => undefined,
  () => translator.translate(sentences, options),
);
report({ ...times, units: sentences.length, peakMiB: peakMiB() });
