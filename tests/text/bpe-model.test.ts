import { describe, expect, test } from "vitest";
import { parseBpeCodes } from "../../src/formats/bpe-codes.ts";
import { codesToData } from "../../src/text/bpe-vocabulary.ts";
import { Tokenizer } from "../../src/text/tokenizer.ts";

const fromCodes = (...lines: string[]) =>
  new Tokenizer(codesToData(parseBpeCodes(lines.join("\n"), "x"), "x"));
const V2 = "#version: 0.2";

// What subword-nmt's apply_bpe.py prints for these codes.
describe("bpe, as subword-nmt", () => {
  test("subword_nmt/tests/test_bpe.py: a no-break space is a character", () => {
    const tokenizer = fromCodes(V2, "i r", "o n", "o n</w>", "e m", "e n", "em en", "emen t</w>");
    expect(tokenizer.tokenize("  iron cement  \n").join(" ")).toBe("ir@@ on c@@ ement");
    expect(tokenizer.tokenize("iron\u00a0cement").join(" ")).toBe("ir@@ on@@ \u00a0@@ c@@ ement");
    expect(tokenizer.tokenize("\n")).toEqual([]);
  });

  test("merges every occurrence of the best pair before looking again", () => {
    const tokenizer = fromCodes(V2, "aa a", "a a", "ab c", "a b", "b c", "abc a", "a bc");
    expect(tokenizer.tokenize("aaaaax aaaaaaax abcabcx abc aabbccx bcabcax").join(" ")).toBe(
      "aa@@ aaa@@ x aa@@ aa@@ aaa@@ x abc@@ abc@@ x ab@@ c aa@@ b@@ bc@@ c@@ x bc@@ abca@@ x",
    );
  });

  test("codes 0.1 end words with a symbol", () => {
    const tokenizer = fromCodes("a b", "ab </w>", "c d");
    expect(tokenizer.tokenize("ab abc cdab a abab").join(" ")).toBe("ab ab@@ c cd@@ ab a ab@@ ab");
    const ids = tokenizer.encode("ab abc cdab a abab");
    expect(ids.map((id) => tokenizer.tokens[id]).join(" ")).toBe(
      "ab</w> ab c </w> cd ab</w> a </w> ab ab</w>",
    );
    expect(tokenizer.decode(ids)).toBe("ab abc cdab a abab");
    const again = Tokenizer.parse(tokenizer.serialize());
    expect(again.encode("ab abc cdab")).toEqual(tokenizer.encode("ab abc cdab"));
  });

  test("unknown characters are shown, but have the unknown id", () => {
    const tokenizer = fromCodes(V2, "a b</w>");
    expect(tokenizer.tokenize("xab éa é")).toEqual(["x@@", "ab", "é@@", "a", "é"]);
    const { unkId } = tokenizer;
    const id = (token: string) => tokenizer.tokens.indexOf(token);
    expect(tokenizer.encode("xab éa é")).toEqual([unkId, id("ab</w>"), unkId, id("a</w>"), unkId]);
    expect(tokenizer.decode(tokenizer.encode("ab é ab"))).toBe("ab <unk> ab");
  });

  test("shown pieces join again", () => {
    const tokenizer = fromCodes(V2, "a b</w>");
    expect(tokenizer.detokenize(["x@@", "y@@", "z", "@@", "a"])).toBe("xyz @@ a");
  });

  test("the tokens of codes: special ones, characters in both forms, merges", () => {
    expect(fromCodes(V2, "t h", "th e</w>").tokens).toEqual([
      "<pad>",
      "<s>",
      "</s>",
      "<unk>",
      "e",
      "h",
      "t",
      "e</w>",
      "h</w>",
      "t</w>",
      "th",
      "the</w>",
    ]);
  });

  test("codes must not make special tokens or inner ends of words", () => {
    expect(() => fromCodes(V2, "< s", "<s >")).toThrow(
      'x: merge: expected no special token and no inner end of word, got "<s" and ">".',
    );
    expect(() => fromCodes(V2, "</w >")).toThrow("no special token and no inner end of word");
  });
});
