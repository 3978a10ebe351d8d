import { expect, test } from "vitest";
import { type TerOptions, terWords } from "../../src/metrics/ter-tokenizer.ts";

test.each<[string, TerOptions, string]>([
  // sacreBLEU's test_tokenizer_ter.py
  ["a b c d", {}, "a b c d"],
  ["", {}, ""],
  ["a b c d.", {}, "a b c d."],
  ["A B C D.", {}, "a b c d."],
  ["a b c d.", { noPunct: true }, "a b c d"],
  ["A ; B ) C : D.", { noPunct: true }, "a b c d"],
  ["a b (c) d.", { normalized: true }, "a b ( c ) d ."],
  ["Jim's car.", { normalized: true }, "jim 's car ."],
  ["4.2", { normalized: true }, "4.2"],
  ["美众院公布对特", { normalized: true, asianSupport: true }, "美 众 院 公 布 对 特"],
  ["りの拳銃を持", { normalized: true, asianSupport: true }, "りの 拳 銃 を 持"],
  // ours, with the output of sacreBLEU 2.6.0
  ["A 1990-95 &quot;b&quot; c,5", { normalized: true, caseSensitive: true }, 'A 1990 - 95 " b " c , 5'],
  ["end\n-of\nline", { normalized: true }, "endof line"],
  ["「あ」、い！", { noPunct: true, asianSupport: true }, "あい"],
  ["「あ」、い！", { normalized: true, asianSupport: true }, "「 あ 」 、 い ！"],
  ["ΟΔΟΣ", {}, "οδος"],
])("%j with %j", (text, options, words) => expect(terWords(text, options).join(" ")).toBe(words));
