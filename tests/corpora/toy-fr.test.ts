import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateCorpus } from "../../src/testing/grammar/corpus.ts";
import type { Feature } from "../../src/testing/grammar/features.ts";

const SPLITS = ["train", "valid", "test"] as const;
const corpus = join(import.meta.dirname, "../../corpora/toy-fr");
const script = join(import.meta.dirname, "../../scripts/generate-corpora.ts");

const bytes = (directory: string, split: string) => readFileSync(join(directory, `${split}.tsv`));
const rows = (split: string) =>
  bytes(corpus, split)
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));

describe("corpora/toy-fr", () => {
  test("is what the script writes, byte for byte", () => {
    const directory = mkdtempSync(join(tmpdir(), "toy-fr-"));
    try {
      execFileSync(process.execPath, ["--import", "tsx", script, "toy", "--out", directory]);
      for (const split of SPLITS) expect(bytes(directory, split).equals(bytes(corpus, split))).toBe(true);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("has 9,000, 500 and 500 pairs and none twice on either side", () => {
    const pairs = SPLITS.map(rows);
    expect(pairs.map(({ length }) => length)).toEqual([9000, 500, 500]);
    const all = pairs.flat();
    expect(all.every((row) => row.length === 2)).toBe(true);
    expect(new Set(all.map(([english]) => english)).size).toBe(10_000);
    expect(new Set(all.map(([, french]) => french)).size).toBe(10_000);
  });

  test("every word of the held-out parts occurs in training", () => {
    const words = (split: string, side: 0 | 1) =>
      new Set(rows(split).flatMap((row) => row[side].split(/[ '.,?-]+/)));
    for (const side of [0, 1] as const) {
      const known = words("train", side);
      const unknown = [...words("valid", side), ...words("test", side)].filter((word) => !known.has(word));
      expect(unknown.length).toBeLessThanOrEqual(4);
    }
  });

  test("shows every phenomenon often", () => {
    const counts: Record<Feature, number> = {
      question: 2000,
      present: 4000,
      past: 3500,
      future: 2000,
      imparfait: 1000,
      être: 400,
      negation: 2000,
      frequency: 1000,
      time: 1300,
      clitic: 1500,
      "participle agreement": 1100,
      relative: 200,
      coordination: 700,
      subordination: 1100,
      "adjective before": 1400,
      "adjective after": 1100,
      "predicate adjective": 1500,
      possessive: 1400,
      genitive: 450,
      numeral: 800,
      place: 2000,
    };
    const { train, valid, test } = generateCorpus();
    const features = [...train, ...valid, ...test].flatMap((pair) => pair.features);
    for (const [feature, least] of Object.entries(counts)) {
      expect(features.filter((found) => found === feature).length, feature).toBeGreaterThanOrEqual(least);
    }
  });
});

test("generate-corpora wants a directory for the sequence tasks", () => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, "sort"], {
    encoding: "utf8",
  });
  expect(stderr).toContain("error: sort needs --out DIRECTORY");
  expect(status).toBe(1);
});
