import { expect, test } from "vitest";
import { Spans } from "../../src/base/spans.ts";
import type { SplitRule } from "../../src/formats/tokenizer-json.ts";
import { cutters } from "../../src/text/split.ts";

function split(rule: SplitRule, text: string): string[] {
  const pieces = new Spans();
  cutters[rule](text, pieces);
  return pieces.strings();
}

test("whitespace: Unicode White_Space, as HuggingFace's WhitespaceSplit", () => {
  expect(split("whitespace", " a\u00a0b\u0085c\ufeff\n\td ")).toEqual(["a", "b", "c\ufeff", "d"]);
  expect(split("whitespace", " ")).toEqual([]);
});

test("space: only spaces and line ends, as subword-nmt", () => {
  expect(split("space", "  a\u00a0b  c\td\r\n")).toEqual(["a\u00a0b", "c\td"]);
  expect(split("subword-nmt-0.1", "a b")).toEqual(["a", "b"]);
});

test("characters: code points", () => {
  expect(split("characters", "a😀\ud800 ")).toEqual(["a", "😀", "\ud800", " "]);
});
