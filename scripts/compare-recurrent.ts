/**
 * The same recurrent language model trained here and by PyTorch: same tokens in the same batches, same initial weights,
 * same updates. This side writes what the other needs into a folder, then trains:
 *
 *     npx tsx scripts/compare-recurrent.ts characters FOLDER input.txt [--steps 1000]
 *     npx tsx scripts/compare-recurrent.ts words FOLDER train.tokens valid.tokens [--epochs 2] [--threads 2]
 *     python3 scripts/compare-recurrent.py FOLDER [--threads 1]
 *
 * `characters` has the settings of char-rnn (Karpathy 2015): 2 LSTM layers of 128, 50 streams of 50 characters, RMSprop
 * with rate 2e-3 and share 0.95, elements of gradients limited to 5; its rate falls only after ten epochs, of which this
 * sees less. The first 90 % of the text train, the last 10 % validate. `words` has those of PyTorch's word language model: 2
 * layers of 200, dropout 0.2, 20 streams of 35 words, SGD with rate 20, norms limited to 0.25, the rate divided by 4 when a
 * validation brings no improvement. Its texts are WikiText-2's, of which lines are trimmed, empty ones dropped, and `<unk>`
 * is a word like others, `[unk]`: the form in which n-gram models are compared.
 *
 * FOLDER/run is a run directory, and the same command goes on with it when it was stopped.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readText } from "../src/base/files.ts";
import {
  configure,
  encodeWeights,
  LanguageModel,
  type LanguageModelTaskOptions,
  Random,
  type TrainOptions,
  type TrainTokenizerOptions,
  train,
  trainTokenizer,
} from "../src/index.ts";
import { languageModelSpecials } from "../src/models/language-model-text.ts";
import { splitText } from "../src/text/text-split.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string" },
    epochs: { type: "string" },
    threads: { type: "string", default: "1" },
  },
});
const [task, folder, ...paths] = positionals;
if (paths[0] === undefined) throw new Error("expected characters|words, FOLDER and the text");
configure({ threads: Number(values.threads) });

/** WikiText-2 as n-gram tools take it. */
const prepare = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim().replaceAll("<unk>", "[unk]"))
    .filter((line) => line !== "")
    .map((line) => `${line}\n`)
    .join("");

interface Task {
  readonly data: { readonly train: string; readonly valid: string };
  readonly tokenizer: TrainTokenizerOptions;
  readonly network: { readonly hiddenSize: number; readonly numLayers: number; readonly dropout?: number };
  readonly training: TrainOptions & LanguageModelTaskOptions;
}

const TASKS: Record<string, () => Task> = {
  characters: () => ({
    data: splitText(readText(paths[0]), 0.1, "characters"),
    tokenizer: { type: "char" },
    network: { hiddenSize: 128, numLayers: 2 },
    training: {
      ...{ batchSize: 50, bptt: 50, clipValue: 5, steps: Number(values.steps ?? 1000) },
      optimizer: { type: "rmsprop", lr: 2e-3, alpha: 0.95 },
      schedule: { type: "constant" },
    },
  }),
  words: () => ({
    data: { train: prepare(readText(paths[0])), valid: prepare(readText(paths[1])) },
    tokenizer: { type: "word", split: "whitespace" },
    network: { hiddenSize: 200, numLayers: 2, dropout: 0.2 },
    training: {
      ...{ batchSize: 20, bptt: 35, clipNorm: 0.25, epochs: Number(values.epochs ?? 2) },
      optimizer: { type: "sgd", lr: 20 },
      schedule: { type: "plateau", factor: 0.25, patience: 0, threshold: 0 },
    },
  }),
};

const { data, tokenizer: kind, network: sizes, training } = TASKS[task]();
const lines = kind.type === "char" ? [data.train] : data.train.split("\n");
const tokenizer = trainTokenizer(lines, { ...kind, specials: languageModelSpecials(kind.type) });
const model = new LanguageModel({ tokenizer, model: "lstm", ...sizes, random: new Random(1) });

mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(data)) {
  writeFileSync(`${folder}/${name}.ids`, model.stream.encode(text)); // i32, little-endian
  writeFileSync(`${folder}/${name}.txt`, text);
}
writeFileSync(`${folder}/initial.safetensors`, encodeWeights(model.network.stateDict()));
const vocabulary = tokenizer.tokens.length;
writeFileSync(`${folder}/settings.json`, JSON.stringify({ vocabulary, ...sizes, ...training }, null, 2));
console.log(`${vocabulary} tokens, ${model.network.parameterCount()} parameters`);

const result = await train(model, data, {
  ...{ ...training, out: `${folder}/run`, resume: true },
  onEvent(event) {
    if (event.type === "log") {
      const { step, loss, perplexity, tokensPerSecond } = event.record as unknown as Record<string, number>;
      const speed = tokensPerSecond && `${Math.round(tokensPerSecond)} tokens/s`;
      const measured =
        event.record.kind === "valid"
          ? `validation loss ${loss}, perplexity ${perplexity}`
          : `loss ${loss}, ${speed}`;
      console.log(`step ${step}: ${measured}`);
    }
  },
});
console.log(`${Math.round(result.tokensPerSecond)} tokens/s`);
