/** Validation, and which of two results is better. */
import { type BleuOptions, bleu } from "../metrics/bleu.ts";
import type { Validation } from "./events.ts";
import type { Monitor } from "./options.ts";
import type { TrainingTask } from "./task.ts";

export function validate(
  task: TrainingTask<unknown>,
  step: number,
  bleuOptions: BleuOptions | undefined,
): Validation {
  const { loss } = task.validate();
  const figures = { step, loss, perplexity: Math.exp(loss) };
  if (bleuOptions === undefined || task.translateValidation === undefined) return figures;
  const { hypotheses, references } = task.translateValidation();
  return { ...figures, bleu: bleu(hypotheses, references, bleuOptions).score };
}

/** The monitored figure; NaN when it was not measured. */
export const monitored = (validation: Validation, monitor: Monitor): number =>
  validation[monitor] ?? Number.NaN;

/** Whether `candidate` beats `best`. Equal figures do not, nor does one that is not finite. */
export function improves(candidate: Validation, best: Validation | null, monitor: Monitor): boolean {
  const figure = monitored(candidate, monitor);
  if (!Number.isFinite(figure)) return false;
  if (best === null) return true;
  return monitor === "bleu" ? figure > monitored(best, monitor) : figure < monitored(best, monitor);
}
