/** Hypotheses: what decoders return, how they are scored, and their order. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";

/** A generated sequence. */
export interface Hypothesis {
  /** The generated ids, without begin and end of sentence. */
  readonly tokens: number[];
  /** Sum of the log probabilities of all steps in nats, end of sentence included. */
  readonly logProb: number;
  /** What n-best lists are sorted by: {@link score}. */
  readonly score: number;
  /** Whether the end of sentence was generated. False after `maxLength` tokens or in a dead end. */
  readonly finished: boolean;
  /** One row of weights over the source per step, the end of sentence's included; where the model gives them. */
  readonly attention?: Float32Array[];
}

/**
 * How a sum of log probabilities is normalised by the length |Y| (tokens, end
 * of sentence included), so that short hypotheses have no unfair advantage:
 *
 * - `"none"`: 1
 * - `gnmt`: ((5 + |Y|) / 6)^alpha (Wu et al. 2016, "Google's Neural Machine
 *   Translation System", equation 14)
 * - `fairseq`: |Y|^lenpen; lenpen 1 is the mean per token
 */
export type LengthPenalty =
  | "none"
  | { readonly type: "gnmt"; readonly alpha: number }
  | { readonly type: "fairseq"; readonly lenpen: number };

/** What turns log probabilities into scores. */
export interface ScoreOptions {
  /** @defaultValue "none" */
  readonly lengthPenalty?: LengthPenalty;
  /**
   * beta of the coverage penalty cp = beta * sum_i log(min(sum_j p_ij, 1)) with
   * p_ij the attention of step j to source token i (Wu et al. 2016, equation
   * 14). Needs a model that returns attention.
   * @defaultValue 0
   */
  readonly coveragePenalty?: number;
}

/** Exponents beyond this only turn scores into 0 or Infinity. */
const LARGEST_EXPONENT = 10;

export function checkScoreOptions({ lengthPenalty = "none", coveragePenalty = 0 }: ScoreOptions): void {
  checkNumber("coveragePenalty", coveragePenalty, { min: 0 });
  if (lengthPenalty === "none") return;
  if (typeof lengthPenalty !== "object" || lengthPenalty === null) {
    throw new OptionError({
      what: "lengthPenalty",
      expected: `"none" or an object with a type`,
      got: describe(lengthPenalty),
    });
  }
  const kind = checkChoice("lengthPenalty type", lengthPenalty.type, ["gnmt", "fairseq"]);
  const exponent = kind === "gnmt" ? "alpha" : "lenpen";
  rejectUnknownKeys("lengthPenalty", lengthPenalty, ["type", exponent]);
  const value = lengthPenalty.type === "gnmt" ? lengthPenalty.alpha : lengthPenalty.lenpen;
  checkNumber(`lengthPenalty ${exponent}`, value, { min: -LARGEST_EXPONENT, max: LARGEST_EXPONENT });
}

/**
 * The divisor of a hypothesis of `length` tokens, end of sentence included.
 *
 * @example
 * lengthPenalty({ type: "gnmt", alpha: 1 }, 7); // 2
 * lengthPenalty({ type: "fairseq", lenpen: 1 }, 7); // 7
 */
export function lengthPenalty(penalty: LengthPenalty, length: number): number {
  if (penalty === "none") return 1;
  return penalty.type === "gnmt" ? ((5 + length) / 6) ** penalty.alpha : length ** penalty.lenpen;
}

/**
 * The coverage penalty, never above 0: `beta` times the sum over source tokens
 * of log(min(total attention, 1)). -Infinity where a token got no attention.
 *
 * @param attention one row of weights per step
 * @example
 * coveragePenalty(0.2, [Float32Array.of(1, 0.5), Float32Array.of(1, 0.5)]); // 0
 */
export function coveragePenalty(beta: number, attention: readonly Float32Array[]): number {
  const width = attention.length === 0 ? 0 : attention[0].length;
  let sum = 0;
  for (let i = 0; i < width; i++) {
    let coverage = 0;
    for (const row of attention) coverage += row[i];
    if (coverage < 1) sum += Math.log(coverage);
  }
  return beta * sum;
}

/**
 * A partial hypothesis: its last token and the way back to the token that was
 * fed first, which has no parent. Branches share their prefix.
 */
export interface Path {
  readonly parent?: Path;
  readonly token: number;
  /** Sum over the whole way. */
  readonly logProb: number;
  /** The weights of the step that gave `token`. */
  readonly attention?: Float32Array | undefined;
}

/** Collects the tokens and the attention of a path and scores it: logProb / lengthPenalty + coveragePenalty. */
export function toHypothesis(path: Path, finished: boolean, options: ScoreOptions): Hypothesis {
  const { lengthPenalty: penalty = "none", coveragePenalty: beta = 0 } = options;
  const tokens: number[] = [];
  const attention: Float32Array[] = [];
  for (let at = path; at.parent !== undefined; at = at.parent) {
    tokens.push(at.token);
    if (at.attention !== undefined) attention.push(at.attention);
  }
  if (beta > 0 && attention.length < tokens.length) {
    throw new OptionError({
      what: "coveragePenalty",
      expected: "a model that returns attention",
      got: "none",
      hint: "Leave the coverage penalty at 0.",
    });
  }
  tokens.reverse();
  attention.reverse();
  const { logProb } = path;
  const score =
    logProb / lengthPenalty(penalty, Math.max(tokens.length, 1)) +
    (beta === 0 ? 0 : coveragePenalty(beta, attention));
  if (finished) tokens.pop();
  return { tokens, logProb, score, finished, ...(attention.length > 0 ? { attention } : {}) };
}

/**
 * The order of n-best lists, best first: finished before unfinished, then by
 * falling score; equal scores by rising length, then by the first lower id.
 */
export function compareHypotheses(a: Hypothesis, b: Hypothesis): number {
  if (a.finished !== b.finished) return a.finished ? -1 : 1;
  if (a.score !== b.score) return a.score > b.score ? -1 : 1;
  if (a.tokens.length !== b.tokens.length) return a.tokens.length - b.tokens.length;
  const i = a.tokens.findIndex((token, at) => token !== b.tokens[at]);
  return i < 0 ? 0 : a.tokens[i] - b.tokens[i];
}
