import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.ts";
import { Tokenizer } from "../../src/text/tokenizer.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "../../src/text/train-tokenizer.ts";
import { MASKED_SPECIALS } from "../../src/text/vocabulary.ts";

const TEXTS = ["The cat sat on the mat. \"It did (yes)!\" it's l'eau"];
const KINDS: readonly TrainTokenizerOptions[] = [
  { type: "word", split: "punctuation" },
  { type: "bpe", merges: 300, minFrequency: 1, split: "punctuation" },
  { type: "word" },
  { type: "char" },
  { type: "byte-bpe", vocabSize: 300 },
];
const named = KINDS.map((options) => {
  return [
    Object.values(options).join(" "),
    trainTokenizer(TEXTS, { ...options, specials: MASKED_SPECIALS }),
  ] as const;
});

describe.each(named)("the mask of %s", (_, tokenizer) => {
  test("comes from text only where it is asked for, and alone (law 9)", () => {
    const text = "the <mask> sat </s>";
    expect(tokenizer.encode(text)).not.toContain(tokenizer.maskId);
    const ids = tokenizer.encode(text, { allowSpecials: ["<mask>"] });
    expect(ids.filter((id) => id === tokenizer.maskId)).toHaveLength(1);
    expect(ids).not.toContain(tokenizer.eosId);
  });

  test("survives tokenizer.json", () => {
    const again = Tokenizer.parse(tokenizer.serialize());
    expect(again.maskId).toBe(4);
    expect(again.encode("<mask>", { allowSpecials: ["<mask>"] })).toEqual([4]);
  });
});

describe("punctuation beside a special token", () => {
  const spelled = (tokenizer: Tokenizer, text: string) =>
    tokenizer.encode(text, { allowSpecials: true }).map((id) => tokenizer.vocabulary.token(id));

  test.each(named.slice(0, 2))("is what it is beside a word: %s", (_, tokenizer) => {
    for (const frame of ["The X.", '"X did', "on the (X)!", "X", "the X sat X.", "X's", "l'X"]) {
      const shown = spelled(tokenizer, frame.replaceAll("X", "<mask>"));
      // "cat" is one token of either vocabulary.
      const expected = spelled(tokenizer, frame.replaceAll("X", "cat"));
      expect(shown.map((token) => (token === "<mask>" ? "cat" : token.replace("</w>", "")))).toEqual(
        expected.map((token) => token.replace("</w>", "")),
      );
    }
  });

  test("leaves a word that touches it alone", () => {
    const [, tokenizer] = named[0];
    expect(spelled(tokenizer, "cat<mask>sat<mask>")).toEqual(["cat", "<mask>", "sat", "<mask>"]);
  });
});

test.each([
  [
    ["<mask>", "<x>"],
    'allowSpecials: expected true, false or an array of <pad> <s> </s> <unk> <mask>, got "<x>".',
  ],
  ["<mask>", 'got "<mask>".'],
])("refuses allowSpecials %j", (allowSpecials, message) => {
  const encode = () => named[0][1].encode("a", { allowSpecials: allowSpecials as string[] });
  expect(encode).toThrow(OptionError);
  expect(encode).toThrow(message);
});
