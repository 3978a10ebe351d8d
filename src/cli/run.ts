/** The `lexigrad` command as a function. */
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { readText } from "../base/files.ts";
import { declareLm } from "./commands/lm.ts";
import { declareMt } from "./commands/mt.ts";
import { declareNgram } from "./commands/ngram.ts";
import { declarePlot } from "./commands/plot.ts";
import { declareScore } from "./commands/score.ts";
import { declareTokenizer } from "./commands/tokenizer.ts";
import { declareVectors } from "./commands/vectors.ts";
import { reportError } from "./errors.ts";
import type { Io } from "./io.ts";
import type { Perform } from "./perform.ts";

/** Runs a command whose input and output are at `io`. Resolves to the exit status. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let status = 0;
  const perform: Perform =
    (load) =>
    async (...given) => {
      const work = await load();
      status = (await work(io, ...given)) ?? 0;
    };
  const program = new Command("lexigrad")
    .description("Trains, evaluates and uses tokenizers, word vectors, language models and translators.")
    .version(versionOfPackage())
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined,
    });
  const commands = [
    declareTokenizer,
    declareMt,
    declareLm,
    declareNgram,
    declareVectors,
    declareScore,
    declarePlot,
  ];
  for (const declare of commands) declare(program, perform);
  const asked = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  try {
    await program.parseAsync(asked, { from: "user" });
    return status;
  } catch (error) {
    return reportError(io, error, commandOf(program, argv), argv.includes("--debug"));
  }
}

/** The command that the first arguments name. */
function commandOf(program: Command, argv: readonly string[]): Command {
  const next = program.commands.find((command) => command.name() === argv[0]);
  return next ? commandOf(next, argv.slice(1)) : program;
}

function versionOfPackage(): string {
  return JSON.parse(readText(fileURLToPath(new URL("../../package.json", import.meta.url)))).version;
}
