/** What can be measured, and against whom. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BackendName,
  type Contestant,
  commandExists,
  fromNpm,
  inPython,
  ours,
  oursAlone,
  pythonWith,
  pytorch,
} from "./contestants.ts";
import type { InputChoices, Inputs } from "./inputs.ts";
import { oursOnVectors, peersOnVectors } from "./word-vectors.ts";
import type { workloads } from "./workloads.ts";

export interface Choices extends InputChoices {
  readonly backends: readonly BackendName[];
  readonly threads: readonly number[];
  readonly steps: number;
  readonly merges: number;
  readonly peers: boolean;
  /** A checkout of sacreBLEU; default: the installed package. */
  readonly sacrebleu?: string;
  /** The compiled C program word2vec. */
  readonly word2vec?: string;
  /** Where the peers from npm are installed. */
  readonly npmPeers: string;
}

export interface Benchmark {
  readonly title: string;
  /** What is counted a second. */
  readonly unit: string;
  contestants(choices: Choices, inputs: Inputs): Contestant[];
}

const training = (workload: string, title: string): Benchmark => ({
  title: `training, ${title}`,
  unit: "tokens",
  contestants: (choices) => [
    ...(choices.peers ? pytorch("pytorch.py", [workload, String(choices.steps)], choices.threads) : []),
    ...ours("train.ts", (backend) => [workload, String(choices.steps), backend], choices),
  ],
});

/** The peers from npm have one workload: the others would say the same. */
const charlm = training("charlm", "character transformer, 4 x 128, 12 windows of 64");

const translating = (batch: number): Benchmark => ({
  title: `translating, beam 5, ${batch} at once, transformer 4 + 4 x 128, 10,126 tokens`,
  unit: "sentences",
  contestants: (choices, { lengths }) => [
    ...(choices.peers ? pytorch("pytorch_translate.py", [lengths, String(batch)], choices.threads) : []),
    ...ours("translate.ts", (backend) => [lengths, String(batch), backend], choices),
  ],
});

const tokenizing = (task: "train" | "encode", title: string): Benchmark => ({
  title,
  unit: "MB",
  contestants({ peers, merges }, { text, folder }) {
    const python =
      pythonWith("sentencepiece") ?? (commandExists("spm_train") ? pythonWith("json") : undefined);
    const args = (name: string) => [task, text, String(merges), join(folder, name)];
    return [
      ...(peers ? inPython("SentencePiece", "spm.py", args("spm"), python) : []),
      oursAlone("tokenizer.ts", args("tokenizer.json")),
    ];
  },
});

const wordVectors: Benchmark = {
  title: "learning word vectors from a file, skip-gram, 100 elements, 3 epochs",
  unit: "words",
  contestants: ({ peers, threads, word2vec }, { text, folder }) =>
    threads.flatMap((count) => {
      const work = { text, out: join(folder, "vectors.bin"), threads: count, seed: 1, word2vec };
      return [...(peers ? peersOnVectors(work) : []), oursOnVectors(work)];
    }),
};

const scoring = (metric: "bleu" | "chrf", title: string): Benchmark => ({
  title,
  unit: "sentences",
  contestants({ peers, sacrebleu }, { hypotheses, references }) {
    const args = [metric, hypotheses, references];
    const environment = sacrebleu === undefined ? {} : { PYTHONPATH: sacrebleu };
    const python = peers ? pythonWith("sacrebleu", environment) : undefined;
    return [
      ...inPython("sacreBLEU", "sacrebleu_scores.py", args, python, environment),
      oursAlone("scores.ts", args),
    ];
  },
});

const root = fileURLToPath(new URL("../../", import.meta.url));

const starting = (task: "help" | "import", title: string): Benchmark => ({
  title,
  unit: "starts",
  contestants() {
    const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return [oursAlone("startup.mjs", [task, join(root, "dist")])];
  },
});

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  ...({
    charlm: {
      ...charlm,
      contestants: (choices, inputs) => [
        ...(choices.peers ? fromNpm(choices.npmPeers, [String(choices.steps)]) : []),
        ...charlm.contestants(choices, inputs),
      ],
    },
    charlstm: training("charlstm", "character LSTM, 2 x 128, 50 streams of 50"),
    lstmlm: training("lstmlm", "word LSTM, 2 x 200, 33,278 words, 20 streams of 35"),
    mt_transformer: training(
      "mt_transformer",
      "transformer translator, 4 + 4 x 128, 9,712 tokens, 128 of 16",
    ),
    mt_rnn: training("mt_rnn", "LSTM translator with attention, 256, 8,000 words, 64 of 14"),
  } satisfies Record<keyof typeof workloads, Benchmark>),
  translate_1: translating(1),
  translate_32: translating(32),
  bpe_train: tokenizing("train", "learning BPE merges from a file"),
  bpe_encode: tokenizing("encode", "cutting a file into BPE tokens"),
  vectors: wordVectors,
  bleu: scoring("bleu", "BLEU of a corpus of 29,000 sentences"),
  chrf: scoring("chrf", "chrF of a corpus of 29,000 sentences"),
  start_help: starting("help", "`lexigrad --help`"),
  start_import: starting("import", "importing the library"),
};
