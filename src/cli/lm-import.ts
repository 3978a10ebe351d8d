/** The work of `lexigrad lm import` and `lm export`. */
import { StateError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { loadGpt2, saveGpt2 } from "../models/gpt2-files.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { type Io, note, printJson } from "./io.ts";
import { loadLanguageModel, type ModelUseOptions } from "./lm-evaluate.ts";
import type { CommonOptions } from "./option-values.ts";
import { grouped } from "./progress.ts";

interface ImportOptions extends CommonOptions {
  readonly out: string;
}

export async function importModel(
  io: Io,
  checkpoint: string,
  { out, json }: ImportOptions,
): Promise<undefined> {
  checkFree(out);
  const model = loadGpt2(checkpoint);
  model.save(out);
  await report(io, out, model, json);
}

export async function exportModel(
  io: Io,
  run: string,
  { out, json, ...use }: ImportOptions & ModelUseOptions,
): Promise<undefined> {
  checkFree(out);
  const model = loadLanguageModel(run, use);
  saveGpt2(model, out);
  await report(io, out, model, json);
}

/** The best weights of another model would be taken for those of this one. */
function checkFree(out: string): void {
  const found = ["config.json", "model.safetensors", "best.safetensors"].find((name) =>
    exists(`${out}/${name}`),
  );
  if (found === undefined) return;
  const hint = "Choose another one.";
  throw new StateError({ what: out, expected: "a folder without a model", got: `one with ${found}`, hint });
}

async function report(
  io: Io,
  out: string,
  { network }: LanguageModel,
  json: true | undefined,
): Promise<void> {
  const made = { out, parameters: network.parameterCount(), options: network.options };
  if (json) return printJson(io, made);
  note(io, `${out}: ${grouped(network.vocabularySize)} tokens, ${grouped(made.parameters)} parameters`);
}
