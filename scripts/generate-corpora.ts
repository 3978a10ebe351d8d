/** Writes the bundled corpus, or one of the sequence tasks, as train.tsv, valid.tsv and test.tsv. */
import { join } from "node:path";
import { Argument, Command, InvalidArgumentError } from "commander";
import { makeDirectory, writeText } from "../src/base/files.ts";
import { generateCorpus } from "../src/testing/grammar/corpus.ts";
import type { SequencePair, SequenceTask } from "../src/testing/synthetic.ts";
import { generateSequences } from "../src/testing/synthetic.ts";

type Split = "train" | "valid" | "test";
type Splits = Readonly<Record<Split, readonly SequencePair[]>>;

/** The sizes of JoeyNMT's reverse task; held-out sequences may be longer than those of training. */
function sequenceSplits(task: SequenceTask, seed: number): Splits {
  const held = { task, pairs: 1000, maxLength: 30 };
  return {
    train: generateSequences({ task, pairs: 50_000, maxLength: 25, seed }),
    valid: generateSequences({ ...held, seed: seed + 1 }),
    test: generateSequences({ ...held, seed: seed + 2 }),
  };
}

function write(directory: string, splits: Splits): void {
  makeDirectory(directory);
  for (const [name, pairs] of Object.entries(splits)) {
    const path = join(directory, `${name}.tsv`);
    writeText(path, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(""));
    console.log(`${path}: ${pairs.length} pairs`);
  }
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError("Expected a whole number.");
}

new Command("generate-corpora")
  .description("Write a corpus as train.tsv, valid.tsv and test.tsv (source, tab, target).")
  .addArgument(new Argument("[corpus]").choices(["toy", "copy", "reverse", "sort"]).default("toy"))
  .option("--out <directory>", "where to write; default for toy: corpora/toy-fr")
  .option("--seed <number>", "seed of the random numbers", parseSeed, 1)
  .action((corpus: "toy" | SequenceTask, { out, seed }: { out?: string; seed: number }, command: Command) => {
    if (corpus === "toy") {
      write(out ?? join(import.meta.dirname, "../corpora/toy-fr"), generateCorpus({ seed }));
    } else if (out === undefined) {
      command.error(`error: ${corpus} needs --out DIRECTORY`);
    } else {
      write(out, sequenceSplits(corpus, seed));
    }
  })
  .parse();
