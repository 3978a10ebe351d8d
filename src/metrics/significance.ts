/** Is one system better than another, or was it luck? Paired tests as in sacreBLEU. */
import { ShapeError } from "../base/errors.ts";
import { checkNumber, rejectUnknownKeys } from "../base/options.ts";
import {
  type Confidence,
  type CorpusStatistics,
  corpusStatistics,
  type Metric,
  type References,
  type Report,
  signatures,
  totalsOf,
} from "./metric.ts";
import { Pcg64 } from "./pcg64.ts";
import {
  bootstrapScores,
  checkSeed,
  confidenceOf,
  DEFAULT_SEED,
  meanOf,
  resamplingFields,
} from "./resample.ts";

export interface PairedOptions {
  /** Resamples (default 1000) or trials (default 10,000). */
  readonly samples?: number;
  /** @defaultValue 12345 */
  readonly seed?: number;
}

/** A system in a paired test. */
export interface PairedSystem {
  readonly score: number;
  /** Of a bootstrap test only. */
  readonly confidence?: Confidence;
}

export interface PairedResult extends Omit<Report, "confidence"> {
  readonly baseline: PairedSystem;
  readonly system: PairedSystem;
  /**
   * How likely a difference of scores this large or larger is when both outputs
   * come from equally good systems; small means significant. Two-sided.
   */
  readonly pValue: number;
}

interface Pair {
  readonly baseline: CorpusStatistics;
  readonly system: CorpusStatistics;
  readonly scores: readonly [number, number];
  readonly samples: number;
  readonly seed: number;
}

function prepare(
  what: string,
  metric: Metric,
  baseline: readonly string[],
  system: readonly string[],
  references: readonly References[],
  options: PairedOptions,
  defaultSamples: number,
): Pair {
  rejectUnknownKeys(what, options, ["samples", "seed"]);
  const samples = checkNumber("samples", options.samples ?? defaultSamples, { integer: true, min: 1 });
  const seed = checkSeed(options.seed ?? DEFAULT_SEED);
  if (baseline.length !== system.length) {
    throw new ShapeError({
      what,
      expected: `as many hypotheses of the system as of the baseline, ${baseline.length}`,
      got: String(system.length),
    });
  }
  const statistics = [baseline, system].map((lines) => corpusStatistics(metric, lines, references));
  const [first, second] = statistics.map((one) => metric.score(totalsOf(one)).score);
  return { baseline: statistics[0], system: statistics[1], scores: [first, second], samples, seed };
}

/**
 * (1 + how many of `differences` exceed the observed one) / (1 + how many there
 * are). Ties do not count: equal systems differ by 0, which is no luck.
 */
function pValueOf(differences: Float64Array, observed: number): number {
  let larger = 0;
  for (const difference of differences) if (difference > observed) larger++;
  return (larger + 1) / (differences.length + 1);
}

/**
 * Paired bootstrap resampling (Koehn, "Statistical significance tests for
 * machine translation evaluation", 2004, section 4, in the form of Moses): the
 * absolute differences over common resamples, less their mean, are compared
 * with the observed difference.
 *
 * @throws {ShapeError} when the numbers of hypotheses and references differ.
 * @throws {OptionError} for wrong options and for entries that are not strings.
 * @example
 * const references = [["a b c d"], ["e f g h"], ["i j k l"]];
 * const test = pairedBootstrap(bleuMetric(), ["a b c d", "e f g x", "i j"], ["a b c d", "e f g h", "i j k"], references);
 * test.baseline.score < test.system.score; // true
 * test.signature; // "nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
 */
export function pairedBootstrap(
  metric: Metric,
  baseline: readonly string[],
  system: readonly string[],
  references: readonly References[],
  options: PairedOptions = {},
): PairedResult {
  const pair = prepare("pairedBootstrap", metric, baseline, system, references, options, 1000);
  const { samples, seed } = pair;
  const [first, second] = bootstrapScores(metric, [pair.baseline, pair.system], samples, seed);
  const differences = first.map((score, i) => Math.abs(score - second[i]));
  const mean = meanOf(differences);
  const observed = Math.abs(pair.scores[0] - pair.scores[1]);
  return {
    baseline: { score: pair.scores[0], confidence: confidenceOf(first) },
    system: { score: pair.scores[1], confidence: confidenceOf(second) },
    pValue: pValueOf(
      differences.map((difference) => difference - mean),
      observed,
    ),
    ...signatures(pair.baseline.references, resamplingFields("bs", samples, seed), metric.signature),
  };
}

/**
 * Paired approximate randomization (Riezler and Maxwell, W05-0908, section 4):
 * in each trial, the two outputs of every segment change places with
 * probability 1/2.
 *
 * @throws {ShapeError} when the numbers of hypotheses and references differ.
 * @throws {OptionError} for wrong options and for entries that are not strings.
 * @example
 * const same = ["a b c d", "e f g h"];
 * pairedRandomization(bleuMetric(), same, same, [["a b c"], ["e f"]], { samples: 99 }).pValue; // 0.01
 */
export function pairedRandomization(
  metric: Metric,
  baseline: readonly string[],
  system: readonly string[],
  references: readonly References[],
  options: PairedOptions = {},
): PairedResult {
  const pair = prepare("pairedRandomization", metric, baseline, system, references, options, 10_000);
  const { samples, seed } = pair;
  const random = new Pcg64(seed);
  const kept = new Float64Array(pair.baseline.segments);
  const differences = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < kept.length; i++) kept[i] = random.bit();
    const first = exchange(kept, pair.baseline, pair.system);
    const second = exchange(kept, pair.system, pair.baseline);
    differences[sample] = Math.abs(metric.score(first).score - metric.score(second).score);
  }
  return {
    baseline: { score: pair.scores[0] },
    system: { score: pair.scores[1] },
    pValue: pValueOf(differences, Math.abs(pair.scores[0] - pair.scores[1])),
    ...signatures(pair.baseline.references, resamplingFields("ar", samples, seed), metric.signature),
  };
}

/** Totals of the segments of `one` where `kept` is 1 and of `other` where it is 0. */
function exchange(kept: Float64Array, one: CorpusStatistics, other: CorpusStatistics): number[] {
  return one.columns.map((column, k) => {
    const alternative = other.columns[k];
    let sum = 0;
    for (let i = 0; i < kept.length; i++) sum += kept[i] * column[i] + (1 - kept[i]) * alternative[i];
    return sum;
  });
}
