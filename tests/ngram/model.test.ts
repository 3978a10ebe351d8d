// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: figures of KenLM's tests
import { describe, expect, test } from "vitest";
import { IndexError } from "../../src/base/errors.ts";
import { readArpa } from "../../src/ngram/arpa-read.ts";
import type { NgramModel } from "../../src/ngram/model.ts";
import type { NgramState } from "../../src/ngram/state.ts";
import { kenlmArpa } from "../support/kenlm-model.ts";

const kenlm = readArpa(new TextEncoder().encode(kenlmArpa()));

type Step = readonly [word: string, matched: number, logProb: number];

/** Predicts word after word and compares each with what KenLM gives. */
function follow(model: NgramModel, from: NgramState, steps: readonly Step[]): NgramState {
  let state = from;
  for (const [word, matched, logProb] of steps) {
    state = model.extend(state, model.id(word));
    expect([word, state.matched]).toEqual([word, matched]);
    expect(Math.abs(state.logProb - logProb), word).toBeLessThan(1e-5 * Math.max(1, Math.abs(logProb)));
  }
  return state;
}

// KenLM's lm/model_test.cc, github.com/kpu/kenlm.
describe("scores as KenLM does", () => {
  test("after <s>", () => {
    const start = kenlm.start();
    follow(kenlm, start, [["looking", 2, -0.4846522]]);
    follow(kenlm, start, [[",", 1, -1.383514 - 0.4149733]]);
    follow(kenlm, start, [["this_is_not_found", 1, -1.995635 - 0.4149733]]);
  });

  test("on and on", () => {
    const little = follow(kenlm, kenlm.start(), [
      ["looking", 2, -0.484652],
      ["on", 3, -0.348837],
      ["a", 4, -0.0155266],
      ["little", 5, -0.00306122],
    ]);
    const end = follow(kenlm, little, [
      ["the", 1, -4.04005],
      ["biarritz", 1, -1.9889],
      ["not_found", 1, -2.29666],
      ["more", 1, -1.20632 - 20],
      [".", 2, -0.51363],
      ["</s>", 3, -0.0191651],
    ]);
    expect(end.length).toBe(0);
    const loin = follow(kenlm, little, [
      ["more", 5, -0.00181395],
      ["loin", 5, -0.0432557],
    ]);
    expect(loin.length).toBe(1);
  });

  test("suffixes that are not listed", () => {
    const consider = follow(kenlm, kenlm.nothing(), [
      ["also", 1, -1.687872],
      ["would", 2, -2],
      ["consider", 3, -3],
    ]);
    const looking = follow(kenlm, consider, [
      ["higher", 4, -4],
      ["looking", 5, -5],
    ]);
    expect(looking.length).toBe(1);
    follow(kenlm, consider, [["not_found", 1, -1.995635 - 7 - 0.30103]]);
    const higherLooking = follow(kenlm, kenlm.nothing(), [
      ["higher", 1, -1.509559],
      ["looking", 2, -1.285941 - 0.30103],
    ]);
    expect(higherLooking.length).toBe(1);
    follow(kenlm, higherLooking, [["not_found", 1, -1.995635 - 0.4771212]]);
    follow(kenlm, higherLooking, [["consider", 1, -1.687872 - 0.4771212]]);
    follow(kenlm, kenlm.nothing(), [
      ["would", 1, -1.687872],
      ["consider", 2, -1.687872 - 0.30103],
      ["higher", 3, -1.509559 - 0.30103],
      ["looking", 4, -1.285941 - 0.30103],
    ]);
  });

  test("unknown words", () => {
    const unknown = follow(kenlm, kenlm.nothing(), [["not_found", 1, -1.995635]]);
    follow(kenlm, unknown, [
      ["not_found2", 2, -15],
      ["not_found3", 2, -15 - 2],
    ]);
    follow(kenlm, unknown, [
      ["however", 2, -4],
      ["not_found3", 3, -6],
    ]);
  });

  test("states hold no more words than can matter", () => {
    expect(follow(kenlm, kenlm.nothing(), [["baz", 1, -6.535897]]).length).toBe(0);
    const bar = follow(kenlm, kenlm.nothing(), [
      ["foo", 1, -3.141592],
      ["bar", 2, -6],
    ]);
    expect(bar.length).toBe(1);
    expect(follow(kenlm, bar, [["bar", 1, -2.718281 + 3]]).length).toBe(1);
    const look = follow(kenlm, kenlm.nothing(), [
      ["to", 1, -1.687872],
      ["look", 2, -0.2922095],
    ]);
    expect(look.length).toBe(2);
    follow(kenlm, look, [["a", 3, -7]]);
  });

  test("without <unk>", () => {
    const model = readArpa(
      new TextEncoder().encode(kenlmArpa(["<unk>", "<unk> <unk>", "<unk> however", "<unk> however <unk>"])),
    );
    expect(model.logProb("not_found")).toBe(-100);
  });
});

test("a state can be extended in several ways, and filled again", () => {
  const start = kenlm.start();
  const first = kenlm.extend(start, kenlm.id("looking"));
  const again = kenlm.extend(start, kenlm.id("looking"), kenlm.extend(start, kenlm.id(",")));
  expect(again).toEqual(first);
  expect(kenlm.start()).toEqual(start);
});

test("sentences: words, totals, unknown words apart", () => {
  const score = kenlm.score("looking on nothing");
  expect(score.words.map(({ word, matched, unknown }) => [word, matched, unknown])).toEqual([
    ["looking", 2, false],
    ["on", 3, false],
    ["nothing", 1, true],
    ["</s>", 1, false],
  ]);
  expect(score).toEqual(kenlm.score(["looking", "on", "nothing"]));
  expect(score).toMatchObject({ tokens: 4, unknown: 1 });
  const [a, b, c, d] = score.words.map(({ logProb }) => logProb);
  expect(score.logProb).toBeCloseTo(a + b + c + d, 12);
  expect(score.knownLogProb).toBeCloseTo(a + b + d, 12);
  const text = kenlm.evaluate(["looking on nothing", "looking"]);
  expect(text).toMatchObject({ tokens: 6, unknown: 1, sentences: 2 });
  expect(text.perplexity).toBeCloseTo(10 ** (-text.logProb / 6), 10);
  expect(text.perplexityOfKnown).toBeCloseTo(10 ** (-text.knownLogProb / 5), 10);
  expect(kenlm.perplexity(["looking on nothing", "looking"])).toBe(text.perplexity);
});

test("logProb takes the last words of any context", () => {
  expect(kenlm.logProb("little", ["<s>", "looking", "on", "a"])).toBeCloseTo(-0.003061223, 9);
  expect(kenlm.logProb("more", ["<s>", "looking", "on", "a", "little"])).toBeCloseTo(-0.001813953, 9);
  expect(kenlm.logProb("little")).toBeCloseTo(-1.285941, 9);
});

test("words and ids", () => {
  expect(["<unk>", "<s>", "</s>", "never"].map((word) => kenlm.id(word))).toEqual([0, 1, 2, 0]);
  expect([kenlm.has("the"), kenlm.has("never"), kenlm.has("<unk>")]).toEqual([true, false, false]);
  expect(kenlm.word(kenlm.id("the"))).toBe("the");
  for (const id of [-1, 1.5, kenlm.vocabularySize]) {
    expect(() => kenlm.extend(kenlm.start(), id)).toThrow(IndexError);
    expect(() => kenlm.word(id)).toThrow(
      `word id: expected a whole number in 0..${kenlm.vocabularySize - 1}, got ${id}`,
    );
  }
});

test("an empty text has no perplexity", () => {
  expect(() => kenlm.perplexity([])).toThrow("text: expected at least one word or sentence, got none.");
});
