/** Draws clauses: a verb with all that it needs. */
import type { Random } from "../../base/random.ts";
import { chance, weighted } from "./draw.ts";
import { adjectives, CREATURES, frequencies, GOODS, prepositions } from "./lexicon.ts";
import type { Subject } from "./noun-phrases.ts";
import {
  drawDestination,
  drawLocation,
  drawName,
  drawNominal,
  drawObjectPronoun,
  drawSubject,
} from "./noun-phrases.ts";
import type {
  Adjective,
  Clause,
  NominalPhrase,
  NounKind,
  NounPhrase,
  Polarity,
  PrepositionalPhrase,
  Relative,
  Tense,
  Trace,
} from "./tree.ts";
import { agreementOf } from "./tree.ts";
import { be, come, give, go, have, intransitiveVerbs, talk, transitiveVerbs } from "./verbs.ts";

/** What a clause says of its subject. */
type Predicate = Pick<Clause, "verb" | "object" | "predicate" | "complements">;

const FRAME_WEIGHTS = {
  transitive: 5,
  giving: 1.5,
  intransitive: 1.5,
  destination: 0.8,
  origin: 0.5,
  talk: 0.8,
  quality: 2,
  location: 0.8,
  possession: 1,
} as const;

export type Frame = keyof typeof FRAME_WEIGHTS;

const EVERY_FRAME = Object.keys(FRAME_WEIGHTS) as Frame[];
const ANIMAL_FRAMES: readonly Frame[] = [
  "transitive",
  "intransitive",
  "destination",
  "origin",
  "quality",
  "location",
];
const ANIMAL_INTERESTS: readonly NounKind[] = [...CREATURES, "food"];
const THING_FRAMES: readonly Frame[] = ["quality", "location"];

export interface ClauseOptions {
  readonly tense: Tense;
  readonly polarity?: Polarity;
  /** Frames to draw from, among those the subject allows. */
  readonly frames?: readonly Frame[];
  /** Asks where, so says no place. */
  readonly placeless?: boolean;
  /** Asks when, so says no time. */
  readonly timeless?: boolean;
  /** Inside another clause: no relative, and no "them", which would seem to mean the first subject. */
  readonly embedded?: boolean;
}

/** A clause about `subject`. */
export function drawClause(random: Random, subject: Subject, options: ClauseOptions): Clause {
  const { tense, polarity = "affirmative", timeless = false } = options;
  const frequent = !timeless && polarity !== "never" && chance(random, 0.12);
  return {
    subject: subject.phrase,
    tense,
    polarity,
    ...(frequent && { frequency: random.choice(frequencies) }),
    ...drawPredicate(random, subject, options),
  };
}

function drawPredicate(random: Random, subject: Subject, options: ClauseOptions): Predicate {
  const { polarity = "affirmative", placeless = false } = options;
  const location = (p: number) => (!placeless && chance(random, p) ? [drawLocation(random)] : []);
  switch (drawFrame(random, subject.kind, options.frames)) {
    case "transitive": {
      const verb = random.choice(transitiveVerbs.filter(({ subjects }) => subjects.includes(subject.kind)));
      return { verb, object: drawObject(random, subject, verb.objects, options), complements: location(0.1) };
    }
    case "giving": {
      const object = drawNominal(random, { role: "object", kinds: give.objects, polarity });
      return { verb: give, object, complements: [drawRecipient(random, subject.phrase)] };
    }
    case "intransitive": {
      const verbs = intransitiveVerbs.filter(({ subjects }) => subjects.includes(subject.kind));
      const verb = random.choice(placeless ? verbs.filter((verb) => !verb.placeless) : verbs);
      return { verb, complements: verb.placeless ? [] : location(0.6) };
    }
    case "destination":
      return { verb: go, complements: placeless ? [] : [drawDestination(random, prepositions.to)] };
    case "origin":
      return { verb: come, complements: [drawDestination(random, prepositions.from)] };
    case "talk":
      return { verb: talk, complements: drawTalk(random, subject.phrase) };
    case "quality":
      return { verb: be, predicate: drawQuality(random, subject), complements: [] };
    case "location":
      return { verb: be, complements: [drawLocation(random)] };
    case "possession":
      return {
        verb: have,
        object: drawNominal(random, { role: "possession", kinds: GOODS, polarity }),
        complements: [],
      };
  }
}

function drawFrame(random: Random, kind: NounKind, frames: readonly Frame[] = EVERY_FRAME): Frame {
  const possible = kind === "human" ? EVERY_FRAME : kind === "animal" ? ANIMAL_FRAMES : THING_FRAMES;
  return weighted(
    random,
    possible.map((frame) => [frames.includes(frame) ? FRAME_WEIGHTS[frame] : 0, frame]),
  );
}

function drawObject(
  random: Random,
  subject: Subject,
  allowed: readonly NounKind[],
  { polarity = "affirmative", embedded = false }: ClauseOptions,
): NounPhrase {
  const kinds =
    subject.kind === "animal" ? allowed.filter((kind) => ANIMAL_INTERESTS.includes(kind)) : allowed;
  const human = kinds.includes("human");
  const choice = weighted(random, [
    [human ? 0.35 : 0, "pronoun"],
    [human ? 0.1 : 0, "name"],
    [0.55, "noun"],
  ]);
  if (choice === "pronoun") {
    const pronoun = drawObjectPronoun(random, agreementOf(subject.phrase), embedded);
    return { kind: "pronoun", pronoun };
  }
  if (choice === "name") return drawName(random, subject.phrase);
  const nominal = drawNominal(random, { role: "object", kinds, polarity });
  return embedded ? nominal : withRelative(random, nominal);
}

/** An adjective to say of a noun; one that stands with it already leaves only the other position's. */
function drawQuality(random: Random, { phrase, kind }: Subject): Adjective {
  const given = phrase.kind === "noun" ? phrase.adjective : undefined;
  return random.choice(
    adjectives.filter(({ kinds, position }) => kinds.includes(kind) && position !== given?.position),
  );
}

/** "To the king": whoever gets or hears something from `subject`. */
export function drawRecipient(random: Random, subject: NounPhrase): PrepositionalPhrase {
  const named = chance(random, 0.3);
  const object = named
    ? drawName(random, subject)
    : drawNominal(random, { role: "complement", kinds: ["human"] });
  return { preposition: prepositions.to, object };
}

function drawTalk(random: Random, subject: NounPhrase): PrepositionalPhrase[] {
  const topic = (): PrepositionalPhrase => ({
    preposition: prepositions.about,
    object: drawNominal(random, { role: "complement", kinds: ["human", "animal", "text", "thing"] }),
  });
  if (chance(random, 0.4)) return [topic()];
  const recipient = drawRecipient(random, subject);
  return chance(random, 0.7) ? [recipient] : [recipient, topic()];
}

/** Perhaps adds "who arrived" or "that Marie bought" to a noun that stands without an owner. */
export function withRelative(random: Random, nominal: NominalPhrase): NominalPhrase {
  const { kind } = nominal.determiner;
  if (kind === "genitive" || kind === "every" || kind === "many" || !chance(random, 0.1)) return nominal;
  return { ...nominal, relative: drawRelative(random, nominal) };
}

function drawRelative(random: Random, nominal: NominalPhrase): Relative {
  const { kind } = nominal.noun;
  const tense = drawTense(random);
  const trace: Trace = { kind: "trace", agreement: agreementOf(nominal) };
  const verbs = transitiveVerbs.filter(({ objects }) => objects.includes(kind));
  const gap =
    kind === "human" || kind === "animal" ? random.choice(["subject", "object"] as const) : "object";
  if (gap === "subject") {
    const frames: Frame[] = ["transitive", "intransitive", "destination", "location"];
    return { gap, clause: drawClause(random, { phrase: trace, kind }, { tense, frames, embedded: true }) };
  }
  const subject = drawSubject(random, ["human"], { plain: true });
  const clause: Clause = {
    subject: subject.phrase,
    verb: random.choice(verbs),
    tense,
    polarity: "affirmative",
    object: trace,
    complements: [],
  };
  return { gap, clause };
}

export function drawTense(random: Random): Tense {
  return weighted(random, [
    [4, "present"],
    [4, "past"],
    [2.5, "future"],
  ]);
}
