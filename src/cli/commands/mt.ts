/** `lexigrad mt`: its commands and options. */
import type { Command, Option } from "commander";
import { addCommonOptions, COUNT, choiceOption, NOT_RANDOM, numberOption } from "../option-values.ts";
import type { Perform } from "../perform.ts";
import { TOKENIZERS } from "./score.ts";
import { SPLITS, TOKENIZER_TYPES } from "./tokenizer.ts";

const SHARE = { min: 0, max: 1 };
const FROM_ZERO = { integer: true, min: 0 };

export function declareMt(program: Command, perform: Perform): void {
  const group = program.command("mt").description("train and use translators");
  declareTrain(group, perform);
  declareTranslate(group, perform);
  declareEvaluate(group, perform);
}

function backendOption(): Option {
  return choiceOption("--backend <name>", "what computes (default: auto)", [
    "auto",
    "reference",
    "simd",
    "relaxed",
    "blas",
  ]);
}

function declareTrain(group: Command, perform: Perform): void {
  const train = group
    .command("train")
    .description("train a translator on sentence pairs")
    .option("--out <run>", "the run directory to make")
    .option("--resume", "continue the run in --out, with the options it began with unless others are given")
    .option("--config <file>", "JSON object of options by name; the command line goes before it")
    .addOption(backendOption());
  addDataOptions(train);
  addModelOptions(train);
  addTrainingOptions(train);
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
  train
    .optionsGroup("Tokenizers:")
    .addOption(choiceOption("--tokenizer <type>", "what tokens are", TOKENIZER_TYPES).default("bpe"))
    .addOption(numberOption("--vocab-size <n>", "most tokens of each side", COUNT))
    .addOption(
      numberOption("--merges <n>", "most merges of each side, instead", FROM_ZERO).conflicts("vocabSize"),
    )
    .addOption(numberOption("--min-frequency <n>", "leave out rarer tokens or merges", { min: 1 }))
    .addOption(choiceOption("--split <rule>", "where word and bpe find words (default: punctuation)", SPLITS))
    .option("--joint", "one tokenizer for both sides")
    .option("--lowercase", "lower-case all text first")
    .optionsGroup("Model:")
    .addOption(choiceOption("--model <kind>", "family of models", ["rnn"]).default("rnn"))
    .addOption(choiceOption("--cell <kind>", "recurrent cell", ["lstm", "gru"]).default("lstm"))
    .addOption(numberOption("--embedding-size <n>", "width of word vectors", COUNT).default(128))
    .addOption(numberOption("--hidden-size <n>", "width of the states", COUNT).default(128))
    .addOption(numberOption("--encoder-layers <n>", "", COUNT).default(1))
    .addOption(numberOption("--decoder-layers <n>", "", COUNT).default(1))
    .addOption(choiceOption("--attention <kind>", "", ["additive", "dot", "bilinear"]).default("additive"))
    .addOption(numberOption("--dropout <p>", "share of activations left out", SHARE).default(0.1))
    .addOption(
      choiceOption(
        "--tie-embeddings [which]",
        "output weights are the target embedding; all: the source's too",
        ["none", "target", "all"],
      )
        .preset("target")
        .default("none"),
    )
    .option("--no-input-feeding", "hide the last attentional state from the decoder")
    .option("--no-bidirectional", "read sources forwards only");
}

function addTrainingOptions(train: Command): void {
  train
    .optionsGroup("Training:")
    .addOption(
      numberOption("--epochs <n>", "passes over the data (default: 10, without another limit)", COUNT),
    )
    .addOption(numberOption("--steps <n>", "updates", COUNT))
    .addOption(numberOption("--minutes <x>", "time", { min: 0 }))
    .addOption(numberOption("--patience <n>", "stop after so many validations without improvement", COUNT))
    .addOption(numberOption("--batch-size <n>", "pairs in a batch (default: 64)", COUNT))
    .addOption(
      numberOption("--max-tokens <n>", "instead: most tokens in a batch, padding included", COUNT).conflicts(
        "batchSize",
      ),
    )
    .addOption(numberOption("--accumulate <n>", "batches in an update", COUNT))
    .addOption(
      choiceOption("--optimizer <name>", "", ["adam", "adamw", "sgd", "rmsprop", "adagrad"]).default("adam"),
    )
    .addOption(numberOption("--lr <x>", "learning rate (default: the optimizer's)", { min: 0 }))
    .addOption(
      choiceOption("--schedule <name>", "how the rate changes", [
        "constant",
        "cosine",
        "inverse-sqrt",
        "plateau",
      ]).default("constant"),
    )
    .addOption(
      numberOption("--warmup <n>", "updates until the full rate, for cosine and inverse-sqrt", FROM_ZERO),
    )
    .addOption(
      numberOption("--clip-norm <x>", "largest norm of all gradients together", { min: 0 }).default(1),
    )
    .addOption(numberOption("--clip-value <x>", "largest element of a gradient", { min: 0 }))
    .addOption(numberOption("--label-smoothing <x>", "", SHARE).default(0.1))
    .addOption(numberOption("--validate-every <n>", "updates between validations (default: an epoch)", COUNT))
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
    )
    .addOption(numberOption("--log-every <n>", "updates between lines of the log", COUNT).default(50))
    .addOption(numberOption("--save-every <n>", "updates between further checkpoints", COUNT));
}

function addDecodingOptions(command: Command): Command {
  return command
    .addOption(numberOption("--beam <n>", "hypotheses kept; 1 is greedy (default: 5)", COUNT))
    .option("--length-penalty <rule>", "none, gnmt:ALPHA or fairseq:EXPONENT (default: fairseq:1)")
    .addOption(
      numberOption("--coverage-penalty <beta>", "for parts left untranslated (default: 0)", { min: 0 }),
    )
    .addOption(numberOption("--batch-size <n>", "sentences decoded together (default: 32)", COUNT))
    .addOption(choiceOption("--weights <which>", "(default: best where there is one)", ["best", "last"]))
    .addOption(backendOption());
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
