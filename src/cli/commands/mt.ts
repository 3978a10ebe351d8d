/** `lexigrad mt`: its commands and options. */
import type { Command } from "commander";
import type { ModelPositions } from "../../models/transformer-options.ts";
import { addComputeOptions } from "../compute-options.ts";
import { addHeadsOptions } from "../heads-options.ts";
import {
  addCommonOptions,
  COUNT,
  choiceOption,
  FROM_ZERO,
  MAX_SOURCE_LENGTH,
  NOT_RANDOM,
  numberOption,
  SHARE,
} from "../option-values.ts";
import type { Perform } from "../perform.ts";
import { addTokenizerOptions } from "../tokenizer-options.ts";
import { addRunOptions, addTrainingOptions } from "../training-options.ts";
import { TOKENIZERS } from "./score.ts";

// Lists of names stand here again, so that help loads no models.
export const POSITIONS = [
  "sinusoidal",
  "sinusoidal-halves",
  "learned",
  "rotary",
  "none",
] satisfies ModelPositions[];

export const ACTIVATIONS = ["relu", "gelu", "gelu-tanh", "glu", "reglu", "geglu", "swiglu"];

export function declareMt(program: Command, perform: Perform): void {
  const group = program.command("mt").description("train and use translators");
  declareTrain(group, perform);
  declareTranslate(group, perform);
  declareEvaluate(group, perform);
  declareAverage(group, perform);
}

function declareTrain(group: Command, perform: Perform): void {
  const train = group.command("train").description("train a translator on sentence pairs");
  addRunOptions(train);
  addDataOptions(train);
  addModelOptions(train);
  addTrainingOptions(train, {
    batch: "pairs in a batch (default: 64)",
    limit: "default: 10, without another limit",
    optimizer: "adam",
    schedule: "constant",
    labelSmoothing: 0.1,
    validateEvery: "an epoch",
  });
  addTranslationOptions(train);
  addCommonOptions(
    train.optionsGroup("Options:"),
    "of weights, order, dropout and splits (default: 1)",
  ).action(perform(async () => (await import("../mt-train.ts")).trainTranslator));
}

function addDataOptions(train: Command): void {
  train
    .optionsGroup("Data:")
    .option("--tsv <file>", "pairs in the first two tab-separated columns")
    .option("--csv <file>", "pairs in the first two comma-separated columns")
    .option("--jsonl <file>", 'pairs as JSON objects with the keys "source" and "target"')
    .option("--source <file>", "sentences, one a line, beside --target")
    .option("--target <file>", "translations, line by line beside --source")
    .option(
      "--columns <source,target>",
      "other columns, by number from 1 or by name in the first row; other keys",
    )
    .addOption(numberOption("--max-words <n>", "leave out pairs with more words on a side", COUNT))
    .option("--valid-tsv <file>", "pairs for validation")
    .option("--valid-source <file>", "sentences for validation, beside --valid-target")
    .option("--valid-target <file>", "their translations")
    .addOption(
      numberOption(
        "--valid-size <n>",
        "sentences kept apart for validation (default: 5 %, at most 500)",
        FROM_ZERO,
      ),
    )
    .addOption(
      numberOption(
        "--test-size <n>",
        "sentences kept apart for mt evaluate (default: as many; none with a validation file)",
        FROM_ZERO,
      ),
    );
}

function addModelOptions(train: Command): void {
  train.optionsGroup("Tokenizers:").option("--joint", "one tokenizer for both sides");
  addTokenizerOptions(train, "bpe");
  train
    .addOption(
      numberOption(
        "--bpe-dropout <p>",
        "chance of passing over a merge, anew in each epoch (default: 0)",
        SHARE,
      ),
    )
    .optionsGroup("Model:")
    .addOption(choiceOption("--model <kind>", "family of models", ["rnn", "transformer"]).default("rnn"))
    .addOption(numberOption("--encoder-layers <n>", "(default: 1; transformer: 4)", COUNT))
    .addOption(numberOption("--decoder-layers <n>", "(default: 1; transformer: 4)", COUNT))
    .addOption(numberOption("--dropout <p>", "share of activations left out", SHARE).default(0.1))
    .addOption(
      choiceOption(
        "--tie-embeddings [which]",
        "output weights are the target embedding; all: the source's too (default: none)",
        ["none", "target", "all"],
      ).preset("target"),
    )
    .optionsGroup("Model rnn:")
    .addOption(choiceOption("--cell <kind>", "recurrent cell (default: lstm)", ["lstm", "gru"]))
    .addOption(numberOption("--embedding-size <n>", "width of word vectors (default: 128)", COUNT))
    .addOption(numberOption("--hidden-size <n>", "width of the states (default: 128)", COUNT))
    .addOption(choiceOption("--attention <kind>", "(default: additive)", ["additive", "dot", "bilinear"]))
    .option("--no-input-feeding", "hide the last attentional state from the decoder")
    .option("--no-bidirectional", "read sources forwards only")
    .optionsGroup("Model transformer:")
    .addOption(numberOption("--d-model <n>", "width of all vectors (default: 128)", COUNT))
    .addOption(numberOption("--heads <n>", "attention heads (default: 4)", COUNT))
    .addOption(
      numberOption("--feed-forward <n>", "width inside feed-forward sublayers (default: 256)", COUNT),
    )
    .addOption(choiceOption("--activation <name>", "of feed-forward sublayers (default: relu)", ACTIVATIONS))
    .addOption(
      choiceOption("--norm <place>", "normalise before or after each sublayer (default: pre)", [
        "pre",
        "post",
      ]),
    )
    .addOption(choiceOption("--positions <kind>", "(default: sinusoidal)", POSITIONS))
    .addOption(numberOption("--attention-dropout <p>", "of attention weights (default: 0)", SHARE))
    .addOption(numberOption("--activation-dropout <p>", "inside feed-forward sublayers (default: 0)", SHARE));
}

function addTranslationOptions(train: Command): void {
  train
    .addOption(
      numberOption("--max-tokens <n>", "instead: most tokens in a batch, padding included", COUNT).conflicts(
        "batchSize",
      ),
    )
    .addOption(
      numberOption(
        "--valid-sentences <n>",
        "validation sentences translated to measure BLEU",
        FROM_ZERO,
      ).default(500),
    )
    .option("--no-bleu", "do not measure BLEU in validation")
    .addOption(
      choiceOption("--monitor <figure>", "decides what is best", ["loss", "perplexity", "bleu"]).default(
        "loss",
      ),
    );
}

function addDecodingOptions(command: Command): Command {
  command
    .addOption(numberOption("--beam <n>", "hypotheses kept; 1 is greedy (default: 5)", COUNT))
    .option("--length-penalty <rule>", "none, gnmt:ALPHA or fairseq:EXPONENT (default: fairseq:1)")
    .addOption(
      numberOption("--coverage-penalty <beta>", "for parts left untranslated (default: 0)", { min: 0 }),
    )
    .addOption(
      numberOption(
        "--max-source-length <n>",
        `tokens of a sentence that are read, the rest is cut off (default: ${MAX_SOURCE_LENGTH}, at most what learned positions hold)`,
        COUNT,
      ),
    )
    .addOption(numberOption("--batch-size <n>", "sentences decoded together (default: 32)", COUNT))
    .addOption(
      choiceOption("--weights <which>", "(default: the first of these that there is)", [
        "best",
        "average",
        "last",
      ]),
    )
    .option("--ensemble <run...>", "further runs with the same tokenizers, to translate together")
    .addOption(
      choiceOption("--combine <mean>", "what an ensemble averages (default: probability)", [
        "probability",
        "log-probability",
      ]),
    );
  return addComputeOptions(command);
}

function declareTranslate(group: Command, perform: Perform): void {
  const translate = group
    .command("translate")
    .description("translate text line by line")
    .argument("<run>", "run directory")
    .argument("[text]", "file, one sentence a line; - is standard input", "-");
  addDecodingOptions(translate)
    .addOption(numberOption("--nbest <n>", "print so many translations: sentence number, score, text", COUNT))
    .option(
      "--attention <where>",
      "draw the first sentence's attention: SVG into a file or, with -, in place of text; terminal",
    );
  addHeadsOptions(translate);
  addCommonOptions(translate, NOT_RANDOM).action(
    perform(async () => (await import("../mt-translate.ts")).translate),
  );
}

function declareEvaluate(group: Command, perform: Perform): void {
  const evaluate = group
    .command("evaluate")
    .description("translate a test and measure BLEU and chrF; without files, that of mt train")
    .argument("<run>", "run directory")
    .option("--source <file>", "sentences, one a line")
    .option(
      "--reference <file...>",
      "their translations line by line; *.tsv and *.references hold several a line",
    )
    .option("--tsv <file>", "instead: sentences, each with its translations in further columns")
    .option("--hypotheses <file>", "keep the translations")
    .addOption(
      choiceOption(
        "--tokenize <name>",
        "of BLEU; none for text already tokenized (default: 13a)",
        TOKENIZERS,
      ),
    )
    .option("--lowercase", "ignore case")
    .addOption(
      numberOption("--width <n>", "decimals of a score", { integer: true, min: 0, max: 15 }).default(2),
    );
  addCommonOptions(addDecodingOptions(evaluate), NOT_RANDOM).action(
    perform(async () => (await import("../mt-evaluate.ts")).evaluate),
  );
}

function declareAverage(group: Command, perform: Perform): void {
  const average = group
    .command("average")
    .description("average the weights that mt train --keep-checkpoints kept, for --weights average")
    .argument("<run>", "run directory")
    .addOption(numberOption("--last <n>", "only so many last ones (default: all)", COUNT));
  addCommonOptions(average, NOT_RANDOM).action(
    perform(async () => (await import("../mt-average.ts")).average),
  );
}
