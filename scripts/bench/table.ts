/** The results as text: a table for the terminal and one for Markdown. */
import type { Row } from "./measure.ts";

const HEADINGS = ["", "ms", "spread", "a second", "against peer", "peak MiB", "of product's speed"];

const rounded = (value: number): string =>
  value.toLocaleString("en-US", value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const cells = ({ contestant, milliseconds, spread, perSecond, ratio, peakMiB, share }: Row): string[] => [
  contestant,
  rounded(milliseconds),
  `±${percent(spread)}`,
  rounded(perSecond),
  ratio === undefined ? "" : `${ratio.toFixed(2)}x`,
  peakMiB === undefined ? "" : rounded(peakMiB),
  share === undefined ? "" : percent(share),
];

/** Rows of one workload, aligned. */
export function terminalTable(rows: readonly Row[]): string {
  const [{ workload, title, unit }] = rows;
  const all = rows.map(cells);
  const shown = HEADINGS.map((_, column) => column).filter((column) =>
    all.some((line) => line[column] !== ""),
  );
  const lines = [HEADINGS, ...all].map((line) => shown.map((column) => line[column]));
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const aligned = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd(),
  );
  return [`${workload}: ${title} (${unit})`, ...aligned].join("\n");
}

/** All rows, with the workload in the first column. */
export function markdownTable(rows: readonly Row[]): string {
  const headings = ["workload", "by", ...HEADINGS.slice(1)];
  const line = (columns: readonly string[]) => `| ${columns.join(" | ")} |`;
  const rule = line(headings.map((_, column) => (column < 2 ? "---" : "--:")));
  const body = rows.map((row, i) => {
    const first = rows[i - 1]?.workload !== row.workload;
    return line([first ? `\`${row.workload}\` (${row.unit})` : "", ...cells(row)]);
  });
  return [line(headings), rule, ...body].join("\n");
}

const MARKERS = ["<!-- bench:begin -->", "<!-- bench:end -->"] as const;

/** `document` with `table` between the markers; undefined when it has none. */
export function insertTable(document: string, table: string): string | undefined {
  const [begin, end] = [document.indexOf(MARKERS[0]), document.indexOf(MARKERS[1])];
  if (begin < 0 || end < begin) return undefined;
  return `${document.slice(0, begin + MARKERS[0].length)}\n\n${table}\n\n${document.slice(end)}`;
}
