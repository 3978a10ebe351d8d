/** `lexigrad tokenizer`: its commands and options. */
import type { Command } from "commander";
import {
  addCommonOptions,
  COUNT,
  choiceOption,
  NOT_RANDOM,
  numberOption,
  requireOptions,
} from "../option-values.ts";
import type { Perform } from "../perform.ts";

export const TOKENIZER_TYPES = ["word", "char", "bpe", "byte-bpe"];
export const SPLITS = ["whitespace", "space", "punctuation"];

export function declareTokenizer(program: Command, perform: Perform): void {
  const group = program.command("tokenizer").description("cut text into tokens and put it together again");

  const train = group
    .command("train")
    .description("learn a tokenizer from text")
    .argument("<text...>", "files, one sentence a line; - is standard input")
    .addOption(choiceOption("--type <type>", "what tokens are", TOKENIZER_TYPES))
    .option("--out <file>", "where to write tokenizer.json, or for bpe subword-nmt's *.codes")
    .addOption(numberOption("--vocab-size <n>", "most tokens, special ones included", COUNT))
    .addOption(
      numberOption("--merges <n>", "most merges, for bpe and byte-bpe", { integer: true, min: 0 }).conflicts(
        "vocabSize",
      ),
    )
    .addOption(numberOption("--min-frequency <n>", "leave out rarer tokens or merges", { min: 1 }))
    .addOption(choiceOption("--split <rule>", "where word and bpe find words", SPLITS))
    .option("--lowercase", "lower-case all text first");
  addCommonOptions(requireOptions(train, "--type", "--out"), NOT_RANDOM).action(
    perform(async () => (await import("../tokenizer.ts")).train),
  );

  const encode = group
    .command("encode")
    .description("text to tokens, line by line")
    .argument("[text]", "file; - is standard input", "-")
    .option("--tokenizer <file>", "tokenizer.json or *.codes")
    .option("--ids", "print numbers instead of tokens");
  addCommonOptions(requireOptions(encode, "--tokenizer"), NOT_RANDOM).action(
    perform(async () => (await import("../tokenizer.ts")).encode),
  );

  const decode = group
    .command("decode")
    .description("tokens to text, line by line")
    .argument("[tokens]", "file with tokens separated by spaces; - is standard input", "-")
    .option("--tokenizer <file>", "tokenizer.json or *.codes")
    .option("--ids", "read numbers instead of tokens");
  addCommonOptions(requireOptions(decode, "--tokenizer"), NOT_RANDOM).action(
    perform(async () => (await import("../tokenizer.ts")).decode),
  );
}
