import { expect, test } from "vitest";
import { byteAlphabet, characterIds, codesToData, wordAlphabet } from "../../src/text/bpe-vocabulary.ts";

test("word alphabets hold each character in both forms, by code point", () => {
  expect(wordAlphabet(["b", "😀", "｡", "b"])).toEqual(["b", "｡", "😀", "b</w>", "｡</w>", "😀</w>"]);
});

test("byte alphabets hold the 256 byte characters by code point", () => {
  const alphabet = byteAlphabet();
  expect(alphabet).toHaveLength(256);
  expect(alphabet.slice(0, 3)).toEqual(["!", '"', "#"]);
  expect(alphabet.at(-1)).toBe("\u0143");
});

test("codes give their version's rule and symbols", () => {
  const merges = [["a", "b"]] as const;
  expect(codesToData({ version: "0.2", merges }, "x")).toMatchObject({ type: "bpe", split: "space", merges });
  const old = codesToData({ version: "0.1", merges }, "x");
  expect(old.split).toBe("subword-nmt-0.1");
  expect(old.tokens.slice(4)).toEqual(["a", "b", "a</w>", "b</w>", "</w>", "ab"]);
});

test("characterIds finds single characters in both forms, and no others", () => {
  const { inner, final } = characterIds(
    ["a", "😀</w>", "ab", "ab</w>", "a</w>", "</w>", ""].map((s, id) => [s, id]),
  );
  expect([...inner]).toEqual([[0x61, 0]]);
  expect([...final]).toEqual([
    [0x1f600, 1],
    [0x61, 4],
  ]);
});
