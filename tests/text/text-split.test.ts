import fc from "fast-check";
import { expect, test } from "vitest";
import { splitText } from "../../src/text/text-split.ts";
import { runs } from "../support/fc.ts";

const anyText = fc
  .array(fc.constantFrom("a", " ", "\n", "\r\n", "é", "😀", "\ud83d", "\ude00"), { maxLength: 30 })
  .map((parts) => parts.join(""));

test("the parts make up the text, and lines and characters stay whole", () => {
  const share = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(anyText, share, (text, valid) => {
      for (const unit of ["lines", "characters"] as const) {
        const parts = splitText(text, valid, unit);
        expect(parts.train + parts.valid).toBe(text);
        expect(`${parts.train}|${parts.valid}`).not.toMatch(/[\ud800-\udbff]\|[\udc00-\udfff]/);
        if (unit === "lines" && parts.train !== text) expect(parts.train).toMatch(/^$|\n$/);
      }
    }),
    runs,
  );
});

test("the last share is validation text", () => {
  // nanoGPT's split of tinyshakespeare, int(1115394 * 0.9).
  expect(splitText("x".repeat(1_115_394), 0.1, "characters").train).toHaveLength(1_003_854);
  expect(splitText("a\nb\nc\nd", 0.5, "lines")).toEqual({ train: "a\nb\n", valid: "c\nd" });
  expect(splitText("a\nb", 0, "lines")).toEqual({ train: "a\nb", valid: "" });
  expect(splitText("one line", 0.1, "lines")).toEqual({ train: "", valid: "one line" });
  expect(() => splitText("a", 1, "lines")).toThrow(
    "valid share: expected a number of at least 0 and below 1, got 1.",
  );
});
