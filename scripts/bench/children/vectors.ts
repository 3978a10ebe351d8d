/** Times learning word vectors: `vectors.ts TEXT OUT THREADS SEED` reads, counts, trains and writes; prints one line of JSON. */
import { readLines, trainWordVectors } from "../../../src/index.ts";
import { NO_WARM_UP, peakMiB, report, timed } from "./clock.ts";

const [text, out, threads, seed] = process.argv.slice(2);
let units = 0;
const times = timed(
  { warmUp: NO_WARM_UP, steps: 1 },
  () => undefined,
  () => {
    const sentences = readLines(text).map((line) => line.split(/\s+/).filter(Boolean));
    const settings = { dim: 100, window: 5, negative: 5, sample: 1e-4, minCount: 5, epochs: 3, alpha: 0.025 };
    trainWordVectors(sentences, {
      ...settings,
      threads: Number(threads),
      seed: Number(seed),
      onProgress({ totalWords }) {
        units = totalWords;
      },
    }).save(out);
  },
);
report({ ...times, units, peakMiB: peakMiB() });
