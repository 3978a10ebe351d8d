import { describe, expect, it } from "vitest";
import type { Row } from "../../scripts/bench/measure.ts";
import { insertTable, markdownTable, terminalTable } from "../../scripts/bench/table.ts";

const row = { workload: "charlm", title: "a transformer", unit: "tokens", spread: 0.051, rounds: [] };
const rows: Row[] = [
  { ...row, contestant: "PyTorch, 1 thread", milliseconds: 50, perSecond: 15360.4, peakMiB: 299.6, ratio: 1 },
  {
    ...{
      ...row,
      contestant: "lexigrad simd, 1 thread",
      milliseconds: 1234.5,
      perSecond: 7.456,
      peakMiB: 162,
    },
    ...{ ratio: 0.4862, share: 0.456 },
  },
];

describe("terminalTable", () => {
  it("aligns figures of sensible length", () => {
    expect(terminalTable(rows).split("\n")).toEqual([
      "charlm: a transformer (tokens)",
      "                            ms  spread  a second  against peer  peak MiB  of product's speed",
      "PyTorch, 1 thread           50    ±5 %    15,360         1.00x       300",
      "lexigrad simd, 1 thread  1,235    ±5 %      7.46         0.49x       162                46 %",
    ]);
  });

  it("leaves columns out that have no figure", () => {
    const { ratio: _, peakMiB: __, ...bare } = rows[0];
    expect(terminalTable([bare]).split("\n")[1].trim().split(/ {2,}/)).toEqual(["ms", "spread", "a second"]);
  });
});

describe("markdownTable", () => {
  it("names a workload once", () => {
    expect(markdownTable(rows).split("\n")).toEqual([
      "| workload | by | ms | spread | a second | against peer | peak MiB | of product's speed |",
      "| --- | --- | --: | --: | --: | --: | --: | --: |",
      "| `charlm` (tokens) | PyTorch, 1 thread | 50 | ±5 % | 15,360 | 1.00x | 300 |  |",
      "|  | lexigrad simd, 1 thread | 1,235 | ±5 % | 7.46 | 0.49x | 162 | 46 % |",
    ]);
  });
});

describe("insertTable", () => {
  it("replaces what is between the markers, however often", () => {
    const document = "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n";
    const once = insertTable(document, "| new |");
    expect(once).toBe("before\n<!-- bench:begin -->\n\n| new |\n\n<!-- bench:end -->\nafter\n");
    expect(insertTable(once as string, "| new |")).toBe(once);
  });

  it("knows when there are no markers, or not in order", () => {
    expect(insertTable("text", "table")).toBeUndefined();
    expect(insertTable("<!-- bench:end --><!-- bench:begin -->", "table")).toBeUndefined();
  });
});
