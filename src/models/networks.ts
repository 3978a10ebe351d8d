/** The networks that can stand between the two tokenizers of a translator, by name. */
import { checkChoice } from "../base/options.ts";
import type { Random } from "../base/random.ts";
import type { StepModel } from "../decode/step-model.ts";
import type { PaddedIds } from "../text/batching.ts";
import { SEQ2SEQ_DEFAULTS, Seq2Seq, type Seq2SeqOptions } from "./seq2seq.ts";
import { Seq2SeqDecoding } from "./seq2seq-decoding.ts";
import { TransformerDecoding } from "./transformer-decoding.ts";
import {
  TRANSFORMER_SEQ2SEQ_DEFAULTS,
  TransformerSeq2Seq,
  type TransformerSeq2SeqOptions,
} from "./transformer-seq2seq.ts";
import type { SearchIds, TranslationNetwork } from "./translation-network.ts";

/** What follows from the tokenizers. */
type Sizes = "sourceVocabulary" | "targetVocabulary" | "padId";

/** Which network, and its sizes. */
export type NetworkOptions =
  | ({ readonly model?: "rnn" } & Omit<Seq2SeqOptions, Sizes>)
  | ({ readonly model: "transformer" } & Omit<TransformerSeq2SeqOptions, Sizes>);

export type NetworkKind = "rnn" | "transformer";

const NETWORKS = {
  rnn: { Network: Seq2Seq, defaults: SEQ2SEQ_DEFAULTS },
  transformer: { Network: TransformerSeq2Seq, defaults: TRANSFORMER_SEQ2SEQ_DEFAULTS },
} as const;

/** @throws {OptionError} for an unknown name. */
export const checkKind = (model: unknown): NetworkKind =>
  checkChoice("model", model, Object.keys(NETWORKS) as NetworkKind[]);

/** The options that a kind of network has besides its vocabularies. */
export const networkKeys = (kind: NetworkKind): string[] =>
  Object.keys(NETWORKS[kind].defaults).filter((key) => key !== "padId");

export const kindOf = (network: TranslationNetwork): NetworkKind =>
  network instanceof TransformerSeq2Seq ? "transformer" : "rnn";

/** @throws {OptionError} for impossible options. */
export function makeNetwork(
  { model = "rnn", ...options }: NetworkOptions,
  sizes: Pick<Required<Seq2SeqOptions>, Sizes>,
  random: Random,
): TranslationNetwork {
  const { Network } = NETWORKS[checkKind(model)];
  return new Network({ ...options, ...sizes }, random);
}

/**
 * The search space of one batch of sources, for every decoder. The network must be in evaluation mode: dropout would
 * make decoding random.
 *
 * @param attention whether steps give weights over the source; the recurrent network always does
 */
export function decodingOf(
  network: TranslationNetwork,
  source: PaddedIds,
  ids: SearchIds,
  attention: boolean,
): StepModel {
  if (network instanceof TransformerSeq2Seq) return new TransformerDecoding(network, source, ids, attention);
  return new Seq2SeqDecoding(network as Seq2Seq, source, ids);
}
