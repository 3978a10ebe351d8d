/** Laws of tokenizers, to be asserted with fast-check for any tokenizer. */
import fc from "fast-check";
import { anyString } from "./arbitraries-text.ts";

/** What the laws need of a tokenizer; a {@link Tokenizer} has it. */
export interface TokenizerUnderTest {
  readonly tokens: readonly string[];
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
  stream(): { push(id: number): string; end(): string };
}

export interface TokenizerLawOptions {
  /** The texts to try. Default: {@link anyString}. */
  readonly texts?: fc.Arbitrary<string>;
  /** What decoding the ids of a text must give. Default: the text. */
  readonly expected?: (text: string) => string;
  /** Special tokens, which plain text must not reach; without the one for unknown text. Default: none. */
  readonly specials?: readonly string[];
}

/** The laws of one tokenizer, by name. Assert each: `fc.assert(laws.roundTrip)`. */
export interface TokenizerLaws {
  /** Decoding the ids of a text gives it back. */
  readonly roundTrip: fc.IProperty<unknown>;
  /** Ids are whole numbers in 0..V-1, and the same every time. */
  readonly idsInRange: fc.IProperty<unknown>;
  /** Any ids, decoded one by one, give the text they give at once. */
  readonly streaming: fc.IProperty<unknown>;
  /** Text that spells special tokens gives none. */
  readonly specialsUnreachable: fc.IProperty<unknown>;
}

/**
 * The laws of a tokenizer.
 *
 * @example
 * const tokenizer = trainTokenizer(["ab"], { type: "byte-bpe", vocabSize: 260 });
 * fc.assert(tokenizerLaws(tokenizer).roundTrip);
 */
export function tokenizerLaws(
  tokenizer: TokenizerUnderTest,
  options: TokenizerLawOptions = {},
): TokenizerLaws {
  const { texts = anyString(), expected = (text) => text, specials = [] } = options;
  const size = tokenizer.tokens.length;
  const special = new Set(specials.map((token) => tokenizer.tokens.indexOf(token)));
  const spelled = fc
    .array(fc.oneof(texts, ...specials.map((token) => fc.constant(token))), { maxLength: 8 })
    .map((parts) => parts.join(""));
  return {
    roundTrip: fc.property(texts, (text) => tokenizer.decode(tokenizer.encode(text)) === expected(text)),
    idsInRange: fc.property(texts, (text) => {
      const ids = tokenizer.encode(text);
      const again = tokenizer.encode(text);
      return (
        ids.every((id, i) => Number.isInteger(id) && id >= 0 && id < size && id === again[i]) &&
        ids.length === again.length
      );
    }),
    streaming: fc.property(fc.array(fc.nat(size - 1)), (ids) => {
      const stream = tokenizer.stream();
      return ids.map((id) => stream.push(id)).join("") + stream.end() === tokenizer.decode(ids);
    }),
    specialsUnreachable: fc.property(
      spelled,
      (text) => !tokenizer.encode(text).some((id) => special.has(id)),
    ),
  };
}
