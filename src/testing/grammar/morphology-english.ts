/** Regular English inflection; irregular forms are written out in the lexicon. */
import type { EnglishVerb, GrammaticalNumber, Paradigm } from "./tree.ts";

const SIBILANT = /(?:s|x|z|ch|sh)$/;
const CONSONANT_Y = /[^aeiou]y$/;

/** Adds -s, -es or -ies: the plural of a noun and the third person of a verb. */
export function addS(word: string): string {
  if (SIBILANT.test(word)) return `${word}es`;
  return CONSONANT_Y.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

function addEd(word: string): string {
  if (word.endsWith("e")) return `${word}d`;
  return CONSONANT_Y.test(word) ? `${word.slice(0, -1)}ied` : `${word}ed`;
}

/** Singular and plural; `irregular` is the plural where -s is wrong. */
export function englishNoun(singular: string, irregular?: string): Record<GrammaticalNumber, string> {
  return { singular, plural: irregular ?? addS(singular) };
}

interface IrregularForms {
  readonly past?: string;
  /** Third person singular present. */
  readonly third?: string;
  readonly particle?: string;
}

export function englishVerb(base: string, irregular: IrregularForms = {}): EnglishVerb {
  const { past = addEd(base), third = addS(base), particle } = irregular;
  const everyone = (form: string): Paradigm => [form, form, form, form, form];
  return {
    base,
    present: [base, base, third, base, base],
    past: everyone(past),
    ...(particle && { particle }),
  };
}

/** The indefinite article before `next`. The lexicon has no silent h and no "one" or "uni-" sound. */
export function indefiniteArticle(next: string): "a" | "an" {
  return /^[aeiou]/.test(next) ? "an" : "a";
}

/** @example possessiveForm("boys", "plural") // "boys'" */
export function possessiveForm(word: string, number: GrammaticalNumber): string {
  return number === "plural" && word.endsWith("s") ? `${word}'` : `${word}'s`;
}
