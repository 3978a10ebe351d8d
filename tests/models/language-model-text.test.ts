import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError, StateError } from "../../src/base/errors.ts";
import { defaultStream, languageModelSpecials, TextStream } from "../../src/models/language-model-text.ts";
import { trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { runs } from "../support/fc.ts";

const specials = languageModelSpecials("word");
const words = trainTokenizer(["a b c"], { type: "word", specials });
const characters = trainTokenizer(["ab c\n"], { type: "char", specials });
const lines = new TextStream(words, "lines");
const text = new TextStream(characters, "text");
const [end, unknown, a, b, c] = [0, 1, 2, 3, 4];

describe("lines", () => {
  test("every line is followed by the end token, and one stands before the first", () => {
    expect(words.tokens).toEqual(["</s>", "<unk>", "a", "b", "c"]);
    expect([...lines.encode("a b\n\r\nc x")]).toEqual([end, a, b, end, end, c, unknown, end]);
    expect([...lines.encode("")]).toEqual([end]);
    expect(lines.endId).toBe(end);
  });

  test("special tokens spelled out in a text are unknown words", () => {
    expect([...lines.encode("a </s> b <unk>")]).toEqual([end, a, unknown, b, unknown, end]);
  });

  test("a prompt's last line goes on, unless it ends", () => {
    expect(lines.encodePrompt("")).toEqual([end]);
    expect(lines.encodePrompt("a\nb")).toEqual([end, a, end, b]);
    expect(lines.encodePrompt("a\n")).toEqual([end, a, end]);
  });

  test("ids become lines again", () => {
    expect(lines.decode([a, b, end, end, c])).toBe("a b\n\nc");
  });
});

describe("text", () => {
  test("line ends are tokens like others, and one stands before the text", () => {
    const ids = [...text.encode("a\n")];
    expect(ids).toEqual([ids[2], characters.encode("a")[0], ids[2]]);
    expect(text.decode(ids.slice(1))).toBe("a\n");
    expect(text.endId).toBe(-1);
    expect(text.encodePrompt("a\n")).toEqual(ids);
  });

  test("any text of known characters comes back", () => {
    const some = fc.array(fc.constantFrom("a", "b", " ", "c", "\n")).map((parts) => parts.join(""));
    fc.assert(
      fc.property(some, (whole) => {
        expect(text.decode([...text.encode(whole)].slice(1))).toBe(whole);
      }),
      runs,
    );
  });

  test("GPT-2's end token stands before a text and may end it", () => {
    const tokenizer = trainTokenizer(["ab"], {
      type: "byte-bpe",
      vocabSize: 257,
      specials: ["<|endoftext|>"],
    });
    const stream = new TextStream(tokenizer, "text");
    expect([stream.startId, stream.endId]).toEqual([0, 0]);
    expect([...stream.encode("a\n")][0]).toBe(0);
  });
});

describe("units that do not depend on tokens", () => {
  test.each([
    ["", 0, 0, 0, 0],
    ["a bé", 3, 6, 2, 5],
    ["a bé\n", 3, 6, 3, 6],
    ["a\r\n\nb\n", 5, 5, 5, 6],
  ])("%j", (whole, lineWords, lineBytes, textWords, textBytes) => {
    expect(lines.measure(whole)).toEqual({ words: lineWords, bytes: lineBytes });
    expect(text.measure(whole)).toEqual({ words: textWords, bytes: textBytes });
  });
});

test("defaults by type of tokenizer", () => {
  const types = ["word", "char", "bpe", "byte-bpe"] as const;
  expect(types.map((type) => defaultStream({ type }))).toEqual(["lines", "text", "lines", "text"]);
  expect(types.map((type) => languageModelSpecials(type).length)).toEqual([2, 2, 2, 1]);
});

test("tokenizers that cannot", () => {
  expect(() => new TextStream(words, "text")).toThrow(OptionError);
  expect(() => new TextStream(words, "text")).toThrow(
    "stream text: expected a tokenizer that keeps line ends, got one of type word. Use lines.",
  );
  const bare = trainTokenizer(["a"], { type: "word", specials: ["<unk>"] });
  expect(() => new TextStream(bare, "lines")).toThrow(StateError);
  expect(() => new TextStream(words, "line" as never)).toThrow(
    'stream: expected one of lines, text, got "line"',
  );
});
