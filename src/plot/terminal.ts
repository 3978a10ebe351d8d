/** Curves and attention weights for terminals. */
import type { HeadAttention } from "../base/head-attention.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { type Attention, checkAttention } from "./attention-map.ts";
import { chooseHeads, type Head, type HeadChoice, type HeadGrid, headName, onlyHead } from "./head-choice.ts";
import { visible } from "./markup.ts";
import { opacity, type Shading } from "./shading.ts";
import { columns, pad } from "./text-width.ts";
import { formatNumber, isDrawable, widen } from "./ticks.ts";

const SHADES = [" ", "░", "▒", "▓", "█"];
const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** Bits of a Braille character: two columns of four dots, from the top. */
const BRAILLE = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

/**
 * Attention weights as a table of shaded blocks, one line per target token.
 * Every line is as wide as `width` allows, at least two columns per source
 * token; a weight that is not a number shows as `?`.
 *
 * @throws {ShapeError} when the weights do not fit the tokens.
 * @example
 * const weights = [[1, 0], [0, 0.5]];
 * attentionTable({ source: ["le", "chat"], target: ["the", "cat"], weights }).split("\n"); // ["    le   chat ", "the ████      ", "cat      ▒▒▒▒ "]
 */
export function attentionTable(attention: Attention, width = 80): string {
  checkNumber("attentionTable width", width, { integer: true, min: 1 });
  checkAttention(attention);
  return table(attention, width, "linear");
}

function table(attention: Attention, width: number, shading: Shading): string {
  const source = attention.source.map(visible);
  const target = attention.target.map(visible);
  const margin = Math.min(16, Math.max(0, ...target.map(columns)));
  const longest = Math.max(1, ...source.map(columns));
  const room = Math.floor((width - margin - 1) / Math.max(1, source.length));
  const column = Math.max(2, Math.min(longest + 1, 12, room));
  const lines = [`${" ".repeat(margin + 1)}${source.map((token) => `${pad(token, column - 1)} `).join("")}`];
  for (const [row, weights] of attention.weights.entries()) {
    const blocks = Array.from(weights, (weight) => shade(opacity(weight, shading)).repeat(column - 1));
    lines.push(`${pad(target[row], margin)} ${blocks.map((block) => `${block} `).join("")}`);
  }
  return lines.join("\n");
}

function shade(opacity: number): string {
  return Number.isNaN(opacity) ? "?" : SHADES[Math.round(opacity * (SHADES.length - 1))];
}

/**
 * The attention of heads as small blocks of shades, as many beside each other
 * as `width` allows, below the tokens that are looked at; shades show the
 * square root of the weight. Blocks take one or two columns for each of these
 * tokens, even where that is more than `width`. A head alone, chosen by `layer`,
 * `head` and `kind`, is a table like {@link attentionTable}.
 *
 * @throws {ShapeError} when the weights of a head do not fit its tokens.
 * @throws {OptionError} when the choice leaves no head.
 * @example
 * const heads = [[[1, 0], [0.5, 0.5]], [[0, 1], [1, 0]]];
 * const attention = [{ kind: "encoder", queries: ["a", "b"], keys: ["a", "b"], layers: [heads] }];
 * attentionHeadsTable(attention).split("\n").slice(0, 3); // ["encoder self-attention", "columns: a b", "  layer 1, head 1  layer 1, head 2"]
 */
export function attentionHeadsTable(
  attention: readonly HeadAttention[],
  options: HeadChoice & { readonly width?: number } = {},
): string {
  rejectUnknownKeys("attentionHeadsTable", options, ["kind", "layer", "head", "width"]);
  const { width = 80, ...choice } = options;
  checkNumber("attentionHeadsTable width", width, { integer: true, min: 1 });
  const views = chooseHeads(attention, choice).map((grid) => {
    const head = onlyHead(grid);
    if (head === undefined) return [grid.name, ...headBlocks(grid, width)].join("\n");
    const map = { source: grid.keys, target: grid.queries, weights: head.weights };
    return `${grid.name}, ${headName(head)}\n${table(map, width, "square-root")}`;
  });
  return views.join("\n\n");
}

const BLOCK_GAP = "  ";

function headBlocks({ queries, keys, rows }: HeadGrid, width: number): string[] {
  const labels = queries.map(visible);
  const margin = Math.min(16, Math.max(0, ...labels.map(columns)));
  const room = width - margin - 1;
  const heads = Math.max(...rows.map((row) => row.length));
  // Two columns make a square, if as many heads as there are fit that way, or at least two.
  const fits = (cell: number) => Math.floor((room + 2) / (blockWidth(keys, rows, cell) + 2));
  const cell = fits(2) >= Math.min(2, heads) ? 2 : 1;
  const block = blockWidth(keys, rows, cell);
  const atOnce = Math.max(1, fits(cell));

  const lines = wrap(`columns: ${keys.map(visible).join(" ")}`, width);
  for (const row of rows) {
    for (let start = 0; start < row.length; start += atOnce) {
      const part = row.slice(start, start + atOnce);
      const names = part.map((head) => pad(headName(head), block));
      lines.push(`${" ".repeat(margin + 1)}${names.join(BLOCK_GAP)}`);
      for (const [query, label] of labels.entries()) {
        const blocks = part.map(({ weights }) => pad(shades(weights[query], cell), block));
        lines.push(`${pad(label, margin)} ${blocks.join(BLOCK_GAP)}`);
      }
    }
  }
  return lines;
}

function blockWidth(keys: readonly string[], rows: readonly (readonly Head[])[], cell: number): number {
  return Math.max(keys.length * cell, ...rows.flat().map((head) => headName(head).length));
}

function shades(weights: ArrayLike<number>, cell: number): string {
  return Array.from(weights, (weight) => shade(opacity(weight, "square-root")).repeat(cell)).join("");
}

/** Lines of at most `width` columns where the words allow it. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && columns(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/**
 * Numbers as a line of bars, at most `width` of them: longer series show the
 * mean of equal parts. What is not finite shows as a space.
 *
 * @example
 * sparkline([1, 2, 3, 4]); // "▁▃▆█"
 */
export function sparkline(values: ArrayLike<number>, width = 60): string {
  checkNumber("sparkline width", width, { integer: true, min: 1 });
  const shown = averages(values, width);
  const [low, high] = widen(...extent(shown));
  return shown
    .map((value) => (isDrawable(value) ? BARS[Math.round(((value - low) / (high - low)) * 7)] : " "))
    .join("");
}

/**
 * Numbers as a curve of Braille dots with the range at its left, `height` lines
 * of `width` columns. What is not finite leaves a gap.
 *
 * @example
 * terminalCurve([3, 2, 1], { width: 8, height: 1 }).length; // 8
 */
export function terminalCurve(
  values: ArrayLike<number>,
  options: { readonly width?: number; readonly height?: number } = {},
): string {
  const width = checkNumber("terminalCurve width", options.width ?? 60, { integer: true, min: 1 });
  const height = checkNumber("terminalCurve height", options.height ?? 8, { integer: true, min: 1 });
  const [least, most] = extent(values);
  const labels = Array.from({ length: height }, () => "");
  if (most >= least) {
    labels[height - 1] = formatNumber(least);
    labels[0] = formatNumber(most);
  }
  const margin = Math.max(...labels.map(columns)) + 1;
  const cells = Math.max(1, width - margin);
  const dots = Array.from({ length: height }, () => new Uint8Array(cells));
  const shown = averages(values, 2 * cells);
  const [low, high] = widen(least, most);
  const last = 4 * height - 1;
  for (const [i, value] of shown.entries()) {
    if (!isDrawable(value)) continue;
    const x = shown.length === 1 ? 0 : Math.round((i / (shown.length - 1)) * (2 * cells - 1));
    const y = Math.round(((high - value) / (high - low)) * last);
    dots[y >> 2][x >> 1] |= BRAILLE[x & 1][y & 3];
  }
  return dots
    .map((line, i) => {
      const braille = Array.from(line, (bits) => (bits === 0 ? " " : String.fromCharCode(0x2800 + bits)));
      return `${pad(labels[i], margin - 1, "right")} ${braille.join("")}`;
    })
    .join("\n");
}

/** The means of at most `count` equal parts, over what is finite in each. */
function averages(values: ArrayLike<number>, count: number): number[] {
  const parts = Math.min(count, values.length);
  return Array.from({ length: parts }, (_, part) => {
    const end = Math.floor(((part + 1) * values.length) / parts);
    let sum = 0;
    let terms = 0;
    for (let i = Math.floor((part * values.length) / parts); i < end; i++) {
      if (!isDrawable(values[i])) continue;
      sum += values[i];
      terms++;
    }
    return terms === 0 ? Number.NaN : sum / terms;
  });
}

function extent(values: ArrayLike<number>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!isDrawable(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}
