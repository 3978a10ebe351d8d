/** Regular French inflection, and the joining of words: elision and contraction. */
import type { Agreement, FrenchVerb, GrammaticalNumber, Inflection, Paradigm } from "./tree.ts";

/** An h that behaves like a consonant: le hibou, not l'hibou. */
const ASPIRATED = /^(?:hibou|héros)/i;
const VOWEL_OR_H = /^[aeiouhàâéèêëîïôùûœ]/i;

/** Whether the words before `word` elide or take their form for vowels. */
export function startsWithVowelSound(word: string): boolean {
  return VOWEL_OR_H.test(word) && !ASPIRATED.test(word);
}

/** @example frenchPlural("cheval") // "chevaux" */
export function frenchPlural(singular: string): string {
  if (/[sxz]$/.test(singular)) return singular;
  if (singular.endsWith("al")) return `${singular.slice(0, -1)}ux`;
  return /eau$/.test(singular) ? `${singular}x` : `${singular}s`;
}

export function frenchNoun(singular: string): Record<GrammaticalNumber, string> {
  return { singular, plural: frenchPlural(singular) };
}

/** All four forms from the masculine and, where adding -e is wrong, the feminine. */
export function inflect(masculine: string, feminine = feminineOf(masculine)): Inflection {
  return { masculine: frenchNoun(masculine), feminine: frenchNoun(feminine) };
}

function feminineOf(masculine: string): string {
  if (masculine.endsWith("e")) return masculine;
  return masculine.endsWith("eux") ? `${masculine.slice(0, -1)}se` : `${masculine}e`;
}

export function inflected(
  forms: Inflection,
  { gender, number }: Pick<Agreement, "gender" | "number">,
): string {
  return forms[gender][number];
}

const FUTURE_ENDINGS = ["ai", "as", "a", "ons", "ont"] as const;
const IMPERFECT_ENDINGS = ["ais", "ais", "ait", "ions", "aient"] as const;

function conjugate(stem: string, endings: Paradigm): Paradigm {
  const [i, you, he, we, they] = endings;
  return [stem + i, stem + you, stem + he, stem + we, stem + they];
}

interface FrenchForms {
  readonly present: Paradigm;
  readonly futureStem: string;
  readonly participle: string;
  readonly auxiliary?: "avoir" | "être";
  /** Given for verbs of state only. */
  readonly imperfectStem?: string;
}

export function frenchVerb({
  present,
  futureStem,
  participle,
  auxiliary = "avoir",
  imperfectStem,
}: FrenchForms): FrenchVerb {
  return {
    present,
    future: conjugate(futureStem, FUTURE_ENDINGS),
    participle: inflect(participle),
    auxiliary,
    ...(imperfectStem && { imperfect: conjugate(imperfectStem, IMPERFECT_ENDINGS) }),
  };
}

interface FirstGroupOptions {
  readonly auxiliary?: "avoir" | "être";
  /** The stem before a silent e where its vowel changes: achet-, achèt-. */
  readonly strongStem?: string;
}

/** Verbs in -er. @example firstGroup("mang").present[3] // "mangeons" */
export function firstGroup(
  stem: string,
  { auxiliary = "avoir", strongStem = stem }: FirstGroupOptions = {},
): FrenchVerb {
  const we = stem.endsWith("g") ? `${stem}eons` : `${stem}ons`;
  return frenchVerb({
    present: [`${strongStem}e`, `${strongStem}es`, `${strongStem}e`, we, `${strongStem}ent`],
    futureStem: `${strongStem}er`,
    participle: `${stem}é`,
    auxiliary,
  });
}

const ELIDED = new Set(["le", "la", "je", "me", "te", "ne", "de", "que"]);
const CONTRACTED: Readonly<Record<string, string>> = {
  "à le": "au",
  "à les": "aux",
  "de le": "du",
  "de les": "des",
  "de des": "de",
};

/**
 * Joins words with spaces, eliding before vowels (l'arbre, qu'elle) and
 * contracting prepositions with articles (du, aux). Elision goes first: de
 * l'arbre. In this grammar "le" and "les" after "à" or "de" are always articles.
 *
 * @example
 * joinFrench(["près", "de", "le", "pont"]); // "près du pont"
 */
export function joinFrench(words: readonly string[]): string {
  let text = "";
  for (let i = 0; i < words.length; i++) {
    let word = words[i];
    const contraction = CONTRACTED[`${word} ${words[i + 1]}`];
    if (contraction && !elides(words, i + 1)) {
      word = contraction;
      i++;
    }
    text += elides(words, i, word) ? `${word.slice(0, -1)}'` : `${word} `;
  }
  return text.trimEnd();
}

function elides(words: readonly string[], i: number, word = words[i]): boolean {
  return i + 1 < words.length && ELIDED.has(word) && startsWithVowelSound(words[i + 1]);
}
