/** Laws of corpus metrics, to be asserted with fast-check for any {@link Metric}. */
import fc from "fast-check";
import { evaluate } from "../metrics/evaluate.ts";
import { corpusStatistics, type Metric, totalsOf } from "../metrics/metric.ts";

/** A hypothesis and its references, at least one. */
export interface MetricSegment {
  readonly hypothesis: string;
  readonly references: readonly string[];
}

export interface MetricLawOptions {
  /** @defaultValue 0 */
  readonly lowest?: number;
  /** @defaultValue 100 */
  readonly highest?: number;
  /** The score of hypotheses equal to their references. @defaultValue 100 */
  readonly perfect?: number;
  /** Whether hypotheses can reach `perfect`; BLEU needs a segment of 4 tokens. @defaultValue always */
  readonly reachable?: (hypotheses: readonly string[]) => boolean;
  /** @defaultValue {@link metricCorpora} */
  readonly corpora?: fc.Arbitrary<readonly MetricSegment[]>;
}

/** The laws of one metric, by name. Assert each: `fc.assert(laws.staysInBounds)`. */
export interface MetricLaws {
  /** Scores lie between the lowest and the highest. */
  readonly staysInBounds: fc.IProperty<unknown>;
  /** Hypotheses equal to their references are perfect. */
  readonly copiesArePerfect: fc.IProperty<unknown>;
  /** The order of segments does not matter. */
  readonly ignoresSegmentOrder: fc.IProperty<unknown>;
  /** The order of references does not matter. Not so for chrF, where the first of equally good ones counts. */
  readonly ignoresReferenceOrder: fc.IProperty<unknown>;
  /** A reference more that equals the hypothesis never takes a segment further from perfect. */
  readonly copyNeverHurts: fc.IProperty<unknown>;
  /** Statistics add up over parts of a corpus, and the score comes from them alone. */
  readonly statisticsAdd: fc.IProperty<unknown>;
}

const TOLERANCE = 1e-9;

const words = fc
  .array(fc.constantFrom("a", "b", "c", "d.", "3,5", "(e)", "é", "中", "😀"), { maxLength: 12 })
  .map((tokens) => tokens.join(" "));
const texts = fc.oneof({ weight: 4, arbitrary: words }, fc.string({ unit: "binary", maxLength: 12 }));

/** Small corpora, most of them over few words, so that n-grams match. */
export const metricCorpora: fc.Arbitrary<readonly MetricSegment[]> = fc.array(
  fc.record({ hypothesis: texts, references: fc.array(texts, { minLength: 1, maxLength: 3 }) }),
  { minLength: 1, maxLength: 6 },
);

/**
 * The laws of a metric.
 *
 * @example
 * const laws = metricLaws(terMetric(), { highest: Infinity, perfect: 0 });
 * fc.assert(laws.ignoresSegmentOrder, { numRuns: 20 });
 */
export function metricLaws(metric: Metric, options: MetricLawOptions = {}): MetricLaws {
  const { lowest = 0, highest = 100, perfect = 100 } = options;
  const { reachable = () => true, corpora = metricCorpora } = options;
  const score = (segments: readonly MetricSegment[]) => evaluate(metric, ...columns(segments)).score;
  const totals = (segments: readonly MetricSegment[]) =>
    totalsOf(corpusStatistics(metric, ...columns(segments)));
  const ranked = fc.array(fc.tuple(corpora, fc.nat()), { minLength: 1, maxLength: 4 });

  return {
    staysInBounds: fc.property(corpora, (segments) => {
      const points = score(segments);
      return points >= lowest - TOLERANCE && points <= highest + TOLERANCE;
    }),
    copiesArePerfect: fc.property(corpora, (segments) => {
      fc.pre(reachable(segments.map(({ hypothesis }) => hypothesis)));
      return near(
        score(segments.map(({ hypothesis }) => ({ hypothesis, references: [hypothesis] }))),
        perfect,
      );
    }),
    ignoresSegmentOrder: fc.property(ranked, (parts) => {
      const sorted = parts.toSorted(([, a], [, b]) => a - b);
      return near(
        score(parts.flatMap(([part]) => part)),
        score(sorted.flatMap(([part]) => part.toReversed())),
      );
    }),
    ignoresReferenceOrder: fc.property(corpora, (segments) => {
      const turned = segments.map((one) => ({ ...one, references: one.references.toReversed() }));
      return near(score(segments), score(turned));
    }),
    copyNeverHurts: fc.property(corpora, ([{ hypothesis, references }]) => {
      const without = score([{ hypothesis, references }]);
      const withCopy = score([{ hypothesis, references: [...references, hypothesis] }]);
      return Math.abs(withCopy - perfect) <= Math.abs(without - perfect) + TOLERANCE;
    }),
    statisticsAdd: fc.property(corpora, corpora, (one, two) => {
      const both = [...one, ...two];
      const [first, second, whole] = [one, two, both].map(totals);
      const sums = first.map((figure, k) => figure + second[k]);
      return whole.every((figure, k) => near(figure, sums[k])) && near(metric.score(sums).score, score(both));
    }),
  };
}

function columns(segments: readonly MetricSegment[]): [string[], (readonly string[])[]] {
  return [segments.map(({ hypothesis }) => hypothesis), segments.map(({ references }) => references)];
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}
