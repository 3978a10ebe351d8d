/** The texts that the benchmarks read, as plain files in a temporary folder. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random, readLines, readTsv } from "../../src/index.ts";

export interface InputChoices {
  /** A text for the tokenizers and word vectors; default: the sources of this project. */
  readonly text?: string;
  /** Sentences, one a line, for the scores; default: the French of the bundled corpus. */
  readonly sentences?: string;
}

export interface Inputs {
  readonly folder: string;
  readonly text: string;
  readonly hypotheses: string;
  readonly references: string;
  /** The lengths of sentences to translate, one a line. */
  readonly lengths: string;
}

/** Sentences in the corpora that are scored; shorter files are read again from the start. */
const SCORED = 29_000;
const TRANSLATED = 32;

const root = fileURLToPath(new URL("../../", import.meta.url));

function sourceLines(): string[] {
  const names = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => name.endsWith(".ts") && !name.includes("build")).sort();
  return sources.flatMap((name) => readLines(join(root, "src", name)));
}

/** A translation with mistakes: two neighbours change places and a word is missing. */
function spoil(sentence: string, random: Random): string {
  const words = sentence.split(" ");
  if (words.length < 3) return sentence;
  const at = random.integer(words.length - 1);
  [words[at], words[at + 1]] = [words[at + 1], words[at]];
  words.splice(random.integer(words.length), 1);
  return words.join(" ");
}

/** Writes the inputs; they are deleted when the process ends. */
export function makeInputs({ text, sentences }: InputChoices): Inputs {
  const folder = mkdtempSync(join(tmpdir(), "lexigrad-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const random = new Random(1);
  const write = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
    return join(folder, name);
  };
  const lines = sentences
    ? readLines(sentences)
    : readTsv(join(root, "corpora/toy-fr/train.tsv")).pairs.map(({ target }) => target);
  const scored = Array.from({ length: SCORED }, (_, i) => lines[i % lines.length]);
  return {
    folder,
    text: write("text", text ? readLines(text) : sourceLines()),
    references: write("references", scored),
    hypotheses: write(
      "hypotheses",
      scored.map((line) => spoil(line, random)),
    ),
    lengths: write(
      "lengths",
      Array.from({ length: TRANSLATED }, () => String(9 + random.integer(12))),
    ),
  };
}
