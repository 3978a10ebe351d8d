/** Times the score of a corpus: `scores.ts bleu|chrf HYPOTHESES REFERENCES` prints one line of JSON. */
import { bleu, chrf, readLines } from "../../../src/index.ts";
import { NO_WARM_UP, peakMiB, report, timed } from "./clock.ts";

const [name, ...files] = process.argv.slice(2);
const [hypotheses, references] = files.map((file) => readLines(file));
const metric = { bleu, chrf }[name as "bleu" | "chrf"];
const times = timed(
  { warmUp: NO_WARM_UP, steps: 1 },
  () => references.map((line) => [line]),
  (each) => metric(hypotheses, each),
);
report({ ...times, units: hypotheses.length, peakMiB: peakMiB() });
