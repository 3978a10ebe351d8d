import { expect, test } from "vitest";
import { wordMap } from "../../src/plot/word-map.ts";

const texts = (svg: string) => [...svg.matchAll(/<text (?!class)[^>]*>([^<]*)</g)].map(([, text]) => text);

test("dots and names, escaped; where there is no room, only the dot", () => {
  const svg = wordMap([
    { name: "<b>", x: 0, y: 0 },
    { name: "there", x: 4, y: 3 },
    ...Array.from({ length: 6 }, () => ({ name: "same place", x: 2, y: 2 })),
  ]);
  expect(svg.match(/<circle/g)).toHaveLength(8);
  expect(texts(svg)).toContain("&lt;b&gt;");
  expect(texts(svg).filter((text) => text === "same place").length).toBeLessThan(6);
});

test("one scale for both axes, y upwards, inside the picture", () => {
  const svg = wordMap(
    [
      { name: "a", x: 0, y: 0 },
      { name: "b", x: 10, y: 0 },
      { name: "c", x: 0, y: 10 },
    ],
    { width: 400, height: 300, title: "Three" },
  );
  const [a, b, c] = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  expect(b[0] - a[0]).toBeCloseTo(a[1] - c[1], 0);
  expect(c[0]).toBe(a[0]);
  for (const [x, y] of [a, b, c]) expect(x >= 0 && x <= 400 && y >= 0 && y <= 300).toBe(true);
  expect(svg).toContain(">Three</text>");
});

test("a caption below, which no name covers", () => {
  const svg = wordMap(
    [
      { name: "a", x: 0, y: 0 },
      { name: "b", x: 0, y: 5 },
    ],
    { caption: "across: 60 %" },
  );
  expect(svg).toContain('<text class="caption" x="0" y="596">across: 60 %</text>');
  for (const [, y] of svg.matchAll(/cy="([\d.]+)"/g)) expect(Number(y)).toBeLessThan(576);
});

test("no point, one point, a size that is too small", () => {
  expect(wordMap([])).toMatch(/^<svg/);
  expect(wordMap([{ name: "alone", x: 3, y: 3 }])).toMatch(/cx="400.0"/);
  expect(() => wordMap([], { width: 50 })).toThrow(
    "wordMap width: expected a number of at least 120, got 50.",
  );
});
