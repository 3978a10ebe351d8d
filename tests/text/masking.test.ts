import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Masking, type MaskingOptions } from "../../src/text/masking.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";
import { runs } from "../support/fc.ts";

const words = trainTokenizer(["a b c d e f g h"], { type: "word", specials: MASKED_SPECIALS });
const PAD_TO_MASK = MASKED_SPECIALS.length;
const anyIds = fc.array(fc.integer({ min: 0, max: words.tokens.length - 1 }), { maxLength: 40 });
const anyOptions = fc
  .record({
    maskRate: fc.double({ min: 0, max: 1, noNaN: true }),
    maskShare: fc.integer({ min: 0, max: 10 }),
  })
  .map(({ maskRate, maskShare }) => ({
    maskRate,
    maskShare: maskShare / 10,
    randomShare: (10 - maskShare) / 20,
  }));

describe("Masking", () => {
  test("only ordinary tokens are hidden, and nothing else changes (Devlin et al. 2019, appendix A.1)", () => {
    const law = fc.property(anyIds, anyOptions, fc.nat(), (ids, options, seed) => {
      const { ids: shown, positions, targets } = new Masking(words, options).draw(ids, new Random(seed));
      const ordinary = ids.filter((id) => id >= PAD_TO_MASK).length;
      const expected = Math.min(ordinary, Math.max(1, Math.round(options.maskRate * ordinary)));
      expect(positions).toHaveLength(expected);
      expect(Array.from(positions)).toEqual([...new Set(positions)].sort((a, b) => a - b));
      expect(Array.from(targets)).toEqual(Array.from(positions, (at) => ids[at]));
      for (const target of targets) expect(target).toBeGreaterThanOrEqual(PAD_TO_MASK);
      const hidden = new Set(positions);
      shown.forEach((id, at) => {
        if (!hidden.has(at)) expect(id).toBe(ids[at]);
        else expect(id === words.maskId || id >= PAD_TO_MASK).toBe(true);
      });
    });
    fc.assert(law, runs);
  });

  test("the same seed hides the same tokens", () => {
    const masking = new Masking(words);
    const law = fc.property(anyIds, fc.nat(), (ids, seed) => {
      expect(masking.draw(ids, new Random(seed))).toEqual(masking.draw(ids, new Random(seed)));
    });
    fc.assert(law, runs);
  });

  test("of 15 %, 80 % are masked, 10 % random and 10 % as they were, at every place alike", () => {
    const masking = new Masking(words);
    const random = new Random(3);
    const ids = Array.from({ length: 40 }, () => PAD_TO_MASK);
    const counts = { masked: 0, random: 0, kept: 0 };
    const places = new Array<number>(40).fill(0);
    const draws = 5000;
    for (let i = 0; i < draws; i++) {
      const { ids: shown, positions } = masking.draw(ids, random);
      for (const at of positions) {
        places[at]++;
        if (shown[at] === words.maskId) counts.masked++;
        else if (shown[at] === PAD_TO_MASK) counts.kept++;
        else counts.random++;
      }
    }
    const total = 6 * draws;
    // A random token is the one that was there in 1 of 8 cases. Bounds: 5 standard deviations.
    const near = (count: number, share: number, of: number) =>
      expect(Math.abs(count / of - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / of));
    near(counts.masked, 0.8, total);
    near(counts.random, 0.1 * (7 / 8), total);
    near(counts.kept, 0.1 + 0.1 / 8, total);
    for (const count of places) near(count, 0.15, draws);
  });

  test("hides given positions", () => {
    const ids = [words.bosId, ...words.encode("a b c"), words.eosId];
    const { ids: shown, targets } = new Masking(words).at(ids, Int32Array.of(2));
    expect(Array.from(shown, (id) => words.label(id))).toEqual(["<s>", "a", "<mask>", "c", "</s>"]);
    expect(words.label(targets[0])).toBe("b");
    expect(Array.from(new Masking(words).candidates(ids))).toEqual([1, 2, 3]);
  });

  test.each([
    [{ maskRate: 1.5 }, "maskRate: expected a number of at least 0 and at most 1, got 1.5."],
    [{ maskShare: 0.9, randomShare: 0.2 }, "maskShare + randomShare: expected at most 1, got 0.9 + 0.2."],
    [{ rate: 0.1 }, 'masking option: expected one of maskRate, maskShare, randomShare, got "rate".'],
  ])("refuses %o", (options, message) => {
    expect(() => new Masking(words, options as MaskingOptions)).toThrow(OptionError);
    expect(() => new Masking(words, options as MaskingOptions)).toThrow(message);
  });

  test("needs a tokenizer with a mask", () => {
    const plain = trainTokenizer(["a"], { type: "word" });
    expect(() => new Masking(plain)).toThrow(StateError);
    expect(() => new Masking(plain)).toThrow('got "<mask>". Train the tokenizer with it among `specials`.');
  });
});
