import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.ts";
import { readArpa } from "../../src/ngram/arpa-read.ts";
import { formatArpa, writeArpa } from "../../src/ngram/arpa-write.ts";
import { workspace } from "../support/command.ts";
import { arpaText, kenlmArpa } from "../support/kenlm-model.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const SMALL = {
  "<unk>": [-1],
  "<s>": [0, -0.25],
  "</s>": [-0.5],
  tea: [-0.5, -0.125],
  "<s> tea": [-0.3, -0.5],
  "tea </s>": [-0.1],
  "<s> tea </s>": [-0.05],
} as const;
const small = arpaText(SMALL);

test("reads and writes the same entries, in files and in memory", () => {
  const path = workspace();
  const model = readArpa(encode(small));
  expect(model.counts).toEqual([4, 2, 1]);
  for (const name of ["m.arpa", "m.arpa.gz"]) {
    writeArpa(model, path(name));
    expect(readArpa(path(name)).score("tea tea coffee")).toEqual(model.score("tea tea coffee"));
  }
  const lines = (text: string) => text.split("\n").sort();
  const written = new TextDecoder().decode(formatArpa(model));
  expect(lines(written)).toEqual(
    lines(
      small
        .replace("-1\t<unk>", "-1\t<unk>\t0")
        .replace("</s>\n", "</s>\t0\n")
        .replace("tea </s>\n", "tea </s>\t0\n"),
    ),
  );
});

test("suffixes that were filled in are written out", () => {
  const model = readArpa(encode(kenlmArpa()));
  const again = readArpa(formatArpa(model));
  const sentence = "also would consider higher looking on a little more loin . nothing";
  for (const [i, { logProb, matched }] of again.score(sentence).words.entries()) {
    expect(matched).toBe(model.score(sentence).words[i].matched);
    expect(logProb).toBeCloseTo(model.score(sentence).words[i].logProb, 6);
  }
});

test("many suffixes that are not listed", () => {
  const entries: Record<string, readonly [number, number?]> = { "<unk>": [-2], "<s>": [0], "</s>": [-1] };
  for (let i = 0; i < 300; i++) entries[`w${i}`] = [-2, -0.25];
  for (let i = 0; i < 297; i++) {
    // Each n-gram has its context but not its suffix.
    entries[`w${i} w${i + 1}`] = [-1, -0.5];
    entries[`w${i} w${i + 1} w${(i * 7) % 300}`] = [-0.5];
  }
  const model = readArpa(encode(arpaText(entries)));
  expect(model.logProb("w7", ["w1", "w2"])).toBe(-0.5);
  expect(model.logProb("w7", ["w2"])).toBe(-2.25);
});

test("line ends of Windows, comments, blank lines and blanks between words", () => {
  const text = `# made by hand\n\n${small}`.replaceAll("\n", "\r\n").replaceAll("\t", "  ");
  expect(readArpa(encode(text)).score("tea")).toEqual(readArpa(encode(small)).score("tea"));
});

test("<UNK> is <unk>, as for KenLM", () => {
  const spelled = small.replaceAll("<unk>", "<UNK>");
  const pair = arpaText({ ...SMALL, "<unk> tea": [-0.25] });
  expect(readArpa(encode(spelled)).score("coffee")).toEqual(readArpa(encode(small)).score("coffee"));
  expect(readArpa(encode(pair.replaceAll("<unk>", "<UNK>"))).logProb("tea", ["coffee"])).toBe(-0.25);
});

test("-99 is log10 of 0, and back", () => {
  const model = readArpa(encode(arpaText({ ...SMALL, tea: [-99, -99] })));
  expect(model.logProb("tea")).toBe(Number.NEGATIVE_INFINITY);
  expect(new TextDecoder().decode(formatArpa(model))).toContain("-99\ttea\t-99\n");
});

describe("refuses with the line and the reason", () => {
  const cases: [string, string, RegExp][] = [
    ["empty", "", /^m:1: ARPA file: expected \\data\\, got an empty file\./],
    ["other text", "hello\n", /^m:1: .*expected \\data\\, got "hello"/],
    ["only blank lines", "\n\n", /expected \\data\\, got the end of the file/],
    ["IRSTLM", "iARPA\n", /expected \\data\\, got an IRSTLM iARPA file/],
    ["gzip", "\u001f\u008b", /expected \\data\\/],
    [
      "too few",
      small.replace("2=2", "2=3"),
      /^m:15: .*expected 3 2-grams, as announced, got 2 and then an empty line/,
    ],
    ["too many", small.replace("2=2", "2=1"), /expected 1 2-grams, as announced, got more/],
    ["too many unigrams", small.replace("1=4", "1=3"), /expected \\2-grams:, got "-0\.5\\ttea/],
    [
      "a huge count",
      small.replace("2=2", "2=1000000000000"),
      /^m:3: .*expected a number of n-grams that fits the file, got 1000000000000/,
    ],
    [
      "orders",
      small.replace("ngram 2", "ngram 3"),
      /^m:3: .*expected the number of 2-grams, got that of 3-grams/,
    ],
    ["no counts", "\\data\\\n\n", /expected ngram 1=COUNT, got no counts/],
    [
      "a count line",
      small.replace("ngram 2=2", "ngrams 2=2"),
      /^m:3: .*expected ngram N=COUNT or an empty line, got "ngrams 2=2"/,
    ],
    [
      "a positive log-probability",
      small.replace("-0.3\t", "0.3\t"),
      /^m:13: .*expected a log10 probability of at most 0, got "0\.3"/,
    ],
    ["NaN", small.replace("-0.3\t", "nan\t"), /expected a log10 probability of at most 0, got "nan"/],
    ["a backoff that is no number", small.replace("\t-0.125", "\tx"), /expected a log10 backoff, got "x"/],
    [
      "a backoff in the highest order",
      small.replace("tea </s>\n\n\\end", "tea </s>\t-1\n\n\\end"),
      /expected no backoff in the highest order, got "-1"/,
    ],
    ["no end", small.replace("\\end\\\n", ""), /expected \\end\\, got the end of the file/],
    ["cut", small.slice(0, 90), /2-grams|1-grams/],
    ["more behind the end", `${small}more\n`, /expected nothing after \\end\\, got "more"/],
    [
      "a missing context",
      small.replace("\n-0.3\t<s> tea\t-0.5", "").replace("2=2", "2=1"),
      /expected the context "<s> tea" among the 2-grams, got none/,
    ],
    [
      "a word that is no unigram",
      small.replace("tea </s>\n", "tea milk\n"),
      /expected words of the 1-grams, got "milk"/,
    ],
    ["a word twice", small.replace("-1\t<unk>", "-1\ttea"), /expected each word once, got "tea" again/],
    [
      "an n-gram twice",
      small.replace("-0.1\ttea </s>", "-0.3\t<s> tea\t-0.5"),
      /expected each n-gram once, got "<s> tea" again/,
    ],
    ["no <s>", small.replace("0\t<s>\t", "0\ts\t"), /expected <s> among the 1-grams, got none/],
    [
      "a word too few",
      small.replace("\t<s> tea\t", "\ttea\t"),
      /expected a number, 2 words and perhaps another number|words of the 1-grams/,
    ],
    ["another section", small.replace("\\2-grams:", "\\3-grams:"), /expected \\2-grams:, got \\3-grams:/],
  ];
  test.each(cases)("%s", (_, text, message) => {
    expect(() => readArpa(encode(text), "m")).toThrow(FormatError);
    expect(() => readArpa(encode(text), "m")).toThrow(message);
  });

  test("cut at every byte", () => {
    const bytes = encode(small);
    for (let length = 0; length < bytes.length - 1; length++) {
      expect(() => readArpa(bytes.subarray(0, length)), String(length)).toThrow(FormatError);
    }
  });

  test("a file of another kind", () => {
    const path = workspace({ "m.png": Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0) });
    expect(() => readArpa(path("m.png"))).toThrow(/expected \\data\\, got a PNG image/);
    expect(() => readArpa(path("none.arpa"))).toThrow(/nothing at that path/);
  });
});

test("words with white space are not written, and the old file stays", () => {
  const model = readArpa(encode(small));
  model.parts.words.bytes[model.parts.words.starts[3]] = 32;
  const path = workspace({ "m.arpa": "old" });
  expect(() => writeArpa(model, path("m.arpa"))).toThrow(
    /^ARPA file: expected words without white space or NUL, got " ea"/,
  );
  expect(() => readArpa(path("m.arpa"))).toThrow(/got "old"/);
});

test("what is neither a path nor bytes is refused", () => {
  expect(() => readArpa({} as unknown as Uint8Array)).toThrow(
    "readArpa: expected a path or a Uint8Array, got an object",
  );
});
