import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NgramOptions } from "../../src/ngram/options.ts";
import { SMOOTHINGS } from "../../src/ngram/smoothing.ts";
import { trainNgram } from "../../src/ngram/train.ts";
import { ngramLaws } from "../../src/testing/laws-ngram.ts";
import { runs } from "../support/fc.ts";

const quiet = { onWarning: () => undefined };
const WORDS = ["a", "b", "c", "d", "</s>", "<unk>"];
const texts = fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 8 }), {
  minLength: 1,
  maxLength: 12,
});
const fewer = { numRuns: Math.ceil(runs.numRuns / 5) };
const train = (text: string[][], options: NgramOptions) =>
  trainNgram(text, { vocabulary: ["a", "b", "c", "d"], ...quiet, ...options });

describe.each(SMOOTHINGS)("%s", (smoothing) => {
  test("probabilities and states, on random texts", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 4 }), (text, order) => {
        const laws = ngramLaws(train(text, { order, smoothing }), { words: WORDS });
        fc.assert(laws.statesAgree, { numRuns: 5 });
        fc.assert(laws.perplexityIsMean, { numRuns: 5 });
        if (smoothing === "stupid-backoff") return;
        fc.assert(laws.sumsToOne, { numRuns: 5 });
        fc.assert(laws.isProbability, { numRuns: 5 });
      }),
      fewer,
    );
  });

  test("pruning at 0 is no pruning, and with pruning sums stay", () => {
    if (smoothing === "laplace" || smoothing === "lidstone" || smoothing === "stupid-backoff") return;
    fc.assert(
      fc.property(texts, (text) => {
        const whole = train(text, { smoothing });
        expect(train(text, { smoothing, prune: [0, 0, 0] }).parts.tables).toEqual(whole.parts.tables);
        fc.assert(ngramLaws(train(text, { smoothing, prune: [0, 1] }), { words: WORDS }).sumsToOne, {
          numRuns: 5,
        });
      }),
      fewer,
    );
  });
});

test("additive smoothing lies between relative frequencies and the uniform distribution", () => {
  const text = [
    ["a", "b"],
    ["a", "c"],
  ];
  const P = (additive: number) =>
    10 ** train(text, { order: 2, smoothing: "lidstone", additive }).logProb("b", ["a"]);
  expect(P(1e-9)).toBeCloseTo(1 / 2, 8);
  expect(P(1e9)).toBeCloseTo(1 / 6, 8);
  expect(P(1)).toBeCloseTo(2 / 8, 12);
});

test("relative frequencies make the training text more probable than any other smoothing does", () => {
  fc.assert(
    fc.property(texts, fc.constantFrom(...SMOOTHINGS.slice(1, -1)), (text, smoothing) => {
      const best = train(text, { order: 2, smoothing: "mle" }).evaluate(text).logProb;
      expect(train(text, { order: 2, smoothing }).evaluate(text).logProb).toBeLessThanOrEqual(best + 1e-9);
    }),
    fewer,
  );
});

test("counts of different words before are those of a brute-force count", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const before = new Map<string, Set<string>>();
      for (const sentence of text) {
        const words = ["<s>", ...sentence, "</s>"];
        for (let i = 1; i < words.length; i++) {
          before.set(words[i], (before.get(words[i]) ?? new Set()).add(words[i - 1]));
        }
      }
      const total = [...before.values()].reduce((sum, { size }) => sum + size, 0);
      const model = train(text, { order: 2, smoothing: "kneser-ney", smoothUnigrams: false });
      for (const word of WORDS) {
        expect(10 ** model.logProb(word)).toBeCloseTo((before.get(word)?.size ?? 0) / total, 12);
      }
    }),
    fewer,
  );
});

test("a model that breaks a law is found out", () => {
  const model = train([["a", "b"]], { smoothing: "witten-bell" });
  const wrong = {
    score: model.score.bind(model),
    perplexity: () => 1,
    logProb: (word: string, context?: readonly string[]) => model.logProb(word, context) + 2,
  };
  for (const law of Object.values(ngramLaws(wrong, { words: WORDS }))) expect(() => fc.assert(law)).toThrow();
});
