/** How a command that failed ends: one line on standard error and an exit status. */
import { type Command, CommanderError } from "commander";
import { IoError, LexigradError, OptionError } from "../base/errors.ts";
import { type Io, note } from "./io.ts";
import { pathOf } from "./option-values.ts";

export const FAILED = 1;
export const WRONG_USAGE = 2;

/**
 * Says what went wrong and returns the exit status: 2 for wrong usage, 1 for failed work, 0 where the reader of our
 * output just had enough or help was asked for.
 *
 * @param command the one that ran, for the names of its options
 */
export function reportError(io: Io, error: unknown, command: Command, debug: boolean): number {
  if (error instanceof CommanderError) return reportUsage(io, error, command);
  if (codeOf(error) === "EPIPE") return 0;
  note(io, `lexigrad: ${messageOf(error, command)}`);
  if (debug && error instanceof Error) note(io, stackOf(error));
  return error instanceof OptionError ? WRONG_USAGE : FAILED;
}

function reportUsage(io: Io, { exitCode, code, message }: CommanderError, command: Command): number {
  if (exitCode === 0) return 0;
  // Help in place of a missing command has been shown already.
  if (code !== "commander.help") {
    const [what, suggestion] = message.replace(/^error: /, "").split("\n");
    const hint = suggestion ? suggestion.slice(1, -1) : `See ${pathOf(command)} --help.`;
    note(io, `lexigrad: ${what.replace(/\.$/, "")}. ${hint}`);
  }
  return WRONG_USAGE;
}

function messageOf(error: unknown, command: Command): string {
  if (error instanceof OptionError) return withFlags(error, command).message;
  if (error instanceof LexigradError) return error.message;
  const code = codeOf(error);
  if (code !== undefined) {
    const complaint = { what: "standard output", expected: "to write all of the results", got: code };
    const hint = code === "ENOSPC" ? { hint: "The disk is full: free some space and try again." } : {};
    return new IoError({ ...complaint, ...hint }, "standard output").message;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `internal error: ${text.split("\n")[0]} (run again with --debug and report the stack)`;
}

/** The library says `hiddenSize` or `cosine schedule minLr` where the command line says `--hidden-size`, `--min-lr`. */
function withFlags({ complaint }: OptionError, command: Command): OptionError {
  const { what, expected, got, hint } = complaint;
  const flagOf = (name: string) => {
    const lower = name.toLowerCase();
    return command.options.find((option) => option.attributeName().toLowerCase() === lower)?.long;
  };
  // Names of one word are also words of sentences.
  const reworded = (text: string) =>
    text.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (name) => flagOf(name) ?? name);
  return new OptionError({
    what: flagOf(what.split(" ").at(-1) ?? what) ?? what,
    expected: reworded(expected),
    got: reworded(got),
    ...(hint === undefined ? {} : { hint: reworded(hint) }),
  });
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof LexigradError) return undefined;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^E[A-Z]+$/.test(code) ? code : undefined;
}
