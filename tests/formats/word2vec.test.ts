import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import {
  readWord2vecBinary,
  readWord2vecText,
  type WordTable,
  writeProjector,
  writeWord2vecBinary,
  writeWord2vecText,
} from "../../src/formats/word2vec.ts";

const fixture = JSON.parse(readFileSync(new URL("../fixtures/word2vec.json", import.meta.url), "utf8"));
const TABLE: WordTable = {
  words: ["the", "café", "</s>"],
  dim: 3,
  vectors: Float32Array.of(1, -0.5, 0.1, 2.5e-8, 3, -7, 0, 0, 1),
};
const bytes = (text: string) => new TextEncoder().encode(text);

test("files of gensim", () => {
  expect(readWord2vecText(Buffer.from(fixture.gensim.text, "base64"))).toEqual(TABLE);
  expect(readWord2vecBinary(Buffer.from(fixture.gensim.binary, "base64"))).toEqual(TABLE);
});

test("text as written: the shortest decimals that give the number back", () => {
  const text = "3 3\nthe 1 -0.5 0.1\ncafé 2.5e-8 3 -7\n</s> 0 0 1\n";
  expect(new TextDecoder().decode(writeWord2vecText(TABLE))).toBe(text);
  expect(readWord2vecText(writeWord2vecText(TABLE))).toEqual(TABLE);
});

test("binary as word2vec.c writes it: a line feed behind each vector", () => {
  const one = { words: ["ab"], dim: 1, vectors: Float32Array.of(1) };
  const expected = [...bytes("1 1\nab "), 0, 0, 0x80, 0x3f, 10];
  expect([...writeWord2vecBinary(one)]).toEqual(expected);
  expect(readWord2vecBinary(writeWord2vecBinary(TABLE))).toEqual(TABLE);
});

test("word2vec.c ends lines of text with a blank", () => {
  expect(readWord2vecText(bytes("2 2\na 1.000000 2.000000 \nb 3 4 \n")).vectors).toEqual(
    Float32Array.of(1, 2, 3, 4),
  );
});

test("for the projector: vectors and words apart, a line each", () => {
  expect(writeProjector(TABLE)).toEqual({
    vectors: "1\t-0.5\t0.1\n2.5e-8\t3\t-7\n0\t0\t1\n",
    metadata: "the\ncafé\n</s>\n",
  });
});

describe("files that are broken or hostile get one clear error, before anything large is allocated", () => {
  const binary = Array.from(writeWord2vecBinary(TABLE));
  test.each([
    [
      "no header",
      bytes("hello\n"),
      'line 1: word vectors: expected a first line of two numbers above 0, words and elements of a vector, got "hello".',
    ],
    ["an empty file", bytes(""), 'got "".'],
    [
      "10^12 words",
      bytes("1000000000000 100\na "),
      "expected at least 402000000000000 bytes for 1000000000000 vectors of 100 elements, as the first line says, got 2.",
    ],
    ["-1 elements", bytes("3 -1\nabc"), 'got "3 -1".'],
    ["no elements", bytes("3 0\nabc"), 'got "3 0".'],
    ["no words", bytes("0 3\n"), 'got "0 3".'],
    ["10^400 words", bytes(`1${"0".repeat(40)} 3\n`), "expected a first line of two numbers above 0"],
    [
      "no space",
      bytes(`1 2\n${"x".repeat(40)}`),
      "at byte 4: word 1 of 1: expected a word, a space and 8 bytes, got no word and space.",
    ],
    [
      "an end inside a vector",
      Uint8Array.from(binary.slice(0, -6)),
      "word 3 of 3: expected a word, a space and 12 bytes",
    ],
    [
      "more than said",
      Uint8Array.from([...binary, 65, 66]),
      "expected the end of the file after 3 words, got more.",
    ],
  ])("binary: %s", (_, data, message) => {
    expect(() => readWord2vecBinary(data)).toThrow(FormatError);
    expect(() => readWord2vecBinary(data)).toThrow(message);
  });
  test.each([
    ["10^12 words", "1000000000000 100\na 1\n", "got 4."],
    [
      "a field too few",
      "2 2\na 1 2\nb 33\n",
      "v.txt:3: word vector: expected a word and 2 numbers, got 2 fields.",
    ],
    [
      "what is no number",
      "1 2\na 1 x\n",
      'v.txt:2: word vector of "a": expected numbers that a f32 can hold, got "x".',
    ],
    ["NaN", "1 2\na 1 NaN\n", 'got "NaN".'],
    ["more than a f32 holds", "1 2\na 1 1e39\n", 'got "1e39".'],
    ["a number that is not decimal", "1 2\na 1 0x10\n", 'got "0x10".'],
    [
      "text behind a blank line",
      "1 1\na 1\n\nb 2\n",
      "expected the end of the file after 1 words, got more.",
    ],
    [
      "a line too few",
      "3 1\nabcdefg 1\nb 2\n",
      "v.txt: word vectors: expected 3 words, as the first line says, got 2.",
    ],
    [
      "a line too many",
      "1 1\na 1\nb 2\n",
      "v.txt:3: word vectors: expected the end of the file after 1 words, got more.",
    ],
  ])("text: %s", (_, text, message) => {
    expect(() => readWord2vecText(bytes(text), { file: "v.txt" })).toThrow(FormatError);
    expect(() => readWord2vecText(bytes(text), { file: "v.txt" })).toThrow(message);
  });
  test.each(["", "a b", "a\0b", "a\nb", "a\u00a0b"])("the word %j is not written", (word) => {
    const table = { words: [word], dim: 1, vectors: Float32Array.of(1) };
    for (const write of [writeWord2vecText, writeWord2vecBinary, writeProjector]) {
      expect(() => write(table)).toThrow("word to write: expected characters other than blanks and NUL, got");
    }
  });
});
