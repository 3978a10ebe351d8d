/** The attention of a translator's heads while it translates a sentence in a given way. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { tensor } from "../tensor/index.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { observeHeads } from "./attention-heads.ts";
import { TransformerSeq2Seq } from "./transformer-seq2seq.ts";
import type { TranslatorParts } from "./translation.ts";
import type { TranslationNetwork } from "./translation-network.ts";

/** Whether a network has heads to look at. */
export function hasHeads(network: TranslationNetwork): network is TransformerSeq2Seq {
  return network instanceof TransformerSeq2Seq;
}

/** @throws {OptionError} for a network without heads. */
export function checkHasHeads(network: TranslationNetwork): TransformerSeq2Seq {
  if (hasHeads(network)) return network;
  throw new OptionError({
    what: "attention heads",
    expected: "a translator with a transformer",
    got: "a recurrent one",
    hint: "It has one attention, without layers and heads, which comes with its translations.",
  });
}

/**
 * All heads of all layers, as the network predicts each token of a translation from the right ones before it.
 *
 * @param source ids that end in the end of sentence
 * @param generated ids of the translation, the end of sentence last where it was reached
 * @throws {OptionError} for a network without heads.
 */
export function translationAttention(
  parts: TranslatorParts,
  source: readonly number[],
  generated: readonly number[],
): HeadAttention[] {
  const network = checkHasHeads(parts.network);
  const previous = [parts.target.bosId, ...generated.slice(0, -1)];
  const labels = (tokenizer: Tokenizer, ids: readonly number[]) => ids.map((id) => tokenizer.label(id));
  const read = labels(parts.source, source);
  const written = labels(parts.target, previous);
  const row = (ids: readonly number[]) => tensor(Int32Array.from(ids), [1, ids.length], "i32");
  return observeHeads(
    network,
    [
      { kind: "encoder", queries: read, keys: read },
      { kind: "decoder", queries: written, keys: written },
      { kind: "memory", queries: labels(parts.target, generated), keys: read },
    ],
    (onHeads) => {
      network.hidden(row(source), tensor(Int32Array.of(source.length), [1], "i32"), row(previous), onHeads);
    },
  );
}
