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
    const isSummed = !["laplace", "lidstone", "stupid-backoff"].includes(smoothing);
    fc.assert(
      fc.property(texts, (text) => {
        const whole = train(text, { smoothing });
        expect(train(text, { smoothing, prune: [0, 0, 0] }).parts.tables).toEqual(whole.parts.tables);
        if (!isSummed) return;
        fc.assert(ngramLaws(train(text, { smoothing, prune: [0, 1] }), { words: WORDS }).sumsToOne, {
          numRuns: 5,
        });
      }),
      fewer,
    );
  });
});

test("additive smoothing goes from relative frequencies to the uniform distribution", () => {
  fc.assert(
    fc.property(texts, fc.constantFrom(...WORDS), (text, word) => {
      const P = (options: NgramOptions) => 10 ** train(text, options).logProb(word, ["<s>"]);
      const own = P({ order: 2, smoothing: "mle" });
      expect(P({ order: 2, smoothing: "lidstone", additive: 1e-9 })).toBeCloseTo(own, 7);
      expect(P({ order: 2, smoothing: "lidstone", additive: 1e9 })).toBeCloseTo(1 / WORDS.length, 7);
      const [laplace, one] = [
        P({ order: 2, smoothing: "laplace" }),
        P({ smoothing: "lidstone", additive: 1, order: 2 }),
      ];
      expect(laplace).toBe(one);
    }),
    fewer,
  );
});

/** What each context of `length` words is followed by, and how often. */
function followers(text: string[][], length: number): Map<string, Map<string, number>> {
  const all = new Map<string, Map<string, number>>();
  for (const sentence of text) {
    const words = ["<s>", ...sentence, "</s>"];
    for (let i = length; i < words.length; i++) {
      const context = words.slice(i - length, i).join(" ");
      const after = all.get(context) ?? new Map<string, number>();
      after.set(words[i], (after.get(words[i]) ?? 0) + 1);
      all.set(context, after);
    }
  }
  return all;
}

describe.each(SMOOTHINGS.filter((smoothing) => smoothing !== "mle" && smoothing !== "stupid-backoff"))(
  "%s",
  (smoothing) => {
    test("an interpolated probability lies between its parts", () => {
      const [isAdditive, isWittenBell] = [
        ["laplace", "lidstone"].includes(smoothing),
        smoothing === "witten-bell",
      ];
      const taken = isAdditive || isWittenBell ? 0 : 0.5;
      fc.assert(
        fc.property(texts, fc.integer({ min: 2, max: 3 }), (text, order) => {
          const model = train(text, { order, smoothing, ...(taken > 0 ? { discount: taken } : {}) });
          for (const [context, after] of followers(text, order - 1)) {
            const before = context.split(" ");
            let total = 0;
            for (const count of after.values()) total += count - taken;
            for (const word of WORDS) {
              const own = Math.max(0, (after.get(word) ?? 0) - taken) / total;
              const lower = isAdditive ? 1 / WORDS.length : 10 ** model.logProb(word, before.slice(1));
              const prob = 10 ** model.logProb(word, before);
              expect(prob).toBeGreaterThanOrEqual(Math.min(own, lower) * (1 - 1e-12));
              expect(prob).toBeLessThanOrEqual(Math.max(own, lower) * (1 + 1e-12));
            }
          }
        }),
        fewer,
      );
    });
  },
);

test("relative frequencies make the training text more probable than any other smoothing does", () => {
  fc.assert(
    fc.property(texts, fc.constantFrom(...SMOOTHINGS.slice(1, -1)), (text, smoothing) => {
      const best = train(text, { order: 2, smoothing: "mle" }).evaluate(text).logProb;
      expect(train(text, { order: 2, smoothing }).evaluate(text).logProb).toBeLessThanOrEqual(best + 1e-9);
    }),
    fewer,
  );
});

test("relative frequencies make the training text more probable than random distributions do", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), {
    minLength: WORDS.length,
    maxLength: WORDS.length,
  });
  fc.assert(
    fc.property(texts, fc.array(weights, { minLength: 5, maxLength: 5 }), (text, rows) => {
      const best = train(text, { order: 2, smoothing: "mle" }).evaluate(text).logProb;
      let other = 0;
      // One distribution after each word.
      for (const [context, after] of followers(text, 1)) {
        const row = rows[["<s>", "a", "b", "c", "d"].indexOf(context)];
        const total = row.reduce((sum, weight) => sum + weight, 0);
        for (const [word, count] of after) other += count * Math.log10(row[WORDS.indexOf(word)] / total);
      }
      expect(other).toBeLessThanOrEqual(best + 1e-9);
    }),
    fewer,
  );
});

test.each(["kneser-ney", "modified-kneser-ney"] as const)(
  "%s: counts of different words before are those of a brute-force count",
  (smoothing) => {
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
        const model = train(text, { order: 2, smoothing, smoothUnigrams: false });
        for (const word of WORDS) {
          expect(10 ** model.logProb(word)).toBeCloseTo((before.get(word)?.size ?? 0) / total, 12);
        }
      }),
      fewer,
    );
  },
);

test("a model that breaks a law is found out", () => {
  const model = train([["a", "b"]], { smoothing: "witten-bell" });
  const wrong = {
    score: model.score.bind(model),
    perplexity: () => 1,
    logProb: (word: string, context?: readonly string[]) => model.logProb(word, context) + 2,
  };
  for (const law of Object.values(ngramLaws(wrong, { words: WORDS }))) expect(() => fc.assert(law)).toThrow();
});
