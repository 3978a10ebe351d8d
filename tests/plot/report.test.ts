import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShapeError } from "../../src/base/errors.ts";
import { visible } from "../../src/plot/markup.ts";
import { type LogRecord, type Report, renderReport } from "../../src/plot/report.ts";
import { clip } from "../../src/plot/text-width.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";
import { findAll, parseXml, type XmlElement } from "../support/xml.ts";

const empty: Report = { title: "toy", config: {}, summary: [], records: [], samples: [] };

function page(report: Partial<Report>): XmlElement {
  const html = renderReport({ ...empty, ...report });
  expect(html.startsWith("<!doctype html>\n")).toBe(true);
  return parseXml(html.slice("<!doctype html>\n".length).trim(), ["meta"]);
}

const texts = (root: XmlElement, name: string) => findAll(root, name).map(({ text }) => text);

const records: LogRecord[] = [
  { kind: "train", step: 10, epoch: 1, loss: 4, learningRate: 0.001, tokensPerSecond: 1000, seconds: 1 },
  { kind: "train", step: 20, epoch: 1, loss: 3, learningRate: 0.002, tokensPerSecond: 1100, seconds: 2 },
  { kind: "valid", step: 20, epoch: 2, loss: 3.5, perplexity: 33, bleu: 12, seconds: 3700 },
];

test("a text without a source keeps its lines", () => {
  const html = renderReport({ ...empty, samples: [{ hypothesis: "one\n\n<two>" }] });
  expect(html).toContain('<dt>text</dt><dd dir="auto">one<br><br>&lt;two&gt;</dd>');
});

test("title, figures, curves, samples and configuration", () => {
  const root = page({
    summary: [
      ["BLEU", 41.0234],
      ["parameters", 1234567],
      ["backend", "simd"],
    ],
    records,
    samples: [
      {
        source: "le chat",
        hypothesis: "the cat",
        reference: "the cat .",
        attention: {
          source: ["le", "chat"],
          target: ["the", "cat"],
          weights: [
            [1, 0],
            [0, 1],
          ],
        },
      },
      { source: "un", hypothesis: "a" },
    ],
    config: { model: { type: "rnn", sizes: [1, 2] }, seed: 7, note: null },
  });
  expect(texts(root, "title")[0]).toBe("toy");
  expect(texts(root, "h1")).toEqual(["toy"]);
  expect(texts(root, "p")).toEqual(["20 steps, 2 epochs, 1 h 1 min"]);
  expect(texts(root, "h2")).toEqual(["Curves", "Samples", "Configuration"]);
  expect(texts(root, "dd")).toEqual([
    "41.02",
    "1\u202f234\u202f567",
    "simd",
    "le chat",
    "the cat",
    "the cat .",
    "un",
    "a",
  ]);
  expect(texts(root, "th")).toEqual(["model.type", "model.sizes", "seed", "note"]);
  expect(texts(root, "td")).toEqual(["rnn", "1, 2", "7", "null"]);
  const labels = findAll(root, "svg").map(({ attributes }) => attributes["aria-label"]);
  expect(labels).toEqual([
    "Loss (nats per token)",
    "Validation perplexity",
    "BLEU on the validation data",
    "Learning rate",
    "Tokens per second",
    "tokens",
    "attention map",
  ]);
});

test("a training loss with label smoothing is labelled, and an average is no point of a curve", () => {
  const html = (more: readonly LogRecord[]) => renderReport({ ...empty, records: more });
  const average = { ...records[2], loss: 1, average: 5 };
  const curves = (page: string) => page.slice(page.indexOf("Curves"), page.indexOf("</section>"));
  expect(curves(html([...records, average]))).toBe(curves(html(records)));
  expect(html(records)).not.toContain("smoothed");
  const smoothed = records.map((one) => (one.kind === "train" ? { ...one, labelSmoothing: 0.1 } : one));
  expect(html(smoothed)).toContain("training, smoothed");
  expect(html(smoothed)).not.toContain("validation, smoothed");
});

describe("attention heads", () => {
  const sample = (source: string, tokens: number) => {
    const names = Array.from({ length: tokens }, (_, i) => `t${i}`);
    const weights = names.map((_, i) => names.map((_, j) => ((i * 7 + j * 13) % 40) / 40));
    const grid = { queries: names, keys: names, layers: [[weights, weights]] };
    const heads = [
      { kind: "encoder", ...grid },
      { kind: "memory", ...grid },
    ] as const;
    return { source, hypothesis: "x", heads };
  };

  test("folded, a grid for each kind", () => {
    const root = page({ samples: [sample("one", 3), { source: "none", hypothesis: "x" }, sample("two", 2)] });
    expect(texts(root, "h2")).toEqual(["Samples", "Attention heads"]);
    expect(texts(root, "summary")).toEqual(["one", "two"]);
    expect(findAll(root, "details").map(({ attributes }) => attributes.open)).toEqual([undefined, undefined]);
    const names = ["encoder self-attention", "decoder-to-memory attention"];
    expect(texts(root, "h3")).toEqual([...names, ...names]);
    expect(findAll(root, "svg").map(({ attributes }) => attributes["aria-label"])).toContain(
      "encoder self-attention, layers by heads: 1 × 2",
    );
  });

  test("as many as keep the page small, and how many are left out", () => {
    // 4 heads of t^2 weights each; 100 tokens take about 360,000 characters.
    const samples = [
      sample("far too many", 250),
      sample("fits", 100),
      sample("too many", 150),
      sample("fits too", 100),
      sample("no more", 110),
    ];
    const html = renderReport({ ...empty, samples });
    const root = page({ samples });
    expect(texts(root, "summary")).toEqual(["fits", "fits too"]);
    expect(texts(root, "p")).toEqual(["Left out, to keep this page small: 3 of 5 samples."]);
    expect(html.length).toBeLessThan(1_010_000);
  });
});

test("an empty report is a page with its title alone", () => {
  const root = page({});
  expect(texts(root, "h1")).toEqual(["toy"]);
  expect(findAll(root, "section")).toEqual([]);
  expect(findAll(root, "p")).toEqual([]);
});

test.each([
  [12.4, "12 s"],
  [61, "1 min 1 s"],
  [3599.6, "1 h 0 min"],
])("a run of %d seconds: %s", (seconds, text) => {
  const record: LogRecord = { kind: "train", step: 1, epoch: 1, seconds };
  expect(texts(page({ records: [record] }), "p")).toEqual([`1 step, 1 epoch, ${text}`]);
});

test("nothing is loaded and nothing can run", () => {
  const html = renderReport({ ...empty, records, config: { a: "<script>alert(1)</script>" } });
  expect(html).toContain(
    `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"`,
  );
  expect(html).not.toMatch(/<script|<link|<img|@import|url\(|\bhref=|\bsrc=/);
});

test("a null loss, as JSON writes NaN, is a gap", () => {
  const broken = { kind: "train", step: 30, epoch: 1, loss: null, seconds: 3 } as unknown as LogRecord;
  expect(texts(page({ records: [broken] }), "text")).toContain("no data");
});

describe("hostile text", () => {
  test("is text wherever it stands", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const attention = { source: [text], target: [text], weights: [[1]] };
        const layers = [[[[1]], [[1]]]];
        const heads = { kind: "decoder", queries: [text], keys: [text], layers } as const;
        const root = page({
          title: text,
          config: { [text]: text, nested: { [text]: [text] } },
          summary: [[text, text]],
          samples: [{ source: text, hypothesis: text, reference: text, attention, heads: [heads] }],
        });
        const shown = visible(text);
        expect(texts(root, "h1")).toEqual([shown]);
        expect(texts(root, "dd")).toEqual([shown, shown, shown, shown]);
        expect(texts(root, "summary")).toEqual([visible(clip(text, 80))]);
        expect(texts(root, "td")).toContain(shown);
      }),
      runs,
    );
  });

  test("configurations that go round in circles", () => {
    const circle: Record<string, unknown> = { list: [] };
    circle.self = circle;
    circle.list = [circle, 1n, undefined, () => 1];
    const cells = texts(page({ config: circle }), "td");
    expect(cells.join()).toContain("…");
    expect(cells[0]).toContain("1, undefined");
  });
});

test("attention that does not fit its tokens", () => {
  const attention = { source: ["a"], target: ["b"], weights: [] };
  expect(() => renderReport({ ...empty, samples: [{ source: "a", hypothesis: "b", attention }] })).toThrow(
    ShapeError,
  );
});
