/** `lexigrad vectors`: its commands and options. */
import type { Command } from "commander";
import {
  addCommonOptions,
  COUNT,
  choiceOption,
  FROM_ZERO,
  NOT_RANDOM,
  numberOption,
  requireOptions,
} from "../option-values.ts";
import type { Perform } from "../perform.ts";

const VECTORS = "*.safetensors, fastText's *.bin, word2vec's *.bin, or else its text; .gz is decompressed";

export function declareVectors(program: Command, perform: Perform): void {
  const group = program.command("vectors").description("learn and use word vectors");

  const train = group
    .command("train")
    .description("learn word vectors from text, words between blanks")
    .argument("<text...>", "files, one sentence a line; - is standard input")
    .option(
      "--out <file>",
      "where to write them: *.safetensors (all), *.bin, *.tsv (projector) or, else, word2vec's text",
    )
    .addOption(choiceOption("--architecture <name>", "(default: skip-gram)", ["skip-gram", "cbow"]))
    .addOption(numberOption("--dim <n>", "elements of a vector (default: 100)", { ...COUNT, max: 2048 }))
    .addOption(numberOption("--window <n>", "farthest neighbour (default: 5)", { ...COUNT, max: 64 }))
    .addOption(numberOption("--negative <n>", "noise words (default: 5)", { ...COUNT, max: 128 }))
    .addOption(numberOption("--epochs <n>", "passes over the text (default: 5)", COUNT))
    .addOption(numberOption("--min-count <n>", "leave out rarer words (default: 5)", COUNT))
    .addOption(
      numberOption("--sample <x>", "thin out words above this share (default: 0.001)", { min: 0, max: 1 }),
    )
    .addOption(
      numberOption("--alpha <x>", "learning rate (default: 0.025, cbow: 0.05)", { above: 0, max: 1 }),
    )
    .addOption(
      numberOption("--threads <n>", "above 1 the result is not reproducible (default: 1)", {
        ...COUNT,
        max: 16,
      }),
    )
    .option(
      "--subwords",
      "vectors of words are means of those of their n-grams; *.safetensors keeps these too",
    )
    .addOption(numberOption("--min-n <n>", "characters of the shortest n-gram (default: 3)", COUNT))
    .addOption(numberOption("--max-n <n>", "characters of the longest n-gram (default: 6)", COUNT))
    .addOption(numberOption("--buckets <n>", "numbers for n-grams (default: 2000000)", COUNT))
    .option("--strict", "compute what the C program word2vec does with one thread")
    .option("--loss-curve <file>", "draw the loss as SVG");
  addCommonOptions(requireOptions(train, "--out"), "of all random choices (default: 0)").action(
    perform(async () => (await import("../vectors-train.ts")).train),
  );

  const nearest = group
    .command("nearest")
    .description("the words nearest to each word, by cosine")
    .argument("<vectors>", VECTORS)
    .argument("<word...>", "words to ask for")
    .addOption(numberOption("-k, --count <n>", "neighbours of each (default: 10)", COUNT));
  addCommonOptions(nearest, NOT_RANDOM).action(perform(async () => (await import("../vectors.ts")).nearest));

  const analogy = group
    .command("analogy")
    .description("the words d for which a is to b as c is to d")
    .argument("<vectors>", VECTORS)
    .argument("<a>")
    .argument("<b>")
    .argument("<c>")
    .addOption(choiceOption("--method <name>", "3CosAdd or 3CosMul (default: add)", ["add", "mul"]))
    .addOption(numberOption("-k, --count <n>", "answers (default: 10)", COUNT));
  addCommonOptions(analogy, NOT_RANDOM).action(perform(async () => (await import("../vectors.ts")).analogy));

  const evaluate = group
    .command("evaluate")
    .description("hold vectors against word-similarity and analogy files")
    .argument("<vectors>", VECTORS)
    .option("--similarity <file>", "two words and a rating a line")
    .option("--analogies <file>", "four words a line in sections, as word2vec's questions-words.txt")
    .addOption(
      numberOption("--limit <n>", "words that take part in analogies, 0 for all (default: 30000)", FROM_ZERO),
    );
  addCommonOptions(evaluate, NOT_RANDOM).action(
    perform(async () => (await import("../vectors.ts")).evaluate),
  );

  const map = group
    .command("map")
    .description("draw words in two dimensions (principal components) as SVG")
    .argument("<vectors>", VECTORS)
    .argument("[word...]", "words to draw (default: the most frequent)")
    .option("--out <file>", "where to write the SVG")
    .addOption(
      numberOption("--count <n>", "most frequent words to draw (default: 100)", { ...COUNT, min: 2 }),
    )
    .option("--title <text>", "above the map");
  addCommonOptions(requireOptions(map, "--out"), NOT_RANDOM).action(
    perform(async () => (await import("../vectors.ts")).map),
  );

  const phrases = group
    .command("phrases")
    .description("join words that often stand together, as word2phrase does: new york to new_york")
    .argument("[text]", "file, one sentence a line; - is standard input", "-")
    .addOption(numberOption("--min-count <n>", "leave out rarer words and pairs (default: 5)", COUNT))
    .addOption(numberOption("--threshold <x>", "score of a phrase (default: 100)", { min: 0 }));
  addCommonOptions(phrases, NOT_RANDOM).action(perform(async () => (await import("../vectors.ts")).phrases));
}
