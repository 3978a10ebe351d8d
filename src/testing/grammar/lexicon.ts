/** The words of the grammar but for its verbs, with irregular forms written out. */
import { englishNoun } from "./morphology-english.ts";
import { frenchNoun, inflect } from "./morphology-french.ts";
import type {
  Adjective,
  Gender,
  GrammaticalNumber,
  Noun,
  NounKind,
  Phrase,
  Pronoun,
  ProperName,
} from "./tree.ts";

const phrase = (english: string, french: string): Phrase => ({ english, french });

export const prepositions = {
  to: phrase("to", "à"),
  from: phrase("from", "de"),
  about: phrase("about", "de"),
  at: phrase("at", "à"),
  in: phrase("in", "dans"),
  near: phrase("near", "près de"),
  behind: phrase("behind", "derrière"),
} as const;

function noun(kind: NounKind, gender: Gender, english: string, french: string, englishPlural?: string): Noun {
  return { kind, gender, english: englishNoun(english, englishPlural), french: frenchNoun(french) };
}

function place(gender: Gender, english: string, french: string, within?: Phrase): Noun {
  return { ...noun("place", gender, english, french), ...(within && { within }) };
}

export const nouns: readonly Noun[] = [
  noun("human", "masculine", "man", "homme", "men"),
  noun("human", "feminine", "woman", "femme", "women"),
  noun("human", "masculine", "boy", "garçon"),
  noun("human", "feminine", "girl", "fille"),
  noun("human", "masculine", "child", "enfant", "children"),
  noun("human", "masculine", "king", "roi"),
  noun("human", "feminine", "queen", "reine"),
  noun("human", "masculine", "hero", "héros", "heroes"),
  noun("human", "feminine", "actress", "actrice"),
  noun("human", "feminine", "sister", "sœur"),
  noun("animal", "masculine", "cat", "chat"),
  noun("animal", "masculine", "dog", "chien"),
  noun("animal", "masculine", "horse", "cheval"),
  noun("animal", "masculine", "bird", "oiseau"),
  noun("animal", "feminine", "mouse", "souris", "mice"),
  noun("food", "feminine", "apple", "pomme"),
  noun("food", "masculine", "egg", "œuf"),
  noun("food", "masculine", "cake", "gâteau"),
  noun("text", "feminine", "letter", "lettre"),
  noun("text", "feminine", "story", "histoire"),
  noun("text", "masculine", "book", "livre"),
  noun("thing", "feminine", "car", "voiture"),
  noun("thing", "feminine", "flower", "fleur"),
  noun("thing", "masculine", "umbrella", "parapluie"),
  noun("thing", "masculine", "hat", "chapeau"),
  place("masculine", "market", "marché", prepositions.at),
  place("feminine", "school", "école", prepositions.at),
  place("masculine", "hospital", "hôpital", prepositions.at),
  place("feminine", "station", "gare", prepositions.at),
  place("masculine", "garden", "jardin", prepositions.in),
  place("feminine", "church", "église", prepositions.in),
  place("masculine", "bridge", "pont"),
  place("feminine", "river", "rivière"),
];

const name = (text: string, gender: Gender): ProperName => ({ kind: "name", name: text, gender });

export const names: readonly ProperName[] = [
  name("Paul", "masculine"),
  name("Louis", "masculine"),
  name("Marie", "feminine"),
  name("Alice", "feminine"),
];

export const ANYTHING: readonly NounKind[] = ["human", "animal", "food", "text", "thing", "place"];
export const CREATURES: readonly NounKind[] = ["human", "animal"];
export const GOODS: readonly NounKind[] = ["animal", "food", "text", "thing"];
export const MOVABLES: readonly NounKind[] = ["human", ...GOODS];

const before = (
  english: string,
  kinds: readonly NounKind[],
  masculine: string,
  feminine?: string,
  beforeVowel?: string,
): Adjective => ({
  english,
  kinds,
  french: inflect(masculine, feminine),
  position: "before",
  ...(beforeVowel && { beforeVowel }),
});

const after = (
  english: string,
  kinds: readonly NounKind[],
  masculine: string,
  feminine?: string,
): Adjective => ({
  english,
  kinds,
  french: inflect(masculine, feminine),
  position: "after",
});

export const adjectives: readonly Adjective[] = [
  before("big", ["animal", "food", "thing", "place"], "grand"),
  before("small", ANYTHING, "petit"),
  before("young", CREATURES, "jeune"),
  before("old", ["animal", "text", "thing", "place"], "vieux", "vieille", "vieil"),
  before("new", ["text", "thing", "place"], "nouveau", "nouvelle", "nouvel"),
  before("beautiful", ["animal", "food", "text", "thing", "place"], "beau", "belle", "bel"),
  after("happy", CREATURES, "heureux"),
  after("tired", CREATURES, "fatigué"),
  after("white", ["animal", "thing"], "blanc", "blanche"),
  after("black", ["animal", "thing"], "noir"),
  after("green", ["thing"], "vert"),
  after("red", ["thing"], "rouge"),
  after("expensive", ["food", "thing"], "cher", "chère"),
  after("strange", ANYTHING, "étrange"),
];

type Forms = readonly [subject: string, object: string, possessive: string];

function pronoun(
  kind: Pronoun["kind"],
  [person, number, gender]: readonly [1 | 2 | 3, GrammaticalNumber, Gender],
  [subject, object, possessive]: Forms,
  [frenchSubject, frenchObject, ...possessives]: readonly [string, string, string, string, string],
): Pronoun {
  const [masculine, feminine, plural] = possessives;
  return {
    kind,
    agreement: { person, number, gender },
    english: { subject, object, possessive },
    french: {
      subject: frenchSubject,
      object: frenchObject,
      possessive: { masculine: { singular: masculine, plural }, feminine: { singular: feminine, plural } },
    },
  };
}

/** By rule "you" is tu, and I, you and we are masculine. */
export const pronouns = {
  I: pronoun("human", [1, "singular", "masculine"], ["I", "me", "my"], ["je", "me", "mon", "ma", "mes"]),
  you: pronoun(
    "human",
    [2, "singular", "masculine"],
    ["you", "you", "your"],
    ["tu", "te", "ton", "ta", "tes"],
  ),
  he: pronoun("human", [3, "singular", "masculine"], ["he", "him", "his"], ["il", "le", "son", "sa", "ses"]),
  she: pronoun(
    "human",
    [3, "singular", "feminine"],
    ["she", "her", "her"],
    ["elle", "la", "son", "sa", "ses"],
  ),
  itMasculine: pronoun(
    "thing",
    [3, "singular", "masculine"],
    ["it", "it", "its"],
    ["il", "le", "son", "sa", "ses"],
  ),
  itFeminine: pronoun(
    "thing",
    [3, "singular", "feminine"],
    ["it", "it", "its"],
    ["elle", "la", "son", "sa", "ses"],
  ),
  we: pronoun(
    "human",
    [1, "plural", "masculine"],
    ["we", "us", "our"],
    ["nous", "nous", "notre", "notre", "nos"],
  ),
  they: pronoun(
    "human",
    [3, "plural", "masculine"],
    ["they", "them", "their"],
    ["ils", "les", "leur", "leur", "leurs"],
  ),
  theyFeminine: pronoun(
    "human",
    [3, "plural", "feminine"],
    ["they", "them", "their"],
    ["elles", "les", "leur", "leur", "leurs"],
  ),
} as const;

export const numerals: readonly Phrase[] = [phrase("two", "deux"), phrase("three", "trois")];

export const frequencies: readonly Phrase[] = [phrase("often", "souvent"), phrase("always", "toujours")];

/** Said of actions, not of states. */
export const everyMorning = phrase("every morning", "chaque matin");

export const times = {
  present: [phrase("today", "aujourd'hui"), everyMorning],
  past: [phrase("yesterday", "hier"), phrase("this morning", "ce matin")],
  future: [phrase("tomorrow", "demain"), phrase("today", "aujourd'hui")],
} as const;

export const questionWords = {
  where: phrase("where", "où"),
  when: phrase("when", "quand"),
  why: phrase("why", "pourquoi"),
} as const;

export const conjunctions = {
  coordinate: phrase("and", "et"),
  reason: phrase("because", "parce que"),
  content: phrase("that", "que"),
} as const;
