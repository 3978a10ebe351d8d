/** Laws of models that predict each word from those before it, to be asserted with fast-check. */
import fc from "fast-check";
import { StateError } from "../base/errors.ts";
import type { NgramModel } from "../ngram/model.ts";

/** The part of an n-gram model that the laws ask. Logarithms are to base 10. */
export type NgramLike = Pick<NgramModel, "logProb" | "score" | "perplexity">;

export interface NgramLawOptions {
  /** All words that can be predicted: with `</s>` and `<unk>`, without `<s>`. */
  readonly words: readonly string[];
  /** How far a sum of probabilities may be from 1. @defaultValue 1e-10 */
  readonly tolerance?: number;
}

/** Properties of an n-gram model. Assert each with `fc.assert`. */
export interface NgramLaws {
  /** The probabilities of all words after any context sum to one. */
  readonly sumsToOne: fc.IProperty<unknown>;
  /** Every probability lies between 0 and 1. */
  readonly isProbability: fc.IProperty<unknown>;
  /** Scoring a sentence word by word gives what asking with the whole context gives. */
  readonly statesAgree: fc.IProperty<unknown>;
  /** Perplexity is the geometric mean of the words' inverse probabilities. */
  readonly perplexityIsMean: fc.IProperty<unknown>;
}

/**
 * The laws of an n-gram model whose sentences begin with `<s>` and end with `</s>`.
 *
 * @example
 * const model = trainNgram(["a b a", "b c"], { smoothing: "witten-bell" });
 * for (const law of Object.values(ngramLaws(model, { words: ["a", "b", "c", "</s>", "<unk>"] }))) fc.assert(law);
 */
export function ngramLaws(model: NgramLike, { words, tolerance = 1e-10 }: NgramLawOptions): NgramLaws {
  const inside = words.filter((word) => word !== "</s>" && word !== "<unk>");
  const sentence = fc.array(fc.constantFrom(...inside, "an unknown word"), { maxLength: 8 });
  const context = fc
    .tuple(fc.boolean(), sentence)
    .map(([isStart, before]) => (isStart ? ["<s>", ...before] : before));
  const fail = (what: string, expected: string, got: number): never => {
    throw new StateError({ what, expected, got: String(got) });
  };
  return {
    sumsToOne: fc.property(context, (before) => {
      let sum = 0;
      for (const word of words) sum += 10 ** model.logProb(word, before);
      if (!(Math.abs(sum - 1) <= tolerance))
        fail(`probabilities after ${before.join(" ")}`, "a sum of 1", sum);
    }),
    isProbability: fc.property(context, fc.constantFrom(...words), (before, word) => {
      const prob = 10 ** model.logProb(word, before);
      if (!(prob >= 0 && prob <= 1)) fail(`P(${word} | ${before.join(" ")})`, "0 to 1", prob);
    }),
    statesAgree: fc.property(sentence, (text) => {
      const before = ["<s>"];
      for (const { word, logProb } of model.score(text).words) {
        const whole = model.logProb(word, before);
        if (whole !== logProb && !(Math.abs(whole - logProb) <= 1e-9)) {
          fail(`log10 P(${word} | ${before.join(" ")})`, `${whole}, as with the whole context`, logProb);
        }
        before.push(word);
      }
    }),
    perplexityIsMean: fc.property(sentence, (text) => {
      const scores = model.score(text).words;
      const mean = scores.reduce((product, { logProb }) => product * 10 ** (-logProb / scores.length), 1);
      const got = model.perplexity([text]);
      if (mean !== got && !(Math.abs(got / mean - 1) <= 1e-9)) fail("perplexity", String(mean), got);
    }),
  };
}
