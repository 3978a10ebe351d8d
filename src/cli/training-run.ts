/** A training from the command line: options kept in the run directory, progress, signals and the summary. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { OptionError, StateError } from "../base/errors.ts";
import { exists, writeText } from "../base/files.ts";
import type { TrainingEvent, TrainingResult } from "../train/events.ts";
import { COMPUTE_OPTIONS, type ComputeOptions } from "./compute-options.ts";
import { readJsonObject, STANDARD_INPUT } from "./input.ts";
import { interruptible } from "./interrupt.ts";
import { type Io, print, printJson } from "./io.ts";
import { applyConfig, type CommonOptions, pathOf } from "./option-values.ts";
import { describeValidation, duration, grouped, TrainingDisplay } from "./progress.ts";

export interface RunOptions extends CommonOptions, ComputeOptions {
  readonly out?: string;
  readonly resume?: true;
  readonly config?: string;
}

export const DEFAULT_SEED = 1;

/** What the options of a run are kept in, so that `--resume` needs none of them. */
export const OPTIONS_FILE = "options.json";
const NOT_KEPT = ["out", "config", "resume", "json", "debug", ...COMPUTE_OPTIONS];

/**
 * Options of the command line, then of `--config`, then of the run to resume, then defaults.
 *
 * @param written files that the command itself puts into a new run directory
 * @throws {StateError} rather than overwrite a run or other files, and when there is no run to resume.
 */
export function completeOptions<T extends RunOptions>(
  command: Command,
  written: readonly string[],
): T & { readonly out: string } {
  const { config } = command.opts<T>();
  if (config !== undefined) applyConfig(command, readJsonObject(config), config);
  const { out, resume } = command.opts<T>();
  if (out === undefined) {
    const hint = `See ${pathOf(command)} --help.`;
    throw new OptionError({ what: pathOf(command), expected: "the option --out <run>", got: "none", hint });
  }
  if (out === "") throw new OptionError({ what: "--out", expected: "the path of a directory", got: '""' });
  const stored = `${out}/${OPTIONS_FILE}`;
  if (resume) checkRun(out);
  else checkNew(out, written);
  if (resume && exists(stored)) applyConfig(command, readJsonObject(stored), stored);
  return { ...command.opts<T>(), out };
}

function checkRun(out: string): void {
  if (exists(`${out}/config.json`)) return;
  throw new StateError({
    what: out,
    expected: "a run to resume",
    got: exists(out) ? "a directory without config.json" : "nothing at that path",
    hint: "Check the path, or leave out --resume to begin a run.",
  });
}

function checkNew(out: string, written: readonly string[]): void {
  const present = ["config.json", OPTIONS_FILE, ...written].find((name) => exists(`${out}/${name}`));
  if (present === undefined) return;
  throw new StateError({
    what: out,
    expected: "a new run directory",
    got: `one with ${present} in it`,
    hint: "Continue a run with --resume, or choose another --out.",
  });
}

/** Writes the options that were given, with paths that hold anywhere. */
function writeOptions(out: string, command: Command, paths: readonly string[]): void {
  const absolute = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(absolute);
    return value === STANDARD_INPUT ? value : resolve(String(value));
  };
  const kept = command.options.flatMap((option): [string, unknown][] => {
    const name = option.name().replace(/^no-/, "");
    const source = command.getOptionValueSource(option.attributeName());
    if (NOT_KEPT.includes(name) || source === undefined || source === "default") return [];
    const value: unknown = command.getOptionValue(option.attributeName());
    return [[name, paths.includes(name) ? absolute(value) : value]];
  });
  writeText(`${out}/${OPTIONS_FILE}`, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

/** How a command trains. */
export interface RunParts {
  readonly command: Command;
  readonly options: RunOptions & { readonly out: string };
  /** Names of options that are paths. */
  readonly paths: readonly string[];
  /** Writes further files into a new run directory. */
  readonly begin: () => void;
  readonly train: (control: {
    readonly out: string;
    readonly resume: boolean;
    readonly signal: AbortSignal;
    readonly onEvent: (event: TrainingEvent) => void;
  }) => Promise<TrainingResult>;
}

/** Trains with progress on standard error and a summary at the end. Resolves to the exit status. */
export async function performTraining(io: Io, parts: RunParts): Promise<number> {
  const { command, options, paths, begin } = parts;
  const { out, resume = false } = options;
  const display = new TrainingDisplay(io);
  try {
    const { result, status } = await interruptible(io, (signal) =>
      parts.train({
        out,
        resume,
        signal,
        onEvent(event) {
          if (event.type === "start" && event.resumedFrom === undefined) {
            begin();
            writeOptions(out, command, paths);
          }
          display.onEvent(event);
        },
      }),
    );
    await printResult(io, out, result, options);
    return result.interrupted ? status : 0;
  } finally {
    display.close();
  }
}

async function printResult(io: Io, out: string, result: TrainingResult, { json }: RunOptions): Promise<void> {
  const report = `${out}/report.html`;
  const { records: _, ...figures } = result;
  if (json) return printJson(io, { out, ...figures, report });
  const { steps, epochs, tokens, skipped, seconds, tokensPerSecond, peakMemory, stoppedBy } = result;
  const { average, best } = result;
  const rows = [
    ["trained", `${steps} steps, ${Number(epochs.toFixed(2))} epochs, ${grouped(tokens)} target tokens`],
    ["stopped by", stoppedBy],
    ["time", `${duration(seconds)}, ${grouped(tokensPerSecond)} target tokens a second`],
    ...(average === null ? [] : [["average", `of the weights at steps ${average.steps.join(", ")}`]]),
    ...(best === null ? [] : [["best", describeValidation(best)]]),
    ...(skipped === 0 ? [] : [["left out", `${skipped} steps that were not finite`]]),
    ...(peakMemory === undefined ? [] : [["peak memory", `${grouped(peakMemory / 2 ** 20)} MiB`]]),
    ["report", report],
  ];
  await print(io, rows.map(([name, value]) => `${name.padEnd(12)} ${value}\n`).join(""));
}
