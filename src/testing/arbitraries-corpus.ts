/** Arbitraries of parallel text. */
import fc from "fast-check";
import { Random } from "../base/random.ts";
import type { Pair } from "./grammar/grammar.ts";
import { generatePair } from "./grammar/grammar.ts";

/**
 * English sentences with their French translations, from the grammar. A pair
 * does not shrink: a sentence has no simpler one that fails for the same reason.
 *
 * @example
 * fc.assert(fc.property(sentencePairs(), ({ source }) => /[.?]$/.test(source)));
 */
export function sentencePairs(): fc.Arbitrary<Pair> {
  return fc.noShrink(fc.noBias(fc.nat())).map((seed) => generatePair(new Random(seed)));
}
