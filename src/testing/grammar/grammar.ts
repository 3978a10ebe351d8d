/**
 * A synchronous grammar of English and French: one random derivation, spelled
 * out in both languages. Every English sentence has exactly one translation;
 * where English says less than French, a rule decides (see corpora/README.md).
 */
import type { Random } from "../../base/random.ts";
import type { ClauseOptions, Frame } from "./clauses.ts";
import { drawClause, drawRecipient, drawTense, withRelative } from "./clauses.ts";
import { chance, weighted } from "./draw.ts";
import { toEnglish } from "./english.ts";
import type { Feature } from "./features.ts";
import { featuresOf } from "./features.ts";
import { toFrench } from "./french.ts";
import { CREATURES, conjunctions, everyMorning, questionWords, times } from "./lexicon.ts";
import type { Subject } from "./noun-phrases.ts";
import { drawNominal, drawSubject, pronounFor } from "./noun-phrases.ts";
import type { Clause, Continuation, NounKind, Polarity, Sentence } from "./tree.ts";
import { agreementOf } from "./tree.ts";
import { contentVerbs, give, sequences } from "./verbs.ts";

/** A sentence, its translation, and the phenomena that it shows. */
export interface Pair {
  /** English. */
  readonly source: string;
  /** French. */
  readonly target: string;
  readonly features: readonly Feature[];
}

const MIN_WORDS = 4;
const MAX_WORDS = 10;

/**
 * Draws an English sentence of 4 to 10 words and its French translation.
 *
 * @example
 * const { source, target } = generatePair(new Random(1));
 */
export function generatePair(random: Random): Pair {
  for (;;) {
    const sentence = drawSentence(random);
    const source = toEnglish(sentence);
    const words = source.split(" ").length;
    if (words < MIN_WORDS || words > MAX_WORDS) continue;
    return { source, target: toFrench(sentence), features: featuresOf(sentence) };
  }
}

/** A derivation of any length. */
export function drawSentence(random: Random): Sentence {
  const draw = weighted(random, [
    [6, drawStatement],
    [1, drawCoordination],
    [1.2, drawReason],
    [1.2, drawContent],
    [1.5, drawPolarQuestion],
    [1, drawOpenQuestion],
    [0.6, drawSubjectQuestion],
  ]);
  return draw(random);
}

const SUBJECT_KINDS: readonly NounKind[] = ["human", "animal", "thing"];

function drawStatement(random: Random): Sentence {
  const polarity = drawPolarity(random);
  const subject = mainSubject(random, SUBJECT_KINDS, polarity);
  const clause = drawClause(random, subject, { tense: drawTense(random), polarity });
  return { mood: "statement", clause, ...drawTime(random, clause, ["first", "last"]) };
}

/** "Marie bought a cake and gave it to Paul": one subject, and a clitic for the object. */
function drawCoordination(random: Random): Sentence {
  const { phrase: subject } = drawSubject(random, ["human"]);
  const tense = drawTense(random);
  const { first, next } = random.choice(sequences);
  const kinds = first.objects.filter((kind) => next.some(({ objects }) => objects.includes(kind)));
  const object = drawNominal(random, { role: "object", kinds });
  const { kind } = object.noun;
  const second = random.choice(next.filter(({ objects }) => objects.includes(kind)));
  const shared = { tense, polarity: "affirmative" } as const;
  const clause: Clause = { ...shared, subject, verb: first, object, complements: [] };
  return {
    mood: "statement",
    clause,
    continuation: continuation("coordinate", {
      ...shared,
      subject: { kind: "trace", agreement: agreementOf(subject) },
      verb: second,
      object: { kind: "pronoun", pronoun: pronounFor(object, kind) },
      complements: second === give ? [drawRecipient(random, subject)] : [],
    }),
  };
}

/** "The girls sing because they are happy." */
function drawReason(random: Random): Sentence {
  const polarity = drawPolarity(random);
  const tense = drawTense(random);
  const subject = drawSubject(random, CREATURES, { polarity });
  const frames: Frame[] = ["transitive", "intransitive", "destination", "talk"];
  return {
    mood: "statement",
    clause: drawClause(random, subject, { tense, polarity, frames, embedded: true }),
    continuation: continuation(
      "reason",
      drawClause(random, resume(subject), {
        tense,
        polarity: drawPolarity(random),
        frames: ["quality", "possession", "transitive"],
        embedded: true,
      }),
    ),
  };
}

/** "The women say that they will leave tomorrow." */
function drawContent(random: Random): Sentence {
  const main = drawSubject(random, ["human"]);
  const polarity = drawPolarity(random);
  const subject = chance(random, 0.5) ? resume(main) : freshSubject(random, polarity);
  const verb = random.choice(contentVerbs);
  return {
    mood: "statement",
    clause: { subject: main.phrase, verb, tense: "present", polarity: "affirmative", complements: [] },
    continuation: continuation(
      "content",
      drawClause(random, subject, { tense: drawTense(random), polarity, embedded: true }),
    ),
  };
}

/** "Does the boy see a bird?" */
function drawPolarQuestion(random: Random): Sentence {
  const polarity = weighted<Polarity>(random, [
    [9, "affirmative"],
    [1, "negative"],
  ]);
  const subject = mainSubject(random, SUBJECT_KINDS, polarity);
  const clause = drawClause(random, subject, { tense: drawTense(random), polarity });
  return { mood: "question", clause, ...drawTime(random, clause, ["last"]) };
}

/** "Where did Alice find the key?" */
function drawOpenQuestion(random: Random): Sentence {
  const word = random.choice(["where", "when", "why"] as const);
  const frames: Record<typeof word, readonly Frame[] | undefined> = {
    where: ["transitive", "intransitive", "destination"],
    when: ["transitive", "giving", "intransitive", "destination", "talk"],
    why: undefined,
  };
  const allowed = frames[word];
  const options: ClauseOptions = {
    tense: drawTense(random),
    polarity: word === "why" && chance(random, 0.3) ? "negative" : "affirmative",
    placeless: word === "where",
    timeless: word === "when",
    ...(allowed && { frames: allowed }),
  };
  const subject = mainSubject(random, CREATURES, options.polarity ?? "affirmative");
  return { mood: "question", asked: questionWords[word], clause: drawClause(random, subject, options) };
}

/** "Who sold the old car?" */
function drawSubjectQuestion(random: Random): Sentence {
  const subject: Subject = { phrase: { kind: "who" }, kind: "human" };
  const clause = drawClause(random, subject, { tense: drawTense(random) });
  return { mood: "question", clause, ...drawTime(random, clause, ["last"]) };
}

function drawPolarity(random: Random): Polarity {
  return weighted<Polarity>(random, [
    [7, "affirmative"],
    [2, "negative"],
    [1, "never"],
  ]);
}

function mainSubject(random: Random, kinds: readonly NounKind[], polarity: Polarity): Subject {
  const subject = drawSubject(random, kinds, { polarity });
  if (subject.phrase.kind !== "noun") return subject;
  return { ...subject, phrase: withRelative(random, subject.phrase) };
}

/** The pronoun for a subject already mentioned. */
function resume({ phrase, kind }: Subject): Subject {
  return { phrase: { kind: "pronoun", pronoun: pronounFor(phrase, kind) }, kind };
}

/** A subject of its own for a second clause: never "they", which would mean the first. */
function freshSubject(random: Random, polarity: Polarity): Subject {
  for (;;) {
    const subject = drawSubject(random, SUBJECT_KINDS, { polarity });
    const { person, number } = agreementOf(subject.phrase);
    if (subject.phrase.kind !== "pronoun" || person !== 3 || number !== "plural") return subject;
  }
}

function continuation(kind: Continuation["kind"], clause: Clause): Continuation {
  return { kind, conjunction: conjunctions[kind], clause };
}

function drawTime(
  random: Random,
  clause: Clause,
  positions: readonly ("first" | "last")[],
): Pick<Sentence, "time"> {
  const { tense, frequency, polarity, verb } = clause;
  if (frequency || polarity === "never" || !chance(random, 0.25)) return {};
  const state = verb.french.imperfect !== undefined;
  const phrase = random.choice(times[tense].filter((time) => !(state && time === everyMorning)));
  return { time: { phrase, position: random.choice(positions) } };
}
