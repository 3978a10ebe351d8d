import { expect, test } from "vitest";
import {
  addS,
  englishNoun,
  englishVerb,
  indefiniteArticle,
  possessiveForm,
} from "../../../src/testing/grammar/morphology-english.ts";

test.each([
  ["cat", "cats"],
  ["church", "churches"],
  ["actress", "actresses"],
  ["box", "boxes"],
  ["story", "stories"],
  ["boy", "boys"],
])("%s + s = %s", (word, withS) => expect(addS(word)).toBe(withS));

test("irregular plurals are kept", () =>
  expect(englishNoun("mouse", "mice")).toEqual({ singular: "mouse", plural: "mice" }));

test("regular verbs get -s and -ed", () => {
  expect(englishVerb("love")).toMatchObject({
    present: ["love", "love", "loves", "love", "love"],
    past: ["loved", "loved", "loved", "loved", "loved"],
  });
  expect(englishVerb("cry")).toMatchObject({
    present: ["cry", "cry", "cries", "cry", "cry"],
    past: ["cried", "cried", "cried", "cried", "cried"],
  });
});

test("irregular verbs keep their forms", () =>
  expect(englishVerb("go", { past: "went", third: "goes" })).toMatchObject({
    present: ["go", "go", "goes", "go", "go"],
    past: ["went", "went", "went", "went", "went"],
  }));

test("an before vowels, a before consonants", () => {
  expect(["apple", "egg", "old", "umbrella"].map(indefiniteArticle)).toEqual(["an", "an", "an", "an"]);
  expect(["cat", "hero", "young"].map(indefiniteArticle)).toEqual(["a", "a", "a"]);
});

test("plurals in -s take the apostrophe alone", () => {
  expect(possessiveForm("boys", "plural")).toBe("boys'");
  expect(possessiveForm("women", "plural")).toBe("women's");
  expect(possessiveForm("actress", "singular")).toBe("actress's");
});
