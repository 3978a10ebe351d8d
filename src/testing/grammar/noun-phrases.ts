/** Draws noun phrases. */
import type { Random } from "../../base/random.ts";
import { chance, weighted } from "./draw.ts";
import { adjectives, names, nouns, numerals, prepositions, pronouns } from "./lexicon.ts";
import type {
  Agreement,
  Determiner,
  GrammaticalNumber,
  NominalPhrase,
  Noun,
  NounKind,
  NounPhrase,
  Phrase,
  Polarity,
  PrepositionalPhrase,
  Pronoun,
  ProperName,
} from "./tree.ts";
import { agreementOf } from "./tree.ts";

/**
 * Where a noun phrase stands, which decides what determiners sound natural:
 * a setting is a place or an owner, a possession the object of "have".
 */
type Role = "subject" | "object" | "complement" | "setting" | "possession";

type DeterminerKind = Determiner["kind"];

const DETERMINER_WEIGHTS: Readonly<Record<Role, Readonly<Record<DeterminerKind, number>>>> = {
  subject: {
    definite: 8,
    indefinite: 1,
    demonstrative: 2,
    many: 0.5,
    every: 0.7,
    numeral: 1,
    possessive: 3,
    genitive: 1,
  },
  object: {
    definite: 5,
    indefinite: 5,
    demonstrative: 1.5,
    many: 1,
    every: 0,
    numeral: 2,
    possessive: 2,
    genitive: 1,
  },
  complement: {
    definite: 6,
    indefinite: 1,
    demonstrative: 1,
    many: 0,
    every: 0,
    numeral: 0.5,
    possessive: 2,
    genitive: 0.5,
  },
  setting: {
    definite: 8,
    indefinite: 0,
    demonstrative: 1,
    many: 0,
    every: 0,
    numeral: 0,
    possessive: 0.5,
    genitive: 0,
  },
  possession: {
    definite: 0,
    indefinite: 4,
    demonstrative: 0,
    many: 1,
    every: 0,
    numeral: 2,
    possessive: 0,
    genitive: 0,
  },
};

/** Pronouns that need no antecedent in the sentence; "they" is then masculine. */
const FREE_PRONOUNS: readonly Pronoun[] = [
  pronouns.I,
  pronouns.you,
  pronouns.he,
  pronouns.she,
  pronouns.we,
  pronouns.they,
];

interface PhraseOptions {
  readonly role: Role;
  readonly kinds: readonly NounKind[];
  /** Leaves out adjectives, genitives and quantifiers. */
  readonly plain?: boolean;
  /** Of the clause around: "every" stands only in affirmative ones. */
  readonly polarity?: Polarity;
}

export function drawNominal(random: Random, options: PhraseOptions): NominalPhrase {
  const { role, kinds, plain = false, polarity = "affirmative" } = options;
  const noun = random.choice(nouns.filter(({ kind }) => kinds.includes(kind)));
  const weights = DETERMINER_WEIGHTS[role];
  const kind = weighted<DeterminerKind>(random, [
    [weights.definite, "definite"],
    [weights.indefinite, "indefinite"],
    [weights.demonstrative, "demonstrative"],
    [weights.possessive, "possessive"],
    [weights.numeral, "numeral"],
    [plain ? 0 : weights.many, "many"],
    [plain || polarity !== "affirmative" ? 0 : weights.every, "every"],
    [plain ? 0 : weights.genitive, "genitive"],
  ]);
  const number = drawNumber(random, role, kind);
  const fitting = adjectives.filter((adjective) => adjective.kinds.includes(noun.kind));
  return {
    kind: "noun",
    noun,
    number,
    determiner: drawDeterminer(random, kind, noun),
    ...(!plain && chance(random, 0.25) && { adjective: random.choice(fitting) }),
  };
}

function drawNumber(random: Random, role: Role, kind: DeterminerKind): GrammaticalNumber {
  if (kind === "many" || kind === "numeral") return "plural";
  // Indefinite plurals are left to subjects and objects: "to some boys" is rare and "not to any boys" unclear.
  if (kind === "every" || (kind === "indefinite" && role === "complement")) return "singular";
  return chance(random, role === "setting" ? 0.1 : 0.4) ? "plural" : "singular";
}

function drawDeterminer(random: Random, kind: DeterminerKind, owned: Noun): Determiner {
  switch (kind) {
    case "numeral":
      return { kind, numeral: random.choice(numerals) };
    case "possessive":
      return { kind, possessor: random.choice(FREE_PRONOUNS) };
    case "genitive":
      return { kind, owner: drawOwner(random, owned) };
    default:
      return { kind };
  }
}

function drawOwner(random: Random, owned: Noun): NounPhrase {
  if (chance(random, 0.5)) return random.choice(names);
  for (;;) {
    const owner = drawNominal(random, { role: "setting", kinds: ["human"], plain: true });
    if (owner.noun !== owned) return owner;
  }
}

/** A subject and what it denotes, which decides what can be said of it. */
export interface Subject {
  readonly phrase: NounPhrase;
  readonly kind: NounKind;
}

export function drawSubject(
  random: Random,
  kinds: readonly NounKind[],
  options: Pick<PhraseOptions, "plain" | "polarity"> = {},
): Subject {
  const human = kinds.includes("human");
  const choice = weighted(random, [
    [human ? 3.5 : 0, "pronoun"],
    [human ? 2 : 0, "name"],
    [human ? 4 : 0, "human"],
    [kinds.includes("animal") ? 1.5 : 0, "animal"],
    [kinds.includes("thing") ? 0.8 : 0, "thing"],
  ] as const);
  if (choice === "pronoun") {
    return { phrase: { kind: "pronoun", pronoun: random.choice(FREE_PRONOUNS) }, kind: "human" };
  }
  if (choice === "name") return { phrase: random.choice(names), kind: "human" };
  return { phrase: drawNominal(random, { role: "subject", kinds: [choice], ...options }), kind: choice };
}

/** The pronoun that stands for `antecedent`: it, they, he ... in the gender of its noun. */
export function pronounFor(antecedent: NounPhrase, kind: NounKind): Pronoun {
  if (antecedent.kind === "pronoun") return antecedent.pronoun;
  const { number, gender } = agreementOf(antecedent);
  const feminine = gender === "feminine";
  if (number === "plural") return feminine ? pronouns.theyFeminine : pronouns.they;
  if (kind === "human") return feminine ? pronouns.she : pronouns.he;
  return feminine ? pronouns.itFeminine : pronouns.itMasculine;
}

/**
 * An object pronoun that cannot be mistaken for the subject itself.
 *
 * @param embedded whether "them" would seem to mean the subject of the clause around.
 */
export function drawObjectPronoun(random: Random, subject: Agreement, embedded: boolean): Pronoun {
  return random.choice(
    FREE_PRONOUNS.filter(({ agreement: { person, number } }) => {
      if (person !== 3) return person !== subject.person;
      return number === "singular" || !(embedded || (subject.person === 3 && subject.number === "plural"));
    }),
  );
}

/** A name other than that of `subject`. */
export function drawName(random: Random, subject: NounPhrase): ProperName {
  return random.choice(names.filter((name) => name !== subject));
}

/** "At the station", "near this river". */
export function drawLocation(random: Random): PrepositionalPhrase {
  const object = drawNominal(random, { role: "setting", kinds: ["place"] });
  const { near, behind } = prepositions;
  const preposition = weighted(random, [
    [object.noun.within ? 4 : 0, object.noun.within ?? near],
    [1, near],
    [object.noun.within ? 0.6 : 0, behind],
  ]);
  return { preposition, object };
}

/** "To the market", "from the school". */
export function drawDestination(random: Random, preposition: Phrase): PrepositionalPhrase {
  return { preposition, object: drawNominal(random, { role: "setting", kinds: ["place"] }) };
}
