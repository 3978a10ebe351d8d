/** A corpus of distinct sentence pairs from the grammar, split for training. */
import { checkNumber, rejectUnknownKeys } from "../../base/options.ts";
import { Random } from "../../base/random.ts";
import type { Pair } from "./grammar.ts";
import { generatePair } from "./grammar.ts";

export interface CorpusOptions {
  /** @defaultValue 1 */
  readonly seed?: number;
  /**
   * In all three parts together; 20 to 100,000.
   *
   * @defaultValue 10000
   */
  readonly pairs?: number;
}

export interface Corpus {
  /** Nine tenths of the pairs. */
  readonly train: readonly Pair[];
  /** One twentieth. */
  readonly valid: readonly Pair[];
  /** One twentieth. */
  readonly test: readonly Pair[];
}

/**
 * Draws pairs until `pairs` are distinct. No English and no French sentence
 * occurs twice, so none of the test sentences is known from training on either
 * side.
 *
 * @throws {OptionError} on an unknown option or a number out of range.
 * @example
 * const { train, valid, test } = generateCorpus({ seed: 7, pairs: 200 });
 * [train.length, valid.length, test.length]; // [180, 10, 10]
 */
export function generateCorpus(options: CorpusOptions = {}): Corpus {
  rejectUnknownKeys("generateCorpus", options, ["seed", "pairs"]);
  const { seed = 1, pairs = 10000 } = options;
  checkNumber("generateCorpus pairs", pairs, { integer: true, min: 20, max: 100_000 });
  const random = new Random(seed);
  const sentences = new Set<string>();
  const drawn: Pair[] = [];
  while (drawn.length < pairs) {
    const pair = generatePair(random);
    if (sentences.has(pair.source) || sentences.has(pair.target)) continue;
    sentences.add(pair.source).add(pair.target);
    drawn.push(pair);
  }
  const held = Math.floor(pairs / 20);
  const train = pairs - 2 * held;
  return {
    train: drawn.slice(0, train),
    valid: drawn.slice(train, train + held),
    test: drawn.slice(train + held),
  };
}
