/** How well a language model predicts a text. */
import { OptionError } from "../base/errors.ts";
import { checkNumber } from "../base/options.ts";
import { noGrad, ops, scoped, tensor } from "../tensor/index.ts";
import {
  COUNTED_ELSEWHERE,
  type EvaluationWindow,
  type EvaluationWindowOptions,
  evaluationWindows,
} from "../text/evaluation-windows.ts";
import type { LanguageModelNetwork } from "./language-model-network.ts";

export interface EvaluateOptions {
  /**
   * Tokens between the ends of neighbouring windows. For a network that looks back on a block at most `blockSize`, which
   * is the default: with a smaller stride every token has at least `blockSize - stride + 1` tokens to be predicted from.
   *
   * A recurrent network reads windows of 256 tokens more than the stride, each from a state of zeros, so that every token
   * is predicted from at least 257 before it, or all. Default 2048; a stride of the whole text reads it in one go, and
   * slowly.
   */
  readonly stride?: number;
}

/** What is in memory at a time. */
const MOST_TOKENS = 2 ** 12;
/** Windows that a recurrent network reads side by side. */
const MOST_STREAMS = 64;
/** Tokens that a recurrent network reads before those it predicts, and those. */
const [RUN_UP, STRETCH] = [256, 2048];

/**
 * Negative log-likelihoods, in nats, of all tokens but the first, each predicted once, in order. The network must be in
 * evaluation mode.
 *
 * @throws {OptionError} when there is nothing to predict.
 */
export function measureStream(
  network: LanguageModelNetwork,
  ids: ArrayLike<number>,
  { stride }: EvaluateOptions = {},
): Float64Array {
  const tokens = Math.max(0, ids.length - 1);
  if (tokens === 0) {
    throw new OptionError({ what: "text to evaluate", expected: "at least one token", got: "none" });
  }
  const nats = new Float64Array(tokens);
  let measured = 0;
  for (const window of evaluationWindows(ids, windowOptions(network, tokens, stride))) {
    const losses = windowLosses(network, window);
    for (const [i, target] of window.targets.entries()) {
      if (target !== COUNTED_ELSEWHERE) nats[measured++] = losses[i];
    }
  }
  return nats;
}

function windowOptions(
  { blockSize }: LanguageModelNetwork,
  tokens: number,
  given: number | undefined,
): EvaluationWindowOptions {
  const isRecurrent = blockSize === Number.POSITIVE_INFINITY;
  const stride = given ?? (isRecurrent ? STRETCH : blockSize);
  checkNumber("stride", stride, { integer: true, min: 1, ...(isRecurrent ? {} : { max: blockSize }) });
  const time = Math.min(isRecurrent ? stride + RUN_UP : blockSize, tokens);
  const batchSize = isRecurrent ? MOST_STREAMS : Math.max(1, Math.floor(MOST_TOKENS / time));
  return { time, batchSize, stride: Math.min(stride, time) };
}

/** A loss for each target `[B, T]`, 0 for those that are counted elsewhere. */
function windowLosses(network: LanguageModelNetwork, window: EvaluationWindow): Float32Array {
  const [batch, time] = window.shape;
  const width = Math.max(1, Math.floor(MOST_TOKENS / batch));
  if (time <= width) return losses(network, window);
  const all = new Float32Array(batch * time);
  const state = network.start();
  try {
    for (let from = 0; from < time; from += width) {
      const part = columns(window, from, Math.min(time, from + width));
      const found = losses(network, part, state);
      for (let row = 0; row < batch; row++) {
        const [, partTime] = part.shape;
        all.set(found.subarray(row * partTime, (row + 1) * partTime), row * time + from);
      }
    }
  } finally {
    state.dispose();
  }
  return all;
}

function losses(
  network: LanguageModelNetwork,
  { inputs, targets, shape }: EvaluationWindow,
  state?: ReturnType<LanguageModelNetwork["start"]>,
): Float32Array {
  const { weight, bias } = network.output;
  return scoped(() =>
    noGrad(() => {
      const hidden = network.hidden(tensor(inputs, shape, "i32"), state);
      const each = { ignoreIndex: COUNTED_ELSEWHERE, reduction: "none" } as const;
      return ops.linearCrossEntropy(hidden, weight, bias, tensor(targets, shape, "i32"), each).data();
    }),
  ) as Float32Array;
}

/** The positions `from` to `to` of all rows. */
function columns({ inputs, targets, shape }: EvaluationWindow, from: number, to: number): EvaluationWindow {
  const [batch, time] = shape;
  const cut = (all: Int32Array) => {
    const part = new Int32Array(batch * (to - from));
    for (let row = 0; row < batch; row++) {
      part.set(all.subarray(row * time + from, row * time + to), row * (to - from));
    }
    return part;
  };
  return { inputs: cut(inputs), targets: cut(targets), shape: [batch, to - from] };
}
