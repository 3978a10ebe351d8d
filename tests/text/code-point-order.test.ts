import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints } from "../../src/text/code-point-order.ts";
import { runs } from "../support/fc.ts";

test("is the order of the UTF-8 bytes", () => {
  const telling = fc.constantFrom("a", "\uffff", "\ue000", "😀", "\u{10ffff}", "\ud7ff");
  const text = fc
    .array(fc.oneof(telling, fc.constantFrom("", "b", "é", "\u{10000}")))
    .map((parts) => parts.join(""));
  const law = fc.property(text, text, (a, b) => {
    expect(compareCodePoints(a, b)).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });
  fc.assert(law, runs);
});
