import { expect, test } from "vitest";
import { splitters } from "../../src/text/split.ts";

test("whitespace: Unicode White_Space, as HuggingFace's WhitespaceSplit", () => {
  expect(splitters.whitespace(" a\u00a0b\u0085c\ufeff\n\td ")).toEqual(["a", "b", "c\ufeff", "d"]);
  expect(splitters.whitespace(" ")).toEqual([]);
});

test("space: only spaces and line ends, as subword-nmt", () => {
  expect(splitters.space("  a\u00a0b  c\td\r\n")).toEqual(["a\u00a0b", "c\td"]);
  expect(splitters["subword-nmt-0.1"]("a b")).toEqual(["a", "b"]);
});

test("characters: code points", () => {
  expect(splitters.characters("a😀\ud800 ")).toEqual(["a", "😀", "\ud800", " "]);
});
