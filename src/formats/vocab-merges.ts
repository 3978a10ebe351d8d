/** The files of GPT-2's tokenizer before there was tokenizer.json: vocab.json and merges.txt. */
import { FormatError } from "../base/errors.ts";
import { checkObject, describe } from "../base/options.ts";
import { type JsonValue, parseStrictJson } from "./strict-json.ts";
import { readTokenizerJson, type TokenizerData } from "./tokenizer-json.ts";

/** A file's text and its path, for errors. */
export interface NamedText {
  readonly text: string;
  readonly file: string;
}

/**
 * Reads a byte-level tokenizer from `vocab.json`, an object of ids by token, and `merges.txt`, two tokens a line, first
 * rank first, after an optional line `#version: ...`.
 *
 * @param special the one token that stands for no text, if the vocabulary has it
 * @throws {FormatError} for files that are not so, ids that are not exactly 0..n-1, and merges without their tokens.
 * @example
 * const vocab = { text: '{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}', file: "vocab.json" };
 * parseVocabMerges(vocab, { text: "#version: 0.2\na b\n", file: "merges.txt" }, "<|endoftext|>").merges; // [["a", "b"]]
 */
export function parseVocabMerges(vocab: NamedText, merges: NamedText, special: string): TokenizerData {
  checkObject("vocabulary", vocab);
  checkObject("merges", merges);
  const ids = parseStrictJson(vocab.text, "JSON", vocab.file);
  const byteLevel = objectOf({ type: "ByteLevel", add_prefix_space: false });
  const id = ids instanceof Map ? ids.get(special) : undefined;
  const root = objectOf({
    added_tokens: id === undefined ? [] : [objectOf({ id, content: special, special: true })],
    pre_tokenizer: byteLevel,
    decoder: byteLevel,
    model: objectOf({ type: "BPE", vocab: ids, merges: readLines(merges) }),
  });
  return readTokenizerJson(root, vocab.file);
}

const objectOf = (members: Readonly<Record<string, JsonValue>>): JsonValue =>
  new Map(Object.entries(members));

function readLines({ text, file }: NamedText): JsonValue[] {
  const merges: JsonValue[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || (i === 0 && line.startsWith("#version"))) continue;
    const pair = line.split(" ");
    if (pair.length !== 2) {
      const what = "merge";
      throw new FormatError({ what, expected: "two tokens", got: describe(line) }, { file, line: i + 1 });
    }
    merges.push(pair);
  }
  return merges;
}
