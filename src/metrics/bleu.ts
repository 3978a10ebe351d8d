/** BLEU (Papineni et al., "BLEU", ACL 2002), with the definitions of sacreBLEU 2.6.0. */
import { ShapeError } from "../base/errors.ts";
import { checkChoice, checkList, checkNumber, checkObject, rejectUnknownKeys } from "../base/options.ts";
import { Spans } from "../base/spans.ts";
import { type BleuTokenizer, TOKENIZERS, tokenizers } from "./bleu-tokenizers.ts";
import { CONFIDENCE_KEYS, type ConfidenceOptions, evaluate } from "./evaluate.ts";
import type { Metric, References, Reported, Score } from "./metric.ts";
import { NgramMatcher, ngramTotal } from "./ngram-matcher.ts";
import { formatFixed, trimEnd } from "./python-text.ts";
import { WordNumbers } from "./word-numbers.ts";

const SMOOTHINGS = ["exp", "floor", "add-k", "none"] as const;

/**
 * What becomes of n-gram orders without a match (Chen and Cherry, W14-3346):
 * `exp` halves a pseudo-count of 1 for each such order (method 3), `floor` puts
 * `smoothValue` in place of 0 (method 1), `add-k` adds `smoothValue` to matches
 * and totals of all orders above 1 (method 2), `none` leaves 0.
 */
export type BleuSmoothing = (typeof SMOOTHINGS)[number];

/** How to get from sufficient statistics to BLEU. */
export interface BleuScoring {
  /** @defaultValue "exp" */
  readonly smooth?: BleuSmoothing;
  /** Of `floor` (default 0.1) and `add-k` (default 1); the others have none. */
  readonly smoothValue?: number;
  /** Leave out n-gram orders longer than the hypothesis: meant for single sentences. @defaultValue false */
  readonly effectiveOrder?: boolean;
}

export interface BleuOptions extends BleuScoring {
  /** @defaultValue "13a" */
  readonly tokenize?: BleuTokenizer;
  /** @defaultValue false */
  readonly lowercase?: boolean;
  /** The longest n-grams counted. @defaultValue 4 */
  readonly maxNgramOrder?: number;
}

/** The sufficient statistics of BLEU. Element n-1 of an array belongs to n-grams. */
export interface BleuStatistics {
  /** c: tokens of all hypotheses. */
  readonly hypothesisLength: number;
  /** r: tokens of, for each hypothesis, the reference closest in length (the shorter of two). */
  readonly referenceLength: number;
  /** Matches, each n-gram clipped at its largest count in one reference. */
  readonly counts: readonly number[];
  /** n-grams of the hypotheses. */
  readonly totals: readonly number[];
}

/** BLEU in 0..100 and what it is made of. Counts and totals are those before smoothing. */
export interface BleuScore extends Score, BleuStatistics {
  /** p_n in percent, smoothed. */
  readonly precisions: readonly number[];
  /** min(1, exp(1 - r/c)) */
  readonly brevityPenalty: number;
}

const SCORING_KEYS = ["smooth", "smoothValue", "effectiveOrder"] as const;
const METRIC_KEYS = [...SCORING_KEYS, "tokenize", "lowercase", "maxNgramOrder"] as const;
const DEFAULT_SMOOTH_VALUE = { floor: 0.1, "add-k": 1, exp: 0, none: 0 } as const;

/**
 * BLEU from its sufficient statistics:
 *
 *     BLEU = BP · exp( (1/N) Σ_{n=1..N} ln p_n ),   p_n = 100 · counts_n / totals_n
 *
 * It is 0 without any match, whatever the smoothing. N is the number of orders
 * given or, with `effectiveOrder`, the largest with totals_n > 0.
 *
 * @throws {ShapeError} when counts and totals differ in length or are empty.
 * @throws {OptionError} for wrong options.
 * @example
 * const statistics = { hypothesisLength: 11, referenceLength: 11, counts: [9, 7, 5, 3], totals: [10, 8, 6, 4] };
 * bleuFromStatistics(statistics).score.toFixed(4); // "83.7592"
 */
export function bleuFromStatistics(statistics: BleuStatistics, options: BleuScoring = {}): BleuScore {
  rejectUnknownKeys("bleuFromStatistics", options, SCORING_KEYS);
  checkObject("bleuFromStatistics", statistics);
  checkList("bleuFromStatistics counts", statistics.counts);
  checkList("bleuFromStatistics totals", statistics.totals);
  const { counts, totals } = statistics;
  if (counts.length === 0 || counts.length !== totals.length) {
    throw new ShapeError({
      what: "bleuFromStatistics",
      expected: "as many counts as totals, at least one",
      got: `${counts.length} and ${totals.length}`,
    });
  }
  return scoreOf(statistics, scoringOf(options));
}

function scoringOf(options: BleuScoring): Required<BleuScoring> {
  const smooth = checkChoice("smooth", options.smooth ?? "exp", SMOOTHINGS);
  const smoothValue = checkNumber("smoothValue", options.smoothValue ?? DEFAULT_SMOOTH_VALUE[smooth], {
    min: 0,
  });
  return { smooth, smoothValue, effectiveOrder: options.effectiveOrder ?? false };
}

function scoreOf(statistics: BleuStatistics, scoring: Required<BleuScoring>): BleuScore {
  const { hypothesisLength, referenceLength, counts, totals } = statistics;
  const { smooth, smoothValue, effectiveOrder } = scoring;
  let brevityPenalty = 1;
  if (hypothesisLength < referenceLength) {
    brevityPenalty = hypothesisLength > 0 ? Math.exp(1 - referenceLength / hypothesisLength) : 0;
  }
  const precisions = new Array<number>(counts.length).fill(0);
  let order = counts.length;
  let pseudoCount = 1;
  const matched = counts.some((count) => count > 0);
  for (let n = 1; matched && n <= counts.length; n++) {
    const added = smooth === "add-k" && n > 1 ? smoothValue : 0;
    const count = counts[n - 1] + added;
    const total = totals[n - 1] + added;
    if (total === 0) break;
    if (effectiveOrder) order = n;
    if (count > 0) precisions[n - 1] = (100 * count) / total;
    else if (smooth === "floor") precisions[n - 1] = (100 * smoothValue) / total;
    else if (smooth === "exp") {
      pseudoCount /= 2;
      precisions[n - 1] = (100 * pseudoCount) / total;
    }
  }
  let logSum = 0;
  for (let n = 1; n <= order; n++) logSum += Math.log(precisions[n - 1]);
  const score = matched ? brevityPenalty * Math.exp(logSum / order) : 0;
  const ratio = referenceLength > 0 ? hypothesisLength / referenceLength : 0;
  const verbose =
    `${precisions.map((precision) => formatFixed(precision, 1)).join("/")} ` +
    `(BP = ${formatFixed(brevityPenalty, 3)} ratio = ${formatFixed(ratio, 3)} ` +
    `hyp_len = ${hypothesisLength} ref_len = ${referenceLength})`;
  return { name: "BLEU", score, ...statistics, precisions, brevityPenalty, verbose };
}

/**
 * BLEU as a {@link Metric}, for resampling and significance tests. The
 * statistics of a segment are c, r, then counts, then totals.
 *
 * @throws {OptionError} for wrong options.
 */
export function bleuMetric(options: BleuOptions = {}): Metric<BleuScore> {
  rejectUnknownKeys("bleuMetric", options, METRIC_KEYS);
  const scoring = scoringOf(options);
  const { smooth, smoothValue, effectiveOrder } = scoring;
  const tokenizer = checkChoice("tokenize", options.tokenize ?? "13a", TOKENIZERS);
  const order = checkNumber("maxNgramOrder", options.maxNgramOrder ?? 4, {
    integer: true,
    min: 1,
    max: 1000,
  });
  const lowercase = options.lowercase ?? false;
  const valued = smooth === "floor" || smooth === "add-k";

  const cut = tokenizers[tokenizer];
  const tokens = new Spans();
  const numbers = new WordNumbers();
  const matcher = new NgramMatcher();
  const encode = (text: string): number => {
    cut(trimEnd(lowercase ? text.toLowerCase() : text), tokens);
    numbers.begin();
    for (let i = 0; i < tokens.count; i++) numbers.add(tokens.units, tokens.start(i), tokens.end(i));
    return tokens.count;
  };

  return {
    statistics(hypothesis, references) {
      numbers.reset();
      const length = encode(hypothesis);
      matcher.hypothesis(numbers.ids, length);
      let closest = -1;
      for (const reference of references) {
        const other = encode(reference);
        matcher.reference(numbers.ids, other);
        if (closest < 0 || isCloser(other, closest, length)) closest = other;
      }
      const row = [length, closest];
      matcher.match(order, row, 2, 1);
      for (let n = 1; n <= order; n++) row[1 + order + n] = ngramTotal(length, n);
      return row;
    },
    score(totals) {
      const figures = Array.from(totals);
      const statistics = {
        hypothesisLength: figures[0],
        referenceLength: figures[1],
        counts: figures.slice(2, 2 + order),
        totals: figures.slice(2 + order),
      };
      return scoreOf(statistics, scoring);
    },
    signature: [
      { key: "case", short: "c", value: lowercase ? "lc" : "mixed" },
      { key: "eff", short: "e", value: effectiveOrder },
      { key: "tok", short: "tok", value: tokenizer },
      { key: "smooth", short: "s", value: valued ? `${smooth}[${formatFixed(smoothValue, 2)}]` : smooth },
    ],
  };
}

/** Whether `length` is nearer to `wanted` than `closest` is, or as near and shorter. */
function isCloser(length: number, closest: number, wanted: number): boolean {
  const gain = Math.abs(wanted - closest) - Math.abs(wanted - length);
  return gain > 0 || (gain === 0 && length < closest);
}

/**
 * Corpus BLEU, equal to sacreBLEU's `corpus_bleu`.
 *
 * @param hypotheses one translation per segment, not tokenized
 * @param references `references[i]` are the references of `hypotheses[i]`, any number from 1 up. `null` and
 * `undefined` are skipped; an empty string is an empty reference
 * @throws {ShapeError} when the corpus is empty, the two sides differ in length, or a segment has no
 * reference.
 * @throws {OptionError} for wrong options and for entries that are not strings.
 * @example
 * const result = bleu(["The dog bit the man."], [["The dog bit the man.", "The dog had bit the man."]]);
 * result.score.toFixed(2); // "100.00"
 * result.signature; // "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
 */
export function bleu(
  hypotheses: readonly string[],
  references: readonly References[],
  options: BleuOptions & ConfidenceOptions = {},
): Reported<BleuScore> {
  rejectUnknownKeys("bleu", options, [...METRIC_KEYS, ...CONFIDENCE_KEYS]);
  const { bootstrap, seed, ...metric } = options;
  return evaluate(bleuMetric(metric), hypotheses, references, { bootstrap, seed });
}

/**
 * BLEU of one sentence, equal to sacreBLEU's `sentence_bleu`: effective order
 * unless the options say otherwise.
 *
 * @throws {ShapeError} without a reference.
 * @throws {OptionError} for wrong options and for arguments that are not strings.
 * @example
 * sentenceBleu("a test", ["a test"]).score.toFixed(2); // "100.00"
 */
export function sentenceBleu(
  hypothesis: string,
  references: References,
  options: BleuOptions = {},
): Reported<BleuScore> {
  return evaluate(bleuMetric({ effectiveOrder: true, ...options }), [hypothesis], [references]);
}
