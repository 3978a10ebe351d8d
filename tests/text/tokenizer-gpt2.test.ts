/** GPT-2's tokenizer files, read as they are published. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseVocabMerges } from "../../src/formats/vocab-merges.ts";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { BYTE_TO_CHAR, tokenBytes } from "../../src/text/byte-level.ts";
import { Tokenizer } from "../../src/text/tokenizer.ts";
import { runs } from "../support/fc.ts";

const END = "<|endoftext|>";

/** The merges that put a token together from its left end. */
const chain = (token: string): [string, string][] =>
  Array.from(token.slice(1), (char, i) => [token.slice(0, i + 1), char]);

const SPACES: [string, string][] = [
  ["Ġ", "Ġ"],
  ["ĠĠ", "ĠĠ"],
  ["ĠĠĠĠ", "ĠĠ"],
];
const MERGES = [...["Hello", "Ġthere", "Ġdear", "âŃ¢", "'ll", "ĠLL", "Ġ19"].flatMap(chain), ...SPACES];

/** A tokenizer.json with the members of the published one, over all bytes. */
function gpt2Json(asPairs = false): string {
  const merges = new Map(MERGES.map((pair) => [pair.join(" "), pair]));
  const tokens = [...BYTE_TO_CHAR, ...new Set([...merges.values()].map((pair) => pair.join(""))), END];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true };
  const loose = { type: "ByteLevel", add_prefix_space: true };
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{ id: tokens.indexOf(END), special: true, content: END, ...flags }],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
    post_processor: { ...loose, trim_offsets: false },
    decoder: { ...loose, trim_offsets: true },
    model: {
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: asPairs ? [...merges.values()] : [...merges.keys()],
    },
  });
}

const tokenizer = Tokenizer.parse(gpt2Json());

describe("a published tokenizer.json", () => {
  // huggingface/tokenizers, pre_tokenizers/byte_level.rs, tests.
  test.each<[string, string[]]>([
    ["Hello there       dear", ["Hello", "Ġthere", "ĠĠĠĠĠĠ", "Ġdear"]],
    ["\n", ["Ċ"]],
    ["i⭢j", ["i", "âŃ¢", "j"]],
    // Contractions are lower-case; digits and letters part; the last space goes with the word.
    ["Hello'll'LL", ["Hello", "'ll", "'", "L", "L"]],
    [" there 19dear", ["Ġthere", "Ġ19", "d", "e", "a", "r"]],
  ])("cuts %j", (text, pieces) => {
    expect(tokenizer.tokenize(text)).toEqual(pieces);
    const ids = tokenizer.encode(text);
    expect(ids.map((id) => tokenizer.tokens[id])).toEqual(pieces);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  test("gives the bytes of each token", () => {
    let end = 0;
    const spans = tokenizer.tokenize("Hello there       dear").map((token) => {
      const start = end;
      end += (tokenBytes(token) as Uint8Array).length;
      return [start, end];
    });
    expect(spans).toEqual([
      [0, 5],
      [5, 11],
      [11, 17],
      [17, 22],
    ]);
  });

  test("decoding passes on what is no byte character, and marks half a character", () => {
    expect(tokenizer.detokenize(["Hello", "Ġthere", "[PA D]"])).toBe("Hello there[PA D]");
    expect(tokenizer.decode([tokenizer.vocabulary.id("â") as number])).toBe("\ufffd");
  });

  test("the end of text is plain text unless it is allowed", () => {
    const id = tokenizer.specialId(END);
    expect(id).toBe(tokenizer.tokens.length - 1);
    expect(tokenizer.encode(`i${END}j`, { allowSpecials: true })).toEqual([
      ...tokenizer.encode("i"),
      id,
      ...tokenizer.encode("j"),
    ]);
    expect(tokenizer.encode(END)).not.toContain(id);
    expect(tokenizer.decode(tokenizer.encode(END))).toBe(END);
    expect(tokenizer.decode([id])).toBe("");
  });

  test("merges may be pairs", () => {
    expect(Tokenizer.parse(gpt2Json(true)).hash).toBe(tokenizer.hash);
  });

  test("any string comes back", () => {
    fc.assert(
      fc.property(anyString(), (text) => tokenizer.decode(tokenizer.encode(text)) === text),
      runs,
    );
  });
});

describe("ids are those of an independent implementation", () => {
  const folder = fileURLToPath(new URL("../fixtures/gpt2/", import.meta.url));
  const open = (name: string) => ({ text: readFileSync(folder + name, "utf8"), file: name });
  const cases: { text: string; ids: number[] }[] = JSON.parse(open("expected.json").text).cases;
  const whole = Tokenizer.load(`${folder}tokenizer.json`);
  const parts = new Tokenizer(parseVocabMerges(open("vocab.json"), open("merges.txt"), END));

  test.each(cases)("$text", ({ text, ids }) => {
    expect(whole.encode(text)).toEqual(ids);
    expect(whole.decode(ids)).toBe(text);
  });

  test("vocab.json and merges.txt say the same as tokenizer.json", () => {
    expect(parts.hash).toBe(whole.hash);
  });
});
