/** The attention of a language model's heads while it reads a text. */
import { OptionError } from "../base/errors.ts";
import type { HeadAttention } from "../base/head-attention.ts";
import { tensor } from "../tensor/index.ts";
import { observeHeads } from "./attention-heads.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";
import type { LanguageModelParts } from "./language-modelling.ts";
import { TransformerLanguageModel } from "./transformer-language-model.ts";

/** Whether a network has heads to look at. */
export function hasHeads(network: LanguageModelNetwork): network is TransformerLanguageModel {
  return network instanceof TransformerLanguageModel;
}

/**
 * All heads of all layers; rows and columns are the tokens that are read.
 *
 * @throws {OptionError} for a network without heads, and for more tokens than it looks back on.
 */
export function languageModelAttention(
  { network, tokenizer }: Pick<LanguageModelParts, "network" | "tokenizer">,
  ids: readonly number[],
): HeadAttention[] {
  if (!hasHeads(network)) {
    throw new OptionError({
      what: "attention heads",
      expected: "a language model with a transformer",
      got: "a recurrent one",
    });
  }
  if (ids.length > network.blockSize) {
    throw new OptionError({
      what: "text to look into",
      expected: `at most the ${network.blockSize} tokens that the model looks back on`,
      got: String(ids.length),
    });
  }
  const tokens = ids.map((id) => tokenizer.label(id));
  return observeHeads(network, [{ kind: "decoder", queries: tokens, keys: tokens }], (onHeads) => {
    network.hidden(tensor(Int32Array.from(ids), [1, ids.length], "i32"), undefined, onHeads);
  });
}
