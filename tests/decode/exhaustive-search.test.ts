import { expect, test } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.ts";
import { exhaustiveSearch } from "../../src/decode/exhaustive-search.ts";
import { bigram } from "../support/bigram.ts";

const table = [
  [0.5, 0.3, 0.2],
  [0.6, 0, 0.4],
  [0, 0, 0],
];

test("every sequence of at most maxLength tokens, best first", () => {
  const [list] = exhaustiveSearch(bigram(table), { maxLength: 2 });
  const shown = list.map(({ tokens, logProb, finished }) => [tokens, Math.exp(logProb).toFixed(2), finished]);
  expect(shown).toEqual([
    [[], "0.50", true],
    [[1], "0.18", true],
    [[2], "0.20", false], // a dead end
    [[1, 2], "0.12", false], // cut off
  ]);
});

test("the probabilities of all hypotheses sum to one", () => {
  const uniform = new Array(4).fill([0.25, 0.25, 0.25, 0.25]);
  const lists = exhaustiveSearch(bigram(uniform, 2), { maxLength: 4 });
  for (const list of lists) {
    expect(list).toHaveLength(1 + 3 + 9 + 27 + 81);
    expect(list.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 6);
  }
});

test("minLength and forbidden ids leave sequences out", () => {
  const [list] = exhaustiveSearch(bigram(table, 1, { forbiddenIds: [2] }), { maxLength: 2, minLength: 1 });
  expect(list.map(({ tokens }) => tokens)).toEqual([[1]]);
});

test("too much work, NaN and bad options", () => {
  const uniform = new Array(100).fill(new Array(100).fill(0.01));
  expect(() => exhaustiveSearch(bigram(uniform), { maxLength: 4 })).toThrow(
    "exhaustiveSearch: expected at most 100000 rows in a step, got more. Use beamSearch, or a smaller vocabulary or maxLength.",
  );
  expect(() => exhaustiveSearch(bigram([[Number.NaN]]), { maxLength: 1 })).toThrow(NumericError);
  expect(() => exhaustiveSearch(bigram(table), { maxlength: 1 } as never)).toThrow(OptionError);
});
