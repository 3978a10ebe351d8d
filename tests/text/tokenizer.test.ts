import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, IndexError, OptionError, StateError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { Spans } from "../../src/base/spans.ts";
import { anyString, pathologicalTexts } from "../../src/testing/arbitraries-text.ts";
import { tokenizerLaws } from "../../src/testing/laws-tokenizer.ts";
import { JOINER } from "../../src/text/punctuation.ts";
import { cutters } from "../../src/text/split.ts";
import { Tokenizer } from "../../src/text/tokenizer.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { runs } from "../support/fc.ts";

const TEXTS = [
  "She sells sea shells by the sea shore; the shells she sells are sea shells, I'm sure.",
  "L'homme n'est qu'un roseau, le plus faible de la nature ; mais c'est un roseau pensant.",
  "Fischers Fritz fischt frische Fische, frische Fische fischt Fischers Fritz! 😀😀 3.14 <unk> <s>",
  "__proto__ constructor __proto__ toString 10 2",
];

const KINDS: readonly TrainTokenizerOptions[] = [
  { type: "word" },
  { type: "word", split: "punctuation" },
  { type: "char" },
  { type: "bpe", merges: 60 },
  { type: "bpe", merges: 60, split: "punctuation" },
  { type: "byte-bpe", vocabSize: 320 },
];
const named = KINDS.map(
  (options) => [Object.values(options).join(" "), trainTokenizer(TEXTS, options)] as const,
);
const byName = new Map(named);
const byteBpe = byName.get("byte-bpe 320") as Tokenizer;
const bpe = byName.get("bpe 60") as Tokenizer;
const word = byName.get("word") as Tokenizer;

/** Texts whose characters the tokenizers know. */
const alphabet = [...new Set(TEXTS.join(""))].filter((character) => character !== "<");
const known = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 30 });

describe.each(named)("laws: %s", (_, tokenizer) => {
  const specials = tokenizer.data.specials.filter((token) => token !== "<unk>");

  test("ids are in range, special tokens out of reach, streams like wholes", () => {
    const laws = tokenizerLaws(tokenizer, { specials });
    for (const law of [laws.idsInRange, laws.specialsUnreachable, laws.streaming]) fc.assert(law, runs);
  });

  test("saved and loaded, it does the same and is written the same", () => {
    const again = Tokenizer.parse(tokenizer.serialize());
    expect(again.serialize()).toBe(tokenizer.serialize());
    expect(again.hash).toBe(tokenizer.hash);
    expect(again.data).toEqual(tokenizer.data);
    const law = fc.property(fc.oneof(anyString(), known, fc.constant("__proto__ x")), (text) => {
      const ids = tokenizer.encode(text);
      expect(again.encode(text)).toEqual(ids);
      expect(again.tokenize(text)).toEqual(tokenizer.tokenize(text));
      expect(again.decode(ids)).toBe(tokenizer.decode(ids));
    });
    fc.assert(law, runs);
  });

  test("pieces join like ids decode, for known text", () => {
    const law = fc.property(fc.constantFrom(...TEXTS.flatMap((text) => text.split(" "))), (text) => {
      expect(tokenizer.detokenize(tokenizer.tokenize(text))).toBe(text);
    });
    fc.assert(law, runs);
  });

  test("tokens never cross the border of a piece", () => {
    const { data } = tokenizer;
    // Pieces carry joiners, which the rule "punctuation" would replace.
    const pieceTokenizer = new Tokenizer(data.split === "punctuation" ? { ...data, split: "space" } : data);
    const law = fc.property(known, (text) => {
      const pieces = new Spans();
      cutters[data.split](text, pieces);
      expect(tokenizer.encode(text)).toEqual(
        pieces.strings().flatMap((piece) => pieceTokenizer.encode(piece)),
      );
    });
    fc.assert(law, runs);
  });

  test("long texts of little variety come through", () => {
    for (const [name, text] of pathologicalTexts(50_000)) {
      const ids = tokenizer.encode(text);
      if (tokenizer.type === "byte-bpe") expect(tokenizer.decode(ids) === text, name).toBe(true);
    }
  });
});

describe("decode(encode(text))", () => {
  test("byte-bpe gives any string back", () => {
    fc.assert(tokenizerLaws(byteBpe).roundTrip, { numRuns: 5 * runs.numRuns });
    for (const text of ["\ufeffa", "a\ufeff", "\ud800", "\udc00\ud800", "\0", "<s>", "\r\n", ...TEXTS]) {
      expect(byteBpe.decode(byteBpe.encode(text))).toBe(text);
    }
  });

  test("char gives any string over its alphabet back", () => {
    const tokenizer = byName.get("char") as Tokenizer;
    fc.assert(tokenizerLaws(tokenizer, { texts: known }).roundTrip, runs);
  });

  test("bpe gives known characters back, with single spaces", () => {
    const expected = (text: string) => text.split(" ").filter(Boolean).join(" ");
    fc.assert(tokenizerLaws(bpe, { texts: known, expected }).roundTrip, runs);
  });

  test("bpe with punctuation keeps the spacing of sentences", () => {
    const tokenizer = byName.get("bpe 60 punctuation") as Tokenizer;
    const characters = alphabet.filter((character) => character !== " ");
    const text = fc.array(fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 6 }));
    // Every character is known only with a joiner beside it or without: both occur in training.
    const law = fc.property(text, (words) => {
      const ids = tokenizer.encode(words.join(" "));
      if (!ids.includes(tokenizer.unkId)) expect(tokenizer.decode(ids)).toBe(words.join(" "));
    });
    fc.assert(law, runs);
    for (const sentence of TEXTS.slice(0, 2))
      expect(tokenizer.decode(tokenizer.encode(sentence))).toBe(sentence);
  });

  test("word with punctuation keeps the spacing of sentences", () => {
    const tokenizer = byName.get("word punctuation") as Tokenizer;
    for (const sentence of TEXTS.slice(0, 2))
      expect(tokenizer.decode(tokenizer.encode(sentence))).toBe(sentence);
    expect(tokenizer.tokens).toContain(`L'${JOINER}`);
    expect(tokenizer.tokens).toContain(`${JOINER}'m`);
  });
});

describe("special tokens", () => {
  test("have the first ids", () => {
    for (const [, tokenizer] of named) {
      expect(tokenizer.tokens.slice(0, 4)).toEqual(["<pad>", "<s>", "</s>", "<unk>"]);
      const { padId, bosId, eosId, unkId } = tokenizer;
      expect([padId, bosId, eosId, unkId]).toEqual([0, 1, 2, 3]);
    }
  });

  test("come from text only when allowed", () => {
    expect(word.encode("<s> She </s>")).toEqual([3, word.vocabulary.id("She"), 3]);
    expect(word.encode("<s> She </s>", { allowSpecials: true })).toEqual([1, word.vocabulary.id("She"), 2]);
    expect(byteBpe.encode("a<s><pad>", { allowSpecials: true })).toEqual([byteBpe.vocabulary.id("a"), 1, 0]);
    expect(byteBpe.decode(byteBpe.encode("a<s>"))).toBe("a<s>");
  });

  test("are left out of text, except the unknown one", () => {
    const ids = [1, word.vocabulary.id("She") as number, 3, 2, 0];
    expect(word.decode(ids)).toBe("She <unk>");
    expect(word.decode(ids, { keepSpecials: true })).toBe("<s> She <unk> </s> <pad>");
    expect(byteBpe.decode([1, byteBpe.vocabulary.id("a") as number, 2])).toBe("a");
    expect(byteBpe.decode([1, 2], { keepSpecials: true })).toBe("<s></s>");
  });

  test("may be others; the longest is found first", () => {
    const tokenizer = trainTokenizer(["a b"], { type: "char", specials: ["<", "<x>", "<x>+", "<x>+]"] });
    expect(tokenizer.encode("<x>+]<x><", { allowSpecials: true })).toEqual([3, 1, 0]);
    expect(tokenizer.specialId("<x>")).toBe(1);
    for (const get of [() => tokenizer.padId, () => tokenizer.bosId, () => tokenizer.eosId]) {
      expect(get).toThrow(StateError);
    }
    expect(() => tokenizer.padId).toThrow(
      'special token: expected one of < <x> <x>+ <x>+], got "<pad>". Train the tokenizer with it among `specials`.',
    );
    expect(() => tokenizer.encode("é")).toThrow('got "<unk>"');
    const bare = trainTokenizer(["a"], { type: "char", specials: [] });
    expect(bare.encode("a", { allowSpecials: true })).toEqual([0]);
    expect(() => bare.unkId).toThrow('special token: expected one of none, got "<unk>".');
  });
});

test("labels show tokens without joiners and end-of-word marks", () => {
  const bpe = trainTokenizer(["low low lower!"], { type: "bpe", merges: 2, split: "punctuation" });
  const labels = bpe.encode("lower!").map((id) => bpe.label(id));
  expect(labels).toEqual(["lo@@", "w@@", "e@@", "r", "·", "!"]);
  expect(bpe.label(bpe.eosId)).toBe("</s>");
});

describe("hash", () => {
  test("is FNV-1a with 64 bits over the UTF-8 of the tokenizer.json", () => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of new TextEncoder().encode(word.serialize())) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
    expect(word.hash).toBe(hash.toString(16).padStart(16, "0"));
  });

  test("differs where ids differ", () => {
    const { data } = word;
    const swapped = [...data.tokens];
    [swapped[4], swapped[5]] = [swapped[5], swapped[4]];
    const hashes = [
      ...named.map(([, tokenizer]) => tokenizer.hash),
      new Tokenizer({ ...data, tokens: swapped }).hash,
      new Tokenizer({ ...data, lowercase: true }).hash,
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("files", () => {
  test("tokenizer.json and codes", () => {
    const folder = mkdtempSync(join(tmpdir(), "tokenizer-"));
    try {
      for (const name of ["tokenizer.json", "tokenizer.json.gz"]) {
        bpe.save(join(folder, name));
        expect(Tokenizer.load(join(folder, name)).hash).toBe(bpe.hash);
      }
      const codes = join(folder, "en.codes");
      bpe.save(codes);
      expect(readFileSync(codes, "utf8")).toBe(
        ["#version: 0.2", ...bpe.merges.map((pair) => pair.join(" ")), ""].join("\n"),
      );
      const loaded = Tokenizer.load(codes);
      expect(loaded.tokenize(TEXTS[0])).toEqual(bpe.tokenize(TEXTS[0]));
      loaded.save(join(folder, "again.codes.gz"));
      expect(Tokenizer.load(join(folder, "again.codes.gz")).hash).toBe(loaded.hash);
      const refuse = () => word.save(codes);
      expect(refuse).toThrow("expected a tokenizer of type bpe to write codes 0.2, got one of type word.");
      expect(refuse).toThrow(OptionError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("codes 0.1 are not written as 0.2", () => {
    const old = new Tokenizer({ ...bpe.data, split: "subword-nmt-0.1" });
    expect(() => old.save("x.codes")).toThrow("to write codes 0.2, got one of codes 0.1.");
  });

  test("errors name the file", () => {
    expect(() => Tokenizer.parse("{}", "my.json")).toThrow(
      "my.json: model: expected an object, got nothing.",
    );
    expect(() => Tokenizer.parse("{}")).toThrow(FormatError);
  });
});

describe("arguments", () => {
  test("that are no text or no id are refused", () => {
    const number = 5 as unknown as string;
    expect(() => word.encode(number)).toThrow("Tokenizer.encode text: expected a string, got 5.");
    expect(() => word.tokenize(number)).toThrow("Tokenizer.tokenize text: expected a string, got 5.");
    expect(() => word.encode(number)).toThrow(OptionError);
    for (const id of [-1, 0.5, Number.NaN, 2 ** 31, word.tokens.length]) {
      expect(() => word.decode([id])).toThrow(IndexError);
    }
    expect(() => word.encode("a", { specials: true } as object)).toThrow(
      'expected one of allowSpecials, dropout, random, got "specials".',
    );
    expect(() => word.decode([], { keep: true } as object)).toThrow(
      'expected one of keepSpecials, got "keep".',
    );
  });
});

describe("dropout of merges", () => {
  const texts = ["low lower lowest, new newer newest! low new"];
  const bpe = trainTokenizer(texts, { type: "bpe", split: "punctuation", merges: 30 });
  const bytes = trainTokenizer(texts, { type: "byte-bpe", vocabSize: 290 });

  test.each([
    ["bpe", bpe],
    ["byte-bpe", bytes],
  ])("%s: other pieces of the same text, the same ones for the same seed", (_, tokenizer) => {
    const words = fc.array(fc.constantFrom("low", "newest", "lower", "new"), { minLength: 1, maxLength: 6 });
    const law = fc.property(
      words,
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, seed, dropout) => {
        const text = list.join(" ");
        const draw = () => tokenizer.encode(text, { dropout, random: new Random(seed) });
        expect(tokenizer.decode(draw())).toBe(text);
        expect(draw()).toEqual(draw());
        expect(draw().length).toBeGreaterThanOrEqual(tokenizer.encode(text).length);
      },
    );
    fc.assert(law, runs);
  });

  test("a generator draws other pieces each time, and plain encoding stays as it was", () => {
    const random = new Random(1);
    const plain = bpe.encode("lowest");
    const drawn = new Set(
      Array.from({ length: 50 }, () => bpe.encode("lowest", { dropout: 0.3, random }).join()),
    );
    expect(drawn.size).toBeGreaterThan(3);
    expect(bpe.encode("lowest")).toEqual(plain);
  });

  test("needs merges, a generator and a probability", () => {
    const word = trainTokenizer(texts, { type: "word" });
    const random = new Random(1);
    expect(() => word.encode("low", { dropout: 0.1, random })).toThrow(
      "dropout of merges: expected a tokenizer of type bpe or byte-bpe, got one of type word.",
    );
    expect(() => bpe.encode("low", { dropout: 0.1 })).toThrow("random: expected a Random, got undefined.");
    expect(() => bpe.encode("low", { dropout: 1.5, random })).toThrow(OptionError);
  });
});

test("lower-cases before everything else", () => {
  const tokenizer = trainTokenizer(["The THE the"], { type: "word", lowercase: true });
  expect(tokenizer.tokens.slice(4)).toEqual(["the"]);
  expect(tokenizer.encode("tHE <S>", { allowSpecials: true })).toEqual([4, 3]);
  expect(Tokenizer.parse(tokenizer.serialize()).encode("THE")).toEqual([4]);
});
