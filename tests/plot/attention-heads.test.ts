import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.ts";
import type { HeadAttention } from "../../src/base/head-attention.ts";
import { attentionHeads } from "../../src/plot/attention-heads.ts";
import { visible } from "../../src/plot/markup.ts";
import { clip } from "../../src/plot/text-width.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";
import { findAll, parseXml, type XmlElement } from "../support/xml.ts";

const queries = ["the", "cat", "</s>"];
const keys = ["le", "chat"];
const first = [
  [1, 0],
  [0.25, 0.25],
  [0, 1],
];
const second = first.map((row) => row.toReversed());
const memory: HeadAttention = {
  kind: "memory",
  queries,
  keys,
  layers: [
    [first, second],
    [second, first],
  ],
};

const parse = (...options: Parameters<typeof attentionHeads>) => parseXml(attentionHeads(...options));
const texts = (root: XmlElement) => findAll(root, "text").map(({ text }) => text);
const heats = (root: XmlElement) =>
  findAll(root, "g").filter(({ attributes }) => attributes.class === "heat");
const count = <T>(list: readonly T[], one: T) => list.filter((each) => each === one).length;

describe("grid", () => {
  test("a row for each layer, a column for each head, labels once per row and column", () => {
    const root = parse([memory]);
    const shown = texts(root);
    expect(shown[0]).toBe("decoder-to-memory attention");
    expect(shown.filter((text) => text.startsWith("layer"))).toEqual([
      "layer 1, head 1",
      "layer 1, head 2",
      "layer 2, head 1",
      "layer 2, head 2",
    ]);
    for (const key of keys) expect(count(shown, key)).toBe(2);
    for (const query of queries) expect(count(shown, query)).toBe(2);
    const places = heats(root).map(({ attributes }) => {
      return /translate\(([\d.]+) ([\d.]+)\)/.exec(attributes.transform)?.slice(1).map(Number) ?? [];
    });
    expect(places).toHaveLength(4);
    expect(places[0][1]).toBe(places[1][1]);
    expect(places[0][0]).toBe(places[2][0]);
    expect(places[1][0]).toBeGreaterThan(places[0][0] + keys.length * 18);
    expect(places[2][1]).toBeGreaterThan(places[0][1] + queries.length * 18);
  });

  test("cells as strokes, one path per shade; darkness is the square root of the weight", () => {
    const [one] = heats(parse([memory], { cellSize: 10 }));
    expect(one.attributes.transform).toMatch(/scale\(10\)$/);
    expect(one.children.map(({ attributes }) => [attributes.d, attributes["stroke-opacity"]])).toEqual([
      ["M0 1h2", "0.5"],
      ["M0 0h1M1 2h1", "1"],
    ]);
  });

  test("what is no number is marked, what is out of range is clipped", () => {
    const odd: HeadAttention = { ...memory, queries: ["a"], layers: [[[[Number.NaN, 7]], [[-1, 0]]]] };
    const [one, two] = heats(parse([odd]));
    expect(one.children.map(({ attributes }) => attributes)).toEqual([
      { d: "M1 0h1", "stroke-opacity": "1" },
      { class: "bad", d: "M0 0h1" },
    ]);
    expect(two.children).toEqual([]);
  });

  test("kinds below each other, each with its name", () => {
    const encoder: HeadAttention = {
      ...memory,
      kind: "encoder",
      queries: keys,
      layers: [
        [
          [first[0], first[2]],
          [first[0], first[2]],
        ],
      ],
    };
    const decoder: HeadAttention = { ...encoder, kind: "decoder" };
    const root = parse([encoder, decoder, memory]);
    const titles = findAll(root, "text").filter(({ attributes }) => attributes.class === "title");
    expect(titles.map(({ text }) => text)).toEqual([
      "encoder self-attention",
      "decoder self-attention",
      "decoder-to-memory attention",
    ]);
    expect(heats(root)).toHaveLength(8);
  });

  test("a weight takes less than ten bytes", () => {
    const tokens = Array.from({ length: 40 }, (_, i) => `t${i}`);
    const weights = tokens.map((_, i) => tokens.map((_, j) => ((i * 7 + j * 13) % 40) / 40));
    const heads = new Array(8).fill(weights);
    const svg = attentionHeads([{ kind: "encoder", queries: tokens, keys: tokens, layers: [heads, heads] }]);
    const empty = attentionHeads([
      {
        kind: "encoder",
        queries: tokens,
        keys: tokens,
        layers: [heads, heads].map((row) => row.map(() => tokens.map(() => tokens.map(() => 0)))),
      },
    ]);
    expect((svg.length - empty.length) / (16 * 1600)).toBeLessThan(10);
  });

  test("no attention, no tokens, no layers", () => {
    expect(texts(parse([]))).toEqual([]);
    expect(texts(parse([{ ...memory, layers: [] }]))).toEqual([]);
    const blank: HeadAttention = { kind: "encoder", queries: [], keys: [], layers: [[[], []]] };
    expect(heats(parse([blank]))).toHaveLength(2);
  });
});

test("a chosen head is drawn large, with its weights on hovering", () => {
  const root = parse([memory], { layer: 2, head: 1 });
  expect(texts(root)[0]).toBe("decoder-to-memory attention, layer 2, head 1");
  expect(heats(root)).toEqual([]);
  const cells = findAll(root, "rect").filter(({ children }) => children.length > 0);
  expect(cells.map(({ children }) => children[0].text)).toEqual([
    "the ← chat: 1.000",
    "cat ← le: 0.250",
    "cat ← chat: 0.250",
    "</s> ← le: 1.000",
  ]);
  expect(cells.map(({ attributes }) => attributes["fill-opacity"])).toEqual(["1", "0.5", "0.5", "1"]);
});

test("a chosen layer keeps the numbers of its heads", () => {
  const names = (options: Parameters<typeof attentionHeads>[1]) =>
    texts(parse([memory], options)).filter((text) => text.startsWith("layer"));
  expect(names({ layer: 2 })).toEqual(["layer 2, head 1", "layer 2, head 2"]);
  expect(names({ head: 2 })).toEqual(["layer 1, head 2", "layer 2, head 2"]);
});

test("any tokens are shown as text", () => {
  const tokens = fc.array(anyText, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(tokens, tokens, fc.boolean(), (queries, keys, isLarge) => {
      const weights = queries.map(() => keys.map(() => 0.5));
      const layers = [isLarge ? [weights] : [weights, weights]];
      const shown = texts(parse([{ kind: "memory", queries, keys, layers }]));
      for (const token of [...queries, ...keys]) expect(shown).toContain(visible(clip(token, 18)));
    }),
    runs,
  );
});

test("weights that do not fit, options that are none", () => {
  expect(() => attentionHeads([{ ...memory, layers: [[first, [[1, 0]]]] }])).toThrow(
    new ShapeError({ what: "attention weights", expected: "3 rows of 2", got: "1 rows" }),
  );
  expect(() => attentionHeads([memory], { cellSize: 1 })).toThrow(OptionError);
  expect(() => attentionHeads([memory], { heads: 1 } as object)).toThrow(OptionError);
});
