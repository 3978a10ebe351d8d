/** The work of `lexigrad mt train`. */
import type { Command } from "commander";
import { Random } from "../base/random.ts";
import { type NetworkOptions, networkKeys } from "../models/networks.ts";
import type { TranslationNetwork } from "../models/translation-network.ts";
import { Translator } from "../models/translator.ts";
import type { Monitor } from "../train/options.ts";
import { train } from "../train/train.ts";
import { applyComputeOptions } from "./compute.ts";
import { type Io, note } from "./io.ts";
import { makeTokenizer } from "./make-tokenizer.ts";
import {
  type DataOptions,
  HELD_OUT_FILES,
  readCorpus,
  type TranslationCorpus,
  writeHeldOut,
} from "./mt-data.ts";
import { networkOptions } from "./network-options.ts";
import { defined } from "./option-values.ts";
import type { TokenizerOptions } from "./tokenizer-options.ts";
import { type TrainingOptions, trainingOptions } from "./training-options.ts";
import { completeOptions, DEFAULT_SEED, performTraining, type RunOptions } from "./training-run.ts";

export interface TrainOptions extends DataOptions, RunOptions, TokenizerOptions, TrainingOptions {
  readonly joint?: boolean;
  readonly model: "rnn" | "transformer";
  readonly maxTokens?: number;
  readonly bpeDropout?: number;
  readonly validSentences: number;
  readonly bleu: boolean;
  readonly monitor: Monitor;
}

const DEFAULT_EPOCHS = 10;
const PATHS = ["tsv", "csv", "jsonl", "source", "target", "valid-tsv", "valid-source", "valid-target"];

export async function trainTranslator(io: Io, _given: TrainOptions, command: Command): Promise<number> {
  const options = completeOptions<TrainOptions>(command, HELD_OUT_FILES);
  const { out, seed = DEFAULT_SEED } = options;
  note(io, `backend: ${applyComputeOptions(options)}`);

  const corpus = readCorpus(io, options, seed);
  const { train: pairs, valid, test } = corpus;
  note(
    io,
    `pairs: ${pairs.length} for training, ${valid.length} for validation; ${test.length} test sentences`,
  );
  const tokenizers = makeTokenizers(corpus, options);
  const { source, target } = tokenizers;
  note(io, `tokens: ${source.tokens.length} source, ${target.tokens.length} target`);
  const translator = new Translator({
    ...tokenizers,
    ...networkOf(options, command),
    random: new Random(seed),
  });

  return performTraining(io, {
    command,
    options,
    paths: PATHS,
    begin: () => writeHeldOut(out, corpus),
    train: (control) =>
      train(translator, corpus, {
        ...translationOptions(options, valid.length > 0, translator.network),
        ...control,
      }),
  });
}

function makeTokenizers({ train: pairs }: TranslationCorpus, options: TrainOptions) {
  const make = (texts: string[]) => makeTokenizer(texts, options);
  const sources = pairs.map(({ source }) => source);
  const targets = pairs.map(({ target }) => target);
  if (!options.joint) return { source: make(sources), target: make(targets) };
  const both = make([...sources, ...targets]);
  return { source: both, target: both };
}

/** The library's names of options that are called otherwise here. */
const NETWORK_OPTIONS: Record<string, Record<string, string>> = {
  rnn: {},
  transformer: {
    heads: "nhead",
    feedForward: "dimFeedforward",
    encoderLayers: "numEncoderLayers",
    decoderLayers: "numDecoderLayers",
    norm: "normFirst",
  },
};

const networkOf = ({ model }: TrainOptions, command: Command): NetworkOptions =>
  networkOptions(command, model, networkKeys(model), NETWORK_OPTIONS[model]);

function translationOptions(options: TrainOptions, hasValidation: boolean, network: TranslationNetwork) {
  const { epochs, steps, minutes, maxTokens, bpeDropout, validSentences, bleu, monitor } = options;
  const limited = epochs !== undefined || steps !== undefined || minutes !== undefined;
  return {
    ...trainingOptions(options, hasValidation, network),
    ...(limited ? {} : { epochs: DEFAULT_EPOCHS }),
    ...defined({ maxTokens, bpeDropout }),
    ...(hasValidation ? { validSentences, bleu, monitor } : {}),
  };
}
