/**
 * The main job, end to end: trains an English-French translator on the bundled corpus in about two minutes, translates
 * held-out sentences and scores them. Copy this file and change it. `npm start` runs it.
 */
import { bleu, configure, Random, readTsv, Translator, train, trainTokenizer } from "../src/index.ts";

const FLOOR = 90; // BLEU on the test set; a run below it has failed
const [out = "runs/toy"] = process.argv.slice(2);
const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(0).padStart(3);

// 1. Parallel text: English, tab, French. No test sentence occurs in the training data on either side.
const corpus = new URL("../corpora/toy-fr/", import.meta.url).pathname;
const [training, valid, test] = ["train", "valid", "test"].map(
  (part) => readTsv(`${corpus}${part}.tsv`).pairs,
);

// 2. Words and punctuation marks become ids.
const source = trainTokenizer(
  training.map((pair) => pair.source),
  { type: "word", split: "punctuation" },
);
const target = trainTokenizer(
  training.map((pair) => pair.target),
  { type: "word", split: "punctuation" },
);

// 3. A bidirectional LSTM reads; an LSTM with attention writes.
const translator = new Translator({
  source,
  target,
  embeddingSize: 128,
  hiddenSize: 128,
  dropout: 0.1,
  random: new Random(1),
});
console.log(`${translator.network.parameterCount()} parameters, ${configure().description}`);

// 4. Training, with a translation to look at now and then.
const steps = 1550; // 11 passes
const { peakMemory = 0, ...result } = await train(
  translator,
  { train: training, valid },
  {
    batchSize: 64,
    steps,
    minutes: 2.6,
    lr: 4e-3,
    schedule: { type: "cosine", warmup: 50, totalSteps: steps },
    clipNorm: 1,
    bleu: true,
    logEvery: 50,
    validateEvery: 310,
    monitor: "bleu",
    out,
    onEvent(event) {
      if (event.type === "log" && event.record.kind === "train") {
        const { step, loss = 0, tokensPerSecond = 0 } = event.record;
        const [pair] = valid;
        console.log(
          `${seconds()} s  step ${step}  loss ${loss.toFixed(3)}  ${tokensPerSecond.toFixed(0)} tokens/s`,
        );
        console.log(`       ${pair.source} -> ${translator.translate([pair.source])[0]}`);
      } else if (event.type === "validation") {
        const { perplexity, bleu: score = 0 } = event.validation;
        console.log(
          `${seconds()} s  validation: perplexity ${perplexity.toFixed(3)}, BLEU ${score.toFixed(2)}`,
        );
      }
    },
  },
);

// 5. Held-out sentences: translate, look, score.
const hypotheses = translator.translate(
  test.map((pair) => pair.source),
  { beamSize: 5 },
);
for (let i = 0; i < 5; i++) {
  console.log(`\n  ${test[i].source}\n  translation  ${hypotheses[i]}\n  reference    ${test[i].target}`);
}
const score = bleu(
  hypotheses,
  test.map((pair) => [pair.target]),
);
console.log(`\nTest BLEU ${score.score.toFixed(2)} (${score.signature})`);
console.log(
  `${result.steps} steps in ${result.seconds.toFixed(0)} s, ${result.tokensPerSecond.toFixed(0)} tokens/s`,
);
console.log(`Peak memory ${(peakMemory / 2 ** 20).toFixed(0)} MiB. Report: ${out}/report.html`);
if (score.score < FLOOR) {
  console.error(`BLEU ${score.score.toFixed(2)} is below the floor of ${FLOOR}.`);
  process.exitCode = 1;
}
