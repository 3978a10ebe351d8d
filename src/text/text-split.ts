/** Parting one long text into training and validation text. */
import { checkNumber } from "../base/options.ts";

export interface TextParts {
  readonly train: string;
  readonly valid: string;
}

/**
 * Keeps the last share of a text apart. Nothing is shuffled: neighbouring parts of a text are alike, and parts drawn
 * from all over it would make validation too easy.
 *
 * @param valid share of the text, at least 0 and below 1
 * @param unit `characters`: cut anywhere between two of them; `lines`: between two lines
 * @example
 * splitText("one\ntwo\nthree\n", 0.3, "lines"); // { train: "one\ntwo\n", valid: "three\n" }
 */
export function splitText(text: string, valid: number, unit: "characters" | "lines"): TextParts {
  checkNumber("valid share", valid, { min: 0, below: 1 });
  const at = unit === "lines" ? endOfLines(text, 1 - valid) : endOfCharacters(text, 1 - valid);
  return { train: text.slice(0, at), valid: text.slice(at) };
}

/** A pair of surrogates stays together. */
function endOfCharacters(text: string, share: number): number {
  const at = Math.floor(text.length * share);
  return /^[\uDC00-\uDFFF]/.test(text.slice(at)) && /[\uD800-\uDBFF]$/.test(text.slice(0, at)) ? at - 1 : at;
}

function endOfLines(text: string, share: number): number {
  const ends = Array.from(text.matchAll(/\n|[^\n]$/g), ({ index }) => index + 1);
  const kept = Math.floor(ends.length * share);
  return kept === 0 ? 0 : ends[kept - 1];
}
