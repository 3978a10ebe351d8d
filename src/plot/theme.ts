/**
 * The look of every picture, as style sheets: colours for light and dark
 * surroundings, chosen by the reader's setting. Written without variables,
 * which many SVG renderers do not know.
 */
import { element, Markup } from "./markup.ts";

interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly accent: string;
  readonly warning: string;
  /** Of the series, tellable apart also by colour-blind readers. */
  readonly series: readonly string[];
}

const LIGHT: Palette = {
  paper: "#ffffff",
  ink: "#1d2129",
  muted: "#5c6470",
  grid: "#e3e6ea",
  accent: "#1f5fa8",
  warning: "#c2410c",
  series: ["#1f5fa8", "#d1600f", "#2d8056", "#8d4aa5", "#a8324a", "#6a7280"],
};

const DARK: Palette = {
  paper: "#15181d",
  ink: "#e5e8ec",
  muted: "#9aa3af",
  grid: "#2b3038",
  accent: "#7db4f0",
  warning: "#f59e6b",
  series: ["#7db4f0", "#f0a35c", "#6cc598", "#c79be0", "#f08aa0", "#a9b1bd"],
};

const FONT = `system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`;

/** Series beyond these colours begin again with the first. */
export const SERIES_COLOURS = LIGHT.series.length;

function pictureColours({ paper, ink, muted, grid, accent, warning, series }: Palette): string {
  return [
    `.plot .paper{fill:${paper}}`,
    `.plot text{fill:${ink}}`,
    `.plot .muted{fill:${muted}}`,
    `.plot .grid{stroke:${grid}}`,
    `.plot .cell{fill:${accent}}`,
    `.plot .invalid{fill:${warning}}`,
    `.plot .heat{stroke:${accent}}`,
    `.plot .bad{stroke:${warning}}`,
    ...series.flatMap((colour, i) => [`.plot .line${i}{stroke:${colour}}`, `.plot .dot${i}{fill:${colour}}`]),
  ].join("");
}

/** The rules of all pictures; once per document. */
export const PICTURE_STYLE = [
  `.plot text{font:12px ${FONT};font-variant-numeric:tabular-nums}`,
  ".plot .title{font-weight:600;font-size:13px}",
  ".plot .line{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}",
  ".plot .grid{fill:none;stroke-width:1}",
  ".plot .heat{fill:none;stroke-width:1;shape-rendering:crispEdges}",
  pictureColours(LIGHT),
  `@media (prefers-color-scheme:dark){${pictureColours(DARK)}}`,
].join("");

function pageColours({ paper, ink, muted, grid, accent }: Palette): string {
  return [
    `body,.pin{background:${paper}}`,
    `body{color:${ink}}`,
    `.muted,dt,th{color:${muted}}`,
    `table,tr,details,.sample,.figures div{border-color:${grid}}`,
    `:focus-visible{outline-color:${accent}}`,
  ].join("");
}

/** The rules of report pages. */
export const PAGE_STYLE = [
  ":root{color-scheme:light dark}",
  "*{box-sizing:border-box}",
  `body{margin:0 auto;max-width:74rem;padding:2.5rem 1.25rem 4rem;font:16px/1.55 ${FONT}}`,
  `h1{font:600 2rem/1.2 ui-serif,Charter,Georgia,"Noto Serif",serif;margin:0 0 .25rem;overflow-wrap:anywhere}`,
  "h2{font-size:1.05rem;font-weight:600;margin:2.75rem 0 1rem}",
  "p{margin:0}",
  ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1rem;margin:2rem 0 0}",
  ".figures div{border-top:2px solid;padding-top:.5rem}",
  ".figures dt{font-size:.8rem}",
  ".figures dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}",
  ".curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1.5rem 2rem}",
  ".curves svg{display:block;width:100%;height:auto}",
  ".sample{border-top:1px solid;padding:1.1rem 0;margin:0}",
  ".sample dl{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:.15rem 1rem;margin:0}",
  ".sample dt{font-size:.8rem;line-height:1.95}",
  ".sample dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}",
  ".map{overflow-x:auto;margin:1rem 0 0}",
  ".map svg{display:block;flex:none}",
  ".map .row{display:flex;width:max-content}",
  ".pin{position:sticky;left:0}",
  "details{border-top:1px solid;padding:.7rem 0}",
  "summary{cursor:pointer;overflow-wrap:anywhere}",
  "h3{font-size:.9rem;font-weight:600;margin:1.2rem 0 0}",
  "table{border-collapse:collapse;width:100%;font-size:.9rem}",
  "tr{border-top:1px solid}",
  "th,td{text-align:left;vertical-align:top;padding:.35rem 1rem .35rem 0;font-weight:400;overflow-wrap:anywhere}",
  "th{width:40%;max-width:18rem}",
  "td{font-variant-numeric:tabular-nums}",
  "@media (max-width:32rem){body{padding-top:1.5rem}h1{font-size:1.55rem}.sample dl{grid-template-columns:1fr}.sample dd{margin-bottom:.4rem}th,td{display:block;width:auto;max-width:none;padding-right:0}th{padding-bottom:0}td{padding-top:0}}",
  pageColours(LIGHT),
  `@media (prefers-color-scheme:dark){${pageColours(DARK)}}`,
].join("");

/** A `style` element; `css` is from this file, never from data. */
export function styleElement(css: string): Markup {
  return new Markup(`<style>${css}</style>`);
}

/** Pixels around a picture of its own. */
const MARGIN = 14;

/** A picture of its own: with its style and a background. */
export function standalone(
  width: number,
  height: number,
  label: string,
  children: readonly Markup[],
): string {
  const outer = [width + 2 * MARGIN, height + 2 * MARGIN] as const;
  const paper = element("rect", { class: "paper", width: outer[0], height: outer[1] });
  const inner = element("g", { transform: `translate(${MARGIN} ${MARGIN})` }, children);
  return picture(...outer, label, [styleElement(PICTURE_STYLE), paper, inner]).text;
}

/** A picture for a page that has {@link PICTURE_STYLE}. */
export function picture(width: number, height: number, label: string, children: readonly Markup[]): Markup {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "plot",
      role: "img",
      "aria-label": label,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    },
    children,
  );
}
