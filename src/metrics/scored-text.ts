/** How well language models predict a text, from the probability of each of its tokens. */
import { OptionError } from "../base/errors.ts";

/** A text as a language model predicted it. */
export interface ScoredText {
  /** What was predicted, in order: words or parts of them, every end of a line too, and `<unk>` for what is unknown. */
  readonly tokens: readonly string[];
  /** Natural logarithm of the probability of each. */
  readonly logProbs: Float64Array;
  /** 1 where the model does not know what stands there, else 0. */
  readonly unknown: Uint8Array;
}

/** How long a text is in units that do not depend on tokens. */
export interface TextSize {
  /** What white space parts; every end of a line is one. */
  readonly words: number;
  /** Of UTF-8; every end of a line is one. */
  readonly bytes: number;
}

/** How well a model predicts a text. */
export interface TextFigures extends TextSize {
  /** Mean nats per token. */
  readonly loss: number;
  /** exp(loss): compares models with the same tokens only. */
  readonly perplexity: number;
  /** The same over the tokens that the model knows alone, NaN when there is none: KenLM's "excluding OOVs". */
  readonly knownPerplexity: number;
  /** exp(nats / words): compares across tokenizers. */
  readonly wordPerplexity: number;
  /** Bits for each byte of UTF-8: compares across tokenizers. */
  readonly bitsPerByte: number;
  /** Tokens predicted, with every end of a line, as KenLM counts them. */
  readonly tokens: number;
  /** How many of them the model does not know: as `<unk>` they look more probable than what they stand for. */
  readonly unknown: number;
}

/**
 * The figures of one text.
 *
 * @throws {OptionError} when there are no tokens.
 * @example
 * const logProbs = Float64Array.of(Math.log(1 / 8), Math.log(1 / 2));
 * const text = { tokens: ["tea", "</s>"], logProbs, unknown: Uint8Array.of(0, 0) };
 * const { perplexity, bitsPerByte } = textFigures(text, { words: 2, bytes: 4 });
 * [perplexity.toFixed(6), bitsPerByte.toFixed(6)]; // ["4.000000", "1.000000"]
 */
export function textFigures({ logProbs, unknown }: ScoredText, { words, bytes }: TextSize): TextFigures {
  const tokens = logProbs.length;
  if (tokens === 0) {
    throw new OptionError({ what: "text to evaluate", expected: "at least one token", got: "none" });
  }
  let [nats, knownNats, unknownTokens] = [0, 0, 0];
  for (let i = 0; i < tokens; i++) {
    nats -= logProbs[i];
    if (unknown[i]) unknownTokens++;
    else knownNats -= logProbs[i];
  }
  const loss = nats / tokens;
  return {
    loss,
    perplexity: Math.exp(loss),
    knownPerplexity: Math.exp(knownNats / (tokens - unknownTokens)),
    wordPerplexity: Math.exp(nats / words),
    bitsPerByte: nats / (Math.LN2 * bytes),
    tokens,
    words,
    bytes,
    unknown: unknownTokens,
  };
}

/** Where two models do not predict the same, if anywhere. */
export interface TokenDifference {
  /** 0-based. */
  readonly at: number;
  /** What stands there for each; undefined past the end. */
  readonly tokens: readonly [string | undefined, string | undefined];
}

/**
 * The first place where two models cut one text differently, or where one knows a word and the other does not: then their
 * perplexities per token are means over different things. Null where there is none.
 */
export function tokenDifference(a: ScoredText, b: ScoredText): TokenDifference | null {
  const length = Math.max(a.tokens.length, b.tokens.length);
  for (let at = 0; at < length; at++) {
    if (a.tokens[at] !== b.tokens[at] || a.unknown[at] !== b.unknown[at]) {
      return { at, tokens: [a.tokens[at], b.tokens[at]] };
    }
  }
  return null;
}

/**
 * Makes sure that perplexities per token, and probabilities token by token, can be compared.
 *
 * @throws {OptionError} naming the first token that differs.
 */
export function checkSameTokens(scored: readonly ScoredText[]): void {
  const [first, ...others] = scored;
  for (const other of others) {
    const difference = tokenDifference(first, other);
    if (difference === null) continue;
    const [mine, theirs] = difference.tokens.map((token) => JSON.stringify(token) ?? "none");
    throw new OptionError({
      what: "language models to compare",
      expected: "the same tokens, and the same of them unknown",
      got: `${mine} and ${theirs} as token ${difference.at + 1}`,
      hint: "Bits per byte compare.",
    });
  }
}
