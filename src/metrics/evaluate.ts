import { checkNumber } from "../base/options.ts";
import {
  corpusStatistics,
  type Metric,
  type References,
  type Reported,
  type Score,
  signatures,
  totalsOf,
} from "./metric.ts";
import { bootstrapScores, checkSeed, confidenceOf, DEFAULT_SEED, resamplingFields } from "./resample.ts";

/** Whether to estimate a confidence interval. */
export interface ConfidenceOptions {
  /** Number of bootstrap resamples, at least 2; without it no interval is estimated. sacreBLEU takes 1000. */
  readonly bootstrap?: number | undefined;
  /** Seed of the resamples. @defaultValue 12345 */
  readonly seed?: number | undefined;
}

export const CONFIDENCE_KEYS = ["bootstrap", "seed"] as const;

/**
 * Scores a corpus with any {@link Metric}.
 *
 * @param references `references[i]` are the references of `hypotheses[i]`; null and undefined are skipped,
 * an empty string is an empty reference
 * @throws {ShapeError} when the corpus is empty, the two sides differ in length, or a segment has no
 * reference.
 * @throws {OptionError} for wrong options and for entries that are not strings.
 * @example
 * const metric = bleuMetric({ maxNgramOrder: 2 });
 * evaluate(metric, ["a b c"], [["a b d"]], { bootstrap: 100 }).signature;
 * // "nrefs:1|bs:100|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
 */
export function evaluate<S extends Score>(
  metric: Metric<S>,
  hypotheses: readonly string[],
  references: readonly References[],
  options: ConfidenceOptions = {},
): Reported<S> {
  const { bootstrap, seed = DEFAULT_SEED } = options;
  checkSeed(seed);
  if (bootstrap !== undefined) checkNumber("bootstrap", bootstrap, { integer: true, min: 2 });
  const statistics = corpusStatistics(metric, hypotheses, references);
  const score = metric.score(totalsOf(statistics));
  if (bootstrap === undefined) {
    return { ...score, ...signatures(statistics.references, [], metric.signature) };
  }
  const [scores] = bootstrapScores(metric, [statistics], bootstrap, seed);
  const test = resamplingFields("bs", bootstrap, seed);
  return {
    ...score,
    ...signatures(statistics.references, test, metric.signature),
    confidence: confidenceOf(scores),
  };
}
