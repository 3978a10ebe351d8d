/** What the parts of a translator ask of the network between its tokenizers. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import type { Module } from "../nn/module.ts";
import type { Indices, Tensor } from "../tensor/index.ts";
import type { OutputLayer } from "./output-layer.ts";

/** Options of every {@link TranslationNetwork}. */
export interface TranslationNetworkOptions {
  readonly sourceVocabulary: number;
  readonly targetVocabulary: number;
  /** `target`: output weights are the target embedding; `all`: the source embedding too. Default `none`. */
  readonly tieEmbeddings?: "none" | "target" | "all";
  /** Id of padding on both sides. Default 0. */
  readonly padId?: number;
}

/**
 * `options` with all defaults, checked in what all networks share.
 *
 * @throws {OptionError} for unknown keys, impossible vocabularies, and ties that these do not allow.
 */
export function resolveNetwork<O extends TranslationNetworkOptions>(
  what: string,
  options: O,
  defaults: Required<Omit<O, "sourceVocabulary" | "targetVocabulary">>,
): Required<O> {
  rejectUnknownKeys(what, options, ["sourceVocabulary", "targetVocabulary", ...Object.keys(defaults)]);
  const all = { ...defaults, ...options };
  const size = { integer: true, min: 1 };
  const source = checkNumber("sourceVocabulary", all.sourceVocabulary, size);
  const target = checkNumber("targetVocabulary", all.targetVocabulary, size);
  checkChoice("tieEmbeddings", all.tieEmbeddings, ["none", "target", "all"]);
  if (all.tieEmbeddings === "all" && source !== target) {
    throw new OptionError({
      what: "tieEmbeddings all",
      expected: "one vocabulary for both sides",
      got: `${source} and ${target} tokens`,
    });
  }
  return all as unknown as Required<O>;
}

/** An encoder-decoder: from a source and the target words before, the next word. */
export interface TranslationNetwork extends Module {
  /** Sizes and variants, all plain values. */
  readonly options: object;
  /** From the vectors of {@link hidden} to logits. */
  readonly output: OutputLayer;
  /** The most tokens of a source or a target, ends included; Infinity where there is no limit. */
  readonly maxLength: number;

  /**
   * Teacher forcing: a vector for each next word, `[B, T, D]`, given the right words before it.
   *
   * @param source ids `[B, S]`
   * @param lengths number of source words of each sentence, `[B]`
   * @param previous ids `[B, T]`: the target shifted right, beginning with the start symbol
   */
  hidden(source: Indices, lengths: Indices, previous: Indices): Tensor;

  /** The logits `[B, T, V]` of {@link hidden}. */
  forward(source: Indices, lengths: Indices, previous: Indices): Tensor;
}

/** The special tokens that a search needs to know. */
export interface SearchIds {
  readonly bosId: number;
  readonly eosId: number;
  /** Never generated. */
  readonly forbiddenIds: readonly number[];
}
