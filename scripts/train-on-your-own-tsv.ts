/**
 * Trains a translator on your own sentence pairs: source, tab, target; further columns are ignored.
 *
 *     npx tsx scripts/train-on-your-own-tsv.ts PAIRS.tsv[.gz] [RUN] [MINUTES]
 *
 * Without a file it takes the bundled corpus.
 */
import {
  bleu,
  configure,
  Random,
  readTsv,
  splitByGroup,
  Translator,
  train,
  trainTokenizer,
} from "../src/index.ts";

const bundled = new URL("../corpora/toy-fr/train.tsv", import.meta.url).pathname;
const [file = bundled, out = "runs/own", minutes = "5"] = process.argv.slice(2);

// Blank lines and very long sentences are left out, and counted.
const { pairs, skipped } = readTsv(file, { maxWords: 50 });
console.log(
  `${pairs.length} pairs; left out: ${skipped.blank.count} blank, ${skipped.tooLong.count} too long`,
);

// Pairs that share a sentence stay together, so that nothing in the test was seen in training.
const held = Math.min(1000, Math.ceil(pairs.length / 20));
const { train: training, valid, test } = splitByGroup(pairs, { valid: held, test: held, seed: 1 });

// One set of subwords for both languages.
const texts = training.flatMap(({ source, target }) => [source, target]);
const tokenizer = trainTokenizer(texts, { type: "bpe", split: "punctuation", merges: 8000 });

const translator = new Translator({
  source: tokenizer,
  target: tokenizer,
  embeddingSize: 256,
  hiddenSize: 256,
  tieEmbeddings: "all",
  dropout: 0.2,
  random: new Random(1),
});
console.log(`${translator.network.parameterCount()} parameters, ${configure().description}`);

const result = await train(
  translator,
  { train: training, valid },
  {
    minutes: Number(minutes),
    batchSize: 64,
    labelSmoothing: 0.1,
    lr: 1e-3,
    schedule: { type: "plateau", factor: 0.5, patience: 0 },
    clipNorm: 1,
    monitor: "loss",
    patience: 4,
    out,
    onEvent(event) {
      if (event.type === "log" && event.record.kind === "train") {
        const { step, epoch, loss = 0, tokensPerSecond = 0 } = event.record;
        console.log(
          `step ${step} (epoch ${epoch.toFixed(2)}): loss ${loss.toFixed(3)}, ${tokensPerSecond.toFixed(0)} tokens/s`,
        );
      } else if (event.type === "validation") {
        console.log(
          `validation: perplexity ${event.validation.perplexity.toFixed(3)}${event.best ? ", the best so far" : ""}`,
        );
      }
    },
  },
);

const hypotheses = translator.translate(test.map(({ source }) => source));
const score = bleu(
  hypotheses,
  test.map(({ references }) => references),
);
console.log(`Test BLEU ${score.score.toFixed(2)} (${score.signature}) after ${result.steps} steps`);
console.log(`Try it: npm run -s lexigrad -- mt translate ${out}`);
