import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Spans } from "../../src/base/spans.ts";
import { anyString } from "../../src/testing/arbitraries-text.ts";
import { BYTE_TO_CHAR, cutByteLevel, tokenBytes } from "../../src/text/byte-level.ts";
import { encodeWtf8 } from "../../src/text/wtf8.ts";
import { runs } from "../support/fc.ts";

/** A text with its bytes as characters. */
const shown = (text: string) => Array.from(encodeWtf8(text), (byte) => BYTE_TO_CHAR[byte]).join("");

function splitByteLevel(text: string): string[] {
  const pieces = new Spans();
  cutByteLevel(text, pieces);
  return pieces.strings();
}

describe("cutByteLevel", () => {
  // huggingface/tokenizers, pre_tokenizers/byte_level.rs, tests.
  test.each([
    [
      "Hello my friend, how is your day going?",
      ["Hello", "Ġmy", "Ġfriend", ",", "Ġhow", "Ġis", "Ġyour", "Ġday", "Ġgoing", "?"],
    ],
    ["Hello there\nHello there", ["Hello", "Ġthere", "Ċ", "Hello", "Ġthere"]],
    ["Hello there       dear", ["Hello", "Ġthere", "ĠĠĠĠĠĠ", "Ġdear"]],
    ["i⭢j", ["i", "âŃ¢", "j"]],
  ])("%j as HuggingFace tokenizers do", (text, pieces) => {
    expect(splitByteLevel(text).map(shown)).toEqual(pieces);
  });

  test("cuts where GPT-2's pattern does, with Unicode white space", () => {
    const ws = "\\p{White_Space}";
    const pattern = new RegExp(
      `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${ws}\\p{L}\\p{N}]+|${ws}+(?!\\P{White_Space})|${ws}+`,
      "gu",
    );
    const law = fc.property(anyString(), (text) => {
      expect(splitByteLevel(text)).toEqual(text.match(pattern) ?? []);
    });
    fc.assert(law, { numRuns: 5 * runs.numRuns });
  });

  test("pieces tile the text", () => {
    fc.assert(
      fc.property(anyString(), (text) => splitByteLevel(text).join("") === text),
      runs,
    );
  });

  test("contractions are lower-case only", () => {
    expect(splitByteLevel("I'll I'LL '")).toEqual(["I", "'ll", " I", "'", "LL", " '"]);
  });

  test("U+0085 is white space and U+FEFF is not", () => {
    expect(splitByteLevel("a\u0085\u0085b\ufeff")).toEqual(["a", "\u0085", "\u0085", "b", "\ufeff"]);
  });
});

describe("byte characters", () => {
  test("are printable and all different", () => {
    expect(new Set(BYTE_TO_CHAR).size).toBe(256);
    for (const char of BYTE_TO_CHAR) expect(char).toMatch(/^[!-~¡-¬®-\u0143]$/u);
    expect([0, 32, 33, 126, 127, 160, 161, 172, 173, 174, 255].map((byte) => BYTE_TO_CHAR[byte])).toEqual([
      ..."ĀĠ!~ġł¡¬Ń®ÿ",
    ]);
  });

  test("stand for their bytes", () => {
    expect(tokenBytes("ĠaÃ©")).toEqual(Uint8Array.of(32, 97, 0xc3, 0xa9));
    expect(tokenBytes("日")).toBeUndefined();
  });
});
