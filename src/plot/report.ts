/** The report of a training run: one self-contained page that needs no scripts, fonts or network. */
import type { HeadAttention } from "../base/head-attention.ts";
import { type Attention, drawAttentionMap } from "./attention-map.ts";
import { scrollableDrawing } from "./drawing.ts";
import { lineChartMarkup, type Series } from "./line-chart.ts";
import { type Child, element, type Markup } from "./markup.ts";
import { headSections } from "./report-heads.ts";
import { PAGE_STYLE, PICTURE_STYLE, styleElement } from "./theme.ts";
import { formatFigure } from "./ticks.ts";

/** One line of a run's log. */
export interface LogRecord {
  readonly kind: "train" | "valid";
  readonly step: number;
  readonly epoch: number;
  /** Nats per token. */
  readonly loss?: number;
  /** How much label smoothing is in a training loss; validation goes without. */
  readonly labelSmoothing?: number;
  readonly perplexity?: number;
  readonly bleu?: number;
  /** How many weights were averaged to make those validated. Such records are no point of a curve. */
  readonly average?: number;
  readonly learningRate?: number;
  readonly gradientNorm?: number;
  readonly tokensPerSecond?: number;
  /** Since the run began. */
  readonly seconds: number;
}

/** A translation to show, or a text that a language model made up. */
export interface ReportSample {
  /** Absent for a text without one. */
  readonly source?: string;
  readonly hypothesis: string;
  readonly reference?: string;
  readonly attention?: Attention;
  /** Of every layer and head. */
  readonly heads?: readonly HeadAttention[];
}

/** What {@link renderReport} shows. */
export interface Report {
  readonly title: string;
  /** Nested objects show as dotted names. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Final figures, label and value. */
  readonly summary: readonly (readonly [string, string | number])[];
  readonly records: readonly LogRecord[];
  readonly samples: readonly ReportSample[];
}

type Measure = Exclude<keyof LogRecord, "kind" | "average" | "labelSmoothing">;

const CURVES: readonly { title: string; measure: Measure; yScale: "linear" | "log" }[] = [
  { title: "Loss (nats per token)", measure: "loss", yScale: "linear" },
  { title: "Validation perplexity", measure: "perplexity", yScale: "log" },
  { title: "BLEU on the validation data", measure: "bleu", yScale: "linear" },
  { title: "Learning rate", measure: "learningRate", yScale: "linear" },
  { title: "Gradient norm", measure: "gradientNorm", yScale: "log" },
  { title: "Tokens per second", measure: "tokensPerSecond", yScale: "linear" },
];

const KINDS = [
  ["train", "training"],
  ["valid", "validation"],
] as const;

/**
 * A run's report as an HTML page: final figures, curves, sample translations
 * with their attention, that of all heads for the first of them, and the
 * resolved configuration. All text is escaped, and the page works under `default-src 'none'; style-src 'unsafe-inline'`.
 *
 * @throws {ShapeError} when a sample's attention does not fit its tokens.
 * @example
 * const page = renderReport({ title: "toy", config: {}, summary: [["BLEU", 31.4]], records: [], samples: [] });
 * page.includes("<script"); // false
 */
export function renderReport({ title, config, summary, records, samples }: Report): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  const head = element("head", {}, [
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
    element("title", {}, [title]),
    styleElement(PAGE_STYLE + PICTURE_STYLE),
  ]);
  const body = element("body", {}, [
    element("header", {}, [
      element("h1", { dir: "auto" }, [title]),
      ...present(progress(records), (text) => element("p", { class: "muted" }, [text])),
    ]),
    element("main", {}, [
      ...(summary.length === 0 ? [] : [figures(summary)]),
      ...section("Curves", curves(records), (charts) => element("div", { class: "curves" }, charts)),
      ...section("Samples", samples.map(sampleMarkup), (list) => element("div", {}, list)),
      ...section("Attention heads", headSections(samples), (list) => element("div", {}, list)),
      ...section("Configuration", flatten(config).map(configRow), (rows) =>
        element("table", {}, [element("tbody", {}, rows)]),
      ),
    ]),
  ]);
  return `<!doctype html>\n${element("html", { lang: "en" }, [head, body]).text}\n`;
}

function section(
  title: string,
  parts: readonly Markup[],
  wrap: (parts: readonly Markup[]) => Markup,
): Markup[] {
  if (parts.length === 0) return [];
  return [element("section", {}, [element("h2", {}, [title]), wrap(parts)])];
}

function present<T>(value: T | undefined, show: (value: T) => Markup): Markup[] {
  return value === undefined ? [] : [show(value)];
}

/** How far the run came, e.g. `12k steps, 8 epochs, 1 h 20 min`. */
function progress(records: readonly LogRecord[]): string | undefined {
  const last = records.at(-1);
  if (last === undefined) return undefined;
  const count = (n: number, noun: string) => `${formatFigure(n)} ${noun}${n === 1 ? "" : "s"}`;
  return [count(last.step, "step"), count(last.epoch, "epoch"), duration(last.seconds)].join(", ");
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function figures(summary: Report["summary"]): Markup {
  const tiles = summary.map(([label, value]) =>
    element("div", {}, [
      element("dt", {}, [label]),
      element("dd", {}, [typeof value === "number" ? formatFigure(value) : value]),
    ]),
  );
  return element("dl", { class: "figures" }, tiles);
}

function curves(records: readonly LogRecord[]): Markup[] {
  return CURVES.flatMap(({ title, measure, yScale }) => {
    const series = KINDS.flatMap(([kind, name], colour): Series[] => {
      const chosen = records.filter((record) => record.kind === kind && record.average === undefined);
      const points = chosen.flatMap((record): [number, number][] => {
        const value = record[measure];
        // A null is a NaN that went through JSON: a gap.
        return value === undefined ? [] : [[record.step, value ?? Number.NaN]];
      });
      const isSmoothed = measure === "loss" && chosen.some(({ labelSmoothing }) => labelSmoothing);
      return points.length === 0 ? [] : [{ name: isSmoothed ? `${name}, smoothed` : name, points, colour }];
    });
    return series.length === 0 ? [] : [lineChartMarkup(series, { title, xLabel: "step", yScale })];
  });
}

/** A text of several lines as it looks in a file. */
function brokenLines(text: string): Child[] {
  return text.split("\n").flatMap((line, i) => (i === 0 ? [line] : [element("br"), line]));
}

function sampleMarkup({ source, hypothesis, reference, attention }: ReportSample): Markup {
  const row = (name: string, ...text: Child[]): Markup[] => [
    element("dt", {}, [name]),
    element("dd", { dir: "auto" }, text),
  ];
  const texts =
    source === undefined
      ? row("text", ...brokenLines(hypothesis))
      : [...row("source", source), ...row("hypothesis", hypothesis)];
  if (reference !== undefined) texts.push(...row("reference", reference));
  return element("article", { class: "sample" }, [
    element("dl", {}, texts),
    ...present(attention, (map) => scrollableDrawing(drawAttentionMap(map))),
  ]);
}

function configRow([name, value]: readonly [string, string]): Markup {
  const cells: Child[] = [element("th", { scope: "row" }, [name]), element("td", {}, [value])];
  return element("tr", {}, cells);
}

/** Nesting beyond this is cut off, so that no value can go round in circles. */
const DEEPEST = 6;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{ a: { b: 1 } }` as `[["a.b", "1"]]`. */
function flatten(value: Readonly<Record<string, unknown>>, prefix = "", depth = 1): [string, string][] {
  return Object.entries(value).flatMap(([key, entry]): [string, string][] =>
    isRecord(entry) && depth < DEEPEST
      ? flatten(entry, `${prefix}${key}.`, depth + 1)
      : [[prefix + key, show(entry, depth)]],
  );
}

function show(value: unknown, depth: number): string {
  if (!isRecord(value) && !Array.isArray(value)) return String(value);
  if (depth >= DEEPEST) return "…";
  if (Array.isArray(value)) return value.map((entry) => show(entry, depth + 1)).join(", ");
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key}: ${show(entry, depth + 1)}`)
    .join(", ")} }`;
}
