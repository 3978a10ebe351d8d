/** The work of `lexigrad lm generate`. */
import { Random } from "../base/random.ts";
import type { LanguageModel } from "../models/language-model.ts";
import type { Generation } from "../models/language-modelling.ts";
import { type Io, note, print, printJson } from "./io.ts";
import { loadLanguageModel, type ModelUseOptions } from "./lm-evaluate.ts";
import { defined } from "./option-values.ts";
import { DEFAULT_SEED } from "./training-run.ts";

interface GenerateOptions extends ModelUseOptions {
  readonly prompt?: readonly string[];
  readonly samples: number;
  readonly length: number;
  readonly minLength?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly greedy?: true;
  readonly batchSize?: number;
}

/** Stands between texts that have lines of their own. */
const SEPARATOR = "---";

export async function generate(io: Io, run: string, options: GenerateOptions): Promise<undefined> {
  const model = loadLanguageModel(run, options);
  const { prompt = [""], samples, length, minLength, topK, topP, batchSize } = options;
  const { seed = DEFAULT_SEED, temperature = options.greedy ? 0 : undefined } = options;
  const prompts = prompt.flatMap((text) => new Array<string>(samples).fill(text));
  const given = defined({ minLength, temperature, topK, topP, batchSize });
  for (const text of new Set(prompt)) noteUnknown(io, model, text);
  const texts = model.generate(prompts, { ...given, maxLength: length, random: new Random(seed) });
  if (options.json) return void (await printJson(io, { generations: texts }));
  const separator = model.stream.kind === "text" ? `${SEPARATOR}\n` : "";
  await print(io, texts.map(ended).join(separator));
}

function noteUnknown(io: Io, { tokenizer, stream }: LanguageModel, prompt: string): void {
  const { specials, unknown = "<unk>" } = tokenizer.data;
  if (!specials.includes(unknown)) return;
  const ids = stream.encodePrompt(prompt);
  const count = ids.filter((id) => id === tokenizer.unkId).length;
  if (count > 0)
    note(io, `the model does not know ${count} of the ${ids.length - 1} tokens of the prompt: as ${unknown}`);
}

const ended = ({ text }: Generation): string => (text.endsWith("\n") ? text : `${text}\n`);
