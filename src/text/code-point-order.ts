/** Ordering strings by code point, which is also the order of their UTF-8 bytes. */

/**
 * A string whose `<` order among such keys is the code point order of the
 * originals. UTF-16 order differs only in that surrogates sort below
 * U+E000-U+FFFF, so those two ranges of units trade places.
 */
export function codePointKey(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
  });
}

/** Compares two strings by code point, for sorting. */
export function compareCodePoints(a: string, b: string): number {
  const left = codePointKey(a);
  const right = codePointKey(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
