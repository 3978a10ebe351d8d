/**
 * Scores of resampled corpora. As in sacreBLEU, resamples come from NumPy's
 * generator with seed 12345 unless another is given; scores are computed in
 * f64, where sacreBLEU rounds statistics to f32.
 */
import { checkNumber } from "../base/options.ts";
import type { Confidence, CorpusStatistics, Metric, SignatureField } from "./metric.ts";
import { Pcg64 } from "./pcg64.ts";

export const DEFAULT_SEED = 12345;

/** Checks a seed: what NumPy calls one, a whole number of at least 0. */
export function checkSeed(seed: number): number {
  return checkNumber("seed", seed, { integer: true, min: 0, max: Number.MAX_SAFE_INTEGER });
}

/**
 * The scores of `samples` corpora, each drawn with replacement from the
 * segments of the given one (Koehn, "Statistical significance tests for machine
 * translation evaluation", 2004, section 3). Several systems over the same
 * segments share their draws.
 *
 * @returns for each system, its scores
 */
export function bootstrapScores(
  metric: Metric,
  systems: readonly CorpusStatistics[],
  samples: number,
  seed: number,
): Float64Array[] {
  const random = new Pcg64(seed);
  const { segments } = systems[0];
  const times = new Float64Array(segments);
  const scores = systems.map(() => new Float64Array(samples));
  for (let sample = 0; sample < samples; sample++) {
    times.fill(0);
    for (let i = 0; i < segments; i++) times[random.integer(segments)]++;
    for (let s = 0; s < systems.length; s++) {
      const totals = systems[s].columns.map((column) => dot(times, column));
      scores[s][sample] = metric.score(totals).score;
    }
  }
  return scores;
}

function dot(times: Float64Array, column: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += times[i] * column[i];
  return sum;
}

/** Mean of `scores` and half the width of the interval that leaves 1/40 of them out at each end. */
export function confidenceOf(scores: Float64Array): Confidence {
  const sorted = scores.slice().sort();
  const left = Math.floor(sorted.length / 40);
  const right = sorted.length - left - 1;
  return { mean: meanOf(scores), halfWidth: 0.5 * (sorted[right] - sorted[left]) };
}

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The part of a signature that describes resampling with `count` samples (`bs`) or trials (`ar`). */
export function resamplingFields(test: "bs" | "ar", count: number, seed: number): SignatureField[] {
  return [
    { key: test, short: test, value: count },
    { key: "seed", short: "rs", value: seed },
  ];
}
