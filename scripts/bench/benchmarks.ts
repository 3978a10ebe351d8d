/** What can be measured, and against whom. */
import { type BackendName, type Contestant, ours, pytorch } from "./contestants.ts";
import type { workloads } from "./workloads.ts";

export interface Choices {
  readonly backends: readonly BackendName[];
  readonly threads: readonly number[];
  readonly steps: number;
  readonly peers: boolean;
}

export interface Benchmark {
  readonly title: string;
  /** What is counted a second. */
  readonly unit: string;
  contestants(choices: Choices): Contestant[];
}

const training = (workload: string, title: string): Benchmark => ({
  title,
  unit: "tokens",
  contestants: (choices) => {
    const { steps, peers, threads } = choices;
    return [
      ...(peers ? pytorch("pytorch.py", [workload, String(steps)], threads) : []),
      ...ours("train.ts", (backend) => [workload, String(steps), backend], choices),
    ];
  },
});

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  ...({
    charlm: training("charlm", "character transformer, 4 x 128, 12 windows of 64"),
    charlstm: training("charlstm", "character LSTM, 2 x 128, 50 streams of 50"),
    lstmlm: training("lstmlm", "word LSTM, 2 x 200, 33,278 words, 20 streams of 35"),
    mt_transformer: training(
      "mt_transformer",
      "transformer translator, 4 + 4 x 128, 9,712 tokens, 128 of 16",
    ),
    mt_rnn: training("mt_rnn", "LSTM translator with attention, 256, 8,000 words, 64 of 14"),
  } satisfies Record<keyof typeof workloads, Benchmark>),
};
