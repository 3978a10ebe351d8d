/** Attention weights as a heat map in SVG. */
import { ShapeError } from "../base/errors.ts";
import { checkChoice, checkNumber } from "../base/options.ts";
import { type Drawing, standaloneDrawings } from "./drawing.ts";
import { element } from "./markup.ts";
import { LEGEND_HEIGHT, LEGEND_WIDTH, opacity, type Shading, shadingLegend } from "./shading.ts";
import { columnLabelSize, columnLabels, rowLabels, rowLabelWidth } from "./token-labels.ts";

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
  /** `square-root` lets small weights be seen too, and comes with a legend. @defaultValue "linear" */
  readonly shading?: Shading;
}

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
  return standaloneDrawings([drawAttentionMap(attention, options)], [options.title]);
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

/** The heat map without a title. */
export function drawAttentionMap(attention: Attention, options: AttentionMapOptions = {}): Drawing {
  checkAttention(attention);
  const { cellSize, shading = "linear" } = options;
  checkChoice("attentionMap shading", shading, ["linear", "square-root"]);
  const { source, target, weights } = attention;
  const longest = Math.max(source.length, target.length, 1);
  const cell =
    cellSize === undefined
      ? Math.round(Math.min(32, Math.max(14, 560 / longest)))
      : checkNumber("attentionMap cellSize", cellSize, { min: 4, max: 200 });
  const fontSize = Math.min(12, Math.max(4, cell - 3));
  const left = rowLabelWidth(target, fontSize);
  const { height: top, overhang } = columnLabelSize(source, fontSize, cell);
  const mapWidth = source.length * cell;

  const children = columnLabels(source, fontSize, cell, left, top);
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
            "fill-opacity": isNumber ? Math.round(opacity(weight, shading) * 1000) / 1000 : undefined,
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
  const hasLegend = shading !== "linear";
  if (hasLegend) children.push(...shadingLegend(left, end + 8, shading));
  return {
    width: left + Math.max(mapWidth + overhang, hasLegend ? LEGEND_WIDTH : 0),
    height: end + 8 + (hasLegend ? LEGEND_HEIGHT : 0),
    label: "attention map",
    left,
    rowLabels: rowLabels(target, fontSize, cell, left, top),
    children,
  };
}
