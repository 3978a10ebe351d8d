/** How well a language model predicts a text. */
import { OptionError } from "../base/errors.ts";
import { checkNumber } from "../base/options.ts";
import { noGrad, ops, scoped, tensor } from "../tensor/index.ts";
import { COUNTED_ELSEWHERE, evaluationWindows } from "../text/evaluation-windows.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";

export interface EvaluateOptions {
  /**
   * Tokens between the ends of neighbouring windows, at most the network's `blockSize`, which is the default. With a
   * smaller stride every token has at least `blockSize - stride + 1` tokens to be predicted from.
   */
  readonly stride?: number;
}

/** The sum over a text's tokens. */
export interface TextLikelihood {
  /** Negative log-likelihood. */
  readonly nats: number;
  /** Tokens that were predicted: all but the first. */
  readonly tokens: number;
}

/** What is in memory at a time: so many tokens, with so many logits. */
const [MOST_TOKENS, MOST_LOGITS] = [2 ** 12, 2 ** 22];

/**
 * Predicts every token but the first once. The network must be in evaluation mode.
 *
 * @throws {OptionError} when there is nothing to predict.
 */
export function measureStream(
  network: LanguageModelNetwork,
  ids: ArrayLike<number>,
  { stride = network.blockSize }: EvaluateOptions = {},
): TextLikelihood {
  const tokens = Math.max(0, ids.length - 1);
  if (tokens === 0) {
    throw new OptionError({ what: "text to evaluate", expected: "at least one token", got: "none" });
  }
  checkNumber("stride", stride, { integer: true, min: 1, max: network.blockSize });
  const time = Math.min(network.blockSize, tokens);
  const most = Math.min(MOST_TOKENS, MOST_LOGITS / network.vocabularySize);
  const batchSize = Math.max(1, Math.floor(most / time));
  const options = { time, batchSize, stride: Math.min(stride, time) };
  let nats = 0;
  for (const { inputs, targets, shape } of evaluationWindows(ids, options)) {
    const losses = scoped(() =>
      noGrad(() => {
        const logits = network.logits(network.hidden(tensor(inputs, shape, "i32")));
        const each = { ignoreIndex: COUNTED_ELSEWHERE, reduction: "none" } as const;
        return ops.crossEntropy(logits, tensor(targets, shape, "i32"), each).data();
      }),
    );
    for (const loss of losses) nats += loss;
  }
  return { nats, tokens };
}
