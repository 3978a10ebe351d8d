/** The attention of a transformer's heads as SVG: a grid with a row for each layer and a column for each head. */
import type { HeadAttention } from "../base/head-attention.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { drawAttentionMap } from "./attention-map.ts";
import { type Drawing, standaloneDrawings } from "./drawing.ts";
import { chooseHeads, type Head, type HeadChoice, type HeadGrid, headName, onlyHead } from "./head-choice.ts";
import { element, type Markup } from "./markup.ts";
import { LEGEND_HEIGHT, LEGEND_WIDTH, opacity, SMALL, shadingLegend, smallText } from "./shading.ts";
import { pixels } from "./text-width.ts";
import { columnLabelSize, columnLabels, rowLabels, rowLabelWidth } from "./token-labels.ts";

export interface AttentionHeadsOptions extends HeadChoice {
  /** Side of a cell in pixels. Default: 11 to 18, less for longer texts; in the map of one head 14 to 32. */
  readonly cellSize?: number;
}

/** A name and its picture. */
interface NamedDrawing {
  readonly name: string;
  readonly drawing: Drawing;
}

/** Shades between nothing and full. */
const LEVELS = 20;
/** A grid is about so many pixels wide where cells may be chosen. */
const WIDTH = 960;
/** Pixels between heads. */
const GAP = 14;
const NAME_HEIGHT = 18;

/**
 * The attention of every layer and head as a complete SVG document: for each
 * kind of attention a grid, a row for each layer and a column for each head,
 * each cell of it a heat map with the keys along the x axis and the queries
 * along the y axis. All maps of a grid share their labels. Darkness is the
 * square root of the weight, so that heads that spread their attention are seen
 * too. One head alone, chosen by `layer`, `head` and `kind`, is drawn large.
 *
 * @throws {ShapeError} when the weights of a head do not fit its tokens.
 * @throws {OptionError} when the choice leaves no head.
 * @example
 * const heads = [[[1, 0], [0.5, 0.5]], [[0, 1], [1, 0]]];
 * const attention = [{ kind: "encoder", queries: ["a", "b"], keys: ["a", "b"], layers: [heads] }];
 * attentionHeads(attention).includes("layer 1, head 2"); // true
 */
export function attentionHeads(
  attention: readonly HeadAttention[],
  options: AttentionHeadsOptions = {},
): string {
  const drawings = drawAttentionHeads(attention, options);
  return standaloneDrawings(
    drawings.map(({ drawing }) => drawing),
    drawings.map(({ name }) => name),
  );
}

/** The same as pictures for a page. */
export function drawAttentionHeads(
  attention: readonly HeadAttention[],
  options: AttentionHeadsOptions = {},
): NamedDrawing[] {
  rejectUnknownKeys("attentionHeads", options, ["kind", "layer", "head", "cellSize"]);
  const { cellSize, ...choice } = options;
  return chooseHeads(attention, choice).map((grid) => {
    const head = onlyHead(grid);
    if (head === undefined) return { name: grid.name, drawing: drawGrid(grid, cellSize) };
    const map = { source: grid.keys, target: grid.queries, weights: head.weights };
    const options = { shading: "square-root", ...(cellSize === undefined ? {} : { cellSize }) } as const;
    return { name: `${grid.name}, ${headName(head)}`, drawing: drawAttentionMap(map, options) };
  });
}

function drawGrid({ name, queries, keys, rows }: HeadGrid, cellSize: number | undefined): Drawing {
  const heads = Math.max(...rows.map((row) => row.length));
  const cell =
    cellSize === undefined
      ? Math.round(Math.min(18, Math.max(11, WIDTH / (heads * Math.max(1, keys.length)))))
      : checkNumber("attentionHeads cellSize", cellSize, { min: 4, max: 200 });
  // Leaning labels are closer to each other than the columns.
  const fontSize = Math.min(12, Math.round(cell * 8) / 10);
  const left = rowLabelWidth(queries, fontSize);
  const labels = columnLabelSize(keys, fontSize, cell);
  const [mapWidth, mapHeight] = [keys.length * cell, queries.length * cell];
  const names = rows.flat().map((head) => pixels(headName(head), SMALL));
  const columnWidth = Math.ceil(Math.max(mapWidth, ...names)) + GAP;

  const children: Markup[] = [];
  const leftLabels: Markup[] = [];
  let y = 0;
  for (const [row, line] of rows.entries()) {
    const top = y + NAME_HEIGHT + (row === 0 ? labels.height : 0);
    leftLabels.push(...rowLabels(queries, fontSize, cell, left, top));
    for (const [column, head] of line.entries()) {
      const x = left + column * columnWidth;
      children.push(smallText(headName(head), x, y + SMALL));
      if (row === 0) children.push(...columnLabels(keys, fontSize, cell, x, top));
      const frame = { class: "grid", x, y: top, width: mapWidth, height: mapHeight };
      children.push(heatMap(head, x, top, cell), element("rect", frame));
    }
    y = top + mapHeight + GAP;
  }
  children.push(...shadingLegend(left, y, "square-root"));
  const width =
    left +
    Math.max((heads - 1) * columnWidth + Math.max(mapWidth + labels.overhang, columnWidth), LEGEND_WIDTH);
  const label = `${name}, layers by heads: ${rows.length} × ${heads}`;
  return { width, height: y + LEGEND_HEIGHT, label, left, rowLabels: leftLabels, children };
}

/**
 * A head's weights as horizontal strokes, in units of cells: one path for each
 * shade, and cells of a shade beside each other in one stroke, which takes a
 * tenth of the room of rectangles.
 */
function heatMap({ weights }: Head, x: number, y: number, cell: number): Markup {
  const strokes = Array.from({ length: LEVELS + 1 }, () => "");
  let invalid = "";
  for (const [row, values] of weights.entries()) {
    for (let column = 0; column < values.length; ) {
      const level = shadeLevel(values[column]);
      const start = column++;
      while (column < values.length && Object.is(shadeLevel(values[column]), level)) column++;
      const stroke = `M${start} ${row}h${column - start}`;
      if (Number.isNaN(level)) invalid += stroke;
      else strokes[level] += stroke;
    }
  }
  const paths = strokes.flatMap((d, level) =>
    level === 0 || d === "" ? [] : [element("path", { d, "stroke-opacity": level / LEVELS })],
  );
  if (invalid !== "") paths.push(element("path", { class: "bad", d: invalid }));
  const transform = `translate(${x} ${y + cell / 2}) scale(${cell})`;
  return element("g", { class: "heat", transform }, paths);
}

/** 0 to {@link LEVELS}, or NaN. */
function shadeLevel(weight: number): number {
  return Math.round(opacity(weight, "square-root") * LEVELS);
}
