import fc from "fast-check";
import { expect, test } from "vitest";
import { HASH_START, hashByte, Words } from "../../src/ngram/words.ts";
import { runs } from "../support/fc.ts";

test("numbers words as a Map does", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 3 }), { maxLength: 2000 }), (list) => {
      const words = new Words();
      const map = new Map([
        ["<unk>", 0],
        ["<s>", 1],
        ["</s>", 2],
      ]);
      for (const word of list) {
        expect(words.find(word)).toBe(map.get(word) ?? -1);
        if (!map.has(word)) map.set(word, map.size);
        expect(words.add(word)).toBe(map.get(word));
      }
      expect(words.toArray()).toEqual([...map.keys()]);
    }),
    { numRuns: Math.ceil(runs.numRuns / 4) },
  );
});

test("many words, and one longer than all before", () => {
  const words = new Words();
  const list = Array.from({ length: 20_000 }, (_, i) => `w${i}`);
  for (const word of [...list, "x".repeat(100_000), ...list]) words.add(word);
  expect(words.size).toBe(20_004);
  expect(words.find("w19999")).toBe(20_002);
  expect(words.word(20_003)).toHaveLength(100_000);
});

test("a new word must be UTF-8", () => {
  const bytes = Uint8Array.of(0x61, 0xc3, 0x28);
  const hash = bytes.reduce(hashByte, HASH_START);
  expect(() => new Words().addBytes(bytes, 0, 3, hash)).toThrow(
    /^word: expected UTF-8, got bytes that are not \("a\ufffd\("\)\. /,
  );
});
