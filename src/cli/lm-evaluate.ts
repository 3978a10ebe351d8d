/** The work of `lexigrad lm evaluate`. */

import { FormatError, OptionError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { LanguageModel } from "../models/language-model.ts";
import { MaskedLanguageModel } from "../models/masked-language-model.ts";
import { MASKED_LANGUAGE_MODEL_FORMAT } from "../models/masked-language-model-files.ts";
import { type ModelWeights, modelFormat } from "../models/model-files.ts";
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
}

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
  readonly figures: { readonly tokens: number };
  readonly rows: readonly (readonly [name: string, value: string])[];
}

export async function evaluate(
  io: Io,
  run: string,
  path: string | undefined,
  options: EvaluateOptions,
): Promise<undefined> {
  const file = path ?? heldOutText(run);
  const text = await readInput(io, file);
  if (!/\S/.test(text)) {
    const complaint = { what: "empty corpus", expected: "text to evaluate on", got: "none" };
    throw new FormatError(complaint, { file: nameOf(file) });
  }
  const measure = modelFormat(run) === MASKED_LANGUAGE_MODEL_FORMAT ? measureMasked : measureCausal;
  const began = performance.now();
  const { figures, rows } = measure(run, text, options);
  const seconds = (performance.now() - began) / 1000;
  if (options.json) return void (await printJson(io, { text: nameOf(file), seconds, ...figures }));
  note(io, `${nameOf(file)}: ${grouped(figures.tokens)} tokens in ${duration(seconds)}`);
  await print(io, rows.map(([name, value]) => `${name.padEnd(14)} ${value}\n`).join(""));
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));

function measureCausal(run: string, text: string, options: EvaluateOptions): Measured {
  const { stride, hide, maskRate } = options;
  refuse("a masked language model", { hide, maskRate });
  const figures = loadLanguageModel(run, options).evaluate(text, defined({ stride }));
  const { loss, perplexity, wordPerplexity, bitsPerByte, tokens, words, bytes, unknown } = figures;
  const rows: Measured["rows"] = [
    ["loss", `${loss.toFixed(4)} nats per token`],
    ["perplexity", `${figure(perplexity)} per token`],
    ["", `${figure(wordPerplexity)} per word`],
    ["bits per byte", bitsPerByte.toFixed(4)],
    ["text", `${grouped(tokens)} tokens, ${grouped(words)} words with line ends, ${grouped(bytes)} bytes`],
  ];
  return { figures, rows: unknown > 0 ? [...rows, ["unknown", `${grouped(unknown)} tokens`]] : rows };
}

function measureMasked(run: string, text: string, options: EvaluateOptions): Measured {
  const { stride, hide, maskRate, seed } = options;
  refuse("a model that reads from left to right", { stride });
  const model = loadMaskedLanguageModel(run, options);
  const figures = model.evaluate(splitLines(text), defined({ hide, maskRate, seed }));
  const { loss, perplexity, tokens } = figures;
  return {
    figures,
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
  const path = `${run}/${HELD_OUT_TEXT}`;
  if (exists(path)) return path;
  const hint = "This run kept no text apart.";
  throw new OptionError({ what: "text", expected: "a file to evaluate on", got: "none", hint });
}
