/** Alternating rounds of contestants. */
import type { Benchmark, Choices } from "./benchmarks.ts";
import { runOnce } from "./contestants.ts";
import { type Clock, type Figures, type Summary, summarize } from "./figures.ts";
import type { Inputs } from "./inputs.ts";

/** One line of the results. */
export interface Row extends Summary {
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly contestant: string;
  /** Speed relative to the fastest peer's. */
  readonly ratio?: number;
}

/** Measures every contestant `rounds` times, in turn, so that what slows the machine down hits all of them. */
export function measure(
  workload: string,
  { title, unit, contestants }: Benchmark,
  choices: Choices,
  inputs: Inputs,
  { rounds, clock, note }: { readonly rounds: number; readonly clock: Clock; note(line: string): void },
): Row[] {
  const running = contestants(choices, inputs).map((contestant) => ({ contestant, runs: [] as Figures[] }));
  for (let round = 0; round < rounds; round++) {
    for (const entry of [...running]) {
      note(`${workload}, round ${round + 1} of ${rounds}: ${entry.contestant.name}`);
      const result = runOnce(entry.contestant);
      if (typeof result !== "string") {
        entry.runs.push(result);
        continue;
      }
      note(`${workload}: ${entry.contestant.name} is left out: ${result}\n`);
      running.splice(running.indexOf(entry), 1);
    }
  }
  const finished = running.map(({ contestant, runs }) => ({ contestant, summary: summarize(runs, clock) }));
  const peers = finished.filter(({ contestant }) => !contestant.ours);
  const best = Math.max(...peers.map(({ summary }) => summary.perSecond));
  return finished.map(({ contestant, summary }) => ({
    ...{ workload, title, unit, contestant: contestant.name },
    ...summary,
    ...(peers.length > 0 && { ratio: summary.perSecond / best }),
  }));
}
