/** Spells a derivation out in English. */
import { indefiniteArticle, possessiveForm } from "./morphology-english.ts";
import type {
  Clause,
  Determiner,
  NominalPhrase,
  NounPhrase,
  Paradigm,
  PrepositionalPhrase,
  Sentence,
} from "./tree.ts";
import { agreementOf, finiteForm } from "./tree.ts";

const DO = {
  present: ["do", "do", "does", "do", "do"],
  past: ["did", "did", "did", "did", "did"],
} as const satisfies Record<string, Paradigm>;

/** The English sentence, capitalised and punctuated. */
export function toEnglish(sentence: Sentence): string {
  const { mood, asked, clause, continuation, time } = sentence;
  const inverted = mood === "question" && clause.subject.kind !== "who";
  const words = [
    ...(asked ? [asked.english] : []),
    ...clauseWords(clause, { inverted, polar: inverted && !asked }),
    ...(continuation ? [continuation.conjunction.english, ...clauseWords(continuation.clause)] : []),
  ];
  if (time?.position === "first") words.unshift(`${time.phrase.english},`);
  if (time?.position === "last") words.push(time.phrase.english);
  const text = words.join(" ");
  return text[0].toUpperCase() + text.slice(1) + (mood === "question" ? "?" : ".");
}

interface ClauseForm {
  /** Auxiliary before the subject. */
  readonly inverted: boolean;
  /** A yes-or-no question, where "some" becomes "any". */
  readonly polar: boolean;
}

function clauseWords(clause: Clause, form: ClauseForm = { inverted: false, polar: false }): string[] {
  const { object, predicate, complements, polarity } = clause;
  const subject = nounPhrase(clause.subject, "subject");
  const { auxiliary, rest } = verbWords(clause, form.inverted);
  const some = polarity !== "affirmative" || form.polar ? "any" : "some";
  return [
    ...(form.inverted ? [...auxiliary, ...subject] : [...subject, ...auxiliary]),
    ...rest,
    ...(object ? nounPhrase(object, "object", some) : []),
    ...(predicate ? [predicate.english] : []),
    ...complements.flatMap(prepositionalPhrase),
  ];
}

/** The verb split at the place where the subject of a question goes. */
function verbWords(clause: Clause, inverted: boolean): { auxiliary: string[]; rest: string[] } {
  const { tense, polarity, frequency } = clause;
  const { english: verb } = clause.verb;
  const agreement = agreementOf(clause.subject);
  const negated = polarity === "negative";
  const adverbs = [
    ...(negated ? ["not"] : []),
    ...(polarity === "never" ? ["never"] : []),
    ...(frequency ? [frequency.english] : []),
  ];
  const main = (form: string) => (verb.particle ? [form, verb.particle] : [form]);

  if (tense === "future") return { auxiliary: ["will"], rest: [...adverbs, ...main(verb.base)] };
  const finite = finiteForm(verb[tense], agreement);
  if (verb.auxiliary) return { auxiliary: [finite], rest: adverbs };
  if (negated || inverted) {
    return { auxiliary: [finiteForm(DO[tense], agreement)], rest: [...adverbs, ...main(verb.base)] };
  }
  return { auxiliary: [], rest: [...adverbs, ...main(finite)] };
}

function nounPhrase(phrase: NounPhrase, role: "subject" | "object", some: "some" | "any" = "some"): string[] {
  switch (phrase.kind) {
    case "noun":
      return nominalPhrase(phrase, some);
    case "name":
      return [phrase.name];
    case "pronoun":
      return [phrase.pronoun.english[role]];
    case "who":
      return ["who"];
    case "trace":
      return [];
  }
}

function nominalPhrase(
  { noun, number, determiner, adjective, relative }: NominalPhrase,
  some: string,
): string[] {
  const words = [...(adjective ? [adjective.english] : []), noun.english[number]];
  words.unshift(
    ...determinerWords(determiner, number === "plural" ? some : indefiniteArticle(words[0]), number),
  );
  if (relative) {
    const pronoun = relative.gap === "subject" && noun.kind === "human" ? "who" : "that";
    words.push(pronoun, ...clauseWords(relative.clause));
  }
  return words;
}

function determinerWords(
  determiner: Determiner,
  indefinite: string,
  number: "singular" | "plural",
): string[] {
  switch (determiner.kind) {
    case "definite":
      return ["the"];
    case "indefinite":
      return [indefinite];
    case "demonstrative":
      return [number === "singular" ? "this" : "these"];
    case "many":
    case "every":
      return [determiner.kind];
    case "numeral":
      return [determiner.numeral.english];
    case "possessive":
      return [determiner.possessor.english.possessive];
    case "genitive": {
      const owner = nounPhrase(determiner.owner, "subject");
      return [
        ...owner.slice(0, -1),
        possessiveForm(owner[owner.length - 1], agreementOf(determiner.owner).number),
      ];
    }
  }
}

function prepositionalPhrase({ preposition, object }: PrepositionalPhrase): string[] {
  return [preposition.english, ...nounPhrase(object, "object")];
}
