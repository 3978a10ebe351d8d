import fc from "fast-check";
import { expect, test } from "vitest";
import { clip, columns, pad, pixels } from "../../src/plot/text-width.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";

test.each([
  ["", 0],
  ["abc", 3],
  ["naïve", 5],
  ["e\u0301", 1],
  ["日本語", 6],
  ["한글", 4],
  ["ｆｕｌｌ", 8],
  ["🙂", 2],
  ["a\u200bb", 2],
])("columns of %j: %i", (text, width) => {
  expect(columns(text)).toBe(width);
});

test("clip and pad", () => {
  expect(clip("abcdef", 6)).toBe("abcdef");
  expect(clip("abcdef", 5)).toBe("abcd…");
  expect(clip("日本語", 5)).toBe("日本…");
  expect(clip("日本語", 4)).toBe("日…");
  expect(pad("日本語", 4)).toBe("日… ");
  expect(pad("ab", 4, "right")).toBe("  ab");
  expect(pixels("ab", 10)).toBeCloseTo(13.2);
});

test("padded text has exactly the width asked for", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 30 }), (text, width) => {
      expect(columns(pad(text, width))).toBe(width);
    }),
    runs,
  );
});
