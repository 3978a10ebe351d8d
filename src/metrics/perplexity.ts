import { NumericError, OptionError } from "../base/errors.ts";
import { checkNumber, describe } from "../base/options.ts";

/** What a language model makes of a text. */
export interface Likelihood {
  /** Negative log-likelihood of the whole text, in nats. */
  readonly nll: number;
  /** Number of tokens it sums over, with every end of sentence that was predicted. */
  readonly tokens: number;
}

/**
 * Perplexity, exp(nll / tokens): the geometric mean of the inverse token
 * probabilities. Infinite where a token has probability 0. The unit "token" is
 * the caller's, so only figures over the same tokens compare; the usual count
 * includes each sentence's `</s>` and not its `<s>`.
 *
 * @param text a sum with its number of tokens, or the log-probability of every token, in nats
 * @throws {OptionError} when there are no tokens.
 * @throws {NumericError} when the log-likelihood is NaN.
 * @example
 * perplexity({ nll: 10 * Math.log(50), tokens: 10 }).toFixed(6); // "50.000000"
 * perplexity([Math.log(0.5), Math.log(0.125)]).toFixed(6); // "4.000000"
 */
export function perplexity(text: Likelihood | ArrayLike<number>): number {
  return Math.exp(meanNll("perplexity", text));
}

/**
 * Cross-entropy in bits: nll / (tokens · ln 2), the logarithm of
 * {@link perplexity} to base 2. With `tokens` the number of UTF-8 bytes of the
 * text it gives bits per byte, which compares across tokenizers.
 *
 * @throws {OptionError} when there are no tokens.
 * @throws {NumericError} when the log-likelihood is NaN.
 * @example
 * bitsPerToken([Math.log(0.5), Math.log(0.125)]).toFixed(6); // "2.000000"
 */
export function bitsPerToken(text: Likelihood | ArrayLike<number>): number {
  return meanNll("bitsPerToken", text) / Math.LN2;
}

function meanNll(what: string, text: Likelihood | ArrayLike<number>): number {
  if (typeof text !== "object" || text === null) {
    const expected = "log probabilities, or their sum and number";
    throw new OptionError({ what, expected, got: describe(text) });
  }
  const { nll, tokens } = "length" in text ? sumUp(text) : text;
  checkNumber(`${what} tokens`, tokens, { min: 0 });
  if (typeof nll !== "number") {
    throw new OptionError({ what: `${what} nll`, expected: "a number", got: describe(nll) });
  }
  if (tokens === 0) {
    throw new OptionError({
      what: `${what} tokens`,
      expected: "at least one token",
      got: "0",
      hint: "The mean over an empty text is not defined.",
    });
  }
  if (Number.isNaN(nll)) {
    throw new NumericError({ what: `${what} nll`, expected: "a number of nats", got: "NaN" }, what);
  }
  return nll / tokens;
}

function sumUp(logProbs: ArrayLike<number>): Likelihood {
  let nll = 0;
  for (let i = 0; i < logProbs.length; i++) nll -= logProbs[i];
  return { nll, tokens: logProbs.length };
}
