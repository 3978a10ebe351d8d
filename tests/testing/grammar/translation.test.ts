/** Derivations written by hand, spelled out in both languages. */
import { describe, expect, test } from "vitest";
import { toEnglish } from "../../../src/testing/grammar/english.ts";
import { featuresOf } from "../../../src/testing/grammar/features.ts";
import { toFrench } from "../../../src/testing/grammar/french.ts";
import {
  adjectives,
  conjunctions,
  frequencies,
  names,
  nouns,
  numerals,
  prepositions,
  pronouns,
  questionWords,
  times,
} from "../../../src/testing/grammar/lexicon.ts";
import type {
  Adjective,
  Clause,
  NominalPhrase,
  NounPhrase,
  Sentence,
  Verb,
} from "../../../src/testing/grammar/tree.ts";
import { agreementOf } from "../../../src/testing/grammar/tree.ts";
import {
  be,
  contentVerbs,
  give,
  go,
  have,
  intransitiveVerbs,
  talk,
  transitiveVerbs,
} from "../../../src/testing/grammar/verbs.ts";

function find<T>(items: readonly T[], wanted: (item: T) => boolean): T {
  const item = items.find(wanted);
  if (item === undefined) throw new Error("not in the lexicon");
  return item;
}

const verb = (base: string): Verb =>
  find<Verb>(
    [...transitiveVerbs, ...intransitiveVerbs, ...contentVerbs],
    ({ english }) => english.base === base,
  );
const adjective = (english: string): Adjective => find(adjectives, (entry) => entry.english === english);
const pronoun = (name: keyof typeof pronouns): NounPhrase => ({ kind: "pronoun", pronoun: pronouns[name] });
const named = (text: string): NounPhrase => find(names, ({ name }) => name === text);
const trace = (phrase: NounPhrase): NounPhrase => ({ kind: "trace", agreement: agreementOf(phrase) });

/** "the cats" is definite, and so on; more comes in `rest`. */
function np(english: string, rest: Partial<NominalPhrase> = {}): NominalPhrase {
  const noun = find(nouns, (entry) => entry.english.singular === english || entry.english.plural === english);
  const number = noun.english.singular === english ? "singular" : "plural";
  return { kind: "noun", noun, number, determiner: { kind: "definite" }, ...rest };
}

const indefinite = { determiner: { kind: "indefinite" } } as const;

function clause(subject: NounPhrase, verb: Verb, rest: Partial<Clause> = {}): Clause {
  return { subject, verb, tense: "present", polarity: "affirmative", complements: [], ...rest };
}

const state = (clause: Clause, rest: Partial<Sentence> = {}): Sentence => ({
  mood: "statement",
  clause,
  ...rest,
});
const ask = (clause: Clause, rest: Partial<Sentence> = {}): Sentence => ({
  mood: "question",
  clause,
  ...rest,
});

function expectPair(sentence: Sentence, english: string, french: string): void {
  expect({ english: toEnglish(sentence), french: toFrench(sentence) }).toEqual({ english, french });
}

describe("noun phrases", () => {
  test.each<[NominalPhrase, string, string]>([
    [np("egg", { ...indefinite, adjective: adjective("old") }), "an old egg", "un vieil œuf"],
    [np("bird", { adjective: adjective("beautiful") }), "the beautiful bird", "le bel oiseau"],
    [np("birds", { ...indefinite, adjective: adjective("big") }), "some big birds", "de grands oiseaux"],
    [np("birds", { ...indefinite, adjective: adjective("black") }), "some black birds", "des oiseaux noirs"],
    [np("school", { adjective: adjective("new") }), "the new school", "la nouvelle école"],
    [np("hospital", { determiner: { kind: "demonstrative" } }), "this hospital", "cet hôpital"],
    [np("hero", { determiner: { kind: "demonstrative" } }), "this hero", "ce héros"],
    [np("story", { determiner: { kind: "possessive", possessor: pronouns.I } }), "my story", "mon histoire"],
    [
      np("story", {
        determiner: { kind: "possessive", possessor: pronouns.she },
        adjective: adjective("small"),
      }),
      "her small story",
      "sa petite histoire",
    ],
    [np("apples", { determiner: { kind: "many" } }), "many apples", "beaucoup de pommes"],
    [np("eggs", { determiner: { kind: "many" } }), "many eggs", "beaucoup d'œufs"],
    [np("girl", { determiner: { kind: "every" } }), "every girl", "chaque fille"],
    [np("horses", { determiner: { kind: "numeral", numeral: numerals[0] } }), "two horses", "deux chevaux"],
    [
      np("cars", { determiner: { kind: "genitive", owner: np("heroes") }, adjective: adjective("white") }),
      "the heroes' white cars",
      "les voitures blanches des héros",
    ],
    [
      np("hat", { determiner: { kind: "genitive", owner: named("Alice") } }),
      "Alice's hat",
      "le chapeau d'Alice",
    ],
  ])("%#: %s", (object, english, french) => {
    expectPair(
      state(clause(pronoun("he"), verb("see"), { object })),
      `He sees ${english}.`,
      `Il voit ${french}.`,
    );
  });
});

describe("the participle agrees", () => {
  test("with the subject after être", () => {
    const left = (subject: NounPhrase) => state(clause(subject, verb("leave"), { tense: "past" }));
    expectPair(left(np("queens")), "The queens left.", "Les reines sont parties.");
    expectPair(left(named("Marie")), "Marie left.", "Marie est partie.");
    expectPair(left(pronoun("we")), "We left.", "Nous sommes partis.");
  });

  test("with a clitic object", () => {
    const saw = (object: NounPhrase) => state(clause(pronoun("I"), verb("see"), { tense: "past", object }));
    expectPair(saw(pronoun("she")), "I saw her.", "Je l'ai vue.");
    expectPair(saw(pronoun("they")), "I saw them.", "Je les ai vus.");
    expectPair(saw(np("queens")), "I saw the queens.", "J'ai vu les reines.");
  });

  test("with the noun of an object relative", () => {
    const letters = np("letters");
    const written = clause(named("Paul"), verb("write"), { tense: "past", object: trace(letters) });
    const object: NounPhrase = { ...letters, relative: { gap: "object", clause: written } };
    expectPair(
      state(clause(pronoun("you"), verb("sell"), { object })),
      "You sell the letters that Paul wrote.",
      "Tu vends les lettres que Paul a écrites.",
    );
  });
});

describe("negation", () => {
  test("ne and pas stand around the clitic and the auxiliary", () => {
    const negative = { polarity: "negative", object: pronoun("she"), frequency: frequencies[0] } as const;
    expectPair(
      state(clause(pronoun("we"), verb("help"), { ...negative, tense: "past" })),
      "We did not often help her.",
      "Nous ne l'avons pas souvent aidée.",
    );
    expectPair(
      state(clause(pronoun("they"), verb("love"), { ...negative, tense: "future" })),
      "They will not often love her.",
      "Ils ne l'aimeront pas souvent.",
    );
  });

  test("indefinite objects become de, definite ones stay", () => {
    const never = (object: NounPhrase) =>
      state(clause(pronoun("she"), verb("eat"), { polarity: "never", object }));
    expectPair(never(np("cake", indefinite)), "She never eats a cake.", "Elle ne mange jamais de gâteau.");
    expectPair(never(np("eggs", indefinite)), "She never eats any eggs.", "Elle ne mange jamais d'œufs.");
    expectPair(never(np("eggs")), "She never eats the eggs.", "Elle ne mange jamais les œufs.");
  });
});

describe("tenses", () => {
  test("the past of states is the imparfait", () => {
    expectPair(
      state(clause(np("mice"), be, { tense: "past", predicate: adjective("white") })),
      "The mice were white.",
      "Les souris étaient blanches.",
    );
    expectPair(
      state(clause(pronoun("I"), have, { tense: "past", object: np("dog", indefinite) })),
      "I had a dog.",
      "J'avais un chien.",
    );
  });

  test("the future", () => {
    const to = { preposition: prepositions.to, object: np("market") };
    expectPair(
      state(clause(pronoun("you"), go, { tense: "future", complements: [to] }), {
        time: { phrase: times.future[0], position: "first" },
      }),
      "Tomorrow, you will go to the market.",
      "Demain, tu iras au marché.",
    );
  });
});

describe("questions", () => {
  test("do, does and did before the subject; est-ce que", () => {
    const find = (rest: Partial<Clause>) =>
      clause(named("Alice"), verb("find"), { object: np("hats", indefinite), ...rest });
    expectPair(ask(find({})), "Does Alice find any hats?", "Est-ce qu'Alice trouve des chapeaux ?");
    expectPair(
      ask(find({ tense: "past" }), { asked: questionWords.where }),
      "Where did Alice find some hats?",
      "Où est-ce qu'Alice a trouvé des chapeaux ?",
    );
  });

  test("be is inverted without do", () => {
    const near = { preposition: prepositions.near, object: np("bridge") };
    expectPair(
      ask(clause(pronoun("I"), be, { polarity: "negative", complements: [near] })),
      "Am I not near the bridge?",
      "Est-ce que je ne suis pas près du pont ?",
    );
  });

  test("who keeps the order of a statement", () => {
    const complements = [{ preposition: prepositions.about, object: np("heroes") }];
    expectPair(
      ask(clause({ kind: "who" }, talk, { tense: "past", complements })),
      "Who talked about the heroes?",
      "Qui a parlé des héros ?",
    );
  });
});

describe("two clauses", () => {
  test("a shared subject and a clitic for the object", () => {
    const subject = pronoun("she");
    const flowers = np("flowers", indefinite);
    const second = clause(trace(subject), give, {
      tense: "past",
      object: pronoun("theyFeminine"),
      complements: [{ preposition: prepositions.to, object: np("children") }],
    });
    const sentence = state(clause(subject, verb("buy"), { tense: "past", object: flowers }), {
      continuation: { kind: "coordinate", conjunction: conjunctions.coordinate, clause: second },
    });
    expectPair(
      sentence,
      "She bought some flowers and gave them to the children.",
      "Elle a acheté des fleurs et les a données aux enfants.",
    );
    expect(featuresOf(sentence)).toEqual(["past", "coordination", "participle agreement", "clitic"]);
  });

  test("a pronoun takes the gender of the first subject", () => {
    const tired = clause(pronoun("theyFeminine"), be, { predicate: adjective("tired") });
    expectPair(
      state(clause(np("mice"), verb("sleep")), {
        continuation: { kind: "reason", conjunction: conjunctions.reason, clause: tired },
      }),
      "The mice sleep because they are tired.",
      "Les souris dorment parce qu'elles sont fatiguées.",
    );
    expectPair(
      state(clause(np("women"), verb("say")), {
        continuation: { kind: "content", conjunction: conjunctions.content, clause: tired },
      }),
      "The women say that they are tired.",
      "Les femmes disent qu'elles sont fatiguées.",
    );
  });
});
