/** Putting words back into a text, piece by piece. */
import { JOINER } from "./punctuation.ts";

/**
 * Says what each piece of a word adds to the text: itself, with a space before
 * every word but the first. With `joiners`, a joiner at either end of a word
 * suppresses the space on that side: `Do`, `\uffedn't`, `panic` add `Do`, `n't`
 * and ` panic`.
 */
export class Spacing {
  readonly #joiners: boolean;
  #gap = "";
  #insideWord = false;

  constructor(joiners: boolean) {
    this.#joiners = joiners;
  }

  add(piece: string, endsWord: boolean): string {
    let text = piece;
    let gap = this.#insideWord ? "" : this.#gap;
    let nextGap = " ";
    if (this.#joiners && !this.#insideWord && text.startsWith(JOINER)) {
      gap = "";
      text = text.slice(1);
    }
    if (this.#joiners && endsWord && text.endsWith(JOINER)) {
      nextGap = "";
      text = text.slice(0, -1);
    }
    this.#insideWord = !endsWord;
    this.#gap = nextGap;
    return gap + text;
  }
}
