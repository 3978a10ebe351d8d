/** Laws of translators, to be asserted with fast-check for any model that translates lines of text. */
import fc from "fast-check";
import { StateError } from "../base/errors.ts";
import { anyString } from "./arbitraries-text.ts";

/** One hypothesis as the laws look at it. */
interface Scored {
  readonly text: string;
  readonly score: number;
  readonly finished: boolean;
  readonly tokens: readonly string[];
  readonly attention?: readonly ArrayLike<number>[];
}

/** What the laws need of a translator; a {@link Translator} has it. */
export interface TranslatorUnderTest {
  translate(texts: readonly string[], options?: { beamSize?: number; batchSize?: number }): string[];
  translateDetailed(
    texts: readonly string[],
    options?: { beamSize?: number; nBest?: number; batchSize?: number },
  ): readonly (Scored & { readonly nBest: readonly Scored[] })[];
}

export interface TranslatorLawOptions {
  /** The sources to try. Default: {@link anyString}. */
  readonly texts?: fc.Arbitrary<string>;
  /** Largest difference of scores that count as equal. @defaultValue 1e-4 */
  readonly tolerance?: number;
}

/** The laws of one translator, by name. Assert each: `fc.assert(laws.batching)`. */
export interface TranslatorLaws {
  /** A sentence is translated alike alone, in any company and in any place: padding changes nothing. */
  readonly batching: fc.IProperty<unknown>;
  /** One translation for each line, an empty one for a blank line. */
  readonly lineByLine: fc.IProperty<unknown>;
  /** N-best lists are sorted and hold no sequence twice, and their first is the translation. */
  readonly listsAreSorted: fc.IProperty<unknown>;
  /** The attention of each generated token is non-negative and sums to one. */
  readonly attentionSumsToOne: fc.IProperty<unknown>;
}

/**
 * The laws of a translator. Where one is broken, its property throws a StateError that says what was expected.
 *
 * @example
 * const words = trainTokenizer(["a b c"], { type: "word" });
 * const translator = new Translator({ source: words, target: words, hiddenSize: 8, embeddingSize: 8 });
 * fc.assert(translatorLaws(translator).batching, { numRuns: 5 });
 */
export function translatorLaws(
  translator: TranslatorUnderTest,
  { texts = anyString(), tolerance = 1e-4 }: TranslatorLawOptions = {},
): TranslatorLaws {
  const lists = fc.array(texts, { minLength: 1, maxLength: 4 });
  const law = (predicate: (sources: readonly string[]) => void): fc.IProperty<unknown> =>
    fc.property(lists, predicate);
  return {
    batching: law((sources) => {
      const together = translator.translateDetailed(sources, { beamSize: 2 });
      sources.forEach((source, i) => {
        const [alone] = translator.translateDetailed([source], { beamSize: 2 });
        const near =
          Math.abs(alone.score - together[i].score) <= tolerance * Math.max(1, Math.abs(alone.score));
        // Equal scores may be told apart by rounding: then either translation is right.
        if (!near) fail(`score of ${JSON.stringify(source)} in a batch`, alone.score, together[i].score);
      });
    }),
    lineByLine: law((sources) => {
      const got = translator.translate(sources, { beamSize: 1 });
      if (got.length !== sources.length) fail("number of translations", sources.length, got.length);
      sources.forEach((source, i) => {
        if (source.trim() === "" && got[i] !== "") fail("translation of a blank line", '""', got[i]);
      });
    }),
    listsAreSorted: law((sources) => {
      for (const { text, nBest } of translator.translateDetailed(sources, { beamSize: 3, nBest: 3 })) {
        if (nBest[0].text !== text) fail("first of the n-best list", text, nBest[0].text);
        const spelled = nBest.map(({ tokens }) => tokens.join("\0"));
        if (new Set(spelled).size !== spelled.length)
          fail("n-best list", "different sequences", spelled.join(" | "));
        for (let i = 1; i < nBest.length; i++) {
          const [before, after] = [nBest[i - 1], nBest[i]];
          const sorted = before.finished === after.finished ? before.score >= after.score : before.finished;
          if (!sorted) fail("n-best list", "finished ones first, scores falling", after.score);
        }
      }
    }),
    attentionSumsToOne: law((sources) => {
      for (const { attention = [] } of translator.translateDetailed(sources, { beamSize: 1 })) {
        for (const row of attention) {
          const weights = Array.from(row);
          const sum = weights.reduce((total, weight) => total + weight, 0);
          const good = weights.every((weight) => weight >= 0) && Math.abs(sum - 1) <= tolerance;
          if (!good) fail("attention weights", "none below 0, and a sum of 1", `a sum of ${sum}`);
        }
      }
    }),
  };
}

function fail(what: string, expected: unknown, got: unknown): never {
  throw new StateError({ what, expected: String(expected), got: String(got) });
}
