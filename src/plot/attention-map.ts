/** Attention weights as a heat map in SVG. */
import { ShapeError } from "../base/errors.ts";
import { checkNumber } from "../base/options.ts";
import { element, type Markup } from "./markup.ts";
import { clip, pixels } from "./text-width.ts";
import { picture, standalone } from "./theme.ts";

/** Which source tokens each target token looked at. */
export interface Attention {
  readonly source: readonly string[];
  readonly target: readonly string[];
  /** `[target, source]` weights in 0..1. */
  readonly weights: readonly ArrayLike<number>[];
}

export interface AttentionMapOptions {
  readonly title?: string;
  /** Side of a cell in pixels. @defaultValue 14 to 32, less for longer sentences */
  readonly cellSize?: number;
}

/** Longer labels are clipped to so many columns; the whole token shows on hovering. */
const LABEL_COLUMNS = 18;
/** Weights below this look empty and get no cell. */
const FAINT = 0.004;

/**
 * A heat map as a complete SVG document: source tokens along the x axis, target
 * tokens along the y axis, darker where the weight is larger. A weight that is
 * not a number is marked in a warning colour; all others are shown as if clipped
 * to 0..1.
 *
 * @throws {ShapeError} when the weights are not one row per target token with
 *   one number per source token.
 * @example
 * attentionMap({ source: ["le", "chat"], target: ["the", "cat"], weights: [[0.9, 0.1], [0.2, 0.8]] }).slice(0, 4); // "<svg"
 */
export function attentionMap(attention: Attention, options: AttentionMapOptions = {}): string {
  const { width, height, label, children } = draw(attention, options);
  return standalone(width, height, label, children);
}

/** The same for a page that has the pictures' style already. */
export function attentionMapMarkup(attention: Attention, options: AttentionMapOptions = {}): Markup {
  const { width, height, label, children } = draw(attention, options);
  return picture(width, height, label, children);
}

/** @throws {ShapeError} when the weights do not fit the labels. */
export function checkAttention({ source, target, weights }: Attention): void {
  const bad = weights.find((row) => row.length !== source.length);
  if (weights.length === target.length && bad === undefined) return;
  throw new ShapeError({
    what: "attention weights",
    expected: `${target.length} rows of ${source.length}`,
    got: bad === undefined ? `${weights.length} rows` : `a row of ${bad.length}`,
  });
}

function draw(attention: Attention, { title, cellSize }: AttentionMapOptions) {
  checkAttention(attention);
  const { source, target, weights } = attention;
  const longest = Math.max(source.length, target.length, 1);
  const cell =
    cellSize === undefined
      ? Math.round(Math.min(32, Math.max(14, 560 / longest)))
      : checkNumber("attentionMap cellSize", cellSize, { min: 4, max: 200 });
  const fontSize = Math.min(12, Math.max(4, cell - 3));
  const labelPixels = (labels: readonly string[]) =>
    Math.max(0, ...labels.map((label) => pixels(clip(label, LABEL_COLUMNS), fontSize)));

  // Column labels lean to the right by 60 degrees, so that they need about their own height in width.
  const lean = { cos: Math.cos(Math.PI / 3), sin: Math.sin(Math.PI / 3) };
  const sourcePixels = labelPixels(source);
  const left = Math.ceil(labelPixels(target)) + 12;
  const top = Math.ceil(sourcePixels * lean.sin) + 14 + (title === undefined ? 0 : 26);
  const overhang = Math.ceil(sourcePixels * lean.cos + fontSize - cell / 2);
  const mapWidth = source.length * cell;
  const width = Math.max(
    left + mapWidth + Math.max(8, overhang),
    title === undefined ? 0 : pixels(title, 13.5),
  );
  const height = top + target.length * cell + 8;

  const children: Markup[] = [];
  if (title !== undefined) children.push(element("text", { class: "title", x: 0, y: 14 }, [title]));
  for (const [column, token] of source.entries()) {
    const x = left + (column + 0.5) * cell + fontSize * 0.3;
    const y = top - 7;
    children.push(tokenLabel(token, fontSize, { transform: `translate(${round(x)} ${y}) rotate(-60)` }));
  }
  for (const [row, token] of target.entries()) {
    const y = top + (row + 0.5) * cell + fontSize * 0.35;
    children.push(tokenLabel(token, fontSize, { x: left - 7, y: round(y), "text-anchor": "end" }));
  }
  for (const [row, values] of weights.entries()) {
    for (let column = 0; column < source.length; column++) {
      const weight = values[column];
      if (weight < FAINT) continue;
      const isNumber = !Number.isNaN(weight);
      children.push(
        element(
          "rect",
          {
            class: isNumber ? "cell" : "invalid",
            x: left + column * cell,
            y: top + row * cell,
            width: cell,
            height: cell,
            "fill-opacity": isNumber ? Math.min(1, round(weight, 1000)) : undefined,
          },
          [element("title", {}, [`${target[row]} ← ${source[column]}: ${weight.toFixed(3)}`])],
        ),
      );
    }
  }
  // One path for the grid, over the cells, so that empty ones are seen too.
  const right = left + mapWidth;
  const end = top + target.length * cell;
  let d = "";
  for (let i = 0; i <= source.length; i++) d += `M${left + i * cell} ${top}V${end}`;
  for (let i = 0; i <= target.length; i++) d += `M${left} ${top + i * cell}H${right}`;
  children.push(element("path", { class: "grid", d }));
  return { width: Math.ceil(width), height, label: title ?? "attention map", children };
}

function tokenLabel(token: string, fontSize: number, attributes: Record<string, string | number>): Markup {
  const shown = clip(token, LABEL_COLUMNS);
  const full = shown === token ? [] : [element("title", {}, [token])];
  return element("text", { ...attributes, style: `font-size:${fontSize}px` }, [shown, ...full]);
}

function round(value: number, parts = 10): number {
  return Math.round(value * parts) / parts;
}
