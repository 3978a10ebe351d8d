import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { interpolationWeights } from "../../src/metrics/interpolation.ts";
import { LanguageModel } from "../../src/models/language-model.ts";
import { languageModelSpecials } from "../../src/models/language-model-text.ts";
import { compareScorers, ngramScorer } from "../../src/models/text-scorer.ts";
import { readArpa } from "../../src/ngram/arpa-read.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";

/** log10 0.1, 0.4, 0.3 and 0.2, and after `a`: `b` 0.9 and the rest by backoff. */
const ARPA = `\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-1\t<unk>
-99\t<s>\t0
-0.39794\t</s>
-0.52288\ta\t-0.8451
-0.69897\tb\t0

\\2-grams:
-0.0457575\ta b
-0.30103\t<s> a

\\end\\
`;
const ngram = readArpa(new TextEncoder().encode(ARPA));
const counted = ngramScorer(ngram);
const words = trainTokenizer(["a b"], { type: "word", specials: languageModelSpecials("word") });
const characters = trainTokenizer(["ab \n"], { type: "char", specials: languageModelSpecials("char") });
const neural = (tokenizer = words) =>
  new LanguageModel({ tokenizer, model: "lstm", hiddenSize: 6, random: new Random(1) });

describe("ngramScorer", () => {
  test("each line is a sentence, its end is predicted, unknown words are named so", () => {
    const { tokens, logProbs, unknown } = counted.score("a b\n\nc a\n");
    expect(tokens).toEqual(["a", "b", "</s>", "</s>", "<unk>", "a", "</s>"]);
    expect([...unknown]).toEqual([0, 0, 0, 0, 1, 0, 0]);
    const log10 = [-0.30103, -0.0457575, -0.39794, -0.39794, -1, -0.52288, -0.8451 - 0.39794];
    for (const [i, x] of log10.entries()) expect(logProbs[i] / Math.LN10).toBeCloseTo(x, 5);
    expect(counted.measure("a b\n\nc a\n")).toEqual({ words: 7, bytes: 9 });
    expect(counted.measure("a b")).toEqual({ words: 3, bytes: 4 });
  });

  test("has the perplexities that the model gives itself", () => {
    const [figures] = compareScorers([counted], "a b\nc a\n").figures;
    const own = ngram.evaluate(["a b", "c a"]);
    expect(figures.perplexity).toBeCloseTo(own.perplexity, 9);
    expect(figures.knownPerplexity).toBeCloseTo(own.perplexityOfKnown, 9);
    expect(figures).toMatchObject({ tokens: own.tokens, unknown: own.unknown });
  });
});

describe("compareScorers", () => {
  const [text, tune] = ["a b\nb a\nc\n", "a a b\nb\na b\n"];

  test("models of the same tokens: figures of each, and of the mixture that suits the other text", () => {
    const model = neural();
    const { figures, difference, mixture } = compareScorers([counted, model], text, tune);
    expect(difference).toBeNull();
    expect(figures[1]).toEqual(model.evaluate(text));
    const weights = interpolationWeights([counted, model].map((each) => each.score(tune).logProbs));
    expect(mixture?.weights).toEqual(weights);
    const [p, q] = [counted, model].map((each) => each.score(text).logProbs);
    const nats = [...p].map((x, i) => -Math.log(weights[0] * Math.exp(x) + weights[1] * Math.exp(q[i])));
    expect(mixture?.figures.loss).toBeCloseTo(nats.reduce((sum, x) => sum + x, 0) / nats.length, 12);
    expect(mixture?.figures).toMatchObject({ tokens: 8, words: 8, unknown: 1, bytes: 10 });
    // On the text that it is tuned on, a mixture is at least as good as its parts.
    const tuned = compareScorers([counted, model], tune, tune);
    const best = Math.min(...tuned.figures.map(({ loss }) => loss));
    expect(tuned.mixture?.figures.loss).toBeLessThan(best + 1e-9);
  });

  test("other tokens are told, and not mixed", () => {
    const models = [counted, neural(characters)];
    expect(compareScorers(models, text).difference).toEqual({ at: 1, tokens: ["b", " "] });
    expect(compareScorers(models, text)).not.toHaveProperty("mixture");
    expect(() => compareScorers(models, text, tune)).toThrow(OptionError);
    expect(() => compareScorers(models, text, tune)).toThrow(
      'the same of them unknown, got "b" and " " as token 2.',
    );
  });

  test("the same words of which one model knows more", () => {
    const larger = trainTokenizer(["a b c"], { type: "word", specials: languageModelSpecials("word") });
    expect(compareScorers([counted, neural(larger)], text).difference).toEqual({
      at: 6,
      tokens: ["<unk>", "c"],
    });
  });

  test("nothing to measure", () => {
    expect(() => compareScorers([counted], "")).toThrow(
      "text to evaluate: expected at least one token, got none.",
    );
    expect(() => compareScorers([], "a", "a")).toThrow(
      "models to interpolate: expected at least one, got none.",
    );
  });
});
