/**
 * Shows that the memory of the training workloads stays the same from step to step:
 *
 *     npx tsx scripts/bench/steady.ts --steps 10000 --workloads charlm --small
 *
 * Ends with status 1 when something grows.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { Random } from "../../src/index.ts";
import { growing, watchMemory } from "./memory.ts";
import { smallWorkloads, workloads } from "./workloads.ts";

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= SAMPLES) return value;
  throw new InvalidArgumentError(`Expected a whole number of at least ${SAMPLES}.`);
}

const SAMPLES = 10;
const names = Object.keys(workloads) as (keyof typeof workloads)[];
const program = new Command("steady")
  .description("Trains each workload for many steps and shows the memory in use between them.")
  .addOption(new Option("--workloads <names...>", "what to train").choices(names).default(names))
  .option("--steps <n>", "training steps", count, 10_000)
  .option("--small", "small networks and batches, for a hundredth of the time", false)
  .parse();
const {
  workloads: chosen,
  steps,
  small,
} = program.opts<{
  readonly workloads: typeof names;
  readonly steps: number;
  readonly small: boolean;
}>();

const MIB = 2 ** 20;
for (const name of chosen) {
  const workload = (small ? smallWorkloads : workloads)[name]();
  const samples = watchMemory(workload, new Random(1), steps, SAMPLES);
  console.log(`${name}\n    step  tensors  of MiB  tensor memory MiB  objects MiB  resident MiB`);
  for (const { step, liveBlocks, ...bytes } of samples) {
    const mib = (value: number, width: number) => (value / MIB).toFixed(1).padStart(width);
    const { liveBytes, capacityBytes, objectBytes, residentBytes } = bytes;
    const shown = [mib(liveBytes, 8), mib(capacityBytes, 19), mib(objectBytes, 13), mib(residentBytes, 14)];
    console.log(`${String(step).padStart(8)}${String(liveBlocks).padStart(9)}${shown.join("")}`);
  }
  const grown = growing(samples);
  if (grown.length > 0) process.exitCode = 1;
  console.log(grown.length > 0 ? `${name} grows: ${grown.join(", ")}\n` : `${name} is flat\n`);
}
