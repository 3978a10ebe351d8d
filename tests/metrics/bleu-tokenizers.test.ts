import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Spans } from "../../src/base/spans.ts";
import { type BleuTokenizer, tokenizers } from "../../src/metrics/bleu-tokenizers.ts";
import { splitWords, trim, trimEnd } from "../../src/metrics/python-text.ts";
import { runs } from "../support/fc.ts";

const spans = new Spans();

function tokenize(name: BleuTokenizer, line: string): string[] {
  tokenizers[name](line, spans);
  return spans.strings();
}

describe("13a", () => {
  test.each([
    ["Hello, world!", ["Hello", ",", "world", "!"]],
    ["It costs $1,000.50.", ["It", "costs", "$", "1,000.50", "."]],
    ["a..5", ["a", ".", ".5"]],
    ["5..", ["5", ".", "."]],
    ["1990-1995 well-known", ["1990", "-", "1995", "well-known"]],
    ["don't (stop)", ["don't", "(", "stop", ")"]],
    ["&quot;x&quot; &amp;lt; <skipped>y", ['"', "x", '"', "<", "y"]],
    ["exam-\nple of\nit", ["example", "of", "it"]],
    ["", []],
  ])("%j", (line, tokens) => expect(tokenize("13a", line)).toEqual(tokens));
});

describe("intl", () => {
  test.each([
    // mteval-v14 has no space after the line, so a number keeps a final full stop (sacreBLEU issue 138)
    ["in 2017.", ["in", "2017."]],
    ["in 2017. Yes", ["in", "2017", ".", "Yes"]],
    ["«Ça va?» – 3,5 €", ["«", "Ça", "va", "?", "»", "–", "3,5", "€"]],
    ["½, ٣.٤ a+b", ["½", ",", "٣.٤", "a", "+", "b"]],
  ])("%j", (line, tokens) => expect(tokenize("intl", line)).toEqual(tokens));
});

describe("zh", () => {
  test.each([
    ["我有3.5个apple。", ["我", "有", "3.5", "个", "apple", "。"]],
    // U+2001..U+2A6D counts as Chinese, U+20000 does not: sacreBLEU writes its ranges as "\u20000"
    ["a—b “c”", ["a", "—", "b", "“", "c", "”"]],
    ["𠀀𠀁", ["𠀀𠀁"]],
    [" .5-6", [".5", "-", "6"]],
    ["-5", ["-5"]],
  ])("%j", (line, tokens) => expect(tokenize("zh", line)).toEqual(tokens));
});

test("char takes code points, none takes words", () => {
  expect(tokenize("char", "a😀 \x85b")).toEqual(["a", "😀", "b"]);
  expect(tokenize("none", " a, b\x1cc")).toEqual(["a,", "b", "c"]);
});

/** The published rules: regular expressions applied one after the other. */
const chain = (text: string, rules: readonly [RegExp, string][]) =>
  splitWords(rules.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text));

const WESTERN: [RegExp, string][] = [
  [/([{-~[-` -&(-+:-@/])/g, " $1 "],
  [/([^0-9])([.,])/gu, "$1 $2 "],
  [/([.,])([^0-9])/gu, " $1 $2"],
  [/([0-9])(-)/g, "$1 $2 "],
];

const INTERNATIONAL: [RegExp, string][] = [
  [/(\P{N})(\p{P})/gu, "$1 $2 "],
  [/(\p{P})(\P{N})/gu, " $1 $2"],
  [/(\p{S})/gu, " $1 "],
];

const chars = fc.constantFrom(..."ab059.,-.,-'$+(½٣–«中😀𝟙𐄀\t\u3000&;ltg");
const lines = fc.oneof(
  fc.array(chars, { maxLength: 16 }).map((line) => trimEnd(line.join(""))),
  fc.string({ unit: "binary" }).map(trimEnd),
);

describe("one pass equals the chain of regular expressions", () => {
  test("13a (mteval-v13a)", () => {
    const property = fc.property(lines, (line) => {
      const unescaped = line.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
      fc.pre(!/&(quot|amp);|-\n/.test(line));
      expect(tokenize("13a", line)).toEqual(chain(` ${unescaped} `, WESTERN));
    });
    fc.assert(property, runs);
  });

  test("intl (mteval-v14)", () => {
    const property = fc.property(lines, (line) => {
      expect(tokenize("intl", line)).toEqual(chain(line, INTERNATIONAL));
    });
    fc.assert(property, runs);
  });

  test("zh", () => {
    const chinese = /[中\u3000-\u303f–]/g;
    const property = fc.property(
      fc.array(chars, { maxLength: 16 }).map((line) => line.join("")),
      (line) => {
        expect(tokenize("zh", line)).toEqual(chain(trim(line).replace(chinese, " $& "), WESTERN));
      },
    );
    fc.assert(property, runs);
  });
});
