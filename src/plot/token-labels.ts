/** Tokens as labels of the columns and rows of a heat map. */
import { element, type Markup } from "./markup.ts";
import { clip, pixels } from "./text-width.ts";

/** Longer labels are clipped to so many columns; the whole token shows on hovering. */
const LABEL_COLUMNS = 18;
/** Column labels lean to the right by 60 degrees, so that they need about their own height in width. */
const LEAN = { cos: Math.cos(Math.PI / 3), sin: Math.sin(Math.PI / 3) };
/** Pixels between labels and cells. */
const GAP = 7;

/** Pixels that the longest label takes. */
function longest(tokens: readonly string[], fontSize: number): number {
  return Math.max(0, ...tokens.map((token) => pixels(clip(token, LABEL_COLUMNS), fontSize)));
}

/** The width of row labels. */
export function rowLabelWidth(tokens: readonly string[], fontSize: number): number {
  return Math.ceil(longest(tokens, fontSize)) + GAP + 5;
}

/** The height of column labels, and how far they reach over the right end of columns of width `cell`. */
export function columnLabelSize(
  tokens: readonly string[],
  fontSize: number,
  cell: number,
): { height: number; overhang: number } {
  const length = longest(tokens, fontSize);
  return {
    height: Math.ceil(length * LEAN.sin) + 2 * GAP,
    overhang: Math.max(8, Math.ceil(length * LEAN.cos + fontSize - cell / 2)),
  };
}

/** Labels at the left of rows of height `cell`, the first of which begins at `y`. */
export function rowLabels(
  tokens: readonly string[],
  fontSize: number,
  cell: number,
  right: number,
  y: number,
): Markup[] {
  return tokens.map((token, row) => {
    const baseline = y + (row + 0.5) * cell + fontSize * 0.35;
    return tokenLabel(token, fontSize, { x: right - GAP, y: round(baseline), "text-anchor": "end" });
  });
}

/** Labels over columns of width `cell`, the first of which begins at `x`. */
export function columnLabels(
  tokens: readonly string[],
  fontSize: number,
  cell: number,
  x: number,
  bottom: number,
): Markup[] {
  return tokens.map((token, column) => {
    const middle = x + (column + 0.5) * cell + fontSize * 0.3;
    const transform = `translate(${round(middle)} ${bottom - GAP}) rotate(-60)`;
    return tokenLabel(token, fontSize, { transform });
  });
}

function tokenLabel(token: string, fontSize: number, attributes: Record<string, string | number>): Markup {
  const shown = clip(token, LABEL_COLUMNS);
  const full = shown === token ? [] : [element("title", {}, [token])];
  return element("text", { ...attributes, style: `font-size:${fontSize}px` }, [shown, ...full]);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
