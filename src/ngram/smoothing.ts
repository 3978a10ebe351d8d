/** Smoothing: how much of its probability a context keeps for its own words, and how much goes to shorter contexts. */
import { NumericError } from "../base/errors.ts";
import type { CountsOfCounts } from "./orders.ts";

/**
 * - `mle`: relative frequencies; what does not occur after a context has no probability there.
 * - `laplace`, `lidstone`: additive, with 1 or `additive` more of each word; shorter contexts do not matter.
 * - `witten-bell`: interpolated, the weight of shorter contexts from the number of different words (Witten and Bell
 *   1991, method C).
 * - `absolute`: interpolated absolute discounting of frequencies (Ney, Essen and Kneser 1994).
 * - `kneser-ney`: the same with continuation counts for lower orders (Kneser and Ney 1995).
 * - `modified-kneser-ney`: with three discounts (Chen and Goodman 1998, section 4.1.6), equal to KenLM's.
 * - `stupid-backoff`: relative frequencies and a fixed factor (Brants et al. 2007). Not a probability distribution.
 */
export const SMOOTHINGS = [
  "mle",
  "laplace",
  "lidstone",
  "witten-bell",
  "absolute",
  "kneser-ney",
  "modified-kneser-ney",
  "stupid-backoff",
] as const;
export type NgramSmoothing = (typeof SMOOTHINGS)[number];

/** What is taken off counts of 1, 2, and 3 or more. */
export type Discounts = readonly [number, number, number];

/** Discounts where the text is too small or too odd to estimate them: KenLM's `--discount_fallback`. */
export const FALLBACK: Discounts = [0.5, 1, 1.5];
/** The same for methods with one discount. */
export const SINGLE_FALLBACK: Discounts = [0.75, 0.75, 0.75];

/** What becomes of the counts after one context. */
export interface ContextCounts {
  /** The sum of all counts. */
  total: number;
  /** The part of it that belongs to n-grams which are left out. */
  pruned: number;
  /** How many n-grams there are, with those left out. */
  types: number;
  /** How many of those that stay have count 1, 2, and 3 or more. */
  readonly kept: [number, number, number];
}

export interface ContextWeights {
  /** P(w | context) = (count - discount) / denominator + interpolation · P(w | shorter context). */
  denominator: number;
  interpolation: number;
  /** What the model stores for the context. */
  backoff: number;
}

export interface SmoothingRule {
  readonly smoothing: NgramSmoothing;
  /** What is added to each count by additive smoothing. */
  readonly additive: number;
  /** V: the words that can be predicted. */
  readonly vocabularySize: number;
  /** Stupid backoff's factor. */
  readonly factor: number;
}

/** The weights of one context. */
export function weigh(
  { smoothing, additive, vocabularySize, factor }: SmoothingRule,
  discounts: Discounts,
  { total, pruned, types, kept }: ContextCounts,
  into: ContextWeights,
): void {
  into.denominator = total;
  switch (smoothing) {
    case "laplace":
    case "lidstone":
      into.denominator = total + additive * vocabularySize;
      into.interpolation = 0;
      into.backoff = additive / into.denominator;
      return;
    case "stupid-backoff":
      into.interpolation = 0;
      into.backoff = factor;
      return;
    case "mle":
      into.interpolation = pruned / total;
      break;
    case "witten-bell":
      into.denominator = total + types;
      into.interpolation = (pruned + types) / into.denominator;
      break;
    default:
      into.interpolation =
        (pruned + discounts[0] * kept[0] + discounts[1] * kept[1] + discounts[2] * kept[2]) / total;
  }
  into.backoff = into.interpolation;
}

/** The discounts of one order, or why they cannot be estimated. */
export function estimateDiscounts(smoothing: NgramSmoothing, { n }: CountsOfCounts): Discounts | string {
  const missing = (smoothing === "modified-kneser-ney" ? [1, 2, 3] : [1, 2]).find((k) => n[k] === 0);
  if (missing !== undefined) return `no n-gram of that order has count ${missing}`;
  const y = n[1] / (n[1] + 2 * n[2]);
  if (smoothing !== "modified-kneser-ney") return [y, y, y];
  // Chen and Goodman 1998, equation 26.
  const discounts = [1, 2, 3].map((k) => k - ((k + 1) * y * n[k + 1]) / n[k]) as [number, number, number];
  const odd = discounts.findIndex((discount, i) => discount < 0 || discount > i + 1);
  return odd < 0 ? discounts : `that of count ${odd + 1} would be ${Number(discounts[odd].toPrecision(4))}`;
}

/** Whether a method has discounts to estimate. */
export function hasDiscounts(smoothing: NgramSmoothing): boolean {
  return smoothing === "absolute" || usesContinuation(smoothing);
}

/** Whether a method counts different words before instead of occurrences. */
export function usesContinuation(smoothing: NgramSmoothing): boolean {
  return smoothing === "kneser-ney" || smoothing === "modified-kneser-ney";
}

export function isAdditive(smoothing: NgramSmoothing): boolean {
  return smoothing === "laplace" || smoothing === "lidstone";
}

/** The discounts of every order, with a warning for each that falls back. */
export function discountsOf(
  smoothing: NgramSmoothing,
  statistics: readonly CountsOfCounts[],
  given: Discounts | undefined,
  fallback: Discounts | false | undefined,
): { readonly discounts: Discounts[]; readonly warnings: string[] } {
  const warnings: string[] = [];
  const discounts = statistics.map((counts, i): Discounts => {
    if (!hasDiscounts(smoothing)) return [0, 0, 0];
    if (given !== undefined) return given;
    const estimated = estimateDiscounts(smoothing, counts);
    if (typeof estimated !== "string") return estimated;
    const substitute = fallback || (smoothing === "modified-kneser-ney" ? FALLBACK : SINGLE_FALLBACK);
    if (fallback === false) {
      throw new NumericError(
        {
          what: `discounts of ${i + 1}-grams`,
          expected: "a text from which they can be estimated",
          got: `one in which ${estimated}`,
          hint: "Allow the fallback, or take another smoothing.",
        },
        smoothing,
      );
    }
    if (fallback === undefined) {
      const values = smoothing === "modified-kneser-ney" ? substitute.join(", ") : substitute[0];
      warnings.push(`discounts of ${i + 1}-grams: ${estimated}; took ${values} instead`);
    }
    return substitute;
  });
  return { discounts, warnings };
}
