/** Texts that break tokenizers: every UTF-16 string, and long ones of little variety. */
import fc from "fast-check";

/**
 * Any string a program can hold: uniform UTF-16 code units, so mostly lone
 * surrogates and rare scripts, mixed with characters that mean something to
 * tokenizers. fast-check's own "binary" strings have no lone surrogates.
 */
export function anyString(
  constraints: { minLength?: number; maxLength?: number } = {},
): fc.Arbitrary<string> {
  const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
  const telling = fc.constantFrom(
    ..." \n\t\r'\"’.,-_@#<>/ae1É\0\u0301\u0085\u00a0\u202f\ufeff\uffed\ufffd",
    "😀",
    "'s",
    "n't",
  );
  return fc.string({ unit: fc.oneof(unit, telling), ...constraints });
}

/** Texts of about `length` UTF-16 units on which careless tokenizers take quadratic time, by name. */
export function pathologicalTexts(length: number): ReadonlyMap<string, string> {
  const units = {
    letter: "a",
    "two letters": "ab",
    word: "the",
    digits: "1.",
    space: " ",
    "line end": "\n",
    "no-break space": "\u00a0",
    apostrophe: "'",
    contraction: "n't",
    hyphen: "a-",
    accent: "e\u0301",
    emoji: "😀",
    "lone surrogate": "\ud800",
  };
  return new Map(Object.entries(units).map(([name, unit]) => [name, unit.repeat(length / unit.length)]));
}
