/** Named points in the plane, as SVG. */
import { checkList, checkNumber, checkObject } from "../base/options.ts";
import { element, type Markup } from "./markup.ts";
import { pixels } from "./text-width.ts";
import { standalone } from "./theme.ts";

export interface MapPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface WordMapOptions {
  readonly title?: string;
  /** A line below the map: what its axes are. */
  readonly caption?: string;
  /** Pixels. @defaultValue 800 */
  readonly width?: number;
  /** Pixels. @defaultValue 600 */
  readonly height?: number;
}

const FONT_SIZE = 12;
const MARGIN = 12;
const CAPTION = 20;
const GAP = 5;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * A dot for each point, with its name beside it where there is room: names never cover each other, and a name without
 * room is shown by pointing at its dot. Both axes have the same scale, so that distances can be compared.
 *
 * @throws {OptionError} for a size below 120 pixels.
 * @example
 * wordMap([{ name: "cat", x: 0, y: 0 }, { name: "dog", x: 1, y: 1 }]).slice(0, 4); // "<svg"
 */
export function wordMap(points: readonly MapPoint[], options: WordMapOptions = {}): string {
  checkList("wordMap points", points, "points", (point) => typeof point === "object" && point !== null);
  checkObject("wordMap options", options);
  const width = checkNumber("wordMap width", options.width ?? 800, { min: 120 });
  const height = checkNumber("wordMap height", options.height ?? 600, { min: 120 });
  const { title, caption } = options;
  const bottom = height - (caption === undefined ? 0 : CAPTION);
  const top = title === undefined ? MARGIN : MARGIN + 20;
  const side = Math.min(90, width / 4);
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, low] = [Math.min(...xs), Math.min(...ys)];
  const [spanX, spanY] = [Math.max(...xs) - left, Math.max(...ys) - low];
  const [roomX, roomY] = [width - 2 * side, bottom - top - MARGIN - 2 * GAP];
  const scale = Math.min(spanX > 0 ? roomX / spanX : 1e9, spanY > 0 ? roomY / spanY : 1e9);
  const dots = points.map(({ name, x, y }) => ({
    name,
    x: side + roomX / 2 + (x - left - spanX / 2) * scale,
    y: top + GAP + roomY / 2 - (y - low - spanY / 2) * scale,
  }));
  const taken: Box[] = dots.map(({ x, y }) => ({ left: x - 3, top: y - 3, right: x + 3, bottom: y + 3 }));
  const children: Markup[] = [];
  if (title !== undefined) children.push(element("text", { class: "title", x: 0, y: 14 }, [title]));
  if (caption !== undefined)
    children.push(element("text", { class: "caption", x: 0, y: height - 4 }, [caption]));
  for (const { name, x, y } of dots) {
    children.push(
      element("circle", { class: "dot0", cx: x.toFixed(1), cy: y.toFixed(1), r: 2.5 }, [
        element("title", {}, [name]),
      ]),
    );
  }
  for (const { name, x, y } of dots) {
    const size = pixels(name, FONT_SIZE);
    const free = [
      { left: x + GAP, top: y - 7 },
      { left: x - GAP - size, top: y - 7 },
      { left: x - size / 2, top: y - 19 },
      { left: x - size / 2, top: y + 5 },
    ]
      .map((corner) => ({ ...corner, right: corner.left + size, bottom: corner.top + 14 }))
      .find((box) => isInside(box, width, bottom) && !taken.some((other) => overlap(box, other)));
    if (!free) continue;
    taken.push(free);
    children.push(
      element("text", { x: free.left.toFixed(1), y: (free.top + 11).toFixed(1), "font-size": FONT_SIZE }, [
        name,
      ]),
    );
  }
  return standalone(width, height, title ?? "map of words", children);
}

const isInside = (box: Box, width: number, height: number): boolean =>
  box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height;

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
