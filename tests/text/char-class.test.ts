import { expect, test } from "vitest";
import { Spans } from "../../src/base/spans.ts";
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
  const text = new Spans();
  const end = (start: number, of: string) => {
    text.load(of);
    return runEnd(text, start, LETTER);
  };
  expect(end(1, "ab𝒳c!")).toBe(5);
  expect(end(2, "ab")).toBe(2);
  expect(end(0, "!a")).toBe(0);
});
