import { expect, test } from "vitest";
import { charClass, LETTER, MARK, NUMBER, OTHER, runEnd, SPACE } from "../../src/text/char-class.ts";

test.each([
  ["a", LETTER],
  ["é", LETTER],
  ["日", LETTER],
  ["𝒳", LETTER],
  ["\u0301", MARK],
  ["7", NUMBER],
  ["½", NUMBER],
  ["Ⅷ", NUMBER],
  [" ", SPACE],
  ["\u0085", SPACE],
  ["\u00a0", SPACE],
  ["\u2028", SPACE],
  ["\ufeff", OTHER],
  ["!", OTHER],
  ["😀", OTHER],
  ["\ud800", OTHER],
  ["\0", OTHER],
])("%j", (character, wanted) => {
  expect(charClass(character.codePointAt(0) as number)).toBe(wanted);
});

test("runs end at another class, not inside a pair", () => {
  expect(runEnd("ab𝒳c!", 1, LETTER)).toBe(5);
  expect(runEnd("ab", 2, LETTER)).toBe(2);
  expect(runEnd("!a", 0, LETTER)).toBe(0);
});
