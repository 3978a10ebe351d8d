/** The work of `lexigrad score`. */
import { basename } from "node:path";
import { FormatError, OptionError } from "../base/errors.ts";
import { type BleuOptions, bleuMetric } from "../metrics/bleu.ts";
import { chrfMetric } from "../metrics/chrf.ts";
import { type ConfidenceOptions, evaluate } from "../metrics/evaluate.ts";
import { formatScore, type Metric, type Reported, type Score } from "../metrics/metric.ts";
import { type PairedResult, pairedBootstrap, pairedRandomization } from "../metrics/significance.ts";
import { terMetric } from "../metrics/ter.ts";
import { checkCount, checkOneStandardInput, inputLines, nameOf, readReferences } from "./input.ts";
import { type Io, print, printJson } from "./io.ts";
import type { CommonOptions } from "./option-values.ts";

type MetricName = "bleu" | "chrf" | "ter";

/** Options as the command line names them, in the order of the metrics they belong to. */
const METRIC_OPTIONS = {
  bleu: {
    tokenize: "tokenize",
    smooth: "smooth",
    smoothValue: "smoothValue",
    lowercase: "lowercase",
    maxNgramOrder: "maxNgramOrder",
  },
  chrf: {
    chrfCharOrder: "charOrder",
    chrfWordOrder: "wordOrder",
    chrfBeta: "beta",
    chrfLowercase: "lowercase",
  },
  ter: { terCaseSensitive: "caseSensitive", terNormalized: "normalized" },
} as const;

const MAKERS: Record<MetricName, (options: object) => Metric> = {
  bleu: (options) => bleuMetric(options as BleuOptions),
  chrf: chrfMetric,
  ter: terMetric,
};

interface ScoreOptions extends CommonOptions {
  readonly reference: string[];
  readonly metric?: MetricName[];
  readonly width: number;
  readonly confidence?: true;
  readonly paired?: string[];
  readonly pairedTest: "bootstrap" | "randomization";
  readonly samples?: number;
}

export async function score(io: Io, path: string, options: ScoreOptions): Promise<undefined> {
  const { reference, paired = [], metric = ["bleu"] } = options;
  const names = [...new Set(metric)];
  checkOneStandardInput([path, ...reference, ...paired]);
  const metrics = names.map((name) => MAKERS[name](metricOptions(name, names, options)));

  const hypotheses = await inputLines(io, path);
  if (hypotheses.length === 0) {
    const complaint = { what: "empty corpus", expected: "at least one translation", got: "no line" };
    throw new FormatError(complaint, { file: nameOf(path) });
  }
  const counted = { name: nameOf(path), count: hypotheses.length };
  const references = await readReferences(io, reference, counted);
  if (paired.length === 0) return printScores(io, names, metrics, hypotheses, references, options);

  const systems: System[] = [{ name: nameOf(path), hypotheses }];
  for (const other of paired) {
    const lines = await inputLines(io, other);
    checkCount({ name: nameOf(other), count: lines.length }, counted);
    systems.push({ name: nameOf(other), hypotheses: lines });
  }
  return printComparison(io, names, metrics, systems, references, options);
}

/** @throws {OptionError} for an option of a metric that is not measured. */
function metricOptions(name: MetricName, chosen: readonly MetricName[], given: object): object {
  const values = new Map<string, unknown>(Object.entries(given));
  for (const [other, options] of Object.entries(METRIC_OPTIONS)) {
    const misplaced = Object.keys(options).find((option) => values.has(option));
    if (misplaced === undefined || chosen.includes(other as MetricName)) continue;
    throw new OptionError({
      what: misplaced,
      expected: `${other} among the metrics`,
      got: `--metric ${chosen.join(" ")}`,
      hint: `Add --metric ${[...chosen, other].join(" ")}, or leave the option out.`,
    });
  }
  const own = Object.entries(METRIC_OPTIONS[name]).filter(([option]) => values.has(option));
  return Object.fromEntries(own.map(([option, key]) => [key, values.get(option)]));
}

async function printScores(
  io: Io,
  names: readonly MetricName[],
  metrics: readonly Metric[],
  hypotheses: readonly string[],
  references: readonly string[][],
  { confidence, samples = 1000, seed, width, json }: ScoreOptions,
): Promise<undefined> {
  const resampling: ConfidenceOptions = confidence ? { bootstrap: samples, seed } : {};
  const scores = metrics.map((metric) => evaluate(metric, hypotheses, references, resampling));
  if (!json) return void (await print(io, scores.map((one) => `${formatScore(one, width)}\n`).join("")));
  return void (await printJson(io, byMetric(names, scores.map(asJson))));
}

/** One metric's object as it is; several under their names. */
function byMetric(names: readonly string[], results: readonly object[]): object {
  return names.length === 1 ? results[0] : Object.fromEntries(names.map((name, i) => [name, results[i]]));
}

/** All figures of a score, `verbose` under sacreBLEU's name for it. */
function asJson({ name, score, verbose, ...rest }: Reported<Score>): object {
  return { name, score, ...(verbose ? { verboseScore: verbose } : {}), ...rest };
}

interface System {
  readonly name: string;
  readonly hypotheses: readonly string[];
}

async function printComparison(
  io: Io,
  names: readonly MetricName[],
  metrics: readonly Metric[],
  [baseline, ...others]: readonly System[],
  references: readonly string[][],
  { pairedTest, samples, seed, width, json }: ScoreOptions,
): Promise<undefined> {
  const test = pairedTest === "bootstrap" ? pairedBootstrap : pairedRandomization;
  const given = { ...(samples === undefined ? {} : { samples }), ...(seed === undefined ? {} : { seed }) };
  const comparisons = metrics.map((metric) =>
    others.map((other) => test(metric, baseline.hypotheses, other.hypotheses, references, given)),
  );
  if (json) {
    const results = comparisons.map((results) => ({
      baseline: { system: baseline.name, ...results[0].baseline },
      systems: results.map(({ system, pValue }, i) => ({ system: others[i].name, ...system, pValue })),
      signature: results[0].signature,
    }));
    return void (await printJson(io, byMetric(names, results)));
  }
  const titles = metrics.map((metric) => metric.score(metric.statistics("a", ["a"])).name);
  const table = [
    ["System", ...titles],
    [
      `Baseline: ${basename(baseline.name)}`,
      ...comparisons.map(([first]) => figure(first, "baseline", width)),
    ],
    ...others.map(({ name }, i) => [
      basename(name),
      ...comparisons.map((results) => figure(results[i], "system", width)),
    ]),
  ];
  const signatures = comparisons.map(([first], i) => `${titles[i]}|${first.signature}`);
  await print(io, `${[...alignColumns(table), ...signatures].join("\n")}\n`);
}

/** `20.8 (20.8 ± 0.6) (p = 0.0010)*`, the star for p < 0.05. */
function figure(result: PairedResult, which: "baseline" | "system", width: number): string {
  const { score, confidence } = result[which];
  let text = score.toFixed(width);
  if (confidence) text += ` (${confidence.mean.toFixed(width)} ± ${confidence.halfWidth.toFixed(width)})`;
  if (which === "system") text += ` (p = ${result.pValue.toFixed(4)})${result.pValue < 0.05 ? "*" : ""}`;
  return text;
}

function alignColumns(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
}
