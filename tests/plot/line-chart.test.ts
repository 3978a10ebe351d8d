import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { lineChart, lineChartMarkup, type Series } from "../../src/plot/line-chart.ts";
import { visible } from "../../src/plot/markup.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";
import { findAll, parseXml } from "../support/xml.ts";

/** The curves' paths, without grid and legend. */
function curves(series: readonly Series[], options = {}): string[] {
  const paths = findAll(parseXml(lineChart(series, options)), "path");
  const isCurve = ({ class: name, d }: Readonly<Record<string, string>>) =>
    name.startsWith("line ") && !d.includes("h");
  return paths.flatMap(({ attributes }) => (isCurve(attributes) ? [attributes.d] : []));
}

function texts(svg: string): string[] {
  return findAll(parseXml(svg), "text").map(({ text }) => text);
}

const rising: Series = {
  name: "loss",
  points: [
    [0, 1],
    [1, 2],
    [2, 4],
  ],
};

test("a curve inside the picture, with title, ticks and axis label", () => {
  const svg = lineChart([rising], { title: "Loss", xLabel: "step", width: 300, height: 200 });
  expect(texts(svg)).toEqual(["Loss", "1", "2", "3", "4", "0", "0.5", "1", "1.5", "2", "step"]);
  const [d] = curves([rising]);
  expect(d).toMatch(/^M[\d. ]+L[\d. ]+L[\d. ]+$/);
  expect(parseXml(svg).attributes).toMatchObject({ viewBox: "0 0 328 228", "aria-label": "Loss" });
});

test("a legend for two series and more, none for one", () => {
  const second = { ...rising, name: "validation" };
  expect(texts(lineChart([rising, second]))).toEqual(expect.arrayContaining(["loss", "validation"]));
  expect(texts(lineChart([rising]))).not.toContain("loss");
});

describe("gaps and nothing", () => {
  test("no series, empty series, nothing finite: no data", () => {
    const nothing: (readonly [number, number])[] = [
      [0, Number.NaN],
      [Number.NaN, 1],
      [1, Number.POSITIVE_INFINITY],
    ];
    for (const series of [[], [{ name: "a", points: [] }], [{ name: "a", points: nothing }]]) {
      expect(texts(lineChart(series))).toEqual(["no data"]);
    }
  });

  test("one point is a dot", () => {
    const svg = parseXml(lineChart([{ name: "a", points: [[5, 3]] }]));
    expect(findAll(svg, "circle")).toHaveLength(1);
  });

  test("NaN parts the curve", () => {
    const [d] = curves([
      {
        name: "a",
        points: [
          [0, 1],
          [1, 1],
          [2, Number.NaN],
          [3, 1],
          [4, 1],
        ],
      },
    ]);
    expect(d.match(/M/g)).toHaveLength(2);
  });

  test("what is not positive is a gap on a log scale", () => {
    const points: Series["points"] = [
      [0, 1],
      [1, 10],
      [2, 0],
      [3, -1],
      [4, 10],
      [5, 100],
    ];
    expect(curves([{ name: "a", points }], { yScale: "log" })[0].match(/M/g)).toHaveLength(2);
  });
});

test("a log scale spaces powers evenly", () => {
  const [d] = curves(
    [
      {
        name: "a",
        points: [
          [0, 1],
          [1, 10],
          [2, 100],
        ],
      },
    ],
    { yScale: "log" },
  );
  const [a, b, c] = Array.from(d.matchAll(/ ([\d.]+)/g), ([, y]) => Number(y));
  expect(a - b).toBeCloseTo(b - c, 0);
});

test("many points make a small picture that keeps the extremes", () => {
  const points = Array.from({ length: 200_000 }, (_, i) => [i, i === 123_456 ? 9 : i % 2] as const);
  const svg = lineChart([{ name: "a", points }]);
  expect(svg.length).toBeLessThan(40_000);
  const ys = Array.from(curves([{ name: "a", points }])[0].matchAll(/ ([\d.]+)/g), ([, y]) => Number(y));
  expect(ys.filter((y) => y === Math.min(...ys))).toHaveLength(1);
});

test("any names and numbers give well-formed markup without NaN", () => {
  const number = fc.oneof(fc.double(), fc.integer({ min: -5, max: 5 }));
  const series = fc.array(
    fc.record({ name: anyText, points: fc.array(fc.tuple(number, number), { maxLength: 8 }) }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(series, anyText, fc.constantFrom("linear" as const, "log" as const), (all, title, yScale) => {
      const svg = lineChart(all, { title, xLabel: title, yScale });
      parseXml(svg);
      const coordinates = svg.replace(/<text[^>]*>[^<]*|aria-label="[^"]*"/g, "");
      expect(coordinates).not.toMatch(/NaN|Infinity|undefined/);
      expect(parseXml(svg).attributes["aria-label"]).toBe(visible(title));
    }),
    runs,
  );
});

test("a picture for a page brings no style", () => {
  expect(lineChartMarkup([rising]).text).not.toContain("<style");
});

test("bad options", () => {
  expect(() => lineChart([], { yScale: "lgo" as never })).toThrow(
    `lineChart yScale: expected one of linear, log, got "lgo". Did you mean "log"?`,
  );
  expect(() => lineChart([], { width: 10 })).toThrow(OptionError);
  expect(() => lineChart([], { height: Number.NaN })).toThrow(
    "lineChart height: expected a number of at least 120, got NaN.",
  );
});
