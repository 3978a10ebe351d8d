/** `lexigrad score`: its options. */
import { type Command, Option } from "commander";
import { addCommonOptions, COUNT, choiceOption, numberOption, requireOptions } from "../option-values.ts";
import type { Perform } from "../perform.ts";

const METRICS = ["bleu", "chrf", "ter"];
export const TOKENIZERS = ["13a", "intl", "char", "zh", "none"];

export function declareScore(program: Command, perform: Perform): void {
  const order = { integer: true, min: 0 };
  const score = program
    .command("score")
    .description("measure translations against references, with sacreBLEU's figures and signatures")
    .argument("<hypotheses>", "file, one translation a line; - is standard input")
    .option(
      "--reference <file...>",
      "files line by line beside the hypotheses; *.tsv and *.references hold several references a line",
    )
    .addOption(choiceOption("--metric <name...>", "what to measure (default: bleu)", METRICS))
    .addOption(
      numberOption("--width <n>", "decimals of a score", { integer: true, min: 0, max: 15 }).default(1),
    )
    .option("--confidence", "estimate 95 % intervals by bootstrap resampling")
    .addOption(
      new Option("--paired <file...>", "compare other translations of the same sources with these").conflicts(
        "confidence",
      ),
    )
    .addOption(
      choiceOption("--paired-test <name>", "how to compare", ["bootstrap", "randomization"]).default(
        "bootstrap",
      ),
    )
    .addOption(
      numberOption("--samples <n>", "resamples (default: 1000; trials of randomization: 10000)", {
        integer: true,
        min: 2,
      }),
    )
    .optionsGroup("BLEU:")
    .addOption(choiceOption("--tokenize <name>", "(default: 13a)", TOKENIZERS))
    .addOption(choiceOption("--smooth <method>", "(default: exp)", ["exp", "floor", "add-k", "none"]))
    .addOption(
      numberOption("--smooth-value <x>", "of floor (default: 0.1) and add-k (default: 1)", { min: 0 }),
    )
    .option("--lowercase", "ignore case")
    .addOption(numberOption("--max-ngram-order <n>", "longest n-grams (default: 4)", COUNT))
    .optionsGroup("chrF:")
    .addOption(numberOption("--chrf-char-order <n>", "longest character n-grams (default: 6)", COUNT))
    .addOption(numberOption("--chrf-word-order <n>", "longest word n-grams; 2 is chrF++ (default: 0)", order))
    .addOption(numberOption("--chrf-beta <x>", "weight of recall (default: 2)", { min: 0 }))
    .option("--chrf-lowercase", "ignore case")
    .optionsGroup("TER:")
    .option("--ter-case-sensitive", "do not ignore case")
    .option("--ter-normalized", "normalize and tokenize text first")
    .optionsGroup("Options:");
  addCommonOptions(requireOptions(score, "--reference"), "of the resamples (default: 12345)").action(
    perform(async () => (await import("../score.ts")).score),
  );
}
