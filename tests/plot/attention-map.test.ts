import fc from "fast-check";
import { expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { type Attention, attentionMap } from "../../src/plot/attention-map.ts";
import { visible } from "../../src/plot/markup.ts";
import { clip } from "../../src/plot/text-width.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";
import { findAll, parseXml } from "../support/xml.ts";

const cat: Attention = {
  source: ["le", "chat"],
  target: ["the", "cat", "</s>"],
  weights: [
    [0.75, 0.25],
    [0, 1],
    [0.5, 0.5],
  ],
};

test("source along the top, target down the side, one cell per weight that can be seen", () => {
  const svg = parseXml(attentionMap(cat, { title: "Attention", cellSize: 20 }));
  expect(findAll(svg, "text").map(({ text }) => text)).toEqual([
    "Attention",
    "le",
    "chat",
    "the",
    "cat",
    "</s>",
  ]);
  const cells = findAll(svg, "rect").filter(({ attributes }) => attributes.class === "cell");
  expect(cells.map(({ attributes }) => attributes["fill-opacity"])).toEqual([
    "0.75",
    "0.25",
    "1",
    "0.5",
    "0.5",
  ]);
  expect(cells.map(({ children }) => children[0].text)).toContain("cat ← chat: 1.000");
  const [first, second, third] = cells.map(({ attributes }) => [Number(attributes.x), Number(attributes.y)]);
  expect([second[0] - first[0], second[1] - first[1]]).toEqual([20, 0]);
  expect([third[0] - first[0], third[1] - first[1]]).toEqual([20, 20]);
});

test("sixty tokens stay readable: letters of at least 10 pixels, cells as high", () => {
  const words = Array.from({ length: 60 }, (_, i) => `w${i}`);
  const svg = attentionMap({ source: words, target: words, weights: words.map(() => new Float32Array(60)) });
  expect(svg).toContain("font-size:11px");
  expect(Number(parseXml(svg).attributes.height)).toBeGreaterThan(60 * 14);
});

test("what is no number is marked, what is out of range is clipped", () => {
  const odd = { source: ["a", "b", "c"], target: ["d"], weights: [[Number.NaN, 7, -1]] };
  const rects = findAll(parseXml(attentionMap(odd)), "rect").map(({ attributes }) => attributes);
  expect(rects.map((rect) => rect.class)).toEqual(["paper", "invalid", "cell"]);
  expect(rects[2]["fill-opacity"]).toBe("1");
});

test("any tokens are shown as text, long ones clipped with the whole on hovering", () => {
  const tokens = fc.array(anyText, { maxLength: 6 });
  fc.assert(
    fc.property(tokens, tokens, anyText, (source, target, title) => {
      const weights = target.map(() => source.map(() => 0.5));
      const labels = findAll(parseXml(attentionMap({ source, target, weights }, { title })), "text");
      const shown = [...source, ...target].map((token) => visible(clip(token, 18)));
      expect(labels.map(({ text }) => text)).toEqual([visible(title), ...shown]);
    }),
    runs,
  );
});

test("square-root shading shows small weights, with a legend", () => {
  const faint = { source: ["a", "b"], target: ["c"], weights: [[0.01, 0.25]] };
  const root = parseXml(attentionMap(faint, { shading: "square-root" }));
  const cells = findAll(root, "rect").filter(({ children }) => children.length > 0);
  expect(cells.map(({ attributes }) => attributes["fill-opacity"])).toEqual(["0.1", "0.5"]);
  const texts = findAll(root, "text").map(({ text }) => text);
  expect(texts).toEqual(["a", "b", "weight", "0.01", "0.1", "0.25", "0.5", "1", "c"]);
  expect(() => attentionMap(faint, { shading: "cube" as "linear" })).toThrow(OptionError);
});

test("weights that do not fit the tokens", () => {
  expect(() => attentionMap({ ...cat, weights: [[1, 0]] })).toThrow(
    new ShapeError({ what: "attention weights", expected: "3 rows of 2", got: "1 rows" }),
  );
  expect(() => attentionMap({ ...cat, weights: [[1, 0], [1], [0, 1]] })).toThrow(
    new ShapeError({ what: "attention weights", expected: "3 rows of 2", got: "a row of 1" }),
  );
  expect(() => attentionMap(cat, { cellSize: 0 })).toThrow(OptionError);
});
