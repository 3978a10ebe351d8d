/** Pictures with row labels at their left: in a document of their own, or on a page. */
import { element, type Markup } from "./markup.ts";
import { pixels } from "./text-width.ts";
import { picture, standalone } from "./theme.ts";

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What it shows: its name for readers who do not see it. */
  readonly label: string;
  /** Row labels lie left of this, everything else right of it. */
  readonly left: number;
  readonly rowLabels: readonly Markup[];
  readonly children: readonly Markup[];
}

const TITLE_HEIGHT = 26;
/** Bold, of 13 pixels. */
const TITLE_SIZE = 13.5;
const GAP = 18;

/**
 * Drawings below each other as a complete SVG document.
 *
 * @param titles of the drawings; one that is undefined takes no room
 */
export function standaloneDrawings(
  drawings: readonly Drawing[],
  titles: readonly (string | undefined)[],
): string {
  const children: Markup[] = [];
  let width = 0;
  let height = 0;
  for (const [i, drawing] of drawings.entries()) {
    const title = titles[i];
    if (i > 0) height += GAP;
    if (title !== undefined) {
      children.push(element("text", { class: "title", x: 0, y: height + 14 }, [title]));
      width = Math.max(width, Math.ceil(pixels(title, TITLE_SIZE)));
      height += TITLE_HEIGHT;
    }
    const parts = [...drawing.children, ...drawing.rowLabels];
    children.push(height === 0 ? group({}, parts) : group({ transform: `translate(0 ${height})` }, parts));
    width = Math.max(width, drawing.width);
    height += drawing.height;
  }
  const label = drawings.map((drawing, i) => titles[i] ?? drawing.label).join(", ");
  return standalone(width, height, label, children);
}

/** For a page: a region to scroll sideways, in which the row labels stay in sight. */
export function scrollableDrawing({ width, height, label, left, rowLabels, children }: Drawing): Markup {
  const rest = group({ transform: `translate(${-left} 0)` }, children);
  return element("div", { class: "map", tabindex: 0, role: "region", "aria-label": label }, [
    element("div", { class: "row" }, [
      element("div", { class: "pin", "aria-hidden": "true" }, [picture(left, height, "tokens", rowLabels)]),
      picture(width - left, height, label, [rest]),
    ]),
  ]);
}

function group(attributes: Record<string, string>, children: readonly Markup[]): Markup {
  return element("g", attributes, children);
}
