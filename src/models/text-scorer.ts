/** Language models of every kind, counted or neural, behind one evaluator. */
import { checkInstance, checkList, checkText } from "../base/options.ts";
import { interpolate, interpolationWeights } from "../metrics/interpolation.ts";
import {
  checkSameTokens,
  type ScoredText,
  type TextFigures,
  type TextSize,
  type TokenDifference,
  textFigures,
  tokenDifference,
} from "../metrics/scored-text.ts";
import { NgramModel } from "../ngram/model.ts";
import { UNKNOWN } from "../ngram/words.ts";
import { splitLines } from "../text/corpus-lines.ts";
import { textSize } from "./language-model-text.ts";

/** A language model as evaluation sees it. */
export interface TextScorer {
  /** Predicts every token of a text once, from what stands before it. */
  score(text: string): ScoredText;
  /** How long a text is, counted as this model reads it. */
  measure(text: string): TextSize;
}

const isScorer = (value: unknown): boolean => {
  const { score, measure } = (value ?? {}) as Partial<TextScorer>;
  return typeof score === "function" && typeof measure === "function";
};

/** An n-gram model that takes each line of a text for a sentence; an empty one has its `</s>` alone, as in KenLM. */
export function ngramScorer(model: NgramModel): TextScorer {
  checkInstance("ngramScorer", model, NgramModel);
  return {
    measure: (text) => textSize(text, "lines"),
    score(text) {
      const words = splitLines(text).flatMap((line) => model.score(line).words);
      return {
        tokens: words.map(({ word, unknown }) => (unknown ? UNKNOWN : word)),
        logProbs: Float64Array.from(words, ({ logProb }) => logProb * Math.LN10),
        unknown: Uint8Array.from(words, ({ unknown }) => Number(unknown)),
      };
    },
  };
}

/** Several models on one text. */
export interface ScorerComparison {
  /** Of each model, in order. */
  readonly figures: readonly TextFigures[];
  /**
   * Where the tokens of a model differ from those of the first, if anywhere: then only bits per byte, and figures per word,
   * compare.
   */
  readonly difference: TokenDifference | null;
  /** The linear mixture of all, where there is a text to tune it on. */
  readonly mixture?: { readonly weights: readonly number[]; readonly figures: TextFigures };
}

/**
 * Measures language models on one text, and their linear mixture with the weights that suit another text best
 * ({@link interpolationWeights}).
 *
 * @param tune the other text. A mixture needs models of the same tokens.
 * @throws {OptionError} for an empty text, without models, and for a mixture of models whose tokens differ.
 * @example
 * const counts = "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.2218\t</s>\n-0.5229\ttea\n\n\\end\\\n";
 * const ngram = ngramScorer(readArpa(new TextEncoder().encode(counts)));
 * const tokenizer = trainTokenizer(["tea"], { type: "word", specials: ["</s>", "<unk>"] });
 * const lstm = new LanguageModel({ tokenizer, model: "lstm", hiddenSize: 8 });
 * const { figures, mixture } = compareScorers([ngram, lstm], "tea tea\n", "tea\ntea tea\n");
 * mixture !== undefined && mixture.figures.loss <= Math.max(...figures.map(({ loss }) => loss)); // true
 */
export function compareScorers(
  scorers: readonly TextScorer[],
  text: string,
  tune?: string,
): ScorerComparison {
  checkList("compareScorers", scorers, "models that score texts", isScorer);
  checkText("text to compare on", text);
  const scored = scorers.map((scorer) => scorer.score(text));
  const figures = scored.map((each, i) => textFigures(each, scorers[i].measure(text)));
  const difference = scored.map((each) => tokenDifference(scored[0], each)).find((found) => found !== null);
  if (tune === undefined) return { figures, difference: difference ?? null };
  checkSameTokens(scored);
  const heldOut = scorers.map((scorer) => scorer.score(tune));
  checkSameTokens(heldOut);
  const weights = interpolationWeights(heldOut.map(({ logProbs }) => logProbs));
  const logProbs = interpolate(
    scored.map((each) => each.logProbs),
    weights,
  );
  const mixed = textFigures({ ...scored[0], logProbs }, scorers[0].measure(text));
  return { figures, difference: null, mixture: { weights, figures: mixed } };
}
