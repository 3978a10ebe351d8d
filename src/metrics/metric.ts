/**
 * What all corpus metrics share: sufficient statistics per segment, a score
 * computed from their sum, and a signature that says how it was computed.
 */
import { OptionError, ShapeError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import { formatFixed } from "./python-text.ts";

/** A score in points: 0..100 for BLEU and chrF, 0 and up for TER. */
export interface Score {
  readonly name: string;
  readonly score: number;
  /** What sacreBLEU prints after the score; empty for chrF and TER. */
  readonly verbose: string;
}

/** The mean of bootstrap resamples and half the width of their central 95 %. */
export interface Confidence {
  readonly mean: number;
  readonly halfWidth: number;
}

/** How a score came about. */
export interface Report {
  /** e.g. `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0` */
  readonly signature: string;
  /** e.g. `#:1|c:mixed|e:no|tok:13a|s:exp|v:2.6.0` */
  readonly shortSignature: string;
  readonly confidence?: Confidence;
}

export type Reported<S extends Score> = S & Report;

/** One `key:value` of a signature. */
export interface SignatureField {
  readonly key: string;
  /** The key in the short signature. */
  readonly short: string;
  readonly value: string | number | boolean;
}

/** References of one segment. `null` and `undefined` stand for "no reference here". */
export type References = readonly (string | null | undefined)[];

/**
 * A corpus metric: everything that resampling and significance tests need, so
 * that they also work on a metric of your own.
 */
export interface Metric<S extends Score = Score> {
  /** Sufficient statistics of one segment: always the same number of figures, added over segments. */
  statistics(hypothesis: string, references: readonly string[]): ArrayLike<number>;
  /** The score of a corpus, from the sums of its segments' statistics. */
  score(totals: ArrayLike<number>): S;
  readonly signature: readonly SignatureField[];
}

/** The release of sacreBLEU whose definitions are followed; the `version` of every signature. */
export const SACREBLEU_VERSION = "2.6.0";

/** Statistics of all segments: one column for each figure, with one entry per segment. */
export interface CorpusStatistics {
  readonly columns: readonly Float64Array[];
  readonly segments: number;
  /** How many references each segment has, or `var` where that differs. */
  readonly references: number | "var";
}

/**
 * Checks a corpus and computes the statistics of its segments.
 *
 * @throws {ShapeError} when the corpus is empty, the two sides differ in length, or a segment has no
 * reference.
 * @throws {OptionError} when a hypothesis or reference is not a string.
 */
export function corpusStatistics(
  metric: Metric,
  hypotheses: readonly string[],
  references: readonly References[],
): CorpusStatistics {
  checkCorpus(hypotheses, references);
  const segments = hypotheses.length;
  let columns: Float64Array[] = [];
  let counts: number | "var" | undefined;
  for (let i = 0; i < segments; i++) {
    const present = presentReferences(references[i], i);
    const figures = metric.statistics(hypotheses[i], present);
    if (i === 0) {
      columns = Array.from(figures, () => new Float64Array(segments));
      counts = present.length;
    }
    for (let k = 0; k < columns.length; k++) columns[k][i] = figures[k];
    if (counts !== present.length) counts = "var";
  }
  return { columns, segments, references: counts! };
}

function checkCorpus(hypotheses: readonly string[], references: readonly References[]): void {
  if (!Array.isArray(hypotheses) || hypotheses.length === 0) {
    throw new ShapeError({
      what: "hypotheses",
      expected: "an array of at least one string",
      got: describe(hypotheses),
    });
  }
  if (!Array.isArray(references) || references.length !== hypotheses.length) {
    throw new ShapeError({
      what: "references",
      expected: `one array of references for each of the ${hypotheses.length} hypotheses`,
      got: describe(references),
      hint: "references[i] holds all references of hypotheses[i].",
    });
  }
  const bad = hypotheses.findIndex((hypothesis) => typeof hypothesis !== "string");
  if (bad >= 0) {
    throw new OptionError({
      what: `hypotheses[${bad}]`,
      expected: "a string",
      got: describe(hypotheses[bad]),
    });
  }
}

function presentReferences(references: References, segment: number): string[] {
  const complaint = (expected: string, got: string) => ({
    what: `references[${segment}]`,
    expected,
    got,
    hint: "references[i] holds all references of hypotheses[i].",
  });
  if (!Array.isArray(references)) {
    throw new OptionError(complaint("an array of strings", describe(references)));
  }
  const present: string[] = [];
  for (const reference of references as References) {
    if (reference === null || reference === undefined) continue;
    if (typeof reference !== "string") {
      throw new OptionError(complaint("strings or null", describe(reference)));
    }
    present.push(reference);
  }
  if (present.length > 0) return present;
  throw new ShapeError(complaint("at least one reference", "none"));
}

/** The sums over all segments. */
export function totalsOf({ columns }: CorpusStatistics): Float64Array {
  return Float64Array.from(columns, (column) => column.reduce((sum, figure) => sum + figure, 0));
}

/** Both forms of a signature, from the fields of the metric and, before them, of the test. */
export function signatures(
  references: number | "var",
  test: readonly SignatureField[],
  metric: readonly SignatureField[],
): { signature: string; shortSignature: string } {
  const fields: SignatureField[] = [
    { key: "nrefs", short: "#", value: references },
    ...test,
    ...metric,
    { key: "version", short: "v", value: SACREBLEU_VERSION },
  ];
  const text = (value: string | number | boolean) =>
    typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
  return {
    signature: fields.map(({ key, value }) => `${key}:${text(value)}`).join("|"),
    shortSignature: fields.map(({ short, value }) => `${short}:${text(value)}`).join("|"),
  };
}

/**
 * The line sacreBLEU prints for a score, with `width` decimals.
 *
 * @example
 * formatScore(bleu(["the cat sat here"], [["the cat sat there"]]), 1);
 * // "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = 59.5 75.0/66.7/50.0/50.0 (BP = 1.000 ratio = 1.000 hyp_len = 4 ref_len = 4)"
 */
export function formatScore(score: Score & Partial<Report>, width = 2): string {
  const { name, signature, confidence, verbose } = score;
  let text = `${signature ? `${name}|${signature}` : name} = ${formatFixed(score.score, width)}`;
  if (confidence && confidence.mean > 0) {
    const [mean, half] = [confidence.mean, confidence.halfWidth].map((value) => formatFixed(value, width));
    text += ` (μ = ${mean} ± ${half})`;
  }
  return verbose ? `${text} ${verbose}` : text;
}
