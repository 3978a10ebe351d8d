/** `lexigrad plot`: its options. */
import type { Command } from "commander";
import { addCommonOptions, NOT_RANDOM } from "../option-values.ts";
import type { Perform } from "../perform.ts";

export function declarePlot(program: Command, perform: Perform): void {
  const plot = program
    .command("plot")
    .description("write a run's report.html anew and show its curves")
    .argument("<run>", "run directory")
    .option("--attention", "show where a few validation sentences were attended to instead");
  addCommonOptions(plot, NOT_RANDOM).action(perform(async () => (await import("../plot.ts")).plot));
}
