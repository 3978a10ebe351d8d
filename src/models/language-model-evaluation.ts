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

/** What is in memory at a time. */
const MOST_TOKENS = 2 ** 12;

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
  const batchSize = Math.max(1, Math.floor(MOST_TOKENS / time));
  const options = { time, batchSize, stride: Math.min(stride, time) };
  const { weight, bias } = network.output;
  let nats = 0;
  for (const { inputs, targets, shape } of evaluationWindows(ids, options)) {
    const losses = scoped(() =>
      noGrad(() => {
        const hidden = network.hidden(tensor(inputs, shape, "i32"));
        const each = { ignoreIndex: COUNTED_ELSEWHERE, reduction: "none" } as const;
        return ops.linearCrossEntropy(hidden, weight, bias, tensor(targets, shape, "i32"), each).data();
      }),
    );
    for (const loss of losses) nats += loss;
  }
  return { nats, tokens };
}
