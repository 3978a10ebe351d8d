/** The work of `lexigrad mt average`. */
import { IoError } from "../base/errors.ts";
import { writeBytes } from "../base/files.ts";
import { AVERAGE, averageOf, readKept } from "../train/kept-weights.ts";
import { type Io, note, printJson } from "./io.ts";
import type { CommonOptions } from "./option-values.ts";

interface AverageOptions extends CommonOptions {
  readonly last?: number;
}

export async function average(io: Io, run: string, { last, json }: AverageOptions): Promise<undefined> {
  const kept = readKept(run, last);
  if (kept.length === 0) {
    const hint = "Train with --keep-checkpoints.";
    throw new IoError({ what: run, expected: "checkpoint-STEP.safetensors", got: "none", hint }, run);
  }
  const out = `${run}/${AVERAGE}`;
  writeBytes(out, averageOf(kept));
  const steps = kept.map(({ step }) => step);
  if (json) await printJson(io, { out, steps });
  else note(io, `${out}: mean of the weights at steps ${steps.join(", ")}`);
}
