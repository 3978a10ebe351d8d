/** What truncated back-propagation through time leaves of a gradient. */
import { OptionError } from "../base/errors.ts";
import { checkNumber } from "../base/options.ts";
import { backward, dropGradient, ops, Scope, tensor } from "../tensor/index.ts";
import { ContiguousBatches } from "../text/batching-stream.ts";
import { evaluating } from "./evaluating.ts";
import type { RecurrentLanguageModel, RecurrentState } from "./recurrent-language-model.ts";

/** How a truncated gradient stands to the full one. */
export interface TruncationEffect {
  /** Tokens through which gradients flow back. */
  readonly bptt: number;
  /** Of the angle between the two: 1 where only the length differs. */
  readonly cosine: number;
  /** Length of the truncated gradient in units of that of the full one. */
  readonly ratio: number;
}

/**
 * The gradient of the mean loss over a text read in one go, and those that remain when the text is read in windows of
 * `bptt` tokens with the state carried, but no gradient: their cosine and length. Dropout is off.
 *
 * @param ids a stretch of text, at least two tokens, short enough to be back-propagated through as a whole
 * @param horizons windows to try
 * @throws {OptionError} for a text without a token to predict, and for a window that is no whole number of at least 1.
 * @example
 * const network = new RecurrentLanguageModel({ vocabularySize: 9, cell: "rnn", hiddenSize: 8 }, new Random(1));
 * const effects = truncationEffects(network, [1, 4, 1, 5, 2, 6, 5, 3], [1, 7]);
 * effects.map(({ cosine }) => cosine > 0.999); // [false, true]
 */
export function truncationEffects(
  network: RecurrentLanguageModel,
  ids: ArrayLike<number>,
  horizons: readonly number[],
): TruncationEffect[] {
  for (const bptt of horizons) checkNumber("bptt", bptt, { integer: true, min: 1 });
  const tokens = ids.length - 1;
  if (tokens < 1) {
    throw new OptionError({ what: "text", expected: "at least two tokens", got: String(ids.length) });
  }
  return evaluating(network, () => {
    const full = gradient(network, ids, tokens);
    const length = Math.sqrt(dot(full, full));
    return horizons.map((bptt) => {
      const truncated = gradient(network, ids, bptt);
      const size = Math.sqrt(dot(truncated, truncated));
      return { bptt, cosine: dot(full, truncated) / (length * size), ratio: size / length };
    });
  });
}

/** The gradient of the mean loss by all parameters, one after the other, from windows of `time` tokens. */
function gradient(network: RecurrentLanguageModel, ids: ArrayLike<number>, time: number): Float64Array {
  using _scope = new Scope();
  const parameters = network.parameters();
  // Gradients that are there already are put aside.
  const before = parameters.map(({ held }) => held);
  for (const parameter of parameters) parameter.held = null;
  const windows = new ContiguousBatches(ids, { batchSize: 1, time });
  const { weight, bias } = network.output;
  let state: RecurrentState | undefined;
  for (let i = 0; i < windows.batchesPerEpoch; i++) {
    const { inputs, targets, shape } = windows.next();
    const [hidden, next] = network.forward(tensor(inputs, shape, "i32"), state);
    const target = tensor(targets, shape, "i32");
    backward(ops.linearCrossEntropy(hidden, weight, bias, target, { reduction: "sum" }));
    state = next.map((x) => x.detach());
  }
  const all = parameters.flatMap(({ grad, size }) => Array.from(grad?.data() ?? new Float32Array(size)));
  parameters.forEach((parameter, i) => {
    dropGradient(parameter);
    parameter.held = before[i];
  });
  return Float64Array.from(all, (value) => value / (ids.length - 1));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
