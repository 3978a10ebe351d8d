/** The work of `lexigrad ngram train`. */
import { readText } from "../base/files.ts";
import { saveNgram } from "../ngram/binary.ts";
import type { NgramOptions } from "../ngram/options.ts";
import { splitWords } from "../ngram/scanner.ts";
import type { Discounts } from "../ngram/smoothing.ts";
import { NgramTrainer } from "../ngram/train.ts";
import { checkOneStandardInput, inputChunks, nameOf } from "./input.ts";
import { type Io, note, printJson } from "./io.ts";
import { type CommonOptions, defined } from "./option-values.ts";
import { checkOutput } from "./output.ts";
import { duration, grouped } from "./progress.ts";

interface TrainOptions extends CommonOptions {
  readonly out: string;
  readonly order: number;
  readonly smoothing: NonNullable<NgramOptions["smoothing"]>;
  readonly additive?: number;
  readonly factor?: number;
  readonly discount?: readonly number[];
  readonly discountFallback?: true | readonly number[];
  readonly prune?: readonly number[];
  readonly vocabulary?: string;
  readonly closed?: true;
  readonly specials?: NonNullable<NgramOptions["specials"]>;
  readonly memory: number;
}

const SECONDS_BETWEEN_NOTES = 5;

export async function train(io: Io, paths: string[], options: TrainOptions): Promise<undefined> {
  checkOneStandardInput(paths);
  checkOutput("--out", options.out, [
    ...paths,
    ...(options.vocabulary === undefined ? [] : [options.vocabulary]),
  ]);
  const { out, json, vocabulary, discount, discountFallback, order, smoothing } = options;
  const { additive, factor, prune, closed, specials, memory } = options;
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const trainer = new NgramTrainer(
    defined({
      order,
      smoothing,
      additive,
      factor,
      prune,
      closed,
      specials,
      memory,
      vocabulary: vocabulary === undefined ? undefined : splitWords(readText(vocabulary)),
      discount: discount?.length === 1 ? discount[0] : (discount as Discounts | undefined),
      discountFallback:
        discountFallback === true ? ([0.5, 1, 1.5] as const) : (discountFallback as Discounts | undefined),
      scratch: out,
      onWarning: (message: string) => note(io, `warning: ${message}`),
    }),
  );
  try {
    let noted = 0;
    for (const path of paths) {
      for await (const chunk of inputChunks(io, path)) {
        trainer.addBytes(chunk, nameOf(path));
        if (elapsed() - noted < SECONDS_BETWEEN_NOTES) continue;
        noted = elapsed();
        note(io, `${grouped(trainer.tokens)} words, ${grouped(trainer.tokens / noted)} a second`);
      }
      trainer.endText(nameOf(path));
    }
    if (elapsed() > SECONDS_BETWEEN_NOTES)
      note(io, `${grouped(trainer.tokens)} words; smoothing and writing`);
    if (out.endsWith(".ngram")) saveNgram(trainer.model(), out);
    else trainer.writeArpa(out);
  } finally {
    trainer.close();
  }
  const { tokens, sentences, counts, discounts, spilled } = trainer.result;
  const seconds = elapsed();
  const made = {
    out,
    order,
    smoothing,
    tokens,
    sentences,
    counts,
    discounts,
  };
  if (json) return void (await printJson(io, { ...made, spilled, seconds }));
  note(io, `${out}: ${counts.map((count, i) => `${grouped(count)} ${i + 1}-grams`).join(", ")}`);
  const rate = `${grouped(tokens)} words with line ends in ${duration(seconds)}, ${grouped(tokens / seconds)} a second`;
  note(io, spilled > 0 ? `${rate}; ${spilled} scratch files` : rate);
}
