/** The verbs of the grammar, with irregular forms written out, and what goes with them. */
import { ANYTHING, CREATURES, GOODS, MOVABLES } from "./lexicon.ts";
import { englishVerb } from "./morphology-english.ts";
import { firstGroup, frenchVerb } from "./morphology-french.ts";
import type { NounKind, Verb } from "./tree.ts";

export const be: Verb = {
  english: {
    base: "be",
    present: ["am", "are", "is", "are", "are"],
    past: ["was", "were", "was", "were", "were"],
    auxiliary: true,
  },
  french: frenchVerb({
    present: ["suis", "es", "est", "sommes", "sont"],
    futureStem: "ser",
    participle: "été",
    imperfectStem: "ét",
  }),
};

export const have: Verb = {
  english: englishVerb("have", { past: "had", third: "has" }),
  french: frenchVerb({
    present: ["ai", "as", "a", "avons", "ont"],
    futureStem: "aur",
    participle: "eu",
    imperfectStem: "av",
  }),
};

/** A verb with a direct object, and what may stand at either side of it. */
export interface TransitiveVerb extends Verb {
  readonly subjects: readonly NounKind[];
  readonly objects: readonly NounKind[];
}

const see: TransitiveVerb = {
  subjects: CREATURES,
  objects: ANYTHING,
  english: englishVerb("see", { past: "saw" }),
  french: frenchVerb({
    present: ["vois", "vois", "voit", "voyons", "voient"],
    futureStem: "verr",
    participle: "vu",
  }),
};

const lookFor: TransitiveVerb = {
  subjects: CREATURES,
  objects: MOVABLES,
  english: englishVerb("look", { particle: "for" }),
  french: firstGroup("cherch"),
};

const find: TransitiveVerb = {
  subjects: CREATURES,
  objects: MOVABLES,
  english: englishVerb("find", { past: "found" }),
  french: firstGroup("trouv"),
};

const love: TransitiveVerb = {
  subjects: ["human"],
  objects: MOVABLES,
  english: englishVerb("love"),
  french: firstGroup("aim"),
};

const help: TransitiveVerb = {
  subjects: ["human"],
  objects: CREATURES,
  english: englishVerb("help"),
  french: firstGroup("aid"),
};

const eat: TransitiveVerb = {
  subjects: CREATURES,
  objects: ["food"],
  english: englishVerb("eat", { past: "ate" }),
  french: firstGroup("mang"),
};

const buy: TransitiveVerb = {
  subjects: ["human"],
  objects: GOODS,
  english: englishVerb("buy", { past: "bought" }),
  french: firstGroup("achet", { strongStem: "achèt" }),
};

const sell: TransitiveVerb = {
  subjects: ["human"],
  objects: GOODS,
  english: englishVerb("sell", { past: "sold" }),
  french: frenchVerb({
    present: ["vends", "vends", "vend", "vendons", "vendent"],
    futureStem: "vendr",
    participle: "vendu",
  }),
};

const write: TransitiveVerb = {
  subjects: ["human"],
  objects: ["text"],
  english: englishVerb("write", { past: "wrote" }),
  french: frenchVerb({
    present: ["écris", "écris", "écrit", "écrivons", "écrivent"],
    futureStem: "écrir",
    participle: "écrit",
  }),
};

export const transitiveVerbs: readonly TransitiveVerb[] = [
  see,
  lookFor,
  find,
  love,
  help,
  eat,
  buy,
  sell,
  write,
];

/** Also takes a person after "to". */
export const give: TransitiveVerb = {
  subjects: ["human"],
  objects: GOODS,
  english: englishVerb("give", { past: "gave" }),
  french: firstGroup("donn"),
};

/** What one does first and what next: she buys a cake and eats it. */
export const sequences: readonly {
  readonly first: TransitiveVerb;
  readonly next: readonly TransitiveVerb[];
}[] = [
  { first: see, next: [love, help] },
  { first: lookFor, next: [find] },
  { first: find, next: [eat, help, sell, give] },
  { first: buy, next: [eat, love, sell, give] },
  { first: write, next: [love, sell, give] },
];

/** A verb without an object. */
export interface IntransitiveVerb extends Verb {
  readonly subjects: readonly NounKind[];
  /** Says nothing of where it happens. */
  readonly placeless?: true;
}

export const intransitiveVerbs: readonly IntransitiveVerb[] = [
  {
    subjects: CREATURES,
    english: englishVerb("sleep", { past: "slept" }),
    french: frenchVerb({
      present: ["dors", "dors", "dort", "dormons", "dorment"],
      futureStem: "dormir",
      participle: "dormi",
    }),
  },
  { subjects: ["human"], english: englishVerb("work"), french: firstGroup("travaill") },
  { subjects: ["human"], english: englishVerb("sing", { past: "sang" }), french: firstGroup("chant") },
  { subjects: CREATURES, english: englishVerb("arrive"), french: firstGroup("arriv", { auxiliary: "être" }) },
  {
    subjects: CREATURES,
    placeless: true,
    english: englishVerb("leave", { past: "left" }),
    french: frenchVerb({
      present: ["pars", "pars", "part", "partons", "partent"],
      futureStem: "partir",
      participle: "parti",
      auxiliary: "être",
    }),
  },
];

export const go: IntransitiveVerb = {
  subjects: CREATURES,
  english: englishVerb("go", { past: "went", third: "goes" }),
  french: frenchVerb({
    present: ["vais", "vas", "va", "allons", "vont"],
    futureStem: "ir",
    participle: "allé",
    auxiliary: "être",
  }),
};

export const come: IntransitiveVerb = {
  subjects: CREATURES,
  english: englishVerb("come", { past: "came" }),
  french: frenchVerb({
    present: ["viens", "viens", "vient", "venons", "viennent"],
    futureStem: "viendr",
    participle: "venu",
    auxiliary: "être",
  }),
};

export const talk: IntransitiveVerb = {
  subjects: ["human"],
  english: englishVerb("talk"),
  french: firstGroup("parl"),
};

/** Verbs of saying and thinking, before a "that" clause. Used in the present only: no sequence of tenses. */
export const contentVerbs: readonly Verb[] = [
  {
    english: englishVerb("say", { past: "said" }),
    french: frenchVerb({
      present: ["dis", "dis", "dit", "disons", "disent"],
      futureStem: "dir",
      participle: "dit",
    }),
  },
  { english: englishVerb("think", { past: "thought" }), french: firstGroup("pens") },
  {
    english: englishVerb("know", { past: "knew" }),
    french: frenchVerb({
      present: ["sais", "sais", "sait", "savons", "savent"],
      futureStem: "saur",
      participle: "su",
    }),
  },
];
