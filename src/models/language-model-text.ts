/** How text becomes one stream of tokens, and how long it is in units that do not depend on the tokens. */
import { OptionError } from "../base/errors.ts";
import { checkChoice } from "../base/options.ts";
import type { TextSize } from "../metrics/scored-text.ts";
import { splitLines } from "../text/corpus-lines.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/**
 * - `lines`: every line is followed by the end token, and one stands before the first.
 * - `text`: the text as it is, line ends included, as if a line end stood before it; the end token does not occur.
 */
export type StreamKind = "lines" | "text";

/** GPT-2's end token, which stands between texts rather than lines. */
const END_OF_TEXT = "<|endoftext|>";

/** Tokens of characters and bytes hold line ends; words do not. */
export const defaultStream = ({ type }: Pick<Tokenizer, "type">): StreamKind =>
  type === "char" || type === "byte-bpe" ? "text" : "lines";

/** The special tokens that a language model's tokenizer needs, when it is trained for one. */
export const languageModelSpecials = (type: Tokenizer["type"]): string[] =>
  type === "byte-bpe" ? ["</s>"] : ["</s>", "<unk>"];

/** Text to a stream of ids and back. */
export class TextStream {
  readonly kind: StreamKind;
  /** What every stream begins with; never predicted. */
  readonly startId: number;
  /** The token that ends a line or, for GPT-2's tokenizer, a text; -1 where none does. */
  readonly endId: number;
  readonly #tokenizer: Tokenizer;

  /**
   * @throws {StateError} for lines when the tokenizer has no end token.
   * @throws {OptionError} for text when its tokens hold no line ends.
   */
  constructor(tokenizer: Tokenizer, kind: StreamKind) {
    this.#tokenizer = tokenizer;
    this.kind = checkChoice("stream", kind, ["lines", "text"]);
    const gpt = tokenizer.data.specials.includes(END_OF_TEXT);
    this.endId = gpt ? tokenizer.specialId(END_OF_TEXT) : kind === "lines" ? tokenizer.eosId : -1;
    this.startId = this.endId === -1 ? this.#lineEnd() : this.endId;
  }

  #lineEnd(): number {
    const { type } = this.#tokenizer;
    const [id] = this.#tokenizer.encode("\n");
    if (id !== undefined) return id;
    const expected = "a tokenizer that keeps line ends";
    throw new OptionError({ what: "stream text", expected, got: `one of type ${type}`, hint: "Use lines." });
  }

  /** The ids of a whole text behind {@link startId}. */
  encode(text: string): Int32Array {
    if (this.kind === "text") return Int32Array.from([this.startId, ...this.#tokenizer.encode(text)]);
    const ids = [this.startId];
    for (const line of splitLines(text)) {
      for (const id of this.#tokenizer.encode(line)) ids.push(id);
      ids.push(this.endId);
    }
    return Int32Array.from(ids);
  }

  /** The ids of a text that is to be continued: a last line without end has none. */
  encodePrompt(text: string): number[] {
    const ids = Array.from(this.encode(text));
    if (this.kind === "lines" && text !== "" && !text.endsWith("\n")) ids.pop();
    return ids;
  }

  /** The text of ids behind {@link startId}. */
  decode(ids: readonly number[]): string {
    if (this.kind === "text") return this.#tokenizer.decode(ids);
    const lines: number[][] = [[]];
    for (const id of ids) {
      if (id === this.endId) lines.push([]);
      else (lines.at(-1) as number[]).push(id);
    }
    return lines.map((line) => this.#tokenizer.decode(line)).join("\n");
  }

  /** See {@link textSize}. */
  measure(text: string): TextSize {
    return textSize(text, this.kind);
  }
}

/** Words parted by white space, and bytes of UTF-8; every line end counts as a word and as a byte. */
export function textSize(text: string, kind: StreamKind): TextSize {
  const plain =
    kind === "text"
      ? text
      : splitLines(text)
          .map((line) => `${line}\n`)
          .join("");
  const ends = plain.split("\n").length - 1;
  const words = plain.split(/\p{White_Space}+/u).filter(Boolean).length;
  return { words: words + ends, bytes: new TextEncoder().encode(plain).length };
}
