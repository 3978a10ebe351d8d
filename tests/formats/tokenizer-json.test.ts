import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import {
  formatTokenizerJson,
  parseTokenizerJson,
  type SplitRule,
  type TokenizerData,
  type TokenizerType,
} from "../../src/formats/tokenizer-json.ts";
import { runs } from "../support/fc.ts";

const KINDS: readonly (readonly [TokenizerType, SplitRule])[] = [
  ["word", "whitespace"],
  ["word", "space"],
  ["word", "punctuation"],
  ["char", "characters"],
  ["bpe", "space"],
  ["bpe", "whitespace"],
  ["bpe", "punctuation"],
  ["bpe", "subword-nmt-0.1"],
  ["byte-bpe", "byte-level"],
];

/** A byte-level file in the form HuggingFace writes it, with parts replaced. */
function byteLevel(change: Record<string, unknown> = {}, model: Record<string, unknown> = {}): string {
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: 4,
        content: "<|endoftext|>",
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: true,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false },
    post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab: { a: 0, b: 1, ab: 2, Ġ: 3 },
      merges: ["a b"],
      ...model,
    },
    ...change,
  });
}

const wordLevel = (model: Record<string, unknown>, change: Record<string, unknown> = {}) =>
  JSON.stringify({
    added_tokens: [{ id: 0, content: "<unk>", special: true }],
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: { type: "WordLevel", unk_token: "<unk>", vocab: { "<unk>": 0, a: 1 }, ...model },
    ...change,
  });

describe("formatTokenizerJson", () => {
  test("is read back unchanged, whatever the tokens", () => {
    const token = fc.string({
      unit: fc.oneof(
        fc.nat(0xffff).map((c) => String.fromCharCode(c)),
        fc.constantFrom(..."12a<"),
      ),
    });
    const names = fc.constantFrom("__proto__", "constructor", "toString", "10", "2", "");
    const tokens = fc.uniqueArray(fc.oneof(token, names), { minLength: 4 });
    const law = fc.property(
      tokens,
      fc.constantFrom(...KINDS),
      fc.boolean(),
      (all, [type, split], lowercase) => {
        const specials = all.filter((special) => special !== "").slice(0, 2);
        const data: TokenizerData = {
          type,
          split,
          lowercase,
          tokens: all,
          specials,
          unknown: specials[0],
          merges: [],
        };
        const text = formatTokenizerJson(data);
        const read = parseTokenizerJson(text, "x");
        expect(read).toEqual(data);
        expect(formatTokenizerJson(read)).toBe(text);
      },
    );
    fc.assert(law, runs);
  });

  test("writes what HuggingFace expects of a BPE with word suffix", () => {
    const data: TokenizerData = {
      type: "bpe",
      split: "space",
      lowercase: true,
      tokens: ["<unk>", "a", "b</w>", "ab</w>"],
      specials: ["<unk>"],
      unknown: "<unk>",
      merges: [["a", "b</w>"]],
    };
    expect(JSON.parse(formatTokenizerJson(data))).toEqual({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [
        {
          id: 0,
          content: "<unk>",
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: true,
        },
      ],
      normalizer: { type: "Lowercase" },
      pre_tokenizer: { type: "Split", pattern: { Regex: "[ \\r\\n]+" }, behavior: "Removed", invert: false },
      post_processor: null,
      decoder: { type: "BPEDecoder", suffix: "</w>" },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: "<unk>",
        continuing_subword_prefix: null,
        end_of_word_suffix: "</w>",
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: { "<unk>": 0, a: 1, "b</w>": 2, "ab</w>": 3 },
        merges: [["a", "b</w>"]],
      },
    });
  });
});

describe("parseTokenizerJson", () => {
  test("reads a byte-level file with merges as strings and specials at the end", () => {
    expect(parseTokenizerJson(byteLevel(), "x")).toEqual({
      type: "byte-bpe",
      split: "byte-level",
      lowercase: false,
      tokens: ["a", "b", "ab", "Ġ", "<|endoftext|>"],
      specials: ["<|endoftext|>"],
      unknown: undefined,
      merges: [["a", "b"]],
    });
    expect(parseTokenizerJson(byteLevel({}, { merges: [["a", "b"]] }), "x").merges).toEqual([["a", "b"]]);
  });

  test("reads a WordLevel file", () => {
    const data = parseTokenizerJson(wordLevel({}), "x");
    expect(data).toMatchObject({ type: "word", tokens: ["<unk>", "a"], unknown: "<unk>" });
  });

  test.each<[string, string, string]>([
    ["a list", "[]", "tokenizer.json: expected an object, got an array of 0."],
    ["duplicate tokens", '{"model": {"vocab": {"a": 0, "a": 1}}}', 'got "a" again.'],
    ["unknown parts", byteLevel({ regex: 1 }), "tokenizer.json: expected only version"],
    ["unknown model parts", byteLevel({}, { nodes: 1 }), "model: expected only type"],
    ["__proto__ as a part", byteLevel().replace("{", '{"__proto__": {},'), 'got "__proto__".'],
    ["truncation", byteLevel({ truncation: { max_length: 5 } }), "truncation: expected null, got an object."],
    [
      "other normalizers",
      byteLevel({ normalizer: { type: "NFC" } }),
      'normalizer: expected null or Lowercase, got an object of type "NFC".',
    ],
    [
      "templates",
      byteLevel({ post_processor: { type: "TemplateProcessing" } }),
      "post_processor: expected null or ByteLevel",
    ],
    ["no pre-tokenizer", byteLevel({ pre_tokenizer: null }), "pre_tokenizer: expected one of"],
    [
      "a prefix space",
      byteLevel({ pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } }),
      "pre_tokenizer: expected one of",
    ],
    [
      "no pattern",
      byteLevel({ pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: false } }),
      "pre_tokenizer: expected one of",
    ],
    [
      "patterns of its own",
      byteLevel({
        pre_tokenizer: { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Removed", invert: false },
      }),
      "pre_tokenizer: expected one of",
    ],
    ["another decoder", byteLevel({ decoder: null }), "decoder: expected"],
    [
      "other models",
      byteLevel({}, { type: "Unigram" }),
      'type: expected null or "WordLevel", got "Unigram".',
    ],
    ["no model", byteLevel({ model: null }), "model: expected an object, got null."],
    ["no vocabulary", byteLevel({}, { vocab: [] }), "model.vocab: expected an object, got an array of 0."],
    [
      "equal ids",
      byteLevel({}, { vocab: { a: 0, b: 1, ab: 1, Ġ: 3 } }),
      'id of "ab": expected an id of its own, got 1, the id of "b".',
    ],
    [
      "gaps",
      byteLevel({}, { vocab: { a: 0, b: 1, ab: 9, Ġ: 3 } }),
      'id of "ab": expected below 5, the number of tokens, without gaps, got 9.',
    ],
    [
      "negative ids",
      byteLevel({}, { vocab: { a: -1 } }),
      'id of "a": expected a whole number of at least 0, got -1.',
    ],
    ["fractions", byteLevel({}, { vocab: { a: 0.5 } }), "a whole number of at least 0, got 0.5."],
    ["ids as strings", byteLevel({}, { vocab: { a: "0" } }), 'a whole number of at least 0, got "0".'],
    [
      "huge ids",
      byteLevel({}, { vocab: { a: 2 ** 60 } }),
      "a whole number of at least 0, got 1152921504606847000.",
    ],
    [
      "two ids for a token",
      byteLevel({}, { vocab: { a: 0, "<|endoftext|>": 1 } }),
      'id of "<|endoftext|>": expected 1 as in model.vocab, got 4.',
    ],
    [
      "merges without a whole",
      byteLevel({}, { merges: ["b a"] }),
      'model.merges[0]: expected tokens of the vocabulary, got "ba".',
    ],
    [
      "merges of unknown sides",
      byteLevel({}, { merges: ["a q"] }),
      'model.merges[0]: expected tokens of the vocabulary, got "q".',
    ],
    [
      "merges of three",
      byteLevel({}, { merges: ["a b a"] }),
      'model.merges[0]: expected two tokens, got "a b a".',
    ],
    [
      "merges of one",
      byteLevel({}, { merges: [["a"]] }),
      "model.merges[0]: expected two tokens, got an array of 1.",
    ],
    ["merges of nothing", byteLevel({}, { merges: [["a", ""]] }), "model.merges[0]: expected two tokens"],
    ["merges of numbers", byteLevel({}, { merges: [7] }), "model.merges[0]: expected two tokens, got 7."],
    [
      "merges twice",
      byteLevel({}, { merges: ["a b", "a b"] }),
      'model.merges[1]: expected each pair once, got ["a","b"].',
    ],
    ["no merges", byteLevel({}, { type: "BPE", merges: null }), "model.merges: expected an array, got null."],
    [
      "merges into a special token",
      byteLevel(
        { added_tokens: [{ id: 2, content: "ab", special: true }] },
        { vocab: { a: 0, b: 1, ab: 2 } },
      ),
      'model.merges[0]: expected tokens of the vocabulary, got "ab".',
    ],
    ["dropout", byteLevel({}, { dropout: 0.1 }), "dropout: expected null, got 0.1."],
    [
      "prefixes",
      byteLevel({}, { continuing_subword_prefix: "##" }),
      'continuing_subword_prefix: expected null or "", got "##".',
    ],
    [
      "word suffixes in byte-level",
      byteLevel({}, { end_of_word_suffix: "</w>" }),
      'end_of_word_suffix: expected null or "", got "</w>".',
    ],
    [
      "byte fallback",
      byteLevel({}, { byte_fallback: true }),
      "byte_fallback: expected null or false, got true.",
    ],
    [
      "an unknown unk_token",
      byteLevel({}, { unk_token: "<unk>" }),
      'model.unk_token: expected null or one of added_tokens, got "<unk>".',
    ],
    [
      "added tokens that are words",
      byteLevel({ added_tokens: [{ id: 4, content: "x", special: false }] }),
      "special: expected true, got false.",
    ],
    [
      "added tokens that strip",
      byteLevel({ added_tokens: [{ id: 4, content: "x", lstrip: true, special: true }] }),
      "lstrip: expected null or false, got true.",
    ],
    [
      "added tokens twice",
      byteLevel({ added_tokens: [1, 2].map((id) => ({ id, content: "x", special: true })) }),
      'added_tokens content: expected a non-empty string, each once, got "x".',
    ],
    [
      "added tokens that are no list",
      byteLevel({ added_tokens: {} }),
      "added_tokens: expected an array, got an object.",
    ],
    [
      "WordLevel on bytes",
      wordLevel({}, { pre_tokenizer: { type: "ByteLevel", add_prefix_space: false } }),
      "model.type: expected",
    ],
    [
      "BPE on characters",
      byteLevel({
        pre_tokenizer: { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false },
      }),
      "pre_tokenizer: expected a rule that gives words",
    ],
    [
      "an inner end of word",
      JSON.stringify({
        pre_tokenizer: { type: "WhitespaceSplit" },
        decoder: { type: "BPEDecoder", suffix: "</w>" },
        model: {
          type: "BPE",
          end_of_word_suffix: "</w>",
          vocab: { "</w": 0, ">": 1, "</w>": 2 },
          merges: ["</w >"],
        },
      }),
      'model.merges[0]: expected a whole that ends in </w> only where its right side does, got "</w>".',
    ],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseTokenizerJson(text, "x")).toThrow(message);
    expect(() => parseTokenizerJson(text, "x")).toThrow(FormatError);
  });

  test("reads a damaged file as some tokenizer or refuses it with a FormatError", () => {
    const text = formatTokenizerJson(parseTokenizerJson(byteLevel(), "x"));
    const law = fc.property(
      fc.nat(text.length - 1),
      fc.nat(8),
      fc.string({ maxLength: 3 }),
      (at, cut, put) => {
        try {
          const read = parseTokenizerJson(text.slice(0, at) + put + text.slice(at + cut), "x");
          expect(parseTokenizerJson(formatTokenizerJson(read), "x")).toEqual(read);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      },
    );
    fc.assert(law, { numRuns: 5 * runs.numRuns });
  });
});
