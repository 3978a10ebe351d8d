/** How wide text is: in terminal columns, and about how wide in a proportional font. */

/** Characters of two columns: Han, Kana, Hangul, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{20000}-\u{3fffd}]/u;

/** Characters of no column: combining marks, joiners and other format characters. */
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/**
 * Columns that a terminal takes for `text`, by code points.
 *
 * @example
 * columns("naïve"); // 5
 * columns("日本"); // 4
 */
export function columns(text: string): number {
  let width = 0;
  for (const character of text) width += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** The head of `text` that fits into `width` columns, with an ellipsis where something is cut off. */
export function clip(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let head = "";
  let used = 1;
  for (const character of text) {
    used += columns(character);
    if (used > width) break;
    head += character;
  }
  return `${head}…`;
}

/** `text` clipped and filled with spaces to exactly `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const clipped = clip(text, width);
  const space = " ".repeat(Math.max(0, width - columns(clipped)));
  return align === "left" ? clipped + space : space + clipped;
}

/** About how many pixels `text` takes in a sans-serif font of `size` pixels; rather more than less. */
export function pixels(text: string, size: number): number {
  return columns(text) * size * 0.66;
}
