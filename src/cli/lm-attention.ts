/** The work of `lexigrad lm attention`. */
import type { HeadAttention } from "../base/head-attention.ts";
import { MASKED_LANGUAGE_MODEL_FORMAT } from "../models/masked-language-model-files.ts";
import { modelFormat } from "../models/model-files.ts";
import type { HeadChoice } from "../plot/head-choice.ts";
import { checkPlaces, drawHeads, sendPicture } from "./heads.ts";
import { TERMINAL } from "./heads-options.ts";
import { type Io, print, printJson } from "./io.ts";
import { loadLanguageModel, loadMaskedLanguageModel, type ModelUseOptions } from "./lm-evaluate.ts";

interface AttentionOptions extends ModelUseOptions {
  readonly text: string;
  readonly out?: string;
  readonly head?: HeadChoice;
}

export async function attention(io: Io, run: string, options: AttentionOptions): Promise<undefined> {
  const { text, json, head = {} } = options;
  checkPlaces(json, [options.out]);
  const isMasked = modelFormat(run) === MASKED_LANGUAGE_MODEL_FORMAT;
  const load = isMasked ? loadMaskedLanguageModel : loadLanguageModel;
  const found = load(run, options).attentionOf(text);
  const out = options.out ?? (json ? undefined : TERMINAL);
  if (out !== undefined) {
    const picture = drawHeads(found, head, out, io.stdout.columns ?? 80);
    // Without JSON, the picture is the result.
    if (out === TERMINAL && !json) await print(io, `${picture}\n`);
    else await sendPicture(io, out, picture);
  }
  if (json) await printJson(io, { text, attention: found.map(asJson) });
}

function asJson({ layers, ...tokens }: HeadAttention): object {
  return {
    ...tokens,
    layers: layers.map((heads) => heads.map((rows) => rows.map((row) => Array.from(row)))),
  };
}
