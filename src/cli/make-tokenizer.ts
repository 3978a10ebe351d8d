/** Making the tokenizer that a command's options ask for. */
import type { Tokenizer } from "../text/tokenizer.ts";
import { trainTokenizer } from "../text/train-tokenizer.ts";
import { defined } from "./option-values.ts";
import type { TokenizerOptions } from "./tokenizer-options.ts";

/** @param specials default: those of the library */
export function makeTokenizer(
  texts: Iterable<string>,
  options: TokenizerOptions,
  specials?: readonly string[],
): Tokenizer {
  const { tokenizer: type, vocabSize, merges, minFrequency, lowercase } = options;
  const hasWords = type === "word" || type === "bpe";
  const split = options.split ?? (hasWords ? "punctuation" : undefined);
  return trainTokenizer(
    texts,
    defined({ type, vocabSize, merges, minFrequency, lowercase, split, specials }),
  );
}
