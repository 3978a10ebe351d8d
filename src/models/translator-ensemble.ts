/** Translators that search together. */
import { OptionError, StateError } from "../base/errors.ts";
import { ensemble } from "../decode/ensemble.ts";
import type { StepModel } from "../decode/step-model.ts";
import type { Module } from "../nn/module.ts";
import type { PaddedIds } from "../text/batching.ts";
import { evaluating } from "./evaluating.ts";
import { decodingOf } from "./networks.ts";
import type { TranslateOptions, TranslatorParts } from "./translation.ts";
import type { SearchIds } from "./translation-network.ts";

/**
 * Calls `search` with the search space of one translator or of several together, in evaluation mode.
 *
 * @throws {StateError} when they differ in their tokenizers.
 * @throws {OptionError} when there is only one, but `combine` says what to average.
 */
export function searchTogether<T>(
  translators: readonly TranslatorParts[],
  combine: TranslateOptions["combine"] | undefined,
  { source, ids, attention }: SearchBatch,
  search: (model: StepModel) => T,
): T {
  const networks = translators.map(({ network }) => network);
  for (const [i, other] of translators.entries()) checkTokenizers(translators[0], other, i);
  return evaluatingAll(networks, () => {
    const models = networks.map((network) => decodingOf(network, source, ids, attention));
    if (models.length > 1) return search(ensemble(models, combine === undefined ? {} : { combine }));
    if (combine === undefined) return search(models[0]);
    throw new OptionError({ what: "combine", expected: "an ensemble with it", got: "none" });
  });
}

/** A batch of sources to search translations of. */
interface SearchBatch {
  readonly source: PaddedIds;
  readonly ids: SearchIds;
  /** Whether weights over the source are wanted. */
  readonly attention: boolean;
}

function evaluatingAll<T>([network, ...rest]: readonly Module[], action: () => T): T {
  return network === undefined ? action() : evaluating(network, () => evaluatingAll(rest, action));
}

function checkTokenizers(first: TranslatorParts, other: TranslatorParts, index: number): void {
  for (const side of ["source", "target"] as const) {
    if (first[side].hash === other[side].hash) continue;
    throw new StateError({
      what: `ensemble member ${index}: ${side} tokenizer`,
      expected: `that of the first translator (${JSON.stringify(first[side].hash)})`,
      got: `another (${JSON.stringify(other[side].hash)})`,
      hint: "Train the translators on the same data with the same tokenizer options.",
    });
  }
}
