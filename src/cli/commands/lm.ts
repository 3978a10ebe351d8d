/** `lexigrad lm`: its commands and options. */
import { type Command, Option } from "commander";
import { addComputeOptions } from "../compute-options.ts";
import { headOption } from "../heads-options.ts";
import {
  addCommonOptions,
  COUNT,
  choiceOption,
  FROM_ZERO,
  NOT_RANDOM,
  numberOption,
  requireOptions,
  SHARE,
} from "../option-values.ts";
import type { Perform } from "../perform.ts";
import { addTokenizerOptions } from "../tokenizer-options.ts";
import { addRunOptions, addTrainingOptions } from "../training-options.ts";
import { ACTIVATIONS, POSITIONS } from "./mt.ts";

const MODELS = ["transformer", "rnn", "lstm", "gru", "bert"];
const WHOLE = { min: 0, max: 1 };

export function declareLm(program: Command, perform: Perform): void {
  const group = program.command("lm").description("train and use language models");
  declareTrain(group, perform);
  declareEvaluate(group, perform);
  declareGenerate(group, perform);
  declareFill(group, perform);
  declareVectors(group, perform);
  declareAttention(group, perform);
  declareGradients(group, perform);
  declareExchange(group, perform);
}

const RECIPE = `
Where nothing else is said, training is nanoGPT's for small models at twice its rate: adamw with --lr 0.002, --beta2 0.99
and --weight-decay 0.1 of matrices, and a cosine from there to a tenth after at most 100 updates of warm-up.`;

function declareTrain(group: Command, perform: Perform): void {
  const train = group
    .command("train")
    .description("train a language model on text")
    .argument("[text...]", "files; - is standard input")
    // The argument under a name, for options.json and --config.
    .addOption(new Option("--text <file...>").hideHelp());
  addRunOptions(train);
  train
    .optionsGroup("Data:")
    .option("--valid <file>", "text for validation")
    .addOption(
      numberOption("--valid-fraction <x>", "instead: the last share of the text (default: 0.1)", SHARE),
    )
    .addOption(
      choiceOption(
        "--stream <kind>",
        "lines: each ends with a token; text: as it is (default: lines for word and bpe)",
        ["lines", "text"],
      ),
    )
    .optionsGroup("Tokenizer:");
  addTokenizerOptions(train, "char").addOption(
    new Option("--tokenizer-file <file>", "instead: one already made").conflicts([
      "tokenizer",
      "vocabSize",
      "merges",
      "minFrequency",
      "split",
      "lowercase",
    ]),
  );
  addModelOptions(train);
  addTrainingOptions(train, {
    batch: "windows in a batch (default: 12), or streams of a recurrent model (default: 50)",
    limit: "default: 2000 steps instead",
    optimizer: "adamw",
    schedule: "cosine",
    labelSmoothing: 0,
    validateEvery: "250; with --epochs: after each",
  }).addOption(
    numberOption("--bptt <n>", "recurrent: tokens through which gradients flow back (default: 50)", COUNT),
  );
  addCommonOptions(train.optionsGroup("Options:"), "of weights, windows and dropout (default: 1)")
    .addHelpText("after", RECIPE)
    .action(perform(async () => (await import("../lm-train.ts")).trainLanguageModel));
}

function addModelOptions(train: Command): void {
  train
    .optionsGroup("Model:")
    .addOption(
      choiceOption(
        "--model <kind>",
        "transformer, rnn, lstm, gru: each token from those before it; bert: hidden tokens from both sides",
        MODELS,
      ).default("transformer"),
    )
    .addOption(numberOption("--layers <n>", "(default: 4; recurrent: 2)", COUNT))
    .addOption(numberOption("--hidden-size <n>", "recurrent: width of a layer's state (default: 128)", COUNT))
    .addOption(
      numberOption("--embedding-size <n>", "recurrent: width of the embedding (default: hidden-size)", COUNT),
    )
    .addOption(numberOption("--d-model <n>", "width of all vectors (default: 128)", COUNT))
    .addOption(numberOption("--heads <n>", "attention heads (default: 4)", COUNT))
    .addOption(
      numberOption("--feed-forward <n>", "width inside feed-forward sublayers (default: 4 d-model)", COUNT),
    )
    .addOption(numberOption("--block-size <n>", "most tokens to look back on (default: 64)", COUNT))
    .addOption(choiceOption("--positions <kind>", "(default: learned; bert: rotary)", POSITIONS))
    .addOption(choiceOption("--activation <name>", "of feed-forward sublayers (default: gelu)", ACTIVATIONS))
    .addOption(
      choiceOption("--norm <place>", "normalise before or after each sublayer (default: pre)", [
        "pre",
        "post",
      ]),
    )
    .option("--tie-embeddings", "output weights that are the embedding (default, but not of recurrent ones)")
    .option("--no-tie-embeddings", "output weights that are not the embedding")
    .option("--no-bias", "no biases in layers and normalisations")
    .option("--output-bias", "a bias for each token of the vocabulary")
    .option("--no-transform", "bert: nothing between the last layer and the output weights")
    .addOption(numberOption("--dropout <p>", "share of activations left out (default: 0)", SHARE))
    .addOption(numberOption("--attention-dropout <p>", "of attention weights (default: --dropout)", SHARE))
    .addOption(numberOption("--activation-dropout <p>", "inside feed-forward sublayers (default: 0)", SHARE))
    .optionsGroup("Hidden tokens of bert, which takes each line for a text:")
    .addOption(numberOption("--mask-rate <p>", "share of tokens to hide (default: 0.15)", WHOLE))
    .addOption(numberOption("--mask-share <p>", "of those, shown as the mask (default: 0.8)", WHOLE))
    .addOption(numberOption("--random-share <p>", "shown as a random token (default: 0.1)", WHOLE));
}

function addModelUse(command: Command): Command {
  return addComputeOptions(
    command.addOption(
      choiceOption("--weights <which>", "(default: best where there is one)", ["best", "last"]),
    ),
  );
}

function declareEvaluate(group: Command, perform: Perform): void {
  const evaluate = group
    .command("evaluate")
    .description("measure perplexity and bits per byte; without a file, of what lm train kept apart")
    .argument("<run>", "run directory, or file of an n-gram model")
    .argument("[text]", "file; - is standard input")
    .addOption(
      numberOption(
        "--stride <n>",
        "tokens from window to window; fewer give more context (default: all)",
        COUNT,
      ),
    );
  evaluate
    .addOption(new Option("--with <model...>", "other runs and n-gram models to measure on the same text"))
    .addOption(
      new Option("--tune <file>", "with them: mix all linearly, with the weights that suit this text best"),
    )
    .addOption(
      choiceOption("--unknown <policy>", "score unknown words as <unk>, or skip them (default: score)", [
        "score",
        "skip",
      ]),
    )
    .addOption(
      choiceOption("--hide <tokens>", "of bert: random ones, or each in turn (default: random)", [
        "random",
        "each",
      ]),
    )
    .addOption(numberOption("--mask-rate <p>", "of bert: share of random ones (default: 0.15)", WHOLE));
  addCommonOptions(addModelUse(evaluate), "of bert's hidden tokens (default: 1)").action(
    perform(async () => (await import("../lm-evaluate.ts")).evaluate),
  );
}

function declareGenerate(group: Command, perform: Perform): void {
  const generate = group
    .command("generate")
    .description("make up text")
    .argument("<run>", "run directory")
    .addOption(
      new Option("--prompt <text>", "what to go on from; may be given again (default: nothing)").argParser(
        (text, before?: string[]) => [...(before ?? []), text],
      ),
    )
    .addOption(numberOption("--samples <n>", "texts for each prompt", COUNT).default(1))
    .addOption(numberOption("--length <n>", "most tokens to add", FROM_ZERO).default(200))
    .addOption(numberOption("--min-length <n>", "fewest tokens before the end of a line", FROM_ZERO))
    .addOption(numberOption("--temperature <x>", "below 1 is less varied (default: 1)", { min: 0 }))
    .addOption(numberOption("--top-k <n>", "draw from the n most probable tokens", COUNT))
    .addOption(
      numberOption("--top-p <x>", "draw from the most probable tokens of this share", { min: 0, max: 1 }),
    )
    .addOption(
      new Option("--greedy", "take the most probable token each time").conflicts([
        "temperature",
        "topK",
        "topP",
      ]),
    )
    .addOption(numberOption("--batch-size <n>", "texts made together (default: 32)", COUNT));
  addCommonOptions(addModelUse(generate), "of the samples (default: 1)").action(
    perform(async () => (await import("../lm-generate.ts")).generate),
  );
}

function declareFill(group: Command, perform: Perform): void {
  const fill = group
    .command("fill")
    .description("guess the words that stand at [MASK] or <mask>: number of the mask, probability, word")
    .argument("<run>", "run directory of a bert")
    .option("--text <text>", 'such as "the [MASK] sat"')
    .addOption(numberOption("--top-k <n>", "guesses for each mask (default: 5)", COUNT));
  addCommonOptions(requireOptions(addModelUse(fill), "--text"), NOT_RANDOM).action(
    perform(async () => (await import("../lm-fill.ts")).fill),
  );
}

function declareVectors(group: Command, perform: Perform): void {
  const vectors = group
    .command("vectors")
    .description("turn each line of a text into a vector")
    .argument("<run>", "run directory of a bert")
    .argument("[text]", "file, one sentence a line; - is standard input", "-")
    .addOption(
      choiceOption("--pooling <how>", "mean of all tokens, or the first (default: mean)", ["mean", "first"]),
    )
    .addOption(numberOption("--batch-size <n>", "sentences computed together (default: 32)", COUNT));
  addCommonOptions(addModelUse(vectors), NOT_RANDOM).action(
    perform(async () => (await import("../lm-fill.ts")).vectors),
  );
}

function declareAttention(group: Command, perform: Perform): void {
  const attention = group
    .command("attention")
    .description("draw what every head of a transformer looks at in a text")
    .argument("<run>", "run directory of a transformer or bert")
    .option("--text <text>", "what to look into")
    .option("--out <where>", "file for an SVG; - is standard output; terminal (the default)")
    .addOption(headOption("draw"));
  addCommonOptions(requireOptions(addModelUse(attention), "--text"), NOT_RANDOM).action(
    perform(async () => (await import("../lm-attention.ts")).attention),
  );
}

function declareGradients(group: Command, perform: Perform): void {
  const gradients = group
    .command("gradients")
    .description("how far gradients of recurrent models reach back, and what truncating them leaves")
    .argument("<run...>", "run directories of rnn, lstm or gru")
    .option("--text <file>", "text to read; - is standard input")
    .addOption(numberOption("--length <n>", "tokens of a stretch", COUNT).default(100))
    .addOption(
      numberOption(
        "--stretches <n>",
        "stretches from all over the text, of which the mean is told",
        COUNT,
      ).default(10),
    )
    .option("--out <where>", "file for an SVG; - is standard output");
  addCommonOptions(requireOptions(addModelUse(gradients), "--text"), NOT_RANDOM).action(
    perform(async () => (await import("../lm-gradients.ts")).gradients),
  );
}

function declareExchange(group: Command, perform: Perform): void {
  const taken = group
    .command("import")
    .description("turn a GPT-2 checkpoint into a run directory")
    .argument("<checkpoint>", "folder with config.json, model.safetensors and tokenizer.json")
    .option("--out <run>", "run directory to make");
  addCommonOptions(requireOptions(taken, "--out"), NOT_RANDOM).action(
    perform(async () => (await import("../lm-import.ts")).importModel),
  );

  const given = group
    .command("export")
    .description("turn a run directory into a GPT-2 checkpoint")
    .argument("<run>", "run directory of a transformer")
    .option("--out <folder>", "folder to make");
  addCommonOptions(requireOptions(addModelUse(given), "--out"), NOT_RANDOM).action(
    perform(async () => (await import("../lm-import.ts")).exportModel),
  );
}
