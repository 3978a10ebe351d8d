import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type TokenizerLawOptions,
  type TokenizerLaws,
  type TokenizerUnderTest,
  tokenizerLaws,
} from "../../src/testing/laws-tokenizer.ts";
import { runs } from "../support/fc.ts";

/** A token for each UTF-16 unit, and one special token. */
const units = Array.from({ length: 65536 }, (_, code) => String.fromCharCode(code));
const right: TokenizerUnderTest = {
  tokens: [...units, "<s>"],
  encode: (text) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
  decode: (ids) => ids.map((id) => right.tokens[id]).join(""),
  stream: () => ({ push: (id) => right.tokens[id], end: () => "" }),
};
const options: TokenizerLawOptions = { specials: ["<s>"] };

const broken = (change: Partial<TokenizerUnderTest>, law: keyof TokenizerLaws) =>
  fc.check(tokenizerLaws({ ...right, ...change }, options)[law], { numRuns: 500, seed: 1 }).failed;

describe("tokenizerLaws", () => {
  test("hold for a right tokenizer", () => {
    for (const law of Object.values(tokenizerLaws(right, options))) fc.assert(law, runs);
  });

  test("find a tokenizer that loses lone surrogates", () => {
    const encode = (text: string) => right.encode(text.replace(/\p{Cs}/gu, "\ufffd"));
    expect(broken({ encode }, "roundTrip")).toBe(true);
  });

  test("find ids out of range and changing ids", () => {
    expect(broken({ encode: (text) => [...right.encode(text), 65537] }, "idsInRange")).toBe(true);
    let calls = 0;
    expect(broken({ encode: (text) => [...right.encode(text), calls++ % 2] }, "idsInRange")).toBe(true);
  });

  test("find a stream that drops the end", () => {
    const stream = () => {
      let held = "";
      return {
        push: (id: number) => {
          const before = held;
          held = right.tokens[id];
          return before;
        },
        end: () => "",
      };
    };
    expect(broken({ stream }, "streaming")).toBe(true);
  });

  test("find special tokens in plain text", () => {
    const encode = (text: string) =>
      text.split(/(<s>)/).flatMap((part) => (part === "<s>" ? [65536] : right.encode(part)));
    expect(broken({ encode }, "specialsUnreachable")).toBe(true);
  });
});
