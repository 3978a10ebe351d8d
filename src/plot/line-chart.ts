/** Curves over training steps, as SVG. */
import { checkChoice, checkNumber } from "../base/options.ts";
import { element, type Markup } from "./markup.ts";
import { clip, pixels } from "./text-width.ts";
import { picture, SERIES_COLOURS, standalone } from "./theme.ts";
import { enclosingTicks, formatNumber, isDrawable, linearTicks, logTicks, SMALLEST, widen } from "./ticks.ts";

/** A named curve. A point that is not finite, or not positive on a log scale, leaves a gap. */
export interface Series {
  readonly name: string;
  /** [x, y] in the order to connect them. */
  readonly points: readonly (readonly [number, number])[];
  /** Which colour of the palette. @defaultValue its place among the series */
  readonly colour?: number;
}

export interface LineChartOptions {
  readonly title?: string;
  readonly xLabel?: string;
  /** @defaultValue "linear" */
  readonly yScale?: "linear" | "log";
  /** Pixels. @defaultValue 420 */
  readonly width?: number;
  /** Pixels. @defaultValue 260 */
  readonly height?: number;
}

const FONT_SIZE = 12;
const LINE_HEIGHT = 18;
/** Curves of at most so many points show them as dots. */
const DOTTED = 30;

/**
 * A line chart as a complete SVG document that follows the reader's light or
 * dark setting.
 *
 * @throws {OptionError} for an unknown scale or a size below 120 pixels.
 * @example
 * lineChart([{ name: "loss", points: [[0, 4.1], [100, 2.2], [200, 1.7]] }]).slice(0, 4); // "<svg"
 */
export function lineChart(series: readonly Series[], options: LineChartOptions = {}): string {
  const { width, height, label, children } = draw(series, options);
  return standalone(width, height, label, children);
}

/** The same for a page that has the pictures' style already. */
export function lineChartMarkup(series: readonly Series[], options: LineChartOptions = {}): Markup {
  const { width, height, label, children } = draw(series, options);
  return picture(width, height, label, children);
}

function draw(series: readonly Series[], options: LineChartOptions) {
  const width = checkNumber("lineChart width", options.width ?? 420, { min: 120 });
  const height = checkNumber("lineChart height", options.height ?? 260, { min: 120 });
  const isLog = checkChoice("lineChart yScale", options.yScale ?? "linear", ["linear", "log"]) === "log";
  const { title, xLabel } = options;

  const legend = layLegend(series.length > 1 ? series : [], width);
  let top = title === undefined ? 8 : 28;
  const legendTop = top;
  top += legend.height;
  const bottom = height - (xLabel === undefined ? 24 : 42);

  const points = series.flatMap((each) => each.points.filter((point) => canDraw(point, isLog)));
  const children: Markup[] = [];
  if (title !== undefined) children.push(label(clip(title, width / 7.5), 0, 14, { class: "title" }));
  children.push(...legend.items(legendTop));
  if (points.length === 0) {
    children.push(
      label("no data", width / 2, (top + bottom) / 2, { class: "muted", "text-anchor": "middle" }),
    );
    return { width, height, label: title ?? "line chart", children };
  }

  const yCount = Math.max(2, Math.round((bottom - top) / 42));
  const [xLow, xHigh] = widen(...extent(points, 0));
  let [yLow, yHigh] = extent(points, 1);
  if (yHigh < yLow * 1.01 && isLog) [yLow, yHigh] = [yLow / 1.1, yHigh * 1.1];
  const yTicks = isLog ? logTicks(yLow, yHigh, yCount) : enclosingTicks(...widen(yLow, yHigh), yCount);
  if (!isLog) [yLow, yHigh] = [yTicks[0], yTicks[yTicks.length - 1]];
  const yTexts = yTicks.map((tick) => formatNumber(tick, isLog ? undefined : largest(yTicks)));
  const left = Math.max(0, ...yTexts.map((text) => pixels(text, FONT_SIZE))) + 10;
  const right = width - 14;

  const x = (value: number) => left + ((value - xLow) / (xHigh - xLow)) * (right - left);
  const scale = isLog ? Math.log10 : (value: number) => value;
  const y = (value: number) =>
    bottom - ((scale(value) - scale(yLow)) / (scale(yHigh) - scale(yLow))) * (bottom - top);

  for (const [i, tick] of yTicks.entries()) {
    const at = round(y(tick));
    children.push(element("path", { class: "grid", d: `M${round(left)} ${at}H${round(right)}` }));
    children.push(label(yTexts[i], left - 7, y(tick) + 4, { class: "muted", "text-anchor": "end" }));
  }
  const xTicks = linearTicks(xLow, xHigh, Math.max(2, Math.floor((right - left) / 55)));
  for (const tick of xTicks) {
    const text = formatNumber(tick, largest(xTicks));
    // Kept inside the picture, where a tick stands at its edge.
    const at = Math.min(x(tick), width - pixels(text, FONT_SIZE) / 2);
    children.push(label(text, at, bottom + 17, { class: "muted", "text-anchor": "middle" }));
  }
  if (xLabel !== undefined) {
    const middle = (left + right) / 2;
    children.push(label(xLabel, middle, height - 7, { class: "muted", "text-anchor": "middle" }));
  }
  for (const [i, each] of series.entries()) {
    children.push(...curve(each, colourOf(each, i), right - left, isLog, x, y));
  }
  return { width, height, label: title ?? "line chart", children };
}

function largest(ticks: readonly number[]): number {
  return Math.max(...ticks.map(Math.abs));
}

function colourOf({ colour }: Series, place: number): number {
  return (colour ?? place) % SERIES_COLOURS;
}

function canDraw([x, y]: readonly [number, number], isLog: boolean): boolean {
  return isDrawable(x) && isDrawable(y) && (!isLog || y > SMALLEST);
}

function curve(
  { points }: Series,
  colour: number,
  width: number,
  isLog: boolean,
  x: (value: number) => number,
  y: (value: number) => number,
): Markup[] {
  let d = "";
  let run: [number, number][] = [];
  const dots: [number, number][] = [];
  const endRun = () => {
    for (const [i, [px, py]] of thin(run).entries()) d += `${i === 0 ? "M" : "L"}${round(px)} ${round(py)}`;
    if (run.length === 1 || points.length <= DOTTED) dots.push(...run);
    run = [];
  };
  for (const point of points) {
    if (canDraw(point, isLog)) run.push([x(point[0]), y(point[1])]);
    else endRun();
  }
  endRun();
  const line = element("path", { class: `line line${colour}`, d });
  // Dots of isolated points only, where there are very many: as many as there are pixels.
  const shown = dots.slice(0, Math.max(DOTTED, Math.ceil(width)));
  const circles = shown.map(([cx, cy]) =>
    element("circle", { class: `dot${colour}`, cx: round(cx), cy: round(cy), r: 2.5 }),
  );
  return d === "" ? circles : [line, ...circles];
}

/**
 * Long curves cut down to what can be seen: of each column of pixels the first,
 * lowest, highest and last point (Jugel et al. 2014, "M4: A visualization-oriented
 * time series data aggregation").
 */
function thin(run: readonly [number, number][]): readonly [number, number][] {
  const kept: [number, number][] = [];
  for (let begin = 0, end = 0; begin < run.length; begin = end) {
    const column = Math.floor(run[begin][0]);
    let low = begin;
    let high = begin;
    for (end = begin; end < run.length && Math.floor(run[end][0]) === column; end++) {
      if (run[end][1] < run[low][1]) low = end;
      if (run[end][1] > run[high][1]) high = end;
    }
    for (const i of [...new Set([begin, low, high, end - 1])].sort((a, b) => a - b)) kept.push(run[i]);
  }
  return kept;
}

function extent(points: readonly (readonly [number, number])[], axis: 0 | 1): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    low = Math.min(low, point[axis]);
    high = Math.max(high, point[axis]);
  }
  return [low, high];
}

/** Places the names of the series in lines of at most `width` pixels. */
function layLegend(series: readonly Series[], width: number) {
  const swatch = 16;
  const placed: { name: string; colour: number; x: number; line: number }[] = [];
  let x = 0;
  let line = 0;
  for (const [i, each] of series.entries()) {
    const name = clip(each.name, (width - swatch - 10) / (FONT_SIZE * 0.58));
    const needed = swatch + 6 + pixels(name, FONT_SIZE) + 14;
    if (x > 0 && x + needed - 14 > width) {
      x = 0;
      line++;
    }
    placed.push({ name, colour: colourOf(each, i), x, line });
    x += needed;
  }
  const items = (top: number) =>
    placed.flatMap((item) => {
      const middle = top + item.line * LINE_HEIGHT + 6;
      const d = `M${round(item.x + 1)} ${middle}h${swatch - 2}`;
      return [
        element("path", { class: `line line${item.colour}`, d }),
        label(item.name, item.x + swatch + 6, middle + 4, {}),
      ];
    });
  return { height: placed.length === 0 ? 0 : (line + 1) * LINE_HEIGHT + 6, items };
}

function label(text: string, x: number, y: number, attributes: Record<string, string>): Markup {
  return element("text", { ...attributes, x: round(x), y: round(y) }, [text]);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
