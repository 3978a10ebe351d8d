/** Times BPE on a file: `tokenizer.ts train|encode TEXT MERGES TOKENIZER` prints one line of JSON. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { readLines, Tokenizer, type TrainTokenizerOptions, trainTokenizer } from "../../../src/index.ts";
import { NO_WARM_UP, peakMiB, report, timed } from "./clock.ts";

const [task, text, merges, file] = process.argv.slice(2);
const options: TrainTokenizerOptions = { type: "bpe", merges: Number(merges) };
const once = { warmUp: NO_WARM_UP, steps: 1 };
if (task === "encode" && !existsSync(file)) trainTokenizer(readLines(text), options).save(file);

const work = {
  train: () => trainTokenizer(readLines(text), options).save(file),
  encode() {
    const tokenizer = Tokenizer.load(file);
    writeFileSync(
      `${file}.ids`,
      readLines(text)
        .map((line) => tokenizer.encode(line).join(" "))
        .join("\n"),
    );
  },
}[task as "train" | "encode"];
const times = timed(once, () => undefined, work);
report({ ...times, units: statSync(text).size / 1e6, peakMiB: peakMiB() });
