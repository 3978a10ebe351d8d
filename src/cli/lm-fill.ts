/** The work of `lexigrad lm fill` and `lexigrad lm vectors`. */
import { inputLines } from "./input.ts";
import { type Io, print, printJson, printLines } from "./io.ts";
import { loadMaskedLanguageModel, type ModelUseOptions } from "./lm-evaluate.ts";
import { defined } from "./option-values.ts";

interface FillOptions extends ModelUseOptions {
  readonly text: string;
  readonly topK?: number;
}

/** One line a candidate: which mask, probability, token. */
export async function fill(io: Io, run: string, options: FillOptions): Promise<undefined> {
  const { text, topK } = options;
  const masks = loadMaskedLanguageModel(run, options).fill(text, defined({ topK }));
  if (options.json) return void (await printJson(io, { text, masks }));
  const lines = masks.flatMap((candidates, i) =>
    candidates.map(({ token, probability }) => `${i + 1}\t${probability.toFixed(4)}\t${token}\n`),
  );
  await print(io, lines.join(""));
}

interface VectorOptions extends ModelUseOptions {
  readonly pooling?: "mean" | "first";
  readonly batchSize?: number;
}

/** Enough for the bits of an f32. */
const DIGITS = 9;

/** One line a vector. */
export async function vectors(io: Io, run: string, path: string, options: VectorOptions): Promise<undefined> {
  const { pooling, batchSize } = options;
  const lines = await inputLines(io, path);
  const made = loadMaskedLanguageModel(run, options).sentenceVectors(lines, defined({ pooling, batchSize }));
  if (options.json) return void (await printJson(io, { vectors: made }));
  await printLines(
    io,
    made.map((vector) => vector.map((value) => Number(value.toPrecision(DIGITS))).join(" ")),
  );
}
