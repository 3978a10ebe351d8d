/**
 * Laws of the two languages, checked on the words of drawn sentences alone and
 * against word lists written here, so that they do not lean on the grammar.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.ts";
import { sentencePairs } from "../../../src/testing/arbitraries-corpus.ts";
import { generatePair } from "../../../src/testing/grammar/grammar.ts";
import { runs } from "../../support/fc.ts";

const words = (text: string) => new Set(text.split(" "));

const MASCULINE =
  "homme garçon enfant roi chat chien cheval oiseau œuf gâteau livre parapluie chapeau marché hôpital jardin pont";
const FEMININE =
  "femme fille reine actrice sœur pomme lettre histoire voiture fleur école gare église rivière";
const MASCULINES =
  "hommes garçons enfants rois chats chiens chevaux oiseaux œufs gâteaux livres parapluies chapeaux marchés hôpitaux jardins ponts";
const FEMININES =
  "femmes filles reines actrices sœurs pommes lettres histoires voitures fleurs écoles gares églises rivières";

/** For each gender and number: nouns, what may stand before them, and adjectives. "de" and numerals go with all plurals. */
const PARADIGMS = [
  {
    nouns: words(MASCULINE),
    determiners: words("le l' un ce cet mon ton son notre leur chaque du au de d'"),
    before: words("grand petit jeune vieux vieil nouveau nouvel beau bel"),
    after: words("heureux fatigué blanc noir vert rouge cher étrange"),
  },
  {
    nouns: words(FEMININE),
    determiners: words("la l' une cette ma ta sa mon ton son notre leur chaque de d'"),
    before: words("grande petite jeune vieille nouvelle belle"),
    after: words("heureuse fatiguée blanche noire verte rouge chère étrange"),
  },
  {
    nouns: words(MASCULINES),
    determiners: words("les des ces mes tes ses nos leurs aux deux trois de d'"),
    before: words("grands petits jeunes vieux nouveaux beaux"),
    after: words("heureux fatigués blancs noirs verts rouges chers étranges"),
  },
  {
    nouns: words(FEMININES),
    determiners: words("les des ces mes tes ses nos leurs aux deux trois de d'"),
    before: words("grandes petites jeunes vieilles nouvelles belles"),
    after: words("heureuses fatiguées blanches noires vertes rouges chères étranges"),
  },
];
const BEFORE = new Set(PARADIGMS.flatMap(({ before }) => [...before]));
const AFTER = new Set(PARADIGMS.flatMap(({ after }) => [...after]));

/** Lower-case French words; an elided word keeps its apostrophe. */
function frenchWords(sentence: string): string[] {
  return sentence
    .toLowerCase()
    .replace(/[.?,]/g, "")
    .replace(/\b(l|d|j|n|m|t|qu)'/g, "$1' ")
    .trim()
    .split(/\s+/);
}

/** Runs `check` on the French words of every pair that fast-check draws. */
function everyTranslation(check: (words: string[], target: string, source: string) => void): void {
  fc.assert(
    fc.property(sentencePairs(), ({ source, target }) => {
      check(frenchWords(target), target, source);
    }),
    runs,
  );
}

describe("every pair", () => {
  test("is drawn from the random numbers alone", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(generatePair(new Random(seed))).toEqual(generatePair(new Random(seed)));
      }),
      runs,
    );
  });

  test("begins with a capital, ends with a stop and has 4 to 10 English words", () => {
    fc.assert(
      fc.property(sentencePairs(), ({ source, target }) => {
        expect(source).toMatch(/^[A-Z][A-Za-z',]*( [A-Za-z',]+){3,9}[.?]$/);
        expect(target).toMatch(/^\p{Lu}[\p{L}' ,-]*(?:\p{L}\.|\p{L} \?)$/u);
        expect(source.endsWith("?")).toBe(target.endsWith("?"));
        expect(`${source}${target}`).not.toContain("  ");
      }),
      runs,
    );
  });

  test("has the one French sentence that its English sentence determines", () => {
    const translations = new Map<string, string>();
    const random = new Random(11);
    for (let i = 0; i < 20_000; i++) {
      const { source, target } = generatePair(random);
      expect(translations.get(source) ?? target).toBe(target);
      translations.set(source, target);
    }
  });
});

describe("French", () => {
  test("determiners and adjectives agree with their noun", () => {
    everyTranslation((words) => {
      for (const [i, word] of words.entries()) {
        const paradigm = PARADIGMS.find(({ nouns }) => nouns.has(word));
        if (!paradigm) continue;
        const preceded = BEFORE.has(words[i - 1]);
        if (preceded) expect(paradigm.before).toContain(words[i - 1]);
        expect(paradigm.determiners).toContain(words[preceded ? i - 2 : i - 1]);
        if (AFTER.has(words[i + 1])) expect(paradigm.after).toContain(words[i + 1]);
      }
    });
  });

  test("le, la, je, me, te, ne, de and que elide before vowels and never else", () => {
    const vowel = /^(?:[aeiouéèêôœ]|h(?!éros))/i;
    const full = words("le la je me te ne de que");
    everyTranslation((words) => {
      for (const [i, word] of words.slice(0, -1).entries()) {
        if (full.has(word)) expect(words[i + 1]).not.toMatch(vowel);
        if (word.endsWith("'")) expect(words[i + 1]).toMatch(vowel);
      }
    });
  });

  test("ce, ma, vieux, nouveau and beau give way before vowels", () => {
    const vowel = /^(?:[aeiouéèêôœ]|h(?!éros))/;
    everyTranslation((words) => {
      for (const [i, word] of words.slice(0, -1).entries()) {
        if (/^(?:ce|ma|ta|sa)$/.test(word)) expect(words[i + 1]).not.toMatch(vowel);
        if (/^(?:cet|vieil|nouvel|bel)$/.test(word)) expect(words[i + 1]).toMatch(vowel);
        if (/^(?:vieux|nouveau|beau)$/.test(word) && MASCULINE.split(" ").includes(words[i + 1])) {
          expect(words[i + 1]).not.toMatch(vowel);
        }
      }
    });
  });

  test("prepositions contract with articles", () => {
    everyTranslation((_, target) => expect(target).not.toMatch(/(?:^| )(?:de (?:les?|des)|à les?) /i));
  });

  test("des is de before an adjective", () => {
    everyTranslation((words, _, source) => {
      for (const [i, word] of words.entries()) {
        // "des" is also de + les: "of the", "about the", "from the".
        if (word === "des" && BEFORE.has(words[i + 1])) expect(source).toMatch(/about|from|near|'/);
      }
    });
  });

  test("verbs agree with subject pronouns", () => {
    const endings: Record<string, RegExp> = {
      je: /(?:e|s|ai)$/,
      "j'": /(?:e|s|ai)$/,
      tu: /s$/,
      il: /[edta]$/,
      elle: /[edta]$/,
      ils: /nt$/,
      elles: /nt$/,
    };
    const clitics = words("ne n' me m' te t' le la l' nous les");
    everyTranslation((words) => {
      for (const [i, word] of words.entries()) {
        if (!(word in endings)) continue;
        const verb = words.slice(i + 1).find((next) => !clitics.has(next));
        expect(verb).toMatch(endings[word]);
      }
    });
  });

  test("participles agree with the subject of être", () => {
    const agreement =
      /\b(je|il|elle|nous|ils|elles) (?:ne |n')?(?:suis|est|sommes|sont) (?:(?:pas|jamais|souvent|toujours) )*(?:all|arriv|ven|part)(?:é|u|i)(e?s?)\b(?!\p{L})/giu;
    const expected: Record<string, string> = { je: "", il: "", elle: "e", nous: "s", ils: "s", elles: "es" };
    everyTranslation((_, target) => {
      for (const [, subject, ending] of target.matchAll(agreement)) {
        expect(ending).toBe(expected[subject.toLowerCase()]);
      }
    });
  });

  test("participles agree with les and nous before avoir", () => {
    const preceded =
      /\b(?:les|(?<=\p{L} )nous) (?:ai|as|a|avons|ont) (?:(?:pas|jamais|souvent|toujours) )*(\p{L}+)/gu;
    everyTranslation((_, target) => {
      for (const [phrase, participle] of target.matchAll(preceded)) {
        if (!/nous avons/.test(phrase)) expect(participle).toMatch(/s$/);
      }
    });
  });
});

describe("English", () => {
  const thirds = words(
    "is has sees looks finds loves helps eats buys sells writes gives sleeps works sings arrives leaves goes comes talks says thinks knows",
  );
  const bases = words(
    "am are have see look find love help eat buy sell write give sleep work sing arrive leave go come talk say think know",
  );

  test("a and an fit the next word", () => {
    fc.assert(
      fc.property(sentencePairs(), ({ source }) => {
        expect(source).not.toMatch(/\ba [aeiou]|\ban [^aeiou]/i);
      }),
      runs,
    );
  });

  test("the third person singular has -s, and no other", () => {
    fc.assert(
      fc.property(sentencePairs(), ({ source }) => {
        const inverted = /\b(?:do|does|did|will) (?:I|you|he|she|we|they|it)\b/i.test(source);
        if (inverted) return;
        const subjects = /\b(I|he|she|we|they)(?: (?:often|always|never))* (\w+)/gi;
        for (const [, pronoun, verb] of source.matchAll(subjects)) {
          expect(/^s?he$/i.test(pronoun) ? bases : thirds).not.toContain(verb);
        }
      }),
      runs,
    );
  });

  test("do, does, did and will are followed by the base form", () => {
    fc.assert(
      fc.property(sentencePairs(), ({ source }) => {
        for (const [, verb] of source.matchAll(
          /\b(?:do|does|did|will)(?: (?:not|often|always|never))+ (\w+)/g,
        )) {
          expect(verb === "be" || bases.has(verb)).toBe(true);
        }
      }),
      runs,
    );
  });
});
