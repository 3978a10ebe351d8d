/** The work of `lexigrad mt train`. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { OptionError, StateError } from "../base/errors.ts";
import { exists, writeText } from "../base/files.ts";
import { Random } from "../base/random.ts";
import { Translator } from "../models/translator.ts";
import { configure, type RuntimeOptions } from "../tensor/index.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "../text/train-tokenizer.ts";
import type { TrainingResult } from "../train/events.ts";
import type { Monitor, OptimizerOptions, TrainSchedule } from "../train/options.ts";
import { train } from "../train/train.ts";
import { readJsonObject } from "./input.ts";
import { interruptible } from "./interrupt.ts";
import { type Io, note, print, printJson } from "./io.ts";
import {
  type DataOptions,
  HELD_OUT_FILES,
  readCorpus,
  type TranslationCorpus,
  writeHeldOut,
} from "./mt-data.ts";
import { applyConfig, type CommonOptions, defined, pathOf } from "./option-values.ts";
import { describeValidation, duration, grouped, TrainingDisplay } from "./progress.ts";

export interface TrainOptions extends DataOptions, CommonOptions {
  readonly out?: string;
  readonly resume?: true;
  readonly config?: string;
  readonly backend?: NonNullable<RuntimeOptions["backend"]>;
  readonly tokenizer: "word" | "char" | "bpe" | "byte-bpe";
  readonly split?: TrainTokenizerOptions["split"];
  readonly vocabSize?: number;
  readonly merges?: number;
  readonly minFrequency?: number;
  readonly joint?: boolean;
  readonly lowercase?: boolean;
  readonly cell: "lstm" | "gru";
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly attention: "additive" | "dot" | "bilinear";
  readonly inputFeeding: boolean;
  readonly bidirectional: boolean;
  readonly tieEmbeddings: "none" | "target" | "all";
  readonly dropout: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly batchSize?: number;
  readonly maxTokens?: number;
  readonly lr?: number;
  readonly optimizer: OptimizerOptions["type"];
  readonly schedule: "constant" | "cosine" | "inverse-sqrt" | "plateau";
  readonly warmup?: number;
  readonly clipNorm: number;
  readonly clipValue?: number;
  readonly labelSmoothing: number;
  readonly accumulate?: number;
  readonly validateEvery?: number;
  readonly validSentences: number;
  readonly bleu: boolean;
  readonly monitor: Monitor;
  readonly patience?: number;
  readonly logEvery: number;
  readonly saveEvery?: number;
}

const DEFAULT_EPOCHS = 10;
const DEFAULT_SEED = 1;
/** What the options of a run are kept in, so that `--resume` needs none of them. */
const OPTIONS_FILE = "options.json";

export async function trainTranslator(io: Io, given: TrainOptions, command: Command): Promise<number> {
  const options = completeOptions(given, command);
  const { out, seed = DEFAULT_SEED, resume = false } = options;
  const { description } = configure(defined({ backend: options.backend }));
  note(io, `backend: ${description}`);

  const corpus = readCorpus(io, options, seed);
  const { train: pairs, valid, test } = corpus;
  note(
    io,
    `pairs: ${pairs.length} for training, ${valid.length} for validation; ${test.length} test sentences`,
  );
  const tokenizers = makeTokenizers(corpus, options);
  const { source, target } = tokenizers;
  note(io, `tokens: ${source.tokens.length} source, ${target.tokens.length} target`);
  const translator = new Translator({ ...tokenizers, ...networkOptions(options), random: new Random(seed) });

  const display = new TrainingDisplay(io);
  try {
    const { result, status } = await interruptible(io, (signal) =>
      train(translator, corpus, {
        ...trainingOptions(options, valid.length > 0),
        out,
        resume,
        signal,
        onEvent(event) {
          if (event.type === "start" && event.resumedFrom === undefined) {
            writeHeldOut(out, corpus);
            writeOptions(out, command);
          }
          display.onEvent(event);
        },
      }),
    );
    await printResult(io, out, result, options);
    return result.interrupted ? status : 0;
  } finally {
    display.close();
  }
}

/** Options of the command line, then of `--config`, then of the run to resume, then defaults. */
function completeOptions(given: TrainOptions, command: Command): TrainOptions & { readonly out: string } {
  if (given.config !== undefined) applyConfig(command, readJsonObject(given.config), given.config);
  const { out, resume } = command.opts<TrainOptions>();
  if (out === undefined) {
    const hint = `See ${pathOf(command)} --help.`;
    throw new OptionError({ what: pathOf(command), expected: "the option --out <run>", got: "none", hint });
  }
  const stored = `${out}/${OPTIONS_FILE}`;
  if (!resume || !exists(`${out}/config.json`)) checkNew(out);
  if (resume && exists(stored)) applyConfig(command, readJsonObject(stored), stored);
  return { ...command.opts<TrainOptions>(), out };
}

/** @throws {StateError} rather than overwrite a run or other files. */
function checkNew(out: string): void {
  const present = ["config.json", OPTIONS_FILE, ...HELD_OUT_FILES].find((name) => exists(`${out}/${name}`));
  if (present === undefined) return;
  throw new StateError({
    what: out,
    expected: "a new run directory",
    got: `one with ${present} in it`,
    hint: "Continue a run with --resume, or choose another --out.",
  });
}

const PATHS = ["tsv", "csv", "jsonl", "source", "target", "valid-tsv", "valid-source", "valid-target"];
const NOT_KEPT = ["out", "config", "resume", "json", "debug", "backend"];

/** Writes the options that were given, with paths that hold anywhere. */
function writeOptions(out: string, command: Command): void {
  const kept = command.options.flatMap((option): [string, unknown][] => {
    const name = option.name().replace(/^no-/, "");
    const source = command.getOptionValueSource(option.attributeName());
    if (NOT_KEPT.includes(name) || source === undefined || source === "default") return [];
    const value: unknown = command.getOptionValue(option.attributeName());
    return [[name, PATHS.includes(name) ? resolve(String(value)) : value]];
  });
  writeText(`${out}/${OPTIONS_FILE}`, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

function makeTokenizers({ train: pairs }: TranslationCorpus, options: TrainOptions) {
  const { tokenizer: type, vocabSize, merges, minFrequency, lowercase, joint } = options;
  const hasWords = type === "word" || type === "bpe";
  const split = options.split ?? (hasWords ? "punctuation" : undefined);
  const make = (texts: string[]) =>
    trainTokenizer(texts, defined({ type, vocabSize, merges, minFrequency, lowercase, split }));
  const sources = pairs.map(({ source }) => source);
  const targets = pairs.map(({ target }) => target);
  if (!joint) return { source: make(sources), target: make(targets) };
  const both = make([...sources, ...targets]);
  return { source: both, target: both };
}

function networkOptions(options: TrainOptions) {
  const { cell, embeddingSize, hiddenSize, encoderLayers, decoderLayers, attention } = options;
  const { inputFeeding, bidirectional, tieEmbeddings, dropout } = options;
  const sizes = { embeddingSize, hiddenSize, encoderLayers, decoderLayers };
  return { cell, ...sizes, attention, inputFeeding, bidirectional, tieEmbeddings, dropout };
}

function trainingOptions(options: TrainOptions, hasValidation: boolean) {
  const { steps, minutes, patience, lr, optimizer, schedule, warmup } = options;
  const { batchSize, maxTokens, labelSmoothing, clipNorm, clipValue, accumulate, logEvery, saveEvery } =
    options;
  const { validateEvery, validSentences, bleu, monitor } = options;
  const limited = steps !== undefined || minutes !== undefined;
  const limits = {
    epochs: options.epochs ?? (limited ? undefined : DEFAULT_EPOCHS),
    steps,
    minutes,
    patience,
  };
  const rates = {
    lr,
    optimizer: { type: optimizer } as OptimizerOptions,
    schedule: { type: schedule, ...defined({ warmup }) } as TrainSchedule,
  };
  const updates = { batchSize, maxTokens, labelSmoothing, clipNorm, clipValue, accumulate };
  const validation = hasValidation ? { validateEvery, validSentences, bleu, monitor } : {};
  return defined({ ...limits, ...rates, ...updates, ...validation, logEvery, saveEvery });
}

async function printResult(
  io: Io,
  out: string,
  result: TrainingResult,
  { json }: TrainOptions,
): Promise<void> {
  const report = `${out}/report.html`;
  const { records: _, ...figures } = result;
  if (json) return printJson(io, { out, ...figures, report });
  const { steps, epochs, tokens, skipped, seconds, tokensPerSecond, peakMemory, stoppedBy, best } = result;
  const rows = [
    ["trained", `${steps} steps, ${Number(epochs.toFixed(2))} epochs, ${grouped(tokens)} target tokens`],
    ["stopped by", stoppedBy],
    ["time", `${duration(seconds)}, ${grouped(tokensPerSecond)} target tokens a second`],
    ...(best === null ? [] : [["best", `step ${best.step}  ${describeValidation(best)}`]]),
    ...(skipped === 0 ? [] : [["left out", `${skipped} steps that were not finite`]]),
    ...(peakMemory === undefined ? [] : [["peak memory", `${grouped(peakMemory / 2 ** 20)} MiB`]]),
    ["report", report],
  ];
  await print(io, rows.map(([name, value]) => `${name.padEnd(12)} ${value}\n`).join(""));
}
