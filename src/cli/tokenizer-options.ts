/** Options of the tokenizers that `mt train` and `lm train` make: names alone, for a quick `--help`. */
import type { Command } from "commander";
import type { TrainTokenizerOptions } from "../text/train-tokenizer.ts";
import { SPLITS, TOKENIZER_TYPES } from "./commands/tokenizer.ts";
import { COUNT, choiceOption, FROM_ZERO, numberOption } from "./option-values.ts";

export interface TokenizerOptions {
  readonly tokenizer: TrainTokenizerOptions["type"];
  readonly vocabSize?: number;
  readonly merges?: number;
  readonly minFrequency?: number;
  readonly split?: TrainTokenizerOptions["split"];
  readonly lowercase?: boolean;
}

export function addTokenizerOptions(train: Command, type: TokenizerOptions["tokenizer"]): Command {
  return train
    .addOption(choiceOption("--tokenizer <type>", "what tokens are", TOKENIZER_TYPES).default(type))
    .addOption(numberOption("--vocab-size <n>", "most tokens of a tokenizer", COUNT))
    .addOption(
      numberOption("--merges <n>", "most merges of a tokenizer, instead", FROM_ZERO).conflicts("vocabSize"),
    )
    .addOption(numberOption("--min-frequency <n>", "leave out rarer tokens or merges", { min: 1 }))
    .addOption(choiceOption("--split <rule>", "where word and bpe find words (default: punctuation)", SPLITS))
    .option("--lowercase", "lower-case all text first");
}
