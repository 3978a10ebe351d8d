/**
 * Scores translations as sacreBLEU does, with confidence intervals:
 *
 *     npx tsx scripts/score-a-file.ts HYPOTHESES REFERENCE [REFERENCE ...]
 *
 * All files have one sentence a line. Without arguments it scores a small example.
 */
import { bleu, chrf, formatScore, readLines, ter } from "../src/index.ts";

const [hypothesisFile, ...referenceFiles] = process.argv.slice(2);
const hypotheses = hypothesisFile
  ? readLines(hypothesisFile)
  : ["The cat sat on a mat.", "There are two birds in the garden."];
const columns =
  referenceFiles.length > 0
    ? referenceFiles.map((file) => readLines(file))
    : [["The cat sat on the mat.", "Two birds are in the garden."]];

// references[i] holds all references of hypotheses[i].
const references = columns[0].map((_, i) => columns.map((column) => column[i]));

for (const metric of [bleu, chrf, ter]) {
  console.log(formatScore(metric(hypotheses, references, { bootstrap: 1000 })));
}
