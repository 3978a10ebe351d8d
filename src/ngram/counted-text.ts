/** From text to counted ids: the vocabulary grows or is given, and special words are treated as asked. */
import { FormatError } from "../base/errors.ts";
import { describe } from "../base/options.ts";
import type { NgramCounter } from "./counter.ts";
import type { Sentence } from "./model.ts";
import { TextScanner, wordsOf } from "./scanner.ts";
import { END_ID, UNKNOWN_ID, type Words } from "./words.ts";

export interface TextRules {
  /** Whether sentences end with `</s>`; without, special words are words like any other. */
  readonly isPadded: boolean;
  /** Whether the vocabulary stays as it is. */
  readonly isFixed: boolean;
  /** Whether it is an error that a fixed vocabulary lacks a word. */
  readonly isClosed: boolean;
  /** What becomes of special words in the text. */
  readonly specials: "error" | "skip" | "unknown";
}

export class CountedText {
  readonly #words: Words;
  readonly #counter: NgramCounter;
  readonly #rules: TextRules;
  readonly #scanner: TextScanner;

  constructor(words: Words, counter: NgramCounter, rules: TextRules) {
    this.#words = words;
    this.#counter = counter;
    this.#rules = rules;
    this.#scanner = new TextScanner({
      word: (bytes, start, end, hash) => {
        const id = rules.isFixed
          ? words.findBytes(bytes, start, end, hash)
          : words.addBytes(bytes, start, end, hash);
        if (id > END_ID) counter.add(id);
        else this.#takeRare(id, () => new TextDecoder().decode(bytes.subarray(start, end)));
      },
      endLine: () => this.#endSentence(),
    });
  }

  /** Whether there was any word. */
  get hasWords(): boolean {
    const { tokens, sentences } = this.#counter;
    return tokens > (this.#rules.isPadded ? sentences : 0);
  }

  addSentence(sentence: Sentence): void {
    for (const word of wordsOf(sentence)) {
      const id = this.#rules.isFixed ? this.#words.find(word) : this.#words.add(word);
      if (id > END_ID) this.#counter.add(id);
      else this.#takeRare(id, () => word, { line: this.#counter.sentences + 1 });
    }
    this.#endSentence();
  }

  addBytes(bytes: Uint8Array, file?: string): void {
    this.#scanner.addBytes(bytes, file);
  }

  endText(file?: string): void {
    this.#scanner.endText(file);
  }

  #endSentence(): void {
    if (this.#rules.isPadded) this.#counter.add(END_ID);
    this.#counter.endSentence();
  }

  /** A special word, or one that the vocabulary lacks. Where it stands in a text of bytes, the scanner says. */
  #takeRare(id: number, spelling: () => string, where: { readonly line?: number } = {}): void {
    const { isPadded, isClosed, specials } = this.#rules;
    if (id < 0) {
      if (isClosed)
        fail("words of the closed vocabulary", spelling(), "Add it, or train without closed.", where);
      this.#counter.add(UNKNOWN_ID);
    } else if (!isPadded) this.#counter.add(id);
    else if (specials === "unknown" && id === UNKNOWN_ID) this.#counter.add(id);
    else if (specials !== "skip") {
      const hint =
        "They mark what is outside the text: rename them in it, or let specials be skipped (skip) or <unk> count as an unknown word (unknown).";
      fail("no <unk>, <s> or </s>", spelling(), hint, where);
    }
  }
}

function fail(expected: string, word: string, hint: string, where: { readonly line?: number }): never {
  throw new FormatError({ what: "text", expected, got: describe(word), hint }, where);
}
