/** Ordering strings by code point, which is also the order of their UTF-8 bytes. */

/**
 * A string whose `<` order among such keys is the code point order of the
 * originals. UTF-16 order differs only in that surrogates sort below
 * U+E000-U+FFFF, so those two ranges of units trade places.
 */
export function codePointKey(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) => String.fromCharCode(unitRank(unit.charCodeAt(0))));
}

/** Compares two strings by code point, for sorting. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return unitRank(left) < unitRank(right) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

function unitRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
