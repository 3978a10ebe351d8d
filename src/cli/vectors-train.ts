/** The work of `lexigrad vectors train`. */

import { FormatError, OptionError } from "../base/errors.ts";
import { writeText } from "../base/files.ts";
import { lineChart } from "../plot/line-chart.ts";
import { configure } from "../tensor/index.ts";
import { keepsNgrams } from "../vectors/files.ts";
import type { WordVectorOptions, WordVectorProgress } from "../vectors/options.ts";
import { trainWordVectors } from "../vectors/train.ts";
import { corpusLines } from "./input.ts";
import { type Io, note, printJson } from "./io.ts";
import { type CommonOptions, defined } from "./option-values.ts";
import { checkOutput } from "./output.ts";
import { grouped } from "./progress.ts";

type Trained = Omit<WordVectorOptions, "subwords" | "onProgress" | "seed">;

interface TrainOptions extends Trained, CommonOptions {
  readonly out: string;
  readonly subwords?: true;
  readonly minN?: number;
  readonly maxN?: number;
  readonly buckets?: number;
  readonly lossCurve?: string;
}

/** Milliseconds between two lines of progress. */
const PACE = 2000;

export async function train(io: Io, paths: string[], options: TrainOptions): Promise<undefined> {
  const { out, json, subwords, minN, maxN, buckets, lossCurve, seed, ...rest } = options;
  const { architecture, dim, window, negative, epochs, minCount, sample, alpha, threads, strict } = rest;
  const ngrams = defined({ minN, maxN, buckets });
  if (!subwords && Object.keys(ngrams).length > 0) {
    throw new OptionError({
      what: "--min-n, --max-n and --buckets",
      expected: "the option --subwords",
      got: "none",
    });
  }
  checkOutput("--out", out, paths);
  if (lossCurve === out)
    throw new OptionError({ what: "--loss-curve", expected: "another file than --out", got: out });
  if (lossCurve !== undefined) checkOutput("--loss-curve", lossCurve, paths);
  const lines = await corpusLines(io, paths);
  if (!keepsNgrams(out) && lines.some((line) => line.includes("\0"))) {
    throw new FormatError({
      what: "text",
      expected: "words without NUL, which word2vec's files cannot hold",
      got: "NUL",
      hint: "Write *.safetensors, or remove it from the text.",
    });
  }
  const sentences = lines.map((line) => line.split(/\s+/).filter(Boolean));
  const start = performance.now();
  const curve: [number, number][] = [];
  const epochLosses: number[] = [];
  let shown = start;
  let progress: WordVectorProgress | undefined;
  const vectors = trainWordVectors(sentences, {
    ...defined({
      architecture,
      dim,
      window,
      negative,
      epochs,
      minCount,
      sample,
      alpha,
      threads,
      seed,
      strict,
    }),
    ...(subwords ? { subwords: ngrams } : {}),
    onProgress(made) {
      progress = made;
      curve.push([made.words, made.loss]);
      if (made.epochEnded) epochLosses.push(made.loss);
      const now = performance.now();
      if (!made.epochEnded && now - shown < PACE) return;
      shown = now;
      const share = ((100 * made.words) / made.totalWords).toFixed(0);
      const rate = grouped((1000 * made.words) / (now - start));
      note(
        io,
        `${share} %  epoch ${made.epoch}  loss ${made.pairs === 0 ? "-" : made.loss.toFixed(4)}  ${rate} words/s`,
      );
    },
  });
  const seconds = (performance.now() - start) / 1000;
  if (progress?.pairs === 0) note(io, "no pairs of words in the last epoch: use more text, or --sample 0");
  vectors.save(out);
  if (subwords && !keepsNgrams(out)) {
    note(io, `${out}: only vectors of words; *.safetensors keeps those of n-grams, for unseen words`);
  }
  if (lossCurve !== undefined) {
    const series = [{ name: "loss", points: curve }];
    writeText(lossCurve, lineChart(series, { title: "Mean loss per pair of the epoch", xLabel: "words" }));
  }
  const wordsPerSecond = (progress?.words ?? 0) / seconds;
  if (json) {
    const made = { out, words: vectors.words.length, dim: vectors.dim, epochLosses, seconds, wordsPerSecond };
    await printJson(io, { ...made, backend: configure().backend });
  } else {
    const trained = `${grouped(wordsPerSecond)} words/s with counting`;
    note(io, `${out}: ${grouped(vectors.words.length)} vectors of ${vectors.dim} elements, ${trained}`);
  }
}
