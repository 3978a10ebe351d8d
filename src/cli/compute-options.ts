/** Options that say what computes. */
import type { Command } from "commander";
import type { RuntimeOptions } from "../tensor/index.ts";
import { choiceOption, numberOption } from "./option-values.ts";

export interface ComputeOptions {
  readonly backend?: NonNullable<RuntimeOptions["backend"]>;
  readonly threads?: number;
}

/** The names of {@link ComputeOptions}. */
export const COMPUTE_OPTIONS = ["backend", "threads"] as const satisfies readonly (keyof ComputeOptions)[];

const THREADS = { integer: true, min: 1, max: 16 } as const;

export function addComputeOptions(command: Command): Command {
  return command
    .addOption(
      choiceOption("--backend <name>", "what computes (default: auto)", [
        "auto",
        "reference",
        "simd",
        "relaxed",
        "blas",
      ]),
    )
    .addOption(numberOption("--threads <n>", "that share the work (default: the cores, at most 4)", THREADS));
}
