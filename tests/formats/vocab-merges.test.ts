import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { parseVocabMerges } from "../../src/formats/vocab-merges.ts";

const VOCAB = { a: 0, "#version": 1, b: 2, ab: 3, "#versionb": 4, "<|endoftext|>": 5 };
const read = (vocab: unknown, merges: string) =>
  parseVocabMerges(
    { text: JSON.stringify(vocab), file: "d/vocab.json" },
    { text: merges, file: "d/merges.txt" },
    "<|endoftext|>",
  );

describe("parseVocabMerges", () => {
  test.each([
    "#version: 0.2\na b\n#version b\n",
    "#version: 0.2\r\na b\r\n#version b",
    "\na b\n\n#version b\n\n",
  ])("reads %j", (merges) => {
    expect(read(VOCAB, merges)).toEqual({
      type: "byte-bpe",
      split: "byte-level",
      lowercase: false,
      tokens: Object.keys(VOCAB),
      specials: ["<|endoftext|>"],
      unknown: undefined,
      merges: [
        ["a", "b"],
        ["#version", "b"],
      ],
    });
  });

  test("reads a vocabulary without the special token", () => {
    expect(read({ a: 0 }, "#version: 0.2\n")).toMatchObject({ tokens: ["a"], specials: [], merges: [] });
  });

  test.each<[string, unknown, string, string]>([
    ["a list", [], "", "d/vocab.json: model.vocab: expected an object, got an array of 0."],
    ["gaps", { a: 1 }, "", 'd/vocab.json: id of "a": expected below 1'],
    [
      "a special token without a number",
      { "<|endoftext|>": "0" },
      "",
      'id of "<|endoftext|>": expected a whole',
    ],
    [
      "a merge of one",
      VOCAB,
      "#version: 0.2\na b\nab\n",
      'd/merges.txt:3: merge: expected two tokens, got "ab".',
    ],
    ["a merge of three", VOCAB, "a b a", 'd/merges.txt:1: merge: expected two tokens, got "a b a".'],
    ["a merge of nothing", VOCAB, " b", "d/vocab.json: model.merges[0]: expected two tokens"],
    [
      "a merge without its tokens",
      VOCAB,
      "a a",
      'model.merges[0]: expected tokens of the vocabulary, got "aa".',
    ],
  ])("refuses %s", (_name, vocab, merges, message) => {
    expect(() => read(vocab, merges)).toThrow(FormatError);
    expect(() => read(vocab, merges)).toThrow(message);
  });
});
