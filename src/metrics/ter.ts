/** Translation edit rate (Snover et al., AMTA 2006), with the definitions of sacreBLEU 2.6.0. */
import { rejectUnknownKeys } from "../base/options.ts";
import { CONFIDENCE_KEYS, type ConfidenceOptions, evaluate } from "./evaluate.ts";
import { Interner } from "./interner.ts";
import type { Metric, References, Reported, Score } from "./metric.ts";
import { translationEdits } from "./ter-edits.ts";
import { type TerOptions, terWords } from "./ter-tokenizer.ts";

export type { TerOptions } from "./ter-tokenizer.ts";

/** Edits for every 100 words of reference: 0 is perfect, and there is no upper limit. */
export interface TerScore extends Score {
  /** Insertions, deletions, substitutions and shifts of blocks. */
  readonly edits: number;
  /** Words of the references, averaged over those of each segment. */
  readonly referenceLength: number;
}

const METRIC_KEYS = ["normalized", "noPunct", "asianSupport", "caseSensitive"] as const;

/**
 * TER as a {@link Metric}, for resampling and significance tests. The
 * statistics of a segment are its edits (the fewest over the references) and
 * the mean length of its references.
 *
 * @throws {OptionError} for wrong options.
 */
export function terMetric(options: TerOptions = {}): Metric<TerScore> {
  rejectUnknownKeys("terMetric", options, METRIC_KEYS);
  const { normalized = false, noPunct = false, asianSupport = false, caseSensitive = false } = options;
  const interner = new Interner();
  return {
    statistics(hypothesis, references) {
      interner.reset();
      const words = interner.encode(terWords(hypothesis, options));
      let fewest = Number.POSITIVE_INFINITY;
      let lengths = 0;
      for (const reference of references) {
        const others = interner.encode(referenceWords(reference, options));
        fewest = Math.min(fewest, translationEdits(words, others));
        lengths += others.length;
      }
      return [fewest, lengths / references.length];
    },
    score(totals) {
      const [edits, referenceLength] = Array.from(totals);
      const nothing = edits > 0 ? 100 : 0;
      const score = referenceLength > 0 ? 100 * (edits / referenceLength) : nothing;
      return { name: "TER", score, verbose: "", edits, referenceLength };
    },
    signature: [
      { key: "case", short: "c", value: caseSensitive ? "mixed" : "lc" },
      { key: "tok", short: "t", value: "tercom" },
      { key: "norm", short: "nr", value: normalized },
      { key: "punct", short: "pn", value: !noPunct },
      { key: "asian", short: "as", value: asianSupport },
    ],
  };
}

/**
 * sacreBLEU normalizes references, not hypotheses, twice. The second pass can
 * cut further (`a..5` becomes `a . .5`, then `a . . 5`), so scores depend on it.
 */
function referenceWords(text: string, options: TerOptions): string[] {
  const words = terWords(text, options);
  return options.normalized ? terWords(words.join(" "), options) : words;
}

/**
 * Corpus TER, equal to sacreBLEU's `corpus_ter`: 100 · edits / reference words.
 *
 * @param references `references[i]` are the references of `hypotheses[i]`, any number from 1 up. `null` and
 * `undefined` are skipped; an empty string is an empty reference
 * @throws {ShapeError} when the corpus is empty, the two sides differ in length, or a segment has no
 * reference.
 * @throws {OptionError} for wrong options and for entries that are not strings.
 * @example
 * ter(["d e f g h a b c"], [["a b c d e f g h"]]).score; // 12.5
 */
export function ter(
  hypotheses: readonly string[],
  references: readonly References[],
  options: TerOptions & ConfidenceOptions = {},
): Reported<TerScore> {
  rejectUnknownKeys("ter", options, [...METRIC_KEYS, ...CONFIDENCE_KEYS]);
  const { bootstrap, seed, ...metric } = options;
  return evaluate(terMetric(metric), hypotheses, references, { bootstrap, seed });
}
