/** How dark a weight is drawn, and the legend that says so. */
import { element, type Markup } from "./markup.ts";

/** Darkness is the weight, or its square root, by which small weights are seen too. */
export type Shading = "linear" | "square-root";

/** The opacity of a weight as if clipped to 0..1; NaN for NaN. */
export function opacity(weight: number, shading: Shading): number {
  const clipped = Math.min(1, Math.max(0, weight));
  return shading === "linear" ? clipped : Math.sqrt(clipped);
}

/** Pixels of small text. */
export const SMALL = 11;
const WEIGHTS = [0.01, 0.1, 0.25, 0.5, 1];
const SWATCH = 12;
const COLUMN = 52;
const START = 48;

export const LEGEND_WIDTH = START + WEIGHTS.length * COLUMN;
export const LEGEND_HEIGHT = 22;

/** A line of swatches with their weights. */
export function shadingLegend(x: number, y: number, shading: Shading): Markup[] {
  const swatches = WEIGHTS.flatMap((weight, i) => {
    const square = { x: x + START + i * COLUMN, y: y + 4, width: SWATCH, height: SWATCH };
    return [
      element("rect", { class: "cell", ...square, "fill-opacity": opacity(weight, shading) }),
      element("rect", { class: "grid", ...square }),
      smallText(String(weight), square.x + SWATCH + 5, y + 14),
    ];
  });
  return [smallText("weight", x, y + 14), ...swatches];
}

/** Muted text of {@link SMALL} pixels. */
export function smallText(content: string, x: number, y: number): Markup {
  return element("text", { class: "muted", x, y, style: `font-size:${SMALL}px` }, [content]);
}
