/**
 * Compares word vectors with those of gensim, word2vec.c and fastText, all with the settings of the benchmark `vectors`:
 * Spearman's correlation with people's ratings, on the pairs that all cover, and speed, each over several seeds.
 *
 *     npx tsx scripts/compare-word-vectors.ts TEXT RATINGS [--threads 2] [--seeds 3] [--word2vec PROGRAM] [--json]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evaluateSimilarity, parseRatedPairs, WordVectors } from "../src/index.ts";
import { runOnce } from "./bench/contestants.ts";
import { type Figures, median } from "./bench/figures.ts";
import { oursOnVectors, peersOnVectors } from "./bench/word-vectors.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: "string", default: "2" },
    seeds: { type: "string", default: "3" },
    word2vec: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [text, ratings] = positionals;
if (ratings === undefined) throw new Error("usage: compare-word-vectors.ts TEXT RATINGS [options]");

const folder = mkdtempSync(join(tmpdir(), "lexigrad-vectors-"));
const runs = new Map<string, { readonly vectors: WordVectors; readonly figures: Figures }[]>();
try {
  // Seed by seed, so that what slows the machine down slows all of them.
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const out = join(folder, "vectors.bin");
    const work = { text, out, threads: Number(values.threads), seed, word2vec: values.word2vec };
    for (const contestant of [oursOnVectors(work), ...peersOnVectors(work)]) {
      const figures = runOnce(contestant);
      if (typeof figures === "string") process.stderr.write(`${contestant.name} is left out: ${figures}\n`);
      else {
        const done = runs.get(contestant.name) ?? [];
        runs.set(contestant.name, [...done, { vectors: WordVectors.load(out), figures }]);
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

const all = [...runs.values()].flat();
const pairs = parseRatedPairs(readFileSync(ratings, "utf8"), ratings).filter(({ a, b }) =>
  all.every(({ vectors }) => vectors.has(a) && vectors.has(b)),
);
const rows = Array.from(runs, ([name, done]) => {
  const spearman = done.map(({ vectors }) => evaluateSimilarity(vectors, pairs).spearman);
  const rates = done.map(({ figures }) => (1000 * figures.units) / figures.milliseconds);
  const cpu = done.map(({ figures }) => (1000 * (figures.cpuMilliseconds ?? Number.NaN)) / figures.units);
  const peakMiB = median(done.map(({ figures }) => figures.peakMiB ?? Number.NaN));
  const mean = spearman.reduce((sum, value) => sum + value, 0) / spearman.length;
  return { name, mean, spearman, wordsPerSecond: median(rates), cpuMicroseconds: median(cpu), peakMiB };
});
if (values.json) console.log(JSON.stringify({ pairs: pairs.length, rows }));
else {
  console.log(`${pairs.length} pairs that all cover; words/s from file to file; processor time a word`);
  for (const { name, mean, spearman, wordsPerSecond, cpuMicroseconds, peakMiB } of rows) {
    const seeds = spearman.map((value) => value.toFixed(4)).join(" ");
    const rate = Math.round(wordsPerSecond).toLocaleString("en-US");
    console.log(
      `${name}: Spearman ${mean.toFixed(4)} (${seeds}), ${rate} words/s, ${cpuMicroseconds.toFixed(2)} us, ${peakMiB.toFixed(0)} MiB`,
    );
  }
}
