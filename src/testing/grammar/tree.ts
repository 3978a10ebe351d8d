/**
 * The derivation tree that both languages are read off, and the lexical entries
 * at its leaves. A tree is language-neutral: `english.ts` and `french.ts` each
 * spell it out, so the two sentences of a pair mean the same by construction.
 */

export type GrammaticalNumber = "singular" | "plural";
export type Gender = "masculine" | "feminine";

/** What a noun phrase imposes on its verb, participle and adjectives. */
export interface Agreement {
  readonly person: 1 | 2 | 3;
  readonly number: GrammaticalNumber;
  readonly gender: Gender;
}

/** Finite forms in the order I, you (one person), he or she, we, they. */
export type Paradigm = readonly [string, string, string, string, string];

/** One form for each gender and number. */
export interface Inflection {
  readonly masculine: Readonly<Record<GrammaticalNumber, string>>;
  readonly feminine: Readonly<Record<GrammaticalNumber, string>>;
}

/** What a noun denotes: it decides which verbs and adjectives go with it. */
export type NounKind = "human" | "animal" | "food" | "text" | "thing" | "place";

export interface Noun {
  readonly english: Readonly<Record<GrammaticalNumber, string>>;
  readonly french: Readonly<Record<GrammaticalNumber, string>>;
  readonly gender: Gender;
  readonly kind: NounKind;
  /** Of a place: the preposition for being there, at or in. */
  readonly within?: Phrase;
}

export interface Adjective {
  readonly english: string;
  readonly french: Inflection;
  /** Masculine singular before a vowel: bel, vieil, nouvel. */
  readonly beforeVowel?: string;
  readonly position: "before" | "after";
  readonly kinds: readonly NounKind[];
}

/** A personal pronoun with its possessive determiner. */
export interface Pronoun {
  readonly agreement: Agreement;
  readonly kind: "human" | "animal" | "thing";
  readonly english: { readonly subject: string; readonly object: string; readonly possessive: string };
  /** `object` is the clitic before the verb; `possessive` is indexed by what is possessed. */
  readonly french: { readonly subject: string; readonly object: string; readonly possessive: Inflection };
}

export interface EnglishVerb {
  readonly base: string;
  readonly present: Paradigm;
  readonly past: Paradigm;
  /** The second word of a phrasal verb: look *for*. */
  readonly particle?: string;
  /** "be" is negated and inverted without "do". */
  readonly auxiliary?: true;
}

export interface FrenchVerb {
  readonly present: Paradigm;
  readonly future: Paradigm;
  readonly participle: Inflection;
  readonly auxiliary: "avoir" | "être";
  /** Verbs of state have it: their past is the imparfait, not the passé composé. */
  readonly imperfect?: Paradigm;
}

export interface Verb {
  readonly english: EnglishVerb;
  readonly french: FrenchVerb;
}

/** A word or fixed phrase that is the same in every context. */
export interface Phrase {
  readonly english: string;
  readonly french: string;
}

export type Determiner =
  | { readonly kind: "definite" | "indefinite" | "demonstrative" | "many" | "every" }
  | { readonly kind: "numeral"; readonly numeral: Phrase }
  | { readonly kind: "possessive"; readonly possessor: Pronoun }
  | { readonly kind: "genitive"; readonly owner: NounPhrase };

export interface NominalPhrase {
  readonly kind: "noun";
  readonly noun: Noun;
  readonly number: GrammaticalNumber;
  readonly determiner: Determiner;
  readonly adjective?: Adjective;
  readonly relative?: Relative;
}

export interface ProperName {
  readonly kind: "name";
  readonly name: string;
  readonly gender: Gender;
}

export interface PronounPhrase {
  readonly kind: "pronoun";
  readonly pronoun: Pronoun;
}

/** "Who" as the subject of a question. */
export interface Interrogative {
  readonly kind: "who";
}

/** A place that is understood but not spoken: the gap of a relative clause, the subject after "and". */
export interface Trace {
  readonly kind: "trace";
  readonly agreement: Agreement;
}

export type NounPhrase = NominalPhrase | ProperName | PronounPhrase | Interrogative | Trace;

/** A clause whose subject or object is a {@link Trace} of the noun it describes. */
export interface Relative {
  readonly gap: "subject" | "object";
  readonly clause: Clause;
}

export interface PrepositionalPhrase {
  readonly preposition: Phrase;
  readonly object: NounPhrase;
}

export type Tense = "present" | "past" | "future";
export type Polarity = "affirmative" | "negative" | "never";

export interface Clause {
  readonly subject: NounPhrase;
  readonly verb: Verb;
  readonly tense: Tense;
  readonly polarity: Polarity;
  /** often, always */
  readonly frequency?: Phrase;
  readonly object?: NounPhrase;
  /** An adjective said of the subject, after "be". */
  readonly predicate?: Adjective;
  readonly complements: readonly PrepositionalPhrase[];
}

/** A second clause and the word that joins it: and, because, that. */
export interface Continuation {
  readonly kind: "coordinate" | "reason" | "content";
  readonly conjunction: Phrase;
  readonly clause: Clause;
}

export interface Sentence {
  readonly mood: "statement" | "question";
  /** where, when, why; a question without one is answered by yes or no. */
  readonly asked?: Phrase;
  readonly clause: Clause;
  readonly continuation?: Continuation;
  readonly time?: { readonly phrase: Phrase; readonly position: "first" | "last" };
}

/** Person, number and gender of a noun phrase. By rule, "who" is masculine singular. */
export function agreementOf(phrase: NounPhrase): Agreement {
  switch (phrase.kind) {
    case "noun":
      return { person: 3, number: phrase.number, gender: phrase.noun.gender };
    case "name":
      return { person: 3, number: "singular", gender: phrase.gender };
    case "pronoun":
      return phrase.pronoun.agreement;
    case "who":
      return { person: 3, number: "singular", gender: "masculine" };
    case "trace":
      return phrase.agreement;
  }
}

/** The paradigm's form for a subject. "You" is one person, so the plural has no second person. */
export function finiteForm(paradigm: Paradigm, { person, number }: Agreement): string {
  return paradigm[number === "singular" ? person - 1 : person === 1 ? 3 : 4];
}
