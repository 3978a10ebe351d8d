import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { WordVectorOptions } from "../../src/vectors/options.ts";
import { trainWordVectors } from "../../src/vectors/train.ts";

interface Fixture {
  readonly word2vec: string;
  readonly lines: readonly string[];
  readonly cases: readonly {
    readonly options: WordVectorOptions;
    readonly words: readonly string[];
    readonly vectors: readonly (readonly number[])[];
  }[];
}

const path = new URL("../fixtures/word2vec.json", import.meta.url);
const fixture: Fixture = JSON.parse(readFileSync(path, "utf8"));
const sentences = fixture.lines.map((line) => line.split(" ").filter(Boolean));

/** The C program writes six decimals. */
const WRITTEN = 5e-7;

test.each(fixture.cases)(
  "vectors of the C program, within 1e-4: $options.architecture, sample $options.sample",
  ({ options, words, vectors }) => {
    const ours = trainWordVectors(sentences, { ...options, strict: true });
    expect(ours.words).toEqual(words);
    for (const [i, word] of words.entries()) {
      const actual = ours.vector(word);
      const largest = Math.max(...vectors[i].map(Math.abs));
      const error = Math.max(...vectors[i].map((value, d) => Math.abs(value - actual[d])));
      expect(error, word).toBeLessThanOrEqual(1e-4 * largest + WRITTEN);
    }
  },
);
