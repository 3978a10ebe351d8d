/** Names the grammatical phenomena in a derivation. */
import type { Clause, NounPhrase, Sentence } from "./tree.ts";

export type Feature =
  | "question"
  | "present"
  | "past"
  | "future"
  | "imparfait"
  | "être"
  | "negation"
  | "frequency"
  | "time"
  | "clitic"
  | "participle agreement"
  | "relative"
  | "coordination"
  | "subordination"
  | "adjective before"
  | "adjective after"
  | "predicate adjective"
  | "possessive"
  | "genitive"
  | "numeral"
  | "place";

/** The phenomena of a sentence, each once, in the order they are met. */
export function featuresOf(sentence: Sentence): Feature[] {
  const found = new Set<Feature>();
  if (sentence.mood === "question") found.add("question");
  if (sentence.time) found.add("time");
  clauseFeatures(sentence.clause, found);
  if (sentence.continuation) {
    found.add(sentence.continuation.kind === "coordinate" ? "coordination" : "subordination");
    clauseFeatures(sentence.continuation.clause, found);
  }
  return [...found];
}

function clauseFeatures(clause: Clause, found: Set<Feature>): void {
  const { tense, polarity, frequency, object, predicate, complements } = clause;
  const { auxiliary, imperfect } = clause.verb.french;
  const compound = tense === "past" && !imperfect;
  const precedes = object?.kind === "pronoun" || object?.kind === "trace";
  found.add(tense);
  if (tense === "past" && imperfect) found.add("imparfait");
  if (compound && auxiliary === "être") found.add("être");
  if (compound && (auxiliary === "être" || precedes)) found.add("participle agreement");
  if (polarity !== "affirmative") found.add("negation");
  if (frequency) found.add("frequency");
  if (object?.kind === "pronoun") found.add("clitic");
  if (predicate) found.add("predicate adjective");
  phraseFeatures(clause.subject, found);
  if (object) phraseFeatures(object, found);
  for (const complement of complements) phraseFeatures(complement.object, found);
}

function phraseFeatures(phrase: NounPhrase, found: Set<Feature>): void {
  if (phrase.kind !== "noun") return;
  const { noun, determiner, adjective, relative } = phrase;
  if (noun.kind === "place") found.add("place");
  if (adjective) found.add(`adjective ${adjective.position}`);
  if (determiner.kind === "possessive") found.add("possessive");
  if (determiner.kind === "numeral") found.add("numeral");
  if (determiner.kind === "genitive") {
    found.add("genitive");
    phraseFeatures(determiner.owner, found);
  }
  if (relative) {
    found.add("relative");
    clauseFeatures(relative.clause, found);
  }
}
