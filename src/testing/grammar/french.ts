/** Spells a derivation out in French. */
import { inflected, joinFrench, startsWithVowelSound } from "./morphology-french.ts";
import type {
  Adjective,
  Agreement,
  Clause,
  Determiner,
  NominalPhrase,
  NounPhrase,
  Paradigm,
  Sentence,
} from "./tree.ts";
import { agreementOf, finiteForm } from "./tree.ts";

const AUXILIARY = {
  avoir: ["ai", "as", "a", "avons", "ont"],
  être: ["suis", "es", "est", "sommes", "sont"],
} as const satisfies Record<string, Paradigm>;

/** The French sentence, capitalised and punctuated, with a space before the question mark. */
export function toFrench(sentence: Sentence): string {
  const { mood, asked, clause, continuation, time } = sentence;
  const words = [
    ...(asked ? [asked.french] : []),
    ...(mood === "question" && clause.subject.kind !== "who" ? ["est-ce", "que"] : []),
    ...clauseWords(clause),
    ...(continuation
      ? [...continuation.conjunction.french.split(" "), ...clauseWords(continuation.clause)]
      : []),
  ];
  if (time?.position === "first") words.unshift(`${time.phrase.french},`);
  if (time?.position === "last") words.push(time.phrase.french);
  const text = joinFrench(words);
  return text[0].toUpperCase() + text.slice(1) + (mood === "question" ? " ?" : ".");
}

/** Subject, ne, clitic, finite verb, pas, adverb, participle, object, predicate, complements. */
function clauseWords(clause: Clause): string[] {
  const { subject, object, predicate, complements, polarity, frequency } = clause;
  const agreement = agreementOf(subject);
  const clitic = object?.kind === "pronoun" ? [object.pronoun.french.object] : [];
  const { finite, participle } = verbWords(clause, agreement);
  return [
    ...nounPhrase(subject),
    ...(polarity === "affirmative" ? [] : ["ne"]),
    ...clitic,
    finite,
    ...(polarity === "affirmative" ? [] : [polarity === "never" ? "jamais" : "pas"]),
    ...(frequency ? [frequency.french] : []),
    ...participle,
    ...(object && clitic.length === 0 ? nounPhrase(object, polarity !== "affirmative") : []),
    ...(predicate ? [inflected(predicate.french, agreement)] : []),
    ...complements.flatMap((complement) => [
      ...complement.preposition.french.split(" "),
      ...nounPhrase(complement.object),
    ]),
  ];
}

function verbWords(clause: Clause, agreement: Agreement): { finite: string; participle: string[] } {
  const { tense, object } = clause;
  const { french: verb } = clause.verb;
  const simple = tense === "past" ? verb.imperfect : verb[tense];
  if (simple) return { finite: finiteForm(simple, agreement), participle: [] };

  // With être the participle agrees with the subject; with avoir, with a direct object before the verb.
  const precedes = object?.kind === "pronoun" || object?.kind === "trace";
  const controller: Pick<Agreement, "gender" | "number"> =
    verb.auxiliary === "être"
      ? agreement
      : object && precedes
        ? agreementOf(object)
        : { gender: "masculine", number: "singular" };
  return {
    finite: finiteForm(AUXILIARY[verb.auxiliary], agreement),
    participle: [inflected(verb.participle, controller)],
  };
}

/** @param negated whether it is the direct object of a negated verb, where un and des become de. */
function nounPhrase(phrase: NounPhrase, negated = false): string[] {
  switch (phrase.kind) {
    case "noun":
      return nominalPhrase(phrase, negated);
    case "name":
      return [phrase.name];
    case "pronoun":
      return [phrase.pronoun.french.subject];
    case "who":
      return ["qui"];
    case "trace":
      return [];
  }
}

function nominalPhrase(phrase: NominalPhrase, negated: boolean): string[] {
  const { noun, number, determiner, adjective, relative } = phrase;
  const agreement = agreementOf(phrase);
  const form = noun.french[number];
  const words = [form];
  if (adjective?.position === "before") words.unshift(adjectiveBefore(adjective, agreement, form));
  // un and des become de after a negation, des also before an adjective: de grands arbres.
  const bare = negated || (number === "plural" && adjective?.position === "before");
  words.unshift(determinerWord(determiner, agreement, words[0], bare));
  if (determiner.kind === "many") words.splice(1, 0, "de");
  if (adjective?.position === "after") words.push(inflected(adjective.french, agreement));
  if (determiner.kind === "genitive") words.push("de", ...nounPhrase(determiner.owner));
  if (relative) words.push(relative.gap === "subject" ? "qui" : "que", ...clauseWords(relative.clause));
  return words;
}

function adjectiveBefore({ french, beforeVowel }: Adjective, agreement: Agreement, next: string): string {
  const masculineSingular = agreement.gender === "masculine" && agreement.number === "singular";
  if (beforeVowel && masculineSingular && startsWithVowelSound(next)) return beforeVowel;
  return inflected(french, agreement);
}

function determinerWord(determiner: Determiner, agreement: Agreement, next: string, bare: boolean): string {
  const { gender, number } = agreement;
  const masculine = gender === "masculine";
  switch (determiner.kind) {
    case "definite":
    case "genitive":
      return number === "plural" ? "les" : masculine ? "le" : "la";
    case "indefinite":
      return bare ? "de" : number === "plural" ? "des" : masculine ? "un" : "une";
    case "demonstrative":
      if (number === "plural") return "ces";
      return masculine ? (startsWithVowelSound(next) ? "cet" : "ce") : "cette";
    case "many":
      return "beaucoup";
    case "every":
      return "chaque";
    case "numeral":
      return determiner.numeral.french;
    case "possessive":
      // A vowel takes mon, ton, son in the feminine too: mon histoire.
      return inflected(determiner.possessor.french.possessive, {
        number,
        gender: number === "singular" && startsWithVowelSound(next) ? "masculine" : gender,
      });
  }
}
