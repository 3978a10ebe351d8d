import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { JOINER, splitPunctuation } from "../../src/text/punctuation.ts";
import { Spacing } from "../../src/text/spacing.ts";
import { runs } from "../support/fc.ts";

const join = (words: readonly string[]) => {
  const spacing = new Spacing(true);
  return words.map((word) => spacing.add(word, true)).join("");
};

describe("splitPunctuation", () => {
  // ~ stands for the joiner and _ for U+202F here.
  test.each([
    ["Don't panic!", "Do ~n't panic ~!"],
    ["I'm sure she'll say it's John's.", "I ~'m sure she ~'ll say it ~'s John ~'s ~."],
    ["I CAN'T. I’ve tried", "I CA ~N'T ~. I ~’ve tried"],
    ['He said, "No."', 'He said ~, "~ No ~. ~"'],
    ["3,000.50 at 10:30, 5%", "3,000.50 at 10:30 ~, 5 ~%"],
    ["Wait... what?!", "Wait ~... what ~? ~!"],
    ["rock'n'roll (live)", "rock'~ n'~ roll (~ live ~)"],
    ["O'Brien's dogs' 'ere", "O'~ Brien ~'s dogs ~' '~ ere"],
    ["Qu'est-ce que c'est ?", "Qu'~ est ~-~ ce que c'~ est ?"],
    ["L'homme s'en va aujourd'hui.", "L'~ homme s'~ en va aujourd'~ hui ~."],
    ["«_Ça va_?_»", "«_~ Ça va ~_?_ ~»"],
    ["va\u2009! va\u3000va", "va ~\u2009! va ~\u3000~ va"],
    ["10_000 €", "10 ~_~ 000 €"],
    ["Wie geht's dir?", "Wie geht ~'s dir ~?"],
    ["e\u0301te\u0301 n't", "e\u0301te\u0301 n ~'t"],
    ["a😀😀b", "a ~😀😀~ b"],
    ["  two  spaces\t", "two spaces"],
    ["", ""],
  ])("%j", (text, words) => {
    const spelled = (written: string) => written.replaceAll("~", JOINER).replaceAll("_", "\u202f");
    expect(splitPunctuation(spelled(text)).join(" ")).toBe(spelled(words));
    expect(join(splitPunctuation(spelled(text)))).toBe(
      spelled(text)
        .trim()
        .replace(/[ \t]+/g, " "),
    );
  });

  test("is undone by Spacing, but for white space and joiners in the text", () => {
    const breaking = /[\t-\r \u0085\u2028\u2029]+/g;
    const tidy = (text: string) =>
      text.replaceAll(JOINER, "\u25a0").replace(breaking, " ").replace(/^ | $/g, "");
    const law = fc.property(anyString({ maxLength: 40 }), (text) => {
      expect(join(splitPunctuation(text))).toBe(tidy(text));
    });
    fc.assert(law, { numRuns: 10 * runs.numRuns });
  });

  test("gives words no white space and no inner joiners", () => {
    const law = fc.property(anyString(), (text) => {
      for (const word of splitPunctuation(text)) {
        expect(word).toMatch(/^\uffed?[^\uffed \t\n\r]+\uffed?$/u);
      }
    });
    fc.assert(law, runs);
  });
});
