import { expect, test } from "vitest";
import {
  firstGroup,
  frenchPlural,
  frenchVerb,
  inflect,
  inflected,
  joinFrench,
  startsWithVowelSound,
} from "../../../src/testing/grammar/morphology-french.ts";

test.each([
  ["chat", "chats"],
  ["cheval", "chevaux"],
  ["oiseau", "oiseaux"],
  ["souris", "souris"],
  ["heureux", "heureux"],
])("plural of %s is %s", (singular, plural) => expect(frenchPlural(singular)).toBe(plural));

test.each([
  ["vert", "verte", "verts", "vertes"],
  ["rouge", "rouge", "rouges", "rouges"],
  ["heureux", "heureuse", "heureux", "heureuses"],
  ["fatigué", "fatiguée", "fatigués", "fatiguées"],
])("%s, %s, %s, %s", (masculine, feminine, masculines, feminines) => {
  const forms = inflect(masculine);
  const genders = ["masculine", "feminine"] as const;
  expect(genders.map((gender) => inflected(forms, { gender, number: "singular" }))).toEqual([
    masculine,
    feminine,
  ]);
  expect(genders.map((gender) => inflected(forms, { gender, number: "plural" }))).toEqual([
    masculines,
    feminines,
  ]);
});

test("verbs in -er, with the stem changes of manger and acheter", () => {
  expect(firstGroup("mang").present).toEqual(["mange", "manges", "mange", "mangeons", "mangent"]);
  const buy = firstGroup("achet", { strongStem: "achèt" });
  expect(buy.present).toEqual(["achète", "achètes", "achète", "achetons", "achètent"]);
  expect(buy.future).toEqual(["achèterai", "achèteras", "achètera", "achèterons", "achèteront"]);
  expect(buy.participle.feminine.plural).toBe("achetées");
});

test("verbs of state have an imparfait", () => {
  const be = frenchVerb({
    present: ["suis", "es", "est", "sommes", "sont"],
    futureStem: "ser",
    participle: "été",
    imperfectStem: "ét",
  });
  expect(be.imperfect).toEqual(["étais", "étais", "était", "étions", "étaient"]);
  expect(firstGroup("aim").imperfect).toBeUndefined();
});

test("vowels and silent h elide, aspirated h does not", () => {
  expect(["arbre", "Alice", "école", "œuf", "homme", "hôpital", "hier"].every(startsWithVowelSound)).toBe(
    true,
  );
  expect(["chat", "héros", "hibou", "hiboux", "rivière"].some(startsWithVowelSound)).toBe(false);
});

test.each([
  ["je aime le oiseau", "j'aime l'oiseau"],
  ["parce que elle ne a pas de œuf", "parce qu'elle n'a pas d'œuf"],
  ["le héros est à le hôpital", "le héros est à l'hôpital"],
  ["près de le pont", "près du pont"],
  ["à les écoles de les rois", "aux écoles des rois"],
  ["la voiture de le héros", "la voiture du héros"],
  ["la voiture de la actrice", "la voiture de l'actrice"],
  ["parler de des livres", "parler de livres"],
  ["parler de des œufs", "parler d'œufs"],
  ["elles les ont", "elles les ont"],
])("%s: %s", (words, joined) => expect(joinFrench(words.split(" "))).toBe(joined));
