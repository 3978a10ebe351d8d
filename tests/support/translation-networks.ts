/** What every network of a translator must keep, whatever it is made of. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import type { TranslationNetwork } from "../../src/models/translation-network.ts";
import { type Indices, noGrad, scoped, tensor } from "../../src/tensor/index.ts";
import { moduleLaws } from "../../src/testing/laws-module.ts";
import { runs } from "./fc.ts";

export const VOCABULARIES = { sourceVocabulary: 7, targetVocabulary: 7 };

export const ids = (values: number[][]): Indices => tensor(values, undefined, "i32");

export const SOURCE = [
  [4, 5, 6, 2],
  [5, 2, 0, 0],
];
// No padding here: its embedding is fixed at zero, so it has no gradient to check.
export const PREVIOUS = [
  [1, 4, 5],
  [1, 6, 3],
];

/** Registers the tests of a network of {@link VOCABULARIES}. */
export function describeNetwork(name: string, make: (random: Random) => TranslationNetwork): void {
  describe(name, () => {
    const laws = moduleLaws({
      make,
      run: (network) => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS)),
    });
    test.each(Object.entries(laws))("law: %s", (_law, property) => {
      fc.assert(property, { numRuns: Math.max(3, Math.floor(runs.numRuns / 20)) });
    });

    const evaluated = () => make(new Random(3)).eval();

    test("padding and company change no logits (laws 56, 57)", () => {
      scoped(() => {
        const network = evaluated();
        const batch = noGrad(() => network.forward(ids(SOURCE), [4, 2], ids(PREVIOUS)));
        const alone = noGrad(() => network.forward(ids([[5, 2]]), [2], ids([[1, 6]])));
        for (let t = 0; t < 2; t++) {
          for (let v = 0; v < 7; v++) expect(batch.at(1, t, v)).toBeCloseTo(alone.at(0, t, v), 5);
        }
      });
    });

    test("a later target word changes no bit of earlier logits (law 65)", () => {
      scoped(() => {
        const network = evaluated();
        const [a, b] = [[[1, 4, 5]], [[1, 4, 6]]].map((previous) =>
          noGrad(() => network.forward(ids([SOURCE[0]]), [4], ids(previous))),
        );
        for (let t = 0; t < 2; t++) for (let v = 0; v < 7; v++) expect(a.at(0, t, v)).toBe(b.at(0, t, v));
      });
    });
  });
}

/** What every network refuses. */
const IMPOSSIBLE: [options: object, message: string][] = [
  [
    { tieEmbeddings: "all", sourceVocabulary: 9 },
    "tieEmbeddings all: expected one vocabulary for both sides, got 9 and 7 tokens.",
  ],
  [{ tieEmbeddings: "al" }, 'Did you mean "all"?'],
  [{ targetVocabulary: 0 }, "targetVocabulary: expected a whole number of at least 1, got 0."],
  [{ droput: 0.1 }, 'got "droput". Did you mean "dropout"?'],
];

/** Registers a test for each of `impossible` options, and for those that no network allows. */
export function describeOptions(
  name: string,
  make: (options: object) => unknown,
  impossible: [options: object, message: string][],
): void {
  test.each([...impossible, ...IMPOSSIBLE])(`${name} with %j is refused`, (options, message) => {
    expect(() => make(options)).toThrow(OptionError);
    expect(() => make(options)).toThrow(message);
  });
}
