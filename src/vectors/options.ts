/** What training of word vectors can be asked for. */
import { OptionError } from "../base/errors.ts";
import { checkChoice, checkNumber, describe, rejectUnknownKeys } from "../base/options.ts";
import { NGRAM_RULES } from "../formats/word-vectors.ts";

export interface WordVectorOptions {
  /** What is predicted: a word from each of its neighbours alone, or from their mean. @defaultValue "skip-gram" */
  readonly architecture?: "skip-gram" | "cbow";
  /** Elements of a vector, at most 2048. @defaultValue 100 */
  readonly dim?: number;
  /** The farthest neighbour on either side, at most 64; each position has one of the distances up to it. @defaultValue 5 */
  readonly window?: number;
  /** Noise words for each predicted one, at most 128. @defaultValue 5 */
  readonly negative?: number;
  /** Passes over the text. @defaultValue 5 */
  readonly epochs?: number;
  /** Words that occur less often are left out of the text. @defaultValue 5 */
  readonly minCount?: number;
  /** Occurrences of words that make up more than this share of the text are left out at random; 0: none. @defaultValue 1e-3 */
  readonly sample?: number;
  /** Learning rate at the start; it falls linearly to almost 0. @defaultValue 0.025, for cbow 0.05 */
  readonly alpha?: number;
  /**
   * Threads that update the vectors without waiting for each other, at most 16. With more than one, the result depends
   * on how they happen to run. @defaultValue 1
   */
  readonly threads?: number;
  /** Of all random choices. @defaultValue 0 */
  readonly seed?: number;
  /** Vectors of words from those of their character n-grams. */
  readonly subwords?: SubwordOptions;
  /** Compute exactly what the C program word2vec does with one thread; it has a seed of its own. @defaultValue false */
  readonly strict?: boolean;
  /** Called after each batch and at the end of each epoch. */
  readonly onProgress?: (progress: WordVectorProgress) => void;
}

/** Character n-grams (Bojanowski et al. 2017, section 3.2). */
export interface SubwordOptions {
  /** Characters of the shortest. @defaultValue 3 */
  readonly minN?: number;
  /** Characters of the longest. @defaultValue 6 */
  readonly maxN?: number;
  /** Numbers that n-grams are hashed to. @defaultValue 2,000,000 */
  readonly buckets?: number;
}

export interface WordVectorProgress {
  /** From 1. */
  readonly epoch: number;
  /** Words of the text read so far, those that are left out too, in all epochs. */
  readonly words: number;
  /** Words that will have been read in the end. */
  readonly totalWords: number;
  /** Learning rate. */
  readonly alpha: number;
  /** Mean loss in nats of the pairs of this epoch so far: `-log s(x . y) - sum_k log s(-x . y_k)`. */
  readonly loss: number;
  readonly pairs: number;
  readonly epochEnded: boolean;
}

export type Settings = Required<Omit<WordVectorOptions, "onProgress" | "subwords">> & {
  readonly subwords: Required<SubwordOptions> | undefined;
};

const RULES = {
  dim: { integer: true, min: 1, max: 2048 },
  window: { integer: true, min: 1, max: 64 },
  negative: { integer: true, min: 1, max: 128 },
  epochs: { integer: true, min: 1 },
  minCount: { integer: true, min: 1 },
  sample: { min: 0, max: 1 },
  alpha: { above: 0, max: 1 },
  threads: { integer: true, min: 1, max: 16 },
} as const;

const DEFAULTS = {
  dim: 100,
  window: 5,
  negative: 5,
  epochs: 5,
  minCount: 5,
  sample: 1e-3,
  threads: 1,
  seed: 0,
} as const;

/** @throws {OptionError} for unknown names, values out of range, and options that exclude each other. */
export function settingsOf(options: WordVectorOptions): Settings {
  const known = [...Object.keys(DEFAULTS), "architecture", "alpha", "subwords", "strict", "onProgress"];
  rejectUnknownKeys("word vector", options, known);
  const architecture = checkChoice("architecture", options.architecture ?? "skip-gram", [
    "skip-gram",
    "cbow",
  ]);
  const { onProgress: _, strict = false, subwords, ...given } = options;
  const settings = {
    alpha: architecture === "cbow" ? 0.05 : 0.025,
    ...DEFAULTS,
    ...given,
    architecture,
    strict,
  };
  for (const [name, rule] of Object.entries(RULES))
    checkNumber(name, settings[name as keyof typeof RULES], rule);
  if (typeof strict !== "boolean") {
    throw new OptionError({ what: "strict", expected: "true or false", got: describe(strict) });
  }
  if (strict && (settings.threads > 1 || subwords !== undefined || settings.seed !== 0)) {
    throw new OptionError({
      what: "strict",
      expected: "one thread, no subwords and no seed",
      got: settings.threads > 1 ? `${settings.threads} threads` : subwords ? "subwords" : "a seed",
      hint: "The C program's order of updates and random numbers are those of one thread.",
    });
  }
  return { ...settings, subwords: subwords && subwordSettings(subwords) };
}

function subwordSettings(options: SubwordOptions): Required<SubwordOptions> {
  rejectUnknownKeys("subwords", options, ["minN", "maxN", "buckets"]);
  const { minN = 3, maxN = 6, buckets = 2_000_000 } = options;
  checkNumber("minN", minN, NGRAM_RULES.minN);
  checkNumber("maxN", maxN, { ...NGRAM_RULES.maxN, min: minN });
  checkNumber("buckets", buckets, NGRAM_RULES.buckets);
  return { minN, maxN, buckets };
}
