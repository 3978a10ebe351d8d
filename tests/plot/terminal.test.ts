import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { attentionHeadsTable, attentionTable, sparkline, terminalCurve } from "../../src/plot/terminal.ts";
import { columns } from "../../src/plot/text-width.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";

const series = fc.array(fc.double(), { maxLength: 200 });

describe("attention table", () => {
  test("shades from nothing to full, wide characters in line", () => {
    const weights = [
      [0, 0.25, 0.5, 0.75, 1],
      [Number.NaN, 2, -1, 0, 0],
    ];
    expect(attentionTable({ source: ["a", "b", "猫", "d", "e"], target: ["x", "日本"], weights }, 40)).toBe(
      ["     a  b  猫 d  e  ", "x       ░░ ▒▒ ▓▓ ██ ", "日本 ?? ██          "].join("\n"),
    );
  });

  test("every line is as wide as the others and fits, whatever the tokens; no escape codes", () => {
    const tokens = fc.array(anyText, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(tokens, tokens, fc.integer({ min: 40, max: 100 }), (source, target, width) => {
        const weights = target.map(() => source.map((_, i) => i / 8));
        const table = attentionTable({ source, target, weights }, width);
        const lines = table.split("\n");
        expect(lines).toHaveLength(target.length + 1);
        expect(new Set(lines.map(columns)).size).toBe(1);
        expect(columns(lines[0])).toBeLessThanOrEqual(width);
        expect(table.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      }),
      runs,
    );
  });

  test("no tokens, wrong weights", () => {
    expect(attentionTable({ source: [], target: [], weights: [] })).toBe(" ");
    expect(() => attentionTable({ source: ["a"], target: ["b"], weights: [] })).toThrow(ShapeError);
    expect(() => attentionTable({ source: [], target: [], weights: [] }, 0)).toThrow(OptionError);
  });
});

describe("attention heads", () => {
  const one = [
    [1, 0],
    [0.25, 0.25],
  ];
  const two = [
    [0, 0.0625],
    [0.5625, Number.NaN],
  ];
  const layers = [
    [one, two],
    [two, one],
  ];
  const heads = { kind: "encoder", queries: ["x", "日本"], keys: ["a", "b"], layers } as const;

  test("heads beside each other, as many as fit; shades of the square root", () => {
    const expected = [
      "encoder self-attention",
      "columns: a b",
      "     layer 1, head 1  layer 1, head 2",
      "x    ██                 ░░           ",
      "日本 ▒▒▒▒             ▓▓??           ",
      "     layer 2, head 1  layer 2, head 2",
      "x      ░░             ██             ",
      "日本 ▓▓??             ▒▒▒▒           ",
    ];
    expect(attentionHeadsTable([heads], { width: 37 })).toBe(expected.join("\n"));
    const narrow = attentionHeadsTable([heads], { width: 36 }).split("\n");
    expect(narrow.filter((line) => line.includes("layer"))).toHaveLength(4);
    expect(narrow).toContain("x    █              ");
  });

  test("a head alone is a table", () => {
    expect(attentionHeadsTable([heads], { layer: 2, head: 1, width: 20 })).toBe(
      ["encoder self-attention, layer 2, head 1", "     a b ", "x      ░ ", "日本 ▓ ? "].join("\n"),
    );
  });

  test("kinds with a line between; many columns listed on several lines", () => {
    const keys = Array.from({ length: 30 }, (_, i) => `key${i}`);
    const weights = [keys.map(() => 1)];
    const wide = { kind: "memory", queries: ["q"], keys, layers: [[weights, weights]] } as const;
    const parts = attentionHeadsTable([heads, wide], { width: 50 }).split("\n\n");
    expect(parts).toHaveLength(2);
    const lines = parts[1].split("\n");
    expect(lines.map(columns).every((width) => width <= 50)).toBe(true);
    expect(lines.slice(1, -4).join(" ")).toBe(`columns: ${keys.join(" ")}`);
    expect(lines.at(-1)).toBe(`q ${"█".repeat(30)}`);
  });

  test("any tokens: lines of blocks are as wide as each other, no escape codes", () => {
    const tokens = fc.array(anyText, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(tokens, tokens, (queries, keys) => {
        const weights = queries.map(() => keys.map((_, i) => i / 8));
        const text = attentionHeadsTable([{ kind: "memory", queries, keys, layers: [[weights, weights]] }]);
        expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
        const blocks = text.split("\n").slice(-queries.length - 1);
        expect(new Set(blocks.map(columns)).size).toBe(1);
      }),
      runs,
    );
  });

  test("nothing, wrong weights, wrong options", () => {
    expect(attentionHeadsTable([])).toBe("");
    expect(() => attentionHeadsTable([{ ...heads, keys: ["a"] }])).toThrow(ShapeError);
    expect(() => attentionHeadsTable([heads], { layer: 3 })).toThrow(OptionError);
    expect(() => attentionHeadsTable([heads], { width: 0 })).toThrow(OptionError);
    expect(() => attentionHeadsTable([heads], { columns: 3 } as object)).toThrow(OptionError);
  });
});

describe("sparkline", () => {
  test("bars, gaps, constants, nothing", () => {
    expect(sparkline([1, 2, 3, 4])).toBe("▁▃▆█");
    expect(sparkline([1, Number.NaN, 3])).toBe("▁ █");
    expect(sparkline([5, 5])).toBe("▅▅");
    expect(sparkline([])).toBe("");
    expect(sparkline([1, 3, 10, 10], 2)).toBe("▁█");
  });

  test("never wider than asked", () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 80 }), (values, width) => {
        expect(sparkline(values, width)).toMatch(/^[ ▁▂▃▄▅▆▇█]*$/);
        expect(sparkline(values, width)).toHaveLength(Math.min(values.length, width));
      }),
      runs,
    );
  });
});

describe("terminal curve", () => {
  test("a falling line with its range", () => {
    expect(terminalCurve([4, 3, 2, 1], { width: 4, height: 2 })).toBe("4 ⠡ \n1  ⢂");
  });

  test("nothing to draw is blank", () => {
    expect(terminalCurve([], { width: 4, height: 2 })).toBe("    \n    ");
    expect(terminalCurve([Number.NaN], { width: 4, height: 1 })).toBe("    ");
  });

  test("lines of equal width within the width asked for", () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: 20, max: 90 }),
        fc.integer({ min: 1, max: 9 }),
        (values, width, height) => {
          const lines = terminalCurve(values, { width, height }).split("\n");
          expect(lines.map((line) => line.length)).toEqual(new Array(height).fill(width));
        },
      ),
      runs,
    );
  });

  test("bad sizes", () => {
    expect(() => terminalCurve([1], { height: 0 })).toThrow(
      "terminalCurve height: expected a whole number of at least 1, got 0.",
    );
    expect(() => sparkline([1], 0.5)).toThrow(OptionError);
  });
});
