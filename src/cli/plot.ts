/** The work of `lexigrad plot`. */
import { FormatError, OptionError } from "../base/errors.ts";
import { exists, readText, writeText } from "../base/files.ts";
import { describe } from "../base/options.ts";
import { LanguageModel } from "../models/language-model.ts";
import { LANGUAGE_MODEL_FORMAT } from "../models/language-model-files.ts";
import { sampleTexts } from "../models/language-modelling-task.ts";
import { MaskedLanguageModel } from "../models/masked-language-model.ts";
import { MASKED_LANGUAGE_MODEL_FORMAT } from "../models/masked-language-model-files.ts";
import { sampleFilled } from "../models/masked-language-modelling-task.ts";
import { modelFormat } from "../models/model-files.ts";
import { sampleTranslations } from "../models/translation-task.ts";
import { Translator } from "../models/translator.ts";
import type { Attention } from "../plot/attention-map.ts";
import type { LogRecord } from "../plot/report.ts";
import { attentionTable, terminalCurve } from "../plot/terminal.ts";
import { splitLines } from "../text/corpus-lines.ts";
import { decodeCheckpoint } from "../train/checkpoint.ts";
import { trainingReport } from "../train/report.ts";
import type { TaskSample, TrainingTask } from "../train/task.ts";
import { readJsonObject } from "./input.ts";
import { type Io, note, print, printJson } from "./io.ts";
import { HELD_OUT_TEXT } from "./lm-train.ts";
import { readHeldOut } from "./mt-data.ts";
import type { CommonOptions } from "./option-values.ts";
import { OPTIONS_FILE } from "./training-run.ts";

interface PlotOptions extends CommonOptions {
  readonly attention?: true;
}

const SAMPLES = 5;

export async function plot(io: Io, run: string, options: PlotOptions): Promise<undefined> {
  const records = readLog(`${run}/log.jsonl`);
  const state = `${run}/state.json`;
  const { progress } = decodeCheckpoint(readText(state), state).state;
  const config = readJsonObject(`${run}/config.json`);
  const samples = samplesOf(run);
  const drawn = samples.filter(({ attention = [] }) => attention.length > 0);
  if (options.attention && drawn.length === 0) {
    const expected = "a translator's run, with sentences kept apart";
    throw new OptionError({ what: "--attention", expected, got: "another run" });
  }
  const report = `${run}/report.html`;
  writeText(
    report,
    trainingReport({ samples: () => samples } as TrainingTask<unknown>, config, progress, records),
  );

  if (options.json)
    return void (await printJson(io, { report, step: progress.step, best: progress.best, records }));
  const width = Math.min(100, io.stdout.columns ?? 80);
  const views = options.attention
    ? drawn.map((sample) => attentionTable(attentionOf(sample), width))
    : curves(records, width);
  await print(io, views.map((view) => `${view}\n\n`).join(""));
  note(io, report);
}

/** @throws {FormatError} naming the line that is no record. A last line that was not finished is left out. */
function readLog(file: string): LogRecord[] {
  const text = readText(file);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return splitLines(whole).map((line, i) => {
    try {
      const record: unknown = JSON.parse(line);
      if (isRecord(record)) return record;
    } catch {
      // The same complaint as for other lines.
    }
    throw new FormatError(
      { what: "log", expected: "a record of training or validation", got: describe(line) },
      { file, line: i + 1 },
    );
  });
}

function isRecord(value: unknown): value is LogRecord {
  const { kind, step, epoch, seconds } = (value ?? {}) as Record<string, unknown>;
  return (kind === "train" || kind === "valid") && [step, epoch, seconds].every(Number.isFinite);
}

/** The text that `lm train` validated on: kept apart, or the file named to it. */
function validationText(run: string): string {
  const options = `${run}/${OPTIONS_FILE}`;
  const { valid = `${run}/${HELD_OUT_TEXT}` } = exists(options) ? readJsonObject(options) : {};
  return String(valid);
}

function samplesOf(run: string): TaskSample[] {
  const format = modelFormat(run);
  if (format === LANGUAGE_MODEL_FORMAT) return sampleTexts(LanguageModel.load(run));
  if (format === MASKED_LANGUAGE_MODEL_FORMAT) {
    const path = validationText(run);
    return exists(path) ? sampleFilled(MaskedLanguageModel.load(run), splitLines(readText(path))) : [];
  }
  const sentences = readHeldOut(run, SAMPLES);
  return sentences.length === 0 ? [] : sampleTranslations(Translator.load(run), sentences);
}

function attentionOf({ sourceTokens = [], tokens = [], attention = [] }: TaskSample): Attention {
  return { source: sourceTokens, target: tokens, weights: attention };
}

const CURVES = [
  ["training loss", "train", "loss"],
  ["validation loss", "valid", "loss"],
  ["validation perplexity", "valid", "perplexity"],
  ["validation BLEU", "valid", "bleu"],
] as const;

/** Curves over the steps, under their names. */
function curves(records: readonly LogRecord[], width: number): string[] {
  return CURVES.flatMap(([title, kind, measure]) => {
    const chosen = records.filter((record) => record.kind === kind && record.average === undefined);
    const values = chosen.flatMap(({ [measure]: value }) => (value === undefined ? [] : [value]));
    const isSmoothed = measure === "loss" && chosen.some(({ labelSmoothing }) => labelSmoothing);
    const heading = isSmoothed ? `${title}, smoothed` : title;
    return values.length === 0 ? [] : [`${heading}\n${terminalCurve(values, { width })}`];
  });
}
