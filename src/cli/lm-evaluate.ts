/** The work of `lexigrad lm evaluate`. */

import { statSync } from "node:fs";
import { FormatError, OptionError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { type TextFigures, textFigures } from "../metrics/scored-text.ts";
import { LanguageModel } from "../models/language-model.ts";
import { MaskedLanguageModel } from "../models/masked-language-model.ts";
import { MASKED_LANGUAGE_MODEL_FORMAT } from "../models/masked-language-model-files.ts";
import { type ModelWeights, modelFormat } from "../models/model-files.ts";
import {
  compareScorers,
  ngramScorer,
  type ScorerComparison,
  type TextScorer,
} from "../models/text-scorer.ts";
import { loadNgram } from "../ngram/binary.ts";
import { splitLines } from "../text/corpus-lines.ts";
import { applyComputeOptions } from "./compute.ts";
import type { ComputeOptions } from "./compute-options.ts";
import { nameOf, readInput } from "./input.ts";
import { type Io, note, print, printJson } from "./io.ts";
import { HELD_OUT_TEXT } from "./lm-train.ts";
import { type CommonOptions, defined } from "./option-values.ts";
import { duration, grouped } from "./progress.ts";

/** Options of commands that use a trained model. */
export interface ModelUseOptions extends CommonOptions, ComputeOptions {
  readonly weights?: ModelWeights;
}

interface EvaluateOptions extends ModelUseOptions {
  readonly stride?: number;
  readonly hide?: "random" | "each";
  readonly maskRate?: number;
  readonly with?: readonly string[];
  readonly tune?: string;
  readonly unknown?: UnknownPolicy;
}

/** Whether tokens that a model does not know count, as `<unk>`. */
type UnknownPolicy = "score" | "skip";

export function loadLanguageModel(run: string, { weights, ...compute }: ModelUseOptions): LanguageModel {
  applyComputeOptions(compute);
  return LanguageModel.load(run, defined({ weights }));
}

export function loadMaskedLanguageModel(
  run: string,
  { weights, ...compute }: ModelUseOptions,
): MaskedLanguageModel {
  applyComputeOptions(compute);
  return MaskedLanguageModel.load(run, defined({ weights }));
}

/** What was found out: for `--json`, and rows for people. */
interface Measured {
  readonly tokens: number;
  readonly figures: object;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

export async function evaluate(
  io: Io,
  run: string,
  path: string | undefined,
  options: EvaluateOptions,
): Promise<undefined> {
  const file = path ?? heldOutText(run);
  const text = await readFilled(io, file, "evaluate on");
  const began = performance.now();
  const { figures, tokens, rows } = await measure(io, run, text, options);
  const seconds = (performance.now() - began) / 1000;
  if (options.json) return void (await printJson(io, { text: nameOf(file), seconds, ...figures }));
  note(io, `${nameOf(file)}: ${grouped(tokens)} tokens in ${duration(seconds)}`);
  const width = Math.max(14, ...rows.map(([name]) => name.length));
  await print(io, rows.map(([name, value]) => `${name.padEnd(width)} ${value}\n`).join(""));
}

/** @throws {FormatError} for a text without anything but white space. */
async function readFilled(io: Io, file: string, purpose: string): Promise<string> {
  const text = await readInput(io, file);
  if (/\S/.test(text)) return text;
  const complaint = { what: "empty corpus", expected: `text to ${purpose}`, got: "none" };
  throw new FormatError(complaint, { file: nameOf(file) });
}

async function measure(io: Io, run: string, text: string, options: EvaluateOptions): Promise<Measured> {
  const { with: others = [], tune, hide, maskRate, unknown } = options;
  if (!isNgramFile(run) && modelFormat(run) === MASKED_LANGUAGE_MODEL_FORMAT) {
    refuse("a model that reads from left to right", { with: options.with, tune, unknown });
    return measureMasked(run, text, options);
  }
  refuse("a masked language model", { hide, maskRate });
  if (others.length === 0) {
    if (tune === undefined) return describeOne(loadScorer(run, options), text, unknown);
    throw new OptionError({ what: "--tune", expected: "--with and other models", got: "none" });
  }
  const paths = [run, ...others];
  const heldOut = tune === undefined ? undefined : await readFilled(io, tune, "tune on");
  const scorers = paths.map((path) => loadScorer(path, options));
  return describeComparison(paths, compareScorers(scorers, text, heldOut));
}

/** Whether a path names an n-gram model; runs are folders. */
const isNgramFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

function loadScorer(path: string, { stride, ...options }: EvaluateOptions): TextScorer {
  if (isNgramFile(path)) return ngramScorer(loadNgram(path));
  const model = loadLanguageModel(path, options);
  return {
    score: (text) => model.score(text, defined({ stride })),
    measure: (text) => model.measure(text),
  };
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));

function describeOne(scorer: TextScorer, text: string, policy: UnknownPolicy = "score"): Measured {
  const figures = textFigures(scorer.score(text), scorer.measure(text));
  const { tokens, words, bytes, unknown, perplexity, knownPerplexity } = figures;
  const left = policy === "skip" && unknown > 0;
  const shown = left ? knownPerplexity : perplexity;
  const rows: Measured["rows"] = [
    ["loss", `${Math.log(shown).toFixed(4)} nats per token`],
    ["perplexity", `${figure(shown)} per token`],
    ...(left
      ? []
      : ([
          ["", `${figure(figures.wordPerplexity)} per word`],
          ["bits per byte", figures.bitsPerByte.toFixed(4)],
        ] as const)),
    ["text", `${grouped(tokens)} tokens, ${grouped(words)} words with line ends, ${grouped(bytes)} bytes`],
    ["unknown", `${grouped(unknown)} tokens, ${describeUnknown(figures, policy)}`],
  ];
  return { figures: { ...figures, unknownPolicy: policy }, tokens, rows };
}

function describeUnknown({ unknown, knownPerplexity }: TextFigures, policy: UnknownPolicy): string {
  if (policy === "skip") return "left out";
  return unknown === 0
    ? "scored as <unk>"
    : `scored as <unk>; ${figure(knownPerplexity)} per token without them`;
}

/** Perplexities per token are only told of models that have the same tokens. */
function describeComparison(paths: readonly string[], comparison: ScorerComparison): Measured {
  const { figures, difference, mixture } = comparison;
  const named = figures.map((each, i) => ({ model: paths[i], ...each }));
  const all = mixture ? [...named, { model: "mixture", ...mixture.figures }] : named;
  // A model that met unknown tokens did not pay for their letters.
  const someUnknown = figures.some(({ unknown }) => unknown > 0);
  const row = ({ model, ...each }: (typeof all)[number]) => {
    const shown = [
      ...(difference ? [] : [`${figure(each.perplexity)} per token`]),
      ...(difference && someUnknown ? [] : [`${figure(each.wordPerplexity)} per word`]),
      `${each.bitsPerByte.toFixed(4)} bits per byte`,
      ...(difference && each.unknown > 0
        ? [`without the letters of ${grouped(each.unknown)} unknown of ${grouped(each.tokens)} tokens`]
        : []),
    ];
    return [model, shown.join("  ")] as const;
  };
  const [{ tokens, unknown }] = figures;
  const [mine, others] = difference?.tokens.map((token) => JSON.stringify(token) ?? "none") ?? [];
  const rows = [
    ...all.map(row),
    ...(mixture ? [["weights", mixture.weights.map((weight) => weight.toFixed(4)).join("  ")] as const] : []),
    difference
      ? ([
          "tokens",
          `differ: ${mine} and ${others} as token ${difference.at + 1}; ${
            someUnknown
              ? "only bits per byte of models without unknown tokens compare"
              : "only figures per word and per byte compare"
          }`,
        ] as const)
      : (["unknown", `${grouped(unknown)} tokens, scored as <unk>`] as const),
  ];
  const told = all.map(({ loss, perplexity, knownPerplexity, wordPerplexity, ...rest }) => {
    if (!difference) return { loss, perplexity, knownPerplexity, wordPerplexity, ...rest };
    return someUnknown ? rest : { wordPerplexity, ...rest };
  });
  return { figures: { models: told, ...(mixture && { weights: mixture.weights }) }, tokens, rows };
}

function measureMasked(run: string, text: string, options: EvaluateOptions): Measured {
  const { stride, hide, maskRate, seed } = options;
  refuse("a model that reads from left to right", { stride });
  const model = loadMaskedLanguageModel(run, options);
  const figures = model.evaluate(splitLines(text), defined({ hide, maskRate, seed }));
  const { loss, perplexity, tokens } = figures;
  return {
    figures,
    tokens,
    rows: [
      ["loss", `${loss.toFixed(4)} nats per hidden token`],
      ["perplexity", `${figure(perplexity)} per hidden token`],
      ["hidden", `${grouped(tokens)} tokens, ${hide === "each" ? "each alone" : "drawn by chance"}`],
    ],
  };
}

/** @throws {OptionError} for a given option that only another kind of model has. */
function refuse(kind: string, options: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(defined(options))) {
    const what = `--${name.replace("maskRate", "mask-rate")}`;
    throw new OptionError({ what, expected: `a run of ${kind}`, got: "a run of another model" });
  }
}

function heldOutText(run: string): string {
  const isNgram = isNgramFile(run);
  // Says so where there is no run.
  if (!isNgram) modelFormat(run);
  const path = `${run}/${HELD_OUT_TEXT}`;
  if (!isNgram && exists(path)) return path;
  const hint = isNgram ? "An n-gram model keeps no text: name one." : "This run kept no text apart.";
  throw new OptionError({ what: "text", expected: "a file to evaluate on", got: "none", hint });
}
