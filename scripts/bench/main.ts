/**
 * `npm run bench`: the speed of Lexigrad, with `--peers` next to other libraries. Every figure comes from a process of
 * its own; rounds alternate between the contestants; medians are shown.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { benchmarks, type Choices } from "./benchmarks.ts";
import { BACKENDS } from "./contestants.ts";
import type { Clock } from "./figures.ts";
import { makeInputs } from "./inputs.ts";
import { measure, type Row } from "./measure.ts";
import { insertTable, markdownTable, terminalTable } from "./table.ts";

interface Options extends Choices {
  readonly workloads: string[];
  readonly rounds: number;
  readonly clock: Clock;
  readonly json?: string;
  readonly readme?: string | true;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a whole number above 0.");
}

/** Gathers the counts of an option with several; `undefined` or the default before the first. */
const counts = (() => {
  let given: number[] = [];
  return (text: string): number[] => {
    given = [...given, count(text)];
    return given;
  };
})();

const names = Object.keys(benchmarks);
const program = new Command("bench")
  .description("Measures speed and memory, in alternating rounds.")
  .addOption(new Option("--workloads <names...>", "what to measure").choices(names).default(names))
  .addOption(
    new Option("--backends <names...>", "Lexigrad's kernels").choices(BACKENDS).default(["relaxed", "blas"]),
  )
  .addOption(new Option("--threads <n...>", "numbers of threads").argParser(counts).default([1, 2]))
  .option("--rounds <n>", "alternating rounds", count, 3)
  .option("--steps <n>", "timed steps in each round, after ten and two seconds that are not", count, 20)
  .option("--peers", "measure the other libraries that are installed too", false)
  .option("--text <file>", "text for tokenizers and word vectors (default: the sources of this project)")
  .option("--merges <n>", "BPE merges to learn", count, 8000)
  .option("--sentences <file>", "sentences for the scores (default: the bundled corpus)")
  .option("--sacrebleu <folder>", "a checkout of sacreBLEU (default: the installed package)")
  .option("--word2vec <file>", "the compiled C program word2vec")
  .option("--npm-peers <folder>", "where npm has installed TensorFlow.js and jax-js", ".")
  .addOption(
    new Option("--clock <clock>", "time that passes, or processor time (for busy machines)")
      .choices(["wall", "cpu"])
      .default("wall"),
  )
  .option("--json <file>", "write the results as JSON")
  .option("--readme [file]", "write the table between the markers in a README (default README.md)")
  .showHelpAfterError("(--help shows all options)")
  .parse();
const { workloads, rounds, clock, json, readme, ...choices } = program.opts<Options>();

function note(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : line.endsWith("\n") ? line : "");
}

const inputs = makeInputs(choices);
const rows: Row[] = [];
for (const workload of workloads) {
  const measured = measure(workload, benchmarks[workload], choices, inputs, { rounds, clock, note });
  note("");
  if (measured.length === 0) continue;
  rows.push(...measured);
  console.log(`${terminalTable(measured)}\n`);
}

const machine = {
  node: process.version,
  processor: cpus()[0]?.model.trim() ?? process.arch,
  cores: availableParallelism(),
  clock,
};
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
if (readme !== undefined) {
  const file = readme === true ? "README.md" : readme;
  const where = `Node ${machine.node}, ${machine.cores} cores (${machine.processor}), medians of ${rounds} rounds${clock === "cpu" ? ", processor time" : ""}:`;
  const document = insertTable(readFileSync(file, "utf8"), `${where}\n\n${markdownTable(rows)}`);
  if (document === undefined)
    program.error(`${file}: expected the lines <!-- bench:begin --> and <!-- bench:end -->`);
  else writeFileSync(file, document);
}
