/**
 * `npm run bench`: training speed on small models, for each backend, next to PyTorch where a `python3`
 * with torch is installed. Every figure comes from a process of its own; the rounds alternate between contestants,
 * and medians are shown.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";

interface Figures {
  readonly milliseconds: number;
  readonly tokensPerSecond: number;
  readonly peakMiB: number;
}

interface Contestant {
  readonly name: string;
  run(workload: string, steps: number): Figures | undefined;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function figures(command: string, args: readonly string[], threads = 1): Figures | undefined {
  const env = { ...process.env, LEXIGRAD_THREADS: String(threads) };
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", env });
  return status === 0 ? (JSON.parse(stdout.trim().split("\n").at(-1) as string) as Figures) : undefined;
}

const ours = (backend: string, threads = 1): Contestant => ({
  name: `lexigrad ${backend}${threads > 1 ? `, ${threads} threads` : ""}`,
  run: (workload, steps) =>
    figures(process.execPath, ["--import", "tsx", file("run.ts"), workload, String(steps), backend], threads),
});

/** The first Python here that has torch: Debian's, or the one on the path. */
const python = ["/usr/bin/python3", "python3"].find(
  (name) => spawnSync(name, ["-c", "import torch"]).status === 0,
);

const pytorch = (threads: number): Contestant => ({
  name: `PyTorch, ${threads} thread${threads > 1 ? "s" : ""}`,
  run: (workload, steps) =>
    python
      ? figures(python, [file("peers/pytorch.py"), workload, String(steps), String(threads)])
      : undefined,
});

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

const program = new Command("bench")
  .option("--rounds <n>", "alternating rounds", "3")
  .option("--steps <n>", "timed steps a round", "15")
  .option("--json", "one JSON object instead of a table")
  .parse();
const options = program.opts<{ rounds: string; steps: string; json?: boolean }>();

const contestants = [ours("blas"), ours("blas", 2), ours("relaxed"), ours("simd"), pytorch(1), pytorch(2)];
const report: Record<string, Record<string, Figures & { ratio?: number }>> = {};
if (!python)
  console.error("PyTorch is not installed (Debian: python3-torch): showing our own figures alone.");

for (const workload of ["charlm", "charlstm", "mt_transformer", "mt_rnn"]) {
  const rows = new Map<string, Figures[]>();
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { name, run } of contestants) {
      const result = run(workload, Number(options.steps));
      if (result) rows.set(name, [...(rows.get(name) ?? []), result]);
    }
  }
  const medians = Array.from(rows, ([name, runs]) => {
    const pick = (key: keyof Figures) => median(runs.map((run) => run[key]));
    const summary = {
      milliseconds: pick("milliseconds"),
      tokensPerSecond: pick("tokensPerSecond"),
      peakMiB: pick("peakMiB"),
    };
    return [name, summary] as const;
  });
  const peer = Math.max(
    ...medians
      .filter(([name]) => name.startsWith("PyTorch"))
      .map(([, { tokensPerSecond }]) => tokensPerSecond),
  );
  report[workload] = Object.fromEntries(
    medians.map(([name, row]) => [
      name,
      Number.isFinite(peer) ? { ...row, ratio: row.tokensPerSecond / peer } : row,
    ]),
  );
  if (options.json) continue;
  console.log(`\n${workload.padEnd(26)} ms/step   steps/s  tokens/s  against PyTorch's best   peak MiB`);
  for (const [name, { milliseconds, tokensPerSecond, peakMiB, ratio }] of Object.entries(report[workload])) {
    const cells = [
      name.padEnd(26),
      milliseconds.toFixed(1).padStart(7),
      (1000 / milliseconds).toFixed(2).padStart(9),
      tokensPerSecond.toFixed(0).padStart(9),
      (ratio === undefined ? "-" : `${ratio.toFixed(2)}x`).padStart(23),
      peakMiB.toFixed(0).padStart(10),
    ];
    console.log(cells.join(" "));
  }
}
if (options.json) console.log(JSON.stringify(report));
