/** The work of `lexigrad lm train`. */
import type { Command } from "commander";
import { FormatError, OptionError } from "../base/errors.ts";
import { readText, writeText } from "../base/files.ts";
import { Random } from "../base/random.ts";
import { LanguageModel } from "../models/language-model.ts";
import {
  type LanguageModelKind,
  type LanguageModelNetworkOptions,
  languageModelKeys,
} from "../models/language-model-networks.ts";
import { defaultStream, languageModelSpecials, type StreamKind } from "../models/language-model-text.ts";
import type { LanguageModelData } from "../models/language-modelling-task.ts";
import { MaskedLanguageModel } from "../models/masked-language-model.ts";
import { MASKED_LANGUAGE_MODEL_KEYS } from "../models/masked-language-model-files.ts";
import { splitLines } from "../text/corpus-lines.ts";
import { MASKING_KEYS, type MaskingOptions } from "../text/masking.ts";
import { splitText } from "../text/text-split.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { MASKED_SPECIALS } from "../text/vocabulary.ts";
import type { TrainingResult } from "../train/events.ts";
import type { TrainOptions as TrainSettings } from "../train/options.ts";
import { train } from "../train/train.ts";
import { applyComputeOptions } from "./compute.ts";
import { checkOneStandardInput, nameOf, readInput } from "./input.ts";
import { type Io, note } from "./io.ts";
import { makeTokenizer } from "./make-tokenizer.ts";
import { networkOptions } from "./network-options.ts";
import { defined } from "./option-values.ts";
import type { TokenizerOptions } from "./tokenizer-options.ts";
import { type TrainingOptions, trainingOptions } from "./training-options.ts";
import { completeOptions, DEFAULT_SEED, performTraining, type RunOptions } from "./training-run.ts";

interface TrainOptions extends RunOptions, TokenizerOptions, TrainingOptions, MaskingOptions {
  readonly text?: readonly string[];
  readonly valid?: string;
  readonly validFraction?: number;
  readonly stream?: StreamKind;
  readonly tokenizerFile?: string;
  readonly model: LanguageModelKind | typeof MASKED;
  readonly bptt?: number;
}

/** The kind of model that predicts tokens which are hidden from it. */
const MASKED = "bert";
/** The text kept apart by `--valid-fraction`. */
export const HELD_OUT_TEXT = "valid.txt";
const PATHS = ["text", "valid", "tokenizer-file"];
const DEFAULT_STEPS = 2000;
const DEFAULT_VALID_FRACTION = 0.1;
const DEFAULT_VALIDATE_EVERY = 250;
const LONGEST_WARMUP = 100;
const DEFAULT_RATE = 2e-3;
/** The library's names of options that are called otherwise here. */
const NETWORK_OPTIONS = {
  layers: "numLayers",
  heads: "nhead",
  feedForward: "dimFeedforward",
  norm: "normFirst",
};

export async function trainLanguageModel(
  io: Io,
  paths: string[],
  _given: TrainOptions,
  command: Command,
): Promise<number> {
  if (paths.length > 0) command.setOptionValueWithSource("text", paths, "cli");
  const options = completeOptions<TrainOptions>(command, [HELD_OUT_TEXT]);
  const { out, model: kind } = options;
  note(io, `backend: ${applyComputeOptions(options)}`);

  const made = options.tokenizerFile === undefined ? undefined : Tokenizer.load(options.tokenizerFile);
  const type = made?.type ?? options.tokenizer;
  const { data, heldOut } = partTexts(await readTexts(io, options), type, options);
  const tokenizer = made ?? tokenizerOf(data.train, options);
  note(io, `${tokenizer.tokens.length} tokens, special ones included: ${tokenizer.data.specials.join(" ")}`);
  const prepare = kind === MASKED ? prepareMasked : prepareCausal;
  const { network, run } = prepare(command, options, tokenizer, data);
  const settings = trainingOptions(withRecipe(options), data.valid !== undefined, network);
  return performTraining(io, {
    command,
    options,
    paths: PATHS,
    begin: () => heldOut && writeText(`${out}/${HELD_OUT_TEXT}`, data.valid ?? ""),
    train: (control) => run({ ...settings, ...control }),
  });
}

/** A model to be trained: its network, and the training itself. */
interface Prepared {
  readonly network: { readonly options: object };
  readonly run: (settings: TrainSettings) => Promise<TrainingResult>;
}

type Prepare = (
  command: Command,
  options: TrainOptions,
  tokenizer: Tokenizer,
  data: LanguageModelData,
) => Prepared;

const prepareCausal: Prepare = (command, options, tokenizer, data) => {
  const { stream, bptt, seed = DEFAULT_SEED } = options;
  const kind = options.model as LanguageModelKind;
  for (const key of MASKING_KEYS) refuseFor(kind, key, options[key]);
  if (kind === "transformer") refuseFor(kind, "bptt", bptt);
  const network = networkOptions(command, kind, languageModelKeys(kind), NETWORK_OPTIONS);
  const model = new LanguageModel({
    ...(network as LanguageModelNetworkOptions),
    ...defined({ stream }),
    tokenizer,
    random: new Random(seed),
  });
  const horizon = defined({ bptt });
  return { network: model.network, run: (settings) => train(model, data, { ...settings, ...horizon }) };
};

/** Each line is a text of its own. */
const prepareMasked: Prepare = (command, options, tokenizer, data) => {
  const { stream, maskRate, maskShare, randomShare, seed = DEFAULT_SEED } = options;
  refuseFor(MASKED, "stream", stream);
  refuseFor(MASKED, "bptt", options.bptt);
  const { model: _, ...network } = networkOptions(
    command,
    MASKED,
    MASKED_LANGUAGE_MODEL_KEYS,
    NETWORK_OPTIONS,
  );
  const model = new MaskedLanguageModel({ ...network, tokenizer, random: new Random(seed) });
  const valid = data.valid === undefined ? {} : { valid: splitLines(data.valid) };
  const texts = { train: splitLines(data.train), ...valid };
  const masking = defined({ maskRate, maskShare, randomShare });
  return { network: model.network, run: (settings) => train(model, texts, { ...settings, ...masking }) };
};

/** @throws {OptionError} when an option is given that a kind of model does not have. */
function refuseFor(kind: string, key: string, value: unknown): void {
  if (value === undefined) return;
  const what = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new OptionError({ what, expected: `an option of --model ${kind}`, got: "one of another model" });
}

/** The training files, one after the other. */
async function readTexts(io: Io, { text: paths = [] }: TrainOptions): Promise<string> {
  if (paths.length === 0) {
    throw new OptionError({ what: "training data", expected: "one or more files", got: "none" });
  }
  checkOneStandardInput(paths);
  let all = "";
  for (const path of paths) {
    const text = await readInput(io, path);
    all += all === "" || all.endsWith("\n") ? text : `\n${text}`;
  }
  if (/\S/.test(all)) return all;
  const complaint = { what: "empty corpus", expected: "text to train on", got: "none" };
  throw new FormatError(complaint, { file: paths.map(nameOf).join(", ") });
}

function partTexts(
  text: string,
  type: Tokenizer["type"],
  { text: paths, valid, validFraction, stream, model }: TrainOptions,
): { data: LanguageModelData; heldOut: boolean } {
  if (valid !== undefined) {
    if (validFraction === undefined) return { data: { train: text, valid: readText(valid) }, heldOut: false };
    const got = "--valid and --valid-fraction";
    throw new OptionError({ what: "validation data", expected: "one of --valid, --valid-fraction", got });
  }
  const share = validFraction ?? DEFAULT_VALID_FRACTION;
  if (share === 0) return { data: { train: text }, heldOut: false };
  const kind = model === MASKED ? "lines" : (stream ?? defaultStream({ type }));
  const data = splitText(text, share, kind === "lines" ? "lines" : "characters");
  if (/\S/.test(data.train) && data.valid !== "") return { data, heldOut: true };
  throw new OptionError({
    what: (paths ?? []).map(nameOf).join(", "),
    expected: `enough text to keep ${100 * share} % apart for validation`,
    got: text.length === 1 ? "1 character" : `${text.length} characters`,
    hint: "With --valid-fraction 0 none is kept apart.",
  });
}

function tokenizerOf(text: string, options: TrainOptions): Tokenizer {
  const { tokenizer: type, model } = options;
  if (model === MASKED) return makeTokenizer(splitLines(text), options, MASKED_SPECIALS);
  // Characters and bytes keep line ends where they have them.
  const texts = defaultStream({ type }) === "text" && options.stream !== "lines" ? [text] : splitLines(text);
  return makeTokenizer(texts, options, languageModelSpecials(type));
}

/** Completed with nanoGPT's recipe for small models, at twice its rate, which trains them better. */
function withRecipe(options: TrainOptions): TrainingOptions {
  const { optimizer, schedule, epochs, minutes } = options;
  const limited = epochs !== undefined || minutes !== undefined;
  const { steps = limited ? undefined : DEFAULT_STEPS } = options;
  const isAdamW = optimizer === "adamw";
  const adamw = isAdamW ? { beta2: 0.99, weightDecay: 0.1, decay: "matrices" as const } : {};
  // The rate of noam follows from the width of the network.
  const rate = isAdamW && schedule !== "noam" ? DEFAULT_RATE : undefined;
  const every = epochs === undefined ? DEFAULT_VALIDATE_EVERY : undefined;
  const { lr = rate, validateEvery = every } = options;
  const warmup = Math.min(LONGEST_WARMUP, Math.floor((steps ?? Number.POSITIVE_INFINITY) / 10));
  const minLr = lr === undefined ? {} : { minLr: lr / 10 };
  const cosine = schedule === "cosine" ? { warmup, ...minLr } : {};
  return { ...adamw, ...cosine, ...defined(options), ...defined({ lr, steps, validateEvery }) };
}
