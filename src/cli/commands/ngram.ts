/** `lexigrad ngram`: its commands and options. */
import { type Command, Option } from "commander";
import { OptionError } from "../../base/errors.ts";
import {
  addCommonOptions,
  COUNT,
  choiceOption,
  FROM_ZERO,
  NOT_RANDOM,
  numberOption,
  POSITIVE,
  parseNumber,
  requireOptions,
} from "../option-values.ts";
import type { Perform } from "../perform.ts";

export const NGRAM_SMOOTHINGS = [
  "mle",
  "laplace",
  "lidstone",
  "witten-bell",
  "absolute",
  "kneser-ney",
  "modified-kneser-ney",
  "stupid-backoff",
];

export function declareNgram(program: Command, perform: Perform): void {
  const group = program.command("ngram").description("count, smooth and use n-gram models");
  declareTrain(group, perform);
  declareScore(group, perform);
  declareSample(group, perform);
}

function declareTrain(group: Command, perform: Perform): void {
  const train = group
    .command("train")
    .description("estimate an n-gram model; each line is a sentence, white space separates words")
    .argument("<text...>", "files; - is standard input")
    .option("--out <file>", "where to write it: an ARPA file, or our binary form for names ending in .ngram")
    .addOption(
      numberOption("--order <n>", "the longest n-grams", { integer: true, min: 1, max: 64 }).default(3),
    )
    .addOption(choiceOption("--smoothing <method>", "", NGRAM_SMOOTHINGS).default("modified-kneser-ney"))
    .addOption(numberOption("--additive <x>", "what lidstone adds to each count (default: 0.1)", POSITIVE))
    .addOption(numberOption("--factor <x>", "of stupid backoff (default: 0.4)", { above: 0, max: 1 }))
    .addOption(
      listOption("--discount <x...>", "fixed instead of estimated: one, or three for counts 1, 2, 3+"),
    )
    .addOption(
      listOption(
        "--discount-fallback [x...]",
        "take these three where discounts cannot be estimated, without a warning (default: 0.5 1 1.5)",
      ),
    )
    .addOption(
      listOption("--prune <n...>", "for each order: leave out n-grams that occur so often or less, as 0 0 1"),
    )
    .option("--vocabulary <file>", "predict these words, separated by white space; all others are <unk>")
    .option("--closed", "no probability for <unk>: words outside the vocabulary are an error")
    .addOption(
      choiceOption(
        "--specials <policy>",
        "<unk>, <s> and </s> in the text: an error, skipped, or <unk> an unknown word (default: error)",
        ["error", "skip", "unknown"],
      ),
    )
    .addOption(
      new Option("--memory <size>", "for counting and sorting, as 512M; the rest goes to files next to --out")
        .argParser(parseSize)
        .default(2 ** 30, "1G"),
    );
  addCommonOptions(requireOptions(train, "--out"), NOT_RANDOM).action(
    perform(async () => (await import("../ngram-train.ts")).train),
  );
}

function declareScore(group: Command, perform: Perform): void {
  const score = group
    .command("score")
    .description("log10 probability, words with </s>, and unknown words of each line; then perplexities")
    .argument("<model>", "ARPA file or binary form")
    .argument("[text]", "file; - is standard input", "-")
    .option("--words", "show each word with the length of the n-gram that matched and its log10 probability")
    .option("--summary", "only the totals");
  addCommonOptions(score, NOT_RANDOM).action(perform(async () => (await import("../ngram-use.ts")).score));
}

function declareSample(group: Command, perform: Perform): void {
  const sample = group
    .command("sample")
    .description("make up sentences")
    .argument("<model>", "ARPA file or binary form")
    .option("--prompt <words>", "what sentences begin with (default: nothing)")
    .addOption(numberOption("--samples <n>", "sentences", COUNT).default(1))
    .addOption(numberOption("--length <n>", "most words to add", FROM_ZERO).default(100))
    .addOption(numberOption("--temperature <x>", "below 1 is less varied (default: 1)", { min: 0 }))
    .addOption(numberOption("--top-k <n>", "draw from the n most probable words", COUNT))
    .addOption(
      numberOption("--top-p <x>", "draw from the most probable words of this share", { min: 0, max: 1 }),
    )
    .option("--allow-unknown", "<unk> may be drawn");
  addCommonOptions(sample, "of the samples (default: 1)").action(
    perform(async () => (await import("../ngram-use.ts")).sampleSentences),
  );
}

/** Numbers, each an argument of its own. */
function listOption(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.argParser((text, before?: number[]) => [
    ...(Array.isArray(before) ? before : []),
    parseNumber(option.long as string, text, { min: 0 }),
  ]);
}

const UNITS = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 } as const;

/** @throws {OptionError} for anything but a size such as `512M`. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)B?$/i.exec(text);
  const bytes = match ? Number(match[1]) * UNITS[match[2].toUpperCase() as keyof typeof UNITS] : 0;
  if (bytes >= 2 ** 20) return Math.floor(bytes);
  throw new OptionError({
    what: "--memory",
    expected: "a size of at least 1M, such as 512M or 1.5G",
    got: JSON.stringify(text),
  });
}
