/**
 * The main job, end to end: trains an English-French translator on the bundled corpus in about two minutes, translates
 * held-out sentences and scores them. Copy this file and change it. `npm start` runs it, each time anew.
 */
import { rmSync } from "node:fs";
import { bleu, configure, readTsv, Translator, train, trainTokenizer } from "../src/index.ts";

const FLOOR = 90; // BLEU on the test set; a run below it has failed
const out = "runs/toy";
rmSync(out, { recursive: true, force: true });
const started = performance.now();
const say = (text: string) => console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(3)} s  ${text}`);

// 1. Parallel text: English, tab, French. No test sentence occurs in the training data on either side.
const read = (part: string) => readTsv(new URL(`../corpora/toy-fr/${part}.tsv`, import.meta.url).pathname).pairs;
const [training, valid, test] = [read("train"), read("valid"), read("test")];
const english = training.map((pair) => pair.source);
const french = training.map((pair) => pair.target);

// 2. Words and punctuation marks become ids. A bidirectional LSTM reads them; an LSTM with attention writes.
const translator = new Translator({
  source: trainTokenizer(english, { type: "word", split: "punctuation" }),
  target: trainTokenizer(french, { type: "word", split: "punctuation" }),
  embeddingSize: 128,
  hiddenSize: 128,
  dropout: 0.2,
  inputFeeding: false, // without it the decoder runs over whole sentences at once, which is faster
});
say(`${translator.network.parameterCount()} parameters, ${configure().description}`);

// 3. Training. Ctrl-C ends it after the step at hand; what was learned is saved and can translate.
const controller = new AbortController();
let askedAt = 0;
process.on("SIGINT", () => {
  // npm passes on a Ctrl-C that the terminal has sent to us as well; a later one stops at once.
  if (askedAt > 0 && performance.now() - askedAt > 1000) process.exit(130);
  askedAt ||= performance.now();
  controller.abort();
});
const steps = 1800; // 13 passes over the data
const options = {
  batchSize: 64,
  steps,
  minutes: 2.6,
  lr: 4e-3,
  schedule: { type: "cosine", warmup: 50, totalSteps: steps },
  clipNorm: 1,
  bleu: true,
  monitor: "bleu",
  validSentences: 100,
  validateEvery: 450,
  out,
} as const;

const result = await train(translator, { train: training, valid }, {
  ...options,
  signal: controller.signal,
  // A translation to look at, now and then.
  onEvent(event) {
    if (event.type === "log" && event.record.kind === "train") {
      const { step, loss = 0, tokensPerSecond = 0 } = event.record;
      say(`step ${step}  loss ${loss.toFixed(3)}  ${tokensPerSecond.toFixed(0)} tokens/s`);
      console.log(`       ${valid[0].source} -> ${translator.translate([valid[0].source])[0]}`);
    } else if (event.type === "validation") {
      const { perplexity, bleu: score = 0 } = event.validation;
      say(`validation: perplexity ${perplexity.toFixed(3)}, BLEU ${score.toFixed(2)}`);
    }
  },
});

if (result.interrupted) {
  say(`stopped at step ${result.steps}; what was learned is in ${out}`);
  process.exit(130);
}

// 4. Held-out sentences: translate, look, score.
const hypotheses = translator.translate(test.map((pair) => pair.source), { beamSize: 5 });
for (let i = 0; i < 5; i++) {
  console.log(`\n  ${test[i].source}\n  translation  ${hypotheses[i]}\n  reference    ${test[i].target}`);
}
const score = bleu(hypotheses, test.map((pair) => [pair.target]));
console.log(`\nTest BLEU ${score.score.toFixed(2)} (${score.signature})`);
const memory = ((result.peakMemory ?? 0) / 2 ** 20).toFixed(0);
say(`${result.steps} steps, ${result.tokensPerSecond.toFixed(0)} tokens/s, peak memory ${memory} MiB; see ${out}/report.html`);
if (score.score < FLOOR) {
  console.error(`BLEU ${score.score.toFixed(2)} is below the floor of ${FLOOR}.`);
  process.exitCode = 1;
}
