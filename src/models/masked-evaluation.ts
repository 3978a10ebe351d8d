/** Measuring how well a masked language model predicts the tokens that are hidden from it. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber, rejectUnknownKeys } from "../base/options.ts";
import { Random } from "../base/random.ts";
import { type MaskedSequence, Masking } from "../text/masking.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { hiddenLogProbs } from "./masked-inference.ts";
import type { TransformerMaskedLanguageModel } from "./transformer-masked-language-model.ts";

export interface MaskedEvaluationOptions {
  /**
   * Which tokens are hidden: `random` ones (default), a share `maskRate` of each sequence, the same for the same seed
   * and texts; or `each` in turn and alone, as for pseudo-log-likelihoods (Salazar et al. 2020, section 2.1).
   */
  readonly hide?: "random" | "each";
  /** Default 0.15. */
  readonly maskRate?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Sequences computed together. Default 32. */
  readonly batchSize?: number;
}

export interface MaskedEvaluation {
  /** Mean nats per hidden token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Hidden tokens. Special tokens, the unknown one among them, are never hidden. */
  readonly tokens: number;
}

interface Parts {
  readonly tokenizer: Tokenizer;
  readonly network: TransformerMaskedLanguageModel;
}

/** @throws {OptionError} for options out of range, and when there is nothing to hide in the sequences. */
export function evaluateMasked(
  { tokenizer, network }: Parts,
  sequences: readonly ArrayLike<number>[],
  options: MaskedEvaluationOptions,
): MaskedEvaluation {
  rejectUnknownKeys("evaluate", options, ["hide", "maskRate", "seed", "batchSize"]);
  const { hide = "random", maskRate = 0.15, seed = 1 } = options;
  const batchSize = checkBatchSize(options.batchSize);
  const masking = onlyMasks(tokenizer, maskRate);
  let [nats, tokens] = [0, 0];
  const count = (masked: readonly MaskedSequence[]) => {
    for (const logProbs of hiddenLogProbs(network, masked, batchSize)) {
      for (const logProb of logProbs) nats -= logProb;
      tokens += logProbs.length;
    }
  };
  if (checkChoice("hide", hide, ["random", "each"]) === "random") {
    const random = new Random(seed);
    count(sequences.map((ids) => masking.draw(ids, random)));
  } else for (const ids of sequences) count(eachInTurn(masking, ids));
  if (tokens === 0)
    throw new OptionError({ what: "texts", expected: "at least one token to hide", got: "none" });
  return { loss: nats / tokens, perplexity: Math.exp(nats / tokens), tokens };
}

/** The sum of the log probabilities of a text's tokens, each hidden in turn, in nats. */
export function pseudoLogLikelihood(
  { tokenizer, network }: Parts,
  sequences: readonly ArrayLike<number>[],
  batchSize: number,
): number {
  const masking = onlyMasks(tokenizer);
  const copies = sequences.flatMap((ids) => eachInTurn(masking, ids));
  return hiddenLogProbs(network, copies, batchSize).reduce((sum, [logProb]) => sum + logProb, 0);
}

/** Always shows the mask: random and unchanged tokens would measure something else. */
export const onlyMasks = (tokenizer: Tokenizer, maskRate = 0.15): Masking =>
  new Masking(tokenizer, { maskRate, maskShare: 1, randomShare: 0 });

export const checkBatchSize = (batchSize = 32): number =>
  checkNumber("batchSize", batchSize, { integer: true, min: 1 });

/** A copy of the sequence for each of its ordinary tokens, with that one hidden. */
function eachInTurn(masking: Masking, ids: ArrayLike<number>): MaskedSequence[] {
  return Array.from(masking.candidates(ids), (at) => masking.at(ids, Int32Array.of(at)));
}
