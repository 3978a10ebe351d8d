/** Weights of earlier steps, kept to be averaged at the end of training. */
import { listDirectory, readBytes } from "../base/files.ts";
import { averageWeightFiles } from "./average.ts";

/** The weights of one step as a safetensors file, in memory or in a run directory. */
export interface KeptWeights {
  readonly step: number;
  /** @throws {IoError} where they cannot be read. */
  read(): Uint8Array;
}

/** The file in a run directory that holds the average. */
export const AVERAGE = "average.safetensors";

const FORM = /^checkpoint-(0|[1-9]\d*)\.safetensors$/;

/** The file in a run directory that holds the weights of a step. */
export const keptName = (step: number): string => `checkpoint-${step}.safetensors`;

/** Whether a file of this name can hold kept weights. */
export const isKeptName = (name: string): boolean => FORM.test(name);

/** The weights kept in a run directory, oldest first. */
export function readKept(directory: string, limit = Number.POSITIVE_INFINITY): KeptWeights[] {
  const steps = listDirectory(directory).flatMap((name) => FORM.exec(name)?.[1] ?? []);
  const last = steps
    .map(Number)
    .sort((a, b) => a - b)
    .slice(-limit);
  return last.map((step) => ({ step, read: () => readBytes(`${directory}/${keptName(step)}`) }));
}

/** The last `limit` of the weights kept and those of one more step, which may be among them already. */
export function keep(
  before: readonly KeptWeights[],
  weights: KeptWeights,
  limit: number,
): readonly KeptWeights[] {
  return [...before.filter(({ step }) => step !== weights.step), weights].slice(-limit);
}

/** The plain mean, as a safetensors file that names the steps. Of the weights kept, one file is in memory at a time. */
export function averageOf(kept: readonly KeptWeights[]): Uint8Array {
  function* files() {
    for (const weights of kept) yield [keptName(weights.step), weights.read()] as const;
  }
  const steps = kept.map(({ step }) => step).join(" ");
  return averageWeightFiles(files(), new Map([["averaged-steps", steps]]));
}
